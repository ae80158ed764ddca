"""Through which channels somebody is told of a notice, in which order, and what happens when it is not read. No I/O.

| weight | who has a push device or WeChat | who has none |
|---|---|---|
| MUST | push, WeChat; unread after 15 minutes: text message, else mail | text message, else mail |
| NOW | push, WeChat; unread after 3 minutes: text message, else mail | text message, else mail |
| CAN_WAIT | push, else WeChat; never again | mail, else text message |

A channel that will not take a notice hands it on to the next. One that is down does so too, unless the notice can wait:
that waits for its own channel, which costs less than the next. What tells of the account itself (`SECURITY`) goes by
text message or mail at once: whoever took the account over has it on their own device, and reads the push away.
"""

import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib.kit.wall import DAY, moment, shown
from chalicelib.notifications.rules import QUIET, Due, Notice, State
from chalicelib.profiles.ports import Channel, Choices, QuietHours, Weight

SECURITY = frozenset({"account", "factor", "identity", "login"})
"""What stands before the first dot of such kinds, and `privacy.erasure_asked`."""
_SECURITY_KINDS = frozenset({"privacy.erasure_asked.customer"})

QUICK = (Channel.PUSH, Channel.WECHAT)
_DIRECT, _CHEAP = (Channel.SMS, Channel.EMAIL), (Channel.EMAIL, Channel.SMS)
UNREAD_AFTER: Mapping[Weight, timedelta] = {Weight.MUST: timedelta(minutes=15), Weight.NOW: timedelta(minutes=3)}
USEFUL: Mapping[Weight, timedelta] = {
    Weight.MUST: timedelta(days=14),
    Weight.NOW: timedelta(hours=1),
    Weight.CAN_WAIT: timedelta(days=3),
}
"""How long after it was to be told a notice is still sent."""
USEFUL_KINDS: Mapping[str, timedelta] = {
    "visit.day_before.customer": timedelta(hours=12),  # by then the next reminder comes, or the visit is over
    "outreach.offer.customer": timedelta(hours=2),  # told by day, to who wants to hear: neither may still be so
}
"""Kinds that are of use for less long."""
BY_DAY = frozenset({"outreach.offer.customer"})
"""Kinds that are told by day alone. One that meets quiet hours is sent once, on the next morning of its reader's."""
OPENS, CLOSES = time(10), time(20)
_SPREAD = timedelta(hours=2)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=15)


@dataclass(frozen=True)
class Plan:
    """How a notice goes.

    Attributes:
        first: channels, the first that takes it is enough.
        then: those that it goes by when it went by a quick one and is not read.
        after: how long that is waited for; None where it goes no further.
    """

    first: tuple[Channel, ...]
    then: tuple[Channel, ...] = ()
    after: timedelta | None = None


def is_security(kind: str) -> bool:
    """Whether a kind tells of the account itself."""
    return kind.partition(".")[0] in SECURITY or kind in _SECURITY_KINDS


def plan(kind: str, weight: Weight, reached: Collection[Channel], off: Collection[Channel] = ()) -> Plan:
    """Return how a notice goes.

    Args:
        kind: of the notice.
        weight: of the kind.
        reached: channels that are there and have an address of the person's.
        off: channels that they switched off for this kind.
    """
    usable = [one for one in Channel if one in reached and one not in off]
    quick = tuple(one for one in QUICK if one in usable)
    direct = tuple(one for one in _DIRECT if one in usable)
    if is_security(kind):
        return Plan(direct or quick)
    if weight == Weight.CAN_WAIT:
        return Plan(quick + tuple(one for one in _CHEAP if one in usable))
    if quick and direct:
        return Plan(quick + direct, direct, UNREAD_AFTER[weight])
    return Plan(quick + direct)


def off(choices: Choices, kind: str, weight: Weight) -> frozenset[Channel]:
    """Return the channels that somebody switched off for a kind; none of what must be told."""
    if weight == Weight.MUST:
        return frozenset()
    return frozenset(channel for one, channel in choices.off if one == kind)


def quiet_until(choices: Choices, weight: Weight, now: datetime) -> Due | None:
    """Return when a notice may go that comes in quiet hours and can wait; None where it may now."""
    if weight != Weight.CAN_WAIT or choices.quiet is None or now not in choices.quiet:
        return None
    return Due(QUIET, choices.quiet.ends(now))


def by_day(choices: Choices, notice: Notice, told_at: datetime, until: datetime | None, now: datetime) -> Notice:
    """Return a new notice that is told by day alone as it is written down: to be sent, held until its reader's morning,
    or late from the first: nothing can be asked of it once it waited, what it tells of is over by then, or its message
    comes so late that it may be night.

    Args:
        choices: of its reader.
        notice: to be sent now.
        told_at: when it happened, by day.
        until: when what it tells of is over; None where it is not known to be.
        now: the moment.
    """
    useful = USEFUL_KINDS[notice.kind]
    is_quiet = choices.quiet is not None and now in choices.quiet
    at = morning(choices.quiet, now, notice.id) if choices.quiet is not None and is_quiet else now
    if at is None or (until is not None and until <= at) or (is_quiet and notice.about is None):
        return replace(notice, state=State.LATE)
    ends = min(at + useful, until or at + useful)
    if not is_quiet and now - told_at > useful:
        return replace(notice, state=State.LATE)
    if not is_quiet:
        return replace(notice, useful_until=ends)
    return replace(notice, state=State.HELD, due=Due(QUIET, at), useful_until=ends)


def morning(quiet: QuietHours, now: datetime, notice_id: str) -> datetime | None:
    """Return when a notice may go that is told by day alone and comes in quiet hours: when these are over and it is
    between `OPENS` and `CLOSES` by the same clock; None where it never is. By the notice's id it is up to two hours
    later: what a night has held does not go out at the same moment.
    """
    zone, at = ZoneInfo(quiet.zone), quiet.ends(now)
    for _ in range(3):
        wall = shown(at, zone)
        if not OPENS <= wall.time() < CLOSES:
            at = moment(datetime.combine(wall.date() + DAY * (wall.time() >= CLOSES), OPENS), zone)
        if at not in quiet:
            break
        at = quiet.ends(at)
    else:
        return None
    room = min(_SPREAD, moment(datetime.combine(shown(at, zone).date(), CLOSES), zone) - at)
    later = at + room * (zlib.crc32(notice_id.encode()) / (1 << 32))
    return at if later in quiet else later


def is_late(notice: Notice, weight: Weight, now: datetime) -> bool:
    """Whether a notice that waited is of no use any more."""
    if notice.useful_until is not None:
        return now > notice.useful_until
    return now - notice.created_at > USEFUL_KINDS.get(notice.kind, USEFUL[weight])


def wait(tries: int, retry_after: timedelta | None) -> timedelta:
    """Return how long a channel that is down is left alone: twice as long each time, up to a quarter of an hour, and as
    long as its provider asks.
    """
    own = min(_FIRST_WAIT * (1 << min(tries, 10)), _LONGEST_WAIT)
    return max(own, retry_after or timedelta())
