"""What people look at and decide: alerts and freezes. No I/O."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

from chalicelib.kit.ids import derived_id

SYSTEM = "system:risk"
MOST_NOTES = 20  # of an alert


class AlertKind(StrEnum):
    """What somebody should look at."""

    VELOCITY = "velocity"  # a shop, an address or a payer is over its limit
    SHARED_PAYER = "shared-payer"  # many accounts pay with one card or wallet
    DUPLICATE = "duplicate-payment"  # the same payer, shop and amount for another order
    REFUND_ABUSE = "refund-abuse"
    TRAVEL = "impossible-travel"  # two sign-ins to an account are too far apart
    BURST = "burst"  # many accounts are signed in to from one device or network, or one is guessed at
    STUFFING = "stuffing"  # many accounts are guessed at from one network


@dataclass(frozen=True)
class Note:
    """What somebody who looked at an alert wrote down."""

    by: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Alert:
    """Something that somebody should look at. The same of a subject on one UTC date is one alert, and opens it again.

    Attributes:
        id: `alr_...`; follows from kind, subject and date.
        subject: `account:<id>`, `shop:<id>`, or of what is personal the blind index: `payer:<index>`.
        about: ids of orders, payments, refunds and accounts that it is about, as of the last time.
        since: when it happened first.
        last_at: when it happened last.
        times: how often it happened.
        closed_by: who has looked at it; None while it is open.
        note: what they found.
        assigned_to: whose it is to look at, None while it is anybody's.
        notes: what was written down on the way, oldest first.
        revision: how often somebody took it in hand.
    """

    id: str
    kind: AlertKind
    subject: str
    about: tuple[str, ...]
    since: datetime
    last_at: datetime
    times: int = 1
    closed_by: str | None = None
    closed_at: datetime | None = None
    note: str | None = None
    assigned_to: str | None = None
    notes: tuple[Note, ...] = field(default=())
    revision: int = 0


@dataclass(frozen=True)
class Freeze:
    """Whether somebody may go on, pending review.

    Attributes:
        subject: `account:<id>` may not begin to pay; `login:<id>` is an account that cannot be signed in to;
            `payouts:<merchant>` is not paid out.
        by: who froze it, or lifted that; `system:risk` where a rule did.
    """

    subject: str
    is_frozen: bool
    reason: str
    by: str
    at: datetime


def day_of(now: datetime) -> date:
    """Return the UTC date of a moment."""
    return now.astimezone(UTC).date()


def alert_of(kind: AlertKind, subject: str, about: tuple[str, ...], now: datetime, key: str | None = None) -> Alert:
    """Return an alert; the same of a subject and `key` (its UTC date) is the same one."""
    alert_id = derived_id("alr", kind, subject, key or day_of(now).isoformat())
    return Alert(alert_id, kind, subject, about, since=now, last_at=now)
