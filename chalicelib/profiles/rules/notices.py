"""Which notices somebody wants, through which channel, and when they want to be left alone. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.kit.errors import FieldError, Invalid, invalid


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


@dataclass(frozen=True)
class Choices:
    """What somebody has chosen; whoever chose nothing has these.

    Attributes:
        off: kinds and channels that are switched off.
        quiet: None where they take notices at any hour.
        keeps_history: shops that they looked at are kept for them to find again.
        version: rises with every change; 0 before the first.
    """

    off: frozenset[tuple[str, Channel]] = field(default_factory=frozenset)
    quiet: QuietHours | None = None
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


def passes(choices: Choices, kind: str, channel: Channel, now: datetime) -> bool:
    """Say whether a notice may be sent now."""
    if weight(kind) == Weight.MUST:
        return True
    if (kind, channel) in choices.off:
        return False
    return weight(kind) == Weight.NOW or choices.quiet is None or now not in choices.quiet


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


def check_quiet(hours: QuietHours) -> None:
    """Let sensible hours pass.

    Raises:
        Invalid: no such zone, or they would have no end.
    """
    try:
        ZoneInfo(hours.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid("quiet_hours.zone", "not an IANA time zone such as Asia/Shanghai") from error
    if hours.start == hours.end:
        raise invalid("quiet_hours.until_time", "must differ from its start")
