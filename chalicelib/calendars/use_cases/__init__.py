"""What can be done with calendars: bookings as a feed, and busy times from elsewhere."""

from chalicelib.calendars.use_cases.external import Draft, Run, add, fetch_due, of_shop, refresh, remove
from chalicelib.calendars.use_cases.feeds import Opened, Read

__all__ = ["Draft", "Opened", "Read", "Run", "add", "fetch_due", "of_shop", "refresh", "remove"]
