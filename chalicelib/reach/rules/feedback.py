"""What became of what was sent, as one kind of event for all providers, and when an address is given up. No I/O."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.notifications.ports import Channel

KEPT = timedelta(days=14)  # in which a receipt may come a second time; SNS tries for an hour, Alibaba for 16 minutes
COUNTED = timedelta(days=30)  # failures that are older count no more
MOST_FAILURES = 5  # one after the other, with nothing delivered in between ...
FAILING_FOR = timedelta(days=3)  # ... and for so long: a carrier's bad day gives nobody up


class Fate(StrEnum):
    """What became of a message."""

    DELIVERED = "delivered"
    SOFT = "soft"  # not now: a full mailbox, a phone that is off
    HARD = "hard"  # never: no such mailbox, no such number
    LEFT = "left"  # its reader wants no more: a complaint, a reply that says so
    OTHER = "other"  # not the address's doing: a forbidden word, a bad route


@dataclass(frozen=True)
class Event:
    """A provider's word about one message to one address.

    Attributes:
        id: the same at each repeat.
        channel: what it went through.
        address: a mail address or a number (E.164), as it was sent to.
        fate: see `Fate`.
        reason: the provider's own word, short; names nobody.
        at: when the provider says that it happened.
    """

    id: str
    channel: Channel
    address: str
    fate: Fate
    reason: str
    at: datetime


@dataclass(frozen=True)
class Failures:
    """Soft failures of an address since something was last delivered there.

    Attributes:
        count: how many.
        first_at: when the first of them happened.
        last_at: the last.
        delivered_at: when something last arrived after a failure; None where nothing did.
        version: rises with every change; 0 before the first.
    """

    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    delivered_at: datetime | None = None
    version: int = 0

    @property
    def is_too_much(self) -> bool:
        """Whether the address is given up."""
        if self.first_at is None or self.last_at is None:
            return False
        return self.count >= MOST_FAILURES and self.last_at - self.first_at >= FAILING_FOR


def failed(before: Failures, at: datetime) -> Failures:
    """Return the count after one more failure. Receipts come in any order: one that happened before something arrived
    says nothing any more.
    """
    if before.delivered_at is not None and at <= before.delivered_at:
        return before
    if before.last_at is not None and at - before.last_at > COUNTED:
        return Failures(1, at, at, before.delivered_at, before.version + 1)
    first, last = min(before.first_at or at, at), max(before.last_at or at, at)
    return replace(before, count=before.count + 1, first_at=first, last_at=last, version=before.version + 1)


def arrived(before: Failures, at: datetime) -> Failures:
    """Return the count after something arrived: what failed before it counts no more."""
    if not before.count or (before.last_at is not None and at < before.last_at):
        return before
    return Failures(delivered_at=at, version=before.version + 1)


class HeardBefore(Exception):  # noqa: N818 - a state of affairs
    """An event came before."""
