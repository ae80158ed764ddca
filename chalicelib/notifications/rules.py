"""Notices: types, and who hears of what. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from chalicelib.kit.i18n import Language
from chalicelib.kit.ids import derived_id
from chalicelib.profiles.ports import Channel

LEASE = timedelta(seconds=60)  # as long as the function may run: a lease that ran out belongs to a dead run
KEPT = timedelta(
    days=180
)  # from the begin of its month: a notice is there for 149 days at least, while its message can come for 28


class State(StrEnum):
    """Where a notice stands. Its reader finds it in their list in every one of them."""

    CLAIMED = "claimed"  # being sent
    HELD = "held"  # waits: for the end of quiet hours, or for a channel that is down
    SENT = "sent"
    UNDELIVERABLE = "undeliverable"  # no channel reaches its reader
    SILENT = "silent"  # not sent: its reader chose so, or had read it before
    GATHERED = "gathered"  # told of by the day's digest
    CAPPED = "capped"  # not sent: more of these would cost more than they may today
    LATE = "late"  # not sent: of no use any more when its channel was there again


class Side(StrEnum):
    """Whom a notice is for: the payload's `customer_id` or `merchant_id`."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"


_BOTH = (Side.CUSTOMER, Side.MERCHANT)

AUDIENCE: Mapping[str, tuple[Side, ...]] = {
    "order.confirmed": _BOTH,
    "order.cancelled": _BOTH,
    "order.changed": _BOTH,
    "order.expired": (Side.CUSTOMER,),
    "order.refunded": (Side.CUSTOMER,),
    "order.completed": (Side.CUSTOMER,),
    "account.bank": (Side.MERCHANT,),
    "account.connect": (Side.MERCHANT,),
    "login.new": (Side.CUSTOMER,),
    "login.password": (Side.CUSTOMER,),
    "factor.added": (Side.CUSTOMER,),
    "factor.removed": (Side.CUSTOMER,),
    "factor.recovered": (Side.CUSTOMER,),
    "factor.cloned": (Side.CUSTOMER,),
    "team.invited": (Side.CUSTOMER,),
    "team.left": (Side.MERCHANT,),
    "privacy.export_ready": (Side.CUSTOMER,),
    "privacy.erasure_asked": (Side.CUSTOMER,),
    "identity.linked": (Side.CUSTOMER,),
    "identity.unlinked": (Side.CUSTOMER,),
    "claim.asked": (Side.MERCHANT,),
    "claim.agreed": (Side.CUSTOMER,),
    "claim.declined": (Side.CUSTOMER,),
    "claim.escalated": (Side.MERCHANT,),
    "claim.decided": _BOTH,
    "coupon.expired": (Side.CUSTOMER,),
    "coupon.expiring": (Side.CUSTOMER,),
    "settlement.posted": (Side.MERCHANT,),
    "payout.paid": (Side.MERCHANT,),
    "payout.failed": (Side.MERCHANT,),
    "webhook.disabled": (Side.MERCHANT,),
    "dispute.warning": (Side.MERCHANT,),
    "dispute.open": (Side.MERCHANT,),
    "dispute.won": (Side.MERCHANT,),
    "dispute.lost": (Side.MERCHANT,),
    "vetting.approved": (Side.MERCHANT,),
    "vetting.rejected": (Side.MERCHANT,),
    "vetting.more_wanted": (Side.MERCHANT,),
    "vetting.expiring": (Side.MERCHANT,),
    "vetting.lapsed": (Side.MERCHANT,),
    "review.posted": (Side.MERCHANT,),
    "review.awaited": (Side.MERCHANT,),
    "review.guest_posted": (Side.CUSTOMER,),
    "review.guest_awaited": (Side.CUSTOMER,),
    "review.replied": (Side.CUSTOMER,),
    "digest.daily": (Side.MERCHANT,),
    "moderation.removed": (Side.CUSTOMER,),
    "moderation.upheld": (Side.CUSTOMER,),
    "moderation.restored": (Side.CUSTOMER,),
    "moderation.reply_removed": (Side.MERCHANT,),
    "moderation.reply_upheld": (Side.MERCHANT,),
    "moderation.reply_restored": (Side.MERCHANT,),
    "queue.called": (Side.CUSTOMER,),
    "queue.nearly": (Side.CUSTOMER,),
    "wait.offered": (Side.CUSTOMER,),
    "visit.day_before": (Side.CUSTOMER,),
    "visit.soon": (Side.CUSTOMER,),
    "outreach.offer": (Side.CUSTOMER,),
}
"""Who hears of a message's type; of the others nobody does."""
DUE = "notice.due"
"""A message that a notice which waited is to be looked at again: `notice_id`, `due_at`."""
TO_FORMER = frozenset({"identity.linked", "identity.unlinked"})
"""What the phones that an account had lately are told as well: whoever took the account over has its new one."""


@dataclass(frozen=True)
class Due:
    """When a notice is to be looked at again.

    Attributes:
        lane: what it waits for: `QUIET` hours, `UNREAD`, an address that is `BUSY`, a message that was `QUEUED`, or a
            channel that is down, by its name.
        at: not before.
    """

    lane: str
    at: datetime


UNCOUNTED = -1
"""The epoch of a notice that goes to somebody's former phone: nobody reads it there."""
QUIET, UNREAD, BUSY, QUEUED, DIGEST = "quiet", "unread", "busy", "queued", "digest"
LANES: tuple[str, ...] = (QUIET, UNREAD, BUSY, QUEUED, *Channel)
"""What notices wait for. Each lane is swept by itself: a channel that is down holds up no other."""


@dataclass(frozen=True)
class Notice:
    """One thing that one person is told, once.

    Attributes:
        id: `ntc_...`; follows from message and account, so that one message makes one notice.
        account_id: whom it is for.
        message_id: what it comes from.
        kind: `order.confirmed.customer`: the message's type and the side.
        channel: how it went last, or was to go; None where it went nowhere.
        body: the text, in the person's language; holds no personal data.
        state: see `State`.
        created_at: when it was first to be sent.
        language: of title and body.
        title: short.
        words: the texts' variables, for what is rendered anew at each channel.
        link: a path in the app.
        epoch: of the month's count of unread notices that it was counted in, see `Tally`; `UNCOUNTED` in none.
        read_at: when its reader read it by itself.
        due: when it is to be looked at again; None where nothing is left to do.
        tries: how often it met a channel that was down, since it last was sent.
        is_fallback: it went by push or WeChat, was not read, and goes by the next channel.
        about: what its domain knows it by, where that is asked once more of what waited, see `NotificationPorts`.
        useful_until: when it is of no use any more, where that was known from the first.
    """

    id: str
    account_id: str
    message_id: str
    kind: str
    channel: Channel | None
    body: str
    state: State
    created_at: datetime
    language: Language = "zh-CN"
    title: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    link: str | None = None
    epoch: int = 0
    read_at: datetime | None = None
    due: Due | None = None
    tries: int = 0
    is_fallback: bool = False
    about: str | None = None
    useful_until: datetime | None = None


@dataclass(frozen=True)
class Settled:
    """How it ended with a notice that was in hand.

    Attributes:
        channel: how it went; None leaves what is there.
        provider_id: the provider's id of it.
        due: when it is to be looked at again.
        tries: see `Notice`.
    """

    state: State
    channel: Channel | None = None
    provider_id: str | None = None
    due: Due | None = None
    tries: int = 0


LEFT = "left"
"""What the reason of a suspension begins with that is its owner's own word: they replied so, or complained."""


@dataclass(frozen=True)
class Suspension:
    """Why nothing is sent to an address, and since when.

    Attributes:
        reason: the last that was told.
        at: when that was.
        has_left: its owner had said before that they want nothing there; what failed since does not unsay it.
    """

    reason: str
    at: datetime
    has_left: bool = False

    @property
    def is_their_word(self) -> bool:
        """Whether its owner wants nothing there, whether or not it would arrive."""
        return self.has_left or self.reason.partition(":")[0] == LEFT


Gathered = Mapping[str, int]
"""How many notices of each kind a digest tells of."""


@dataclass(frozen=True)
class Tally:
    """How many notices somebody has not read, by the month they are of (`2030-05`): each month's notices die together,
    with their count, so that it never tells of one that is gone.

    Attributes:
        unread: by month.
        epochs: by month; rises when all are read at once. A notice that was counted in an earlier one is read.
    """

    unread: Mapping[str, int] = field(default_factory=dict)
    epochs: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All that are not read."""
        return sum(self.unread.values())

    def epoch(self, created_at: datetime) -> int:
        """Return the epoch that a notice of a moment is counted in now."""
        return self.epochs.get(month(created_at), 0)

    def is_read(self, notice: Notice) -> bool:
        """Whether a notice was read, by itself or with all others."""
        return notice.read_at is not None or notice.epoch < self.epoch(notice.created_at)


def month(created_at: datetime) -> str:
    """Return the month of a moment in UTC: `2030-05`."""
    return f"{created_at.astimezone(UTC):%Y-%m}"


def dies_at(created_at: datetime) -> datetime:
    """Return when a notice of a moment, and all others of its month, are removed: after `KEPT` at most."""
    begin = created_at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return begin + KEPT


class SenderDown(Exception):  # noqa: N818 - a state of affairs
    """The sender did not take the letter; a repeat may succeed.

    Args:
        reason: for the log; names no address.
        retry_after: how long the provider wants to be left alone; None where it does not say.
    """

    def __init__(self, reason: str = "", retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class AddressBusy(SenderDown):
    """This address has had as much as its provider lets it have for now; letters to others are taken."""


class Undeliverable(Exception):  # noqa: N818 - an answer
    """The sender will never take this letter; it may take others for the same address."""


class AddressGone(Undeliverable):
    """The sender will never take anything for this address: it opted out, is none, or is no longer installed."""


class Standing(Exception):  # noqa: N818 - a state of affairs
    """A notice is there already, or no longer as it was read.

    Args:
        notice: as it stands; None where it is gone.
    """

    def __init__(self, notice: Notice | None) -> None:
        super().__init__(notice.id if notice else "gone")
        self.notice = notice


class Outdated(Exception):  # noqa: N818 - an answer
    """An address was suspended, or lifted, later than what is told of it now happened."""


class AlreadyRead(Exception):  # noqa: N818 - an answer
    """A notice was read with all others."""


class InHand(Exception):  # noqa: N818 - a state of affairs
    """Another run is sending this very notice; its lease has not run out."""


def notice_id(message_id: str, account_id: str) -> str:
    """Return the id that senders, and a replay, know repeats by. Whichever way it goes: who had no phone when they were
    told may have one at the repeat. All are made as those of text messages ever were, so that these stay known.
    """
    return derived_id("ntc", message_id, account_id, Channel.SMS)
