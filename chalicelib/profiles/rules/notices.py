"""Which notices somebody wants, through which channel, and when they want to be left alone. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.kit.errors import FieldError, Invalid, invalid
from chalicelib.kit.wall import DAY, moment, shown


class Channel(StrEnum):
    """How a notice reaches somebody. The list of what they were told is not among them: it has every notice."""

    SMS = "sms"
    EMAIL = "email"
    PUSH = "push"
    WECHAT = "wechat"


class Weight(StrEnum):
    """How much a notice matters.

    MUST: money, a right or a deadline hangs on it; nobody can switch it off, and it comes at any hour.
    NOW: it can be switched off, and is of no use later; it comes at any hour.
    CAN_WAIT: it can be switched off, and does not come in quiet hours.
    """

    MUST = "must"
    NOW = "now"
    CAN_WAIT = "can_wait"


KINDS: Mapping[str, Weight] = {
    "login.new.customer": Weight.MUST,
    "login.password.customer": Weight.MUST,
    "factor.added.customer": Weight.MUST,
    "factor.removed.customer": Weight.MUST,
    "factor.recovered.customer": Weight.MUST,
    "factor.cloned.customer": Weight.MUST,
    "team.invited.customer": Weight.MUST,
    "team.left.merchant": Weight.MUST,
    "privacy.export_ready.customer": Weight.CAN_WAIT,
    "privacy.erasure_asked.customer": Weight.MUST,
    "identity.linked.customer": Weight.MUST,
    "identity.unlinked.customer": Weight.MUST,
    "account.bank.merchant": Weight.MUST,
    "account.connect.merchant": Weight.MUST,
    "order.confirmed.customer": Weight.CAN_WAIT,
    "order.confirmed.merchant": Weight.CAN_WAIT,
    "order.cancelled.customer": Weight.MUST,
    "order.cancelled.merchant": Weight.NOW,
    "order.changed.customer": Weight.MUST,
    "order.changed.merchant": Weight.NOW,
    "order.expired.customer": Weight.CAN_WAIT,
    "order.refunded.customer": Weight.MUST,
    "order.completed.customer": Weight.CAN_WAIT,
    "claim.asked.merchant": Weight.MUST,
    "claim.agreed.customer": Weight.MUST,
    "claim.declined.customer": Weight.MUST,
    "claim.escalated.merchant": Weight.MUST,
    "claim.decided.customer": Weight.MUST,
    "claim.decided.merchant": Weight.MUST,
    "coupon.expired.customer": Weight.CAN_WAIT,
    "coupon.expiring.customer": Weight.CAN_WAIT,
    "settlement.posted.merchant": Weight.CAN_WAIT,
    "payout.paid.merchant": Weight.CAN_WAIT,
    "payout.failed.merchant": Weight.MUST,
    "webhook.disabled.merchant": Weight.MUST,
    "dispute.warning.merchant": Weight.MUST,
    "dispute.open.merchant": Weight.MUST,
    "dispute.won.merchant": Weight.MUST,
    "dispute.lost.merchant": Weight.MUST,
    "vetting.approved.merchant": Weight.MUST,
    "vetting.rejected.merchant": Weight.MUST,
    "vetting.more_wanted.merchant": Weight.MUST,
    "vetting.expiring.merchant": Weight.MUST,
    "vetting.lapsed.merchant": Weight.MUST,
    "review.posted.merchant": Weight.CAN_WAIT,
    "review.awaited.merchant": Weight.CAN_WAIT,
    "review.guest_posted.customer": Weight.CAN_WAIT,
    "review.guest_awaited.customer": Weight.CAN_WAIT,
    "review.replied.customer": Weight.CAN_WAIT,
    "digest.daily.merchant": Weight.CAN_WAIT,
    "moderation.removed.customer": Weight.CAN_WAIT,
    "moderation.upheld.customer": Weight.CAN_WAIT,
    "moderation.restored.customer": Weight.CAN_WAIT,
    "moderation.reply_removed.merchant": Weight.CAN_WAIT,
    "moderation.reply_upheld.merchant": Weight.CAN_WAIT,
    "moderation.reply_restored.merchant": Weight.CAN_WAIT,
    "queue.called.customer": Weight.NOW,
    "queue.nearly.customer": Weight.NOW,
    "wait.offered.customer": Weight.NOW,
    "visit.day_before.customer": Weight.CAN_WAIT,
    "visit.soon.customer": Weight.NOW,
    "outreach.offer.customer": Weight.CAN_WAIT,
}
"""Kinds of notices: the message's type and the side that is told. A kind that is not among them is a `MUST`."""


@dataclass(frozen=True)
class QuietHours:
    """From when until when, by the wall clock of an IANA zone, somebody wants to be left alone; past midnight where it
    ends before it starts.
    """

    start: time
    end: time
    zone: str

    def __contains__(self, moment: datetime) -> bool:
        shown = moment.astimezone(ZoneInfo(self.zone)).time()
        if self.start < self.end:
            return self.start <= shown < self.end
        return shown >= self.start or shown < self.end

    def ends(self, now: datetime) -> datetime:
        """Return the first moment (UTC) from `now` on that does not lie in them; see `kit.wall` for what that is on the
        days on which clocks are changed.
        """
        zone, at = ZoneInfo(self.zone), now
        while at in self:
            walls = [datetime.combine(shown(at, zone).date() + DAY * more, self.end) for more in range(2)]
            first = (moment(wall, zone) for wall in walls)
            again = (wall.replace(tzinfo=zone, fold=1).astimezone(UTC) for wall in walls)  # where it is shown twice
            at = min(end for end in (*first, *again) if end > at)
        return at.astimezone(UTC)


@dataclass(frozen=True)
class Digest:
    """What a merchant is told of once a day, by one notice.

    Attributes:
        kinds: of the notices that are gathered.
        at: when, by the wall clock of an IANA zone.
    """

    kinds: frozenset[str]
    at: time
    zone: str

    def next(self, now: datetime) -> datetime:
        """Return when the next one is due (UTC), after `now`."""
        zone = ZoneInfo(self.zone)
        days = (shown(now, zone).date() + DAY * more for more in range(3))
        return next(due for day in days if (due := moment(datetime.combine(day, self.at), zone)) > now)


@dataclass(frozen=True)
class Choices:
    """What somebody has chosen; whoever chose nothing has these.

    Attributes:
        off: kinds and channels that are switched off.
        quiet: None where they take notices at any hour.
        digest: None where they are told of everything when it happens.
        keeps_history: shops that they looked at are kept for them to find again.
        version: rises with every change; 0 before the first.
    """

    off: frozenset[tuple[str, Channel]] = field(default_factory=frozenset)
    quiet: QuietHours | None = None
    digest: Digest | None = None
    keeps_history: bool = True
    version: int = 0


@dataclass(frozen=True)
class Switch:
    """A kind of notice through a channel, on or off."""

    kind: str
    channel: Channel
    on: bool


def weight(kind: str) -> Weight:
    """Return how much a kind of notice matters."""
    return KINDS.get(kind, Weight.MUST)


DIGEST_KIND = "digest.daily.merchant"


def may_gather(kind: str) -> bool:
    """Say whether a merchant may be told of such notices once a day."""
    return kind.endswith(".merchant") and KINDS.get(kind) == Weight.CAN_WAIT and kind != DIGEST_KIND


def switched(choices: Choices, switches: Iterable[Switch]) -> Choices:
    """Return choices with some notices on or off; the last word about one counts.

    Raises:
        Invalid: no such kind, or one that cannot be switched off.
    """
    off = set(choices.off)
    faults = []
    for place, switch in enumerate(switches):
        if switch.kind not in KINDS:
            faults.append(FieldError(f"switches.{place}.kind", "there is no such kind of notice"))
        elif not switch.on and weight(switch.kind) == Weight.MUST:
            faults.append(FieldError(f"switches.{place}.on", "this kind cannot be switched off"))
        (off.discard if switch.on else off.add)((switch.kind, switch.channel))
    if faults:
        raise Invalid(errors=faults)
    return replace(choices, off=frozenset(off))


def check_digest(digest: Digest) -> None:
    """Let a sensible digest pass.

    Raises:
        Invalid: no such zone, or a kind that is told of at once.
    """
    _check_zone("digest.zone", digest.zone)
    if not digest.kinds or not all(map(may_gather, digest.kinds)):
        raise invalid("digest.kinds", "kinds of notices to a merchant that can wait, one at least")


def check_quiet(hours: QuietHours) -> None:
    """Let sensible hours pass.

    Raises:
        Invalid: no such zone, or they would have no end.
    """
    _check_zone("quiet_hours.zone", hours.zone)
    if hours.start == hours.end:
        raise invalid("quiet_hours.until_time", "must differ from its start")


def _check_zone(field_name: str, zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid(field_name, "not an IANA time zone such as Asia/Shanghai") from error
