"""What privacy tells."""

from datetime import datetime

from chalicelib.kit.outbox import NOTIFICATIONS, PRIVACY, Message
from chalicelib.privacy.requests import Export

EXPORT_ASKED = "privacy.export_asked"
EXPORT_READY = "privacy.export_ready"
ERASURE_ASKED = "privacy.erasure_asked"


def export_asked(export: Export) -> Message:
    """A copy is to be made."""
    return _of(EXPORT_ASKED, PRIVACY, export.account_id, export.asked_at, export_id=export.id)


def export_ready(export: Export, now: datetime) -> Message:
    """It can be fetched."""
    return _of(EXPORT_READY, NOTIFICATIONS, export.account_id, now, export_id=export.id)


def erasure_asked(account_id: str, now: datetime) -> Message:
    """An account is to be erased; whoever did not ask for it should hear of it in time."""
    return _of(ERASURE_ASKED, NOTIFICATIONS, account_id, now)


def _of(type_: str, queue: str, account_id: str, at: datetime, **payload: str) -> Message:
    return Message(type_, (queue,), {"customer_id": account_id, **payload}, at, version=1)
