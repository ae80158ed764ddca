"""The booking table: one file for each kind of row."""

from chalicelib.booking.store.bookings import BookingRow, BookingTable, DayRow
from chalicelib.booking.store.sessions import SessionTable

__all__ = ["BookingRow", "BookingTable", "DayRow", "SessionTable"]
