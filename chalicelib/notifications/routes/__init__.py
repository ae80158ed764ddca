"""The operations of notices: one's own, the addresses that support looks at, and the way out of a mail."""

from chalicelib.notifications.routes import addresses as addresses
from chalicelib.notifications.routes import inbox as inbox
from chalicelib.notifications.routes import unsubscribe as unsubscribe
from chalicelib.notifications.routes.blueprint import bp

__all__ = ["bp"]
