"""The booking table: one file for each kind of row."""

from chalicelib.booking.store.bookings import BookingRow, BookingTable, DayRow

__all__ = ["BookingRow", "BookingTable", "DayRow"]
