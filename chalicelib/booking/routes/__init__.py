"""Booking over HTTP: one file for each thing that there is."""

from chalicelib.booking.routes import bookings as bookings
from chalicelib.booking.routes import day as day
from chalicelib.booking.routes import sessions as sessions
from chalicelib.booking.routes import tickets as tickets
from chalicelib.booking.routes import waits as waits
from chalicelib.booking.routes.blueprint import bp

__all__ = ["bp"]
