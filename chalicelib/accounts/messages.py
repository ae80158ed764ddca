"""What accounts tell others."""

from datetime import datetime

from chalicelib.accounts.rules import Account, Kind
from chalicelib.kit.outbox import NOTIFICATIONS, Message


def linked(account: Account, kind: Kind, now: datetime) -> Message:
    """Somebody can sign in another way from now on."""
    return _told("identity.linked", account, kind, now)


def unlinked(account: Account, kind: Kind, now: datetime) -> Message:
    """A way to sign in is gone."""
    return _told("identity.unlinked", account, kind, now)


def _told(happening: str, account: Account, kind: Kind, now: datetime) -> Message:
    payload = {"customer_id": account.id, "kind": kind.value}
    return Message(happening, (NOTIFICATIONS,), payload, now, version=account.version)
