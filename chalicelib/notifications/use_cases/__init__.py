"""What can be done with notices: tell those who should hear of a message, once each; send what waited; read what one
was told; and let nothing go where nothing arrives.
"""

from chalicelib.notifications.use_cases.addresses import address_book, arrives, lift, suspend
from chalicelib.notifications.use_cases.deliver import deliver
from chalicelib.notifications.use_cases.due import Swept, sweep
from chalicelib.notifications.use_cases.inbox import of_account, reached, read, read_all, unread
from chalicelib.notifications.use_cases.unsubscribe import BadLink, stop, stoppable

__all__ = [
    "BadLink",
    "Swept",
    "address_book",
    "arrives",
    "deliver",
    "lift",
    "of_account",
    "reached",
    "read",
    "read_all",
    "stop",
    "stoppable",
    "suspend",
    "sweep",
    "unread",
]
