"""What can be done with webhooks: endpoints and their log, partners, and events on their way."""

from chalicelib.webhooks.use_cases.challenge import challenge
from chalicelib.webhooks.use_cases.delivering import InHand, deliver
from chalicelib.webhooks.use_cases.endpoints import Draft, change, create, heard_by, of_owner, read, remove, rotate
from chalicelib.webhooks.use_cases.listening import Directory
from chalicelib.webhooks.use_cases.log import Replayed, Span, delivery, log, replay, replay_span, send_test
from chalicelib.webhooks.use_cases.partners import end_partner, partners, set_partner
from chalicelib.webhooks.use_cases.retrying import Run, retry_due

__all__ = [
    "Directory",
    "Draft",
    "InHand",
    "Replayed",
    "Run",
    "Span",
    "challenge",
    "change",
    "create",
    "deliver",
    "delivery",
    "end_partner",
    "heard_by",
    "log",
    "of_owner",
    "partners",
    "read",
    "remove",
    "replay",
    "replay_span",
    "retry_due",
    "rotate",
    "send_test",
    "set_partner",
]
