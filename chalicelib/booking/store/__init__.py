"""The booking table: one file for each kind of row."""

from chalicelib.booking.store.blocks import BlockTable
from chalicelib.booking.store.bookings import BookingRow, BookingTable, DayRow
from chalicelib.booking.store.sessions import SessionTable
from chalicelib.booking.store.waits import WaitTable

__all__ = ["BlockTable", "BookingRow", "BookingTable", "DayRow", "SessionTable", "WaitTable"]
