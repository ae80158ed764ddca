"""One text to many customers: its states, its pace and its hours. No I/O.

    sending -> done       everybody was looked at
            -> stopped    by the merchant, or one of the operator's people

It is sent between `OPENS` and `CLOSES` by the clock of its shop, whose customers live where it is: where somebody is
just now nobody knows. Its pace is so many an hour, so that whoever comes of it does not come all at once; `LEAST` at a
time, with longer pauses where that is slow: one at a time, when it ends would tell how many there were.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from chalicelib.kit.errors import invalid
from chalicelib.kit.wall import DAY, moment, shown
from chalicelib.outreach.rules.problems import NotSending, SentEnough
from chalicelib.outreach.rules.wishes import WEEK

OPENS, CLOSES = time(10), time(20)
TURN = timedelta(minutes=5)  # between two runs of the function that sends
_EARLY = timedelta(minutes=1)  # a run that comes a little early has its turn; one that comes twice has not
SLOWEST, FASTEST, PACE = 12, 600, 120  # customers an hour
LEAST = 10  # people that anything told is about, see `telling`
BASE = 5  # and in multiples of it
NEAREST = BASE // 2
MOST_STARTED = 2  # by one merchant in `WEEK`
MOST_RECIPIENTS = 2_000
LOOKED_AT = 200  # customers in one turn, of whom most may not be among those meant
FURTHEST = 30 * DAY  # so far ahead can it be planned
HOURLY_FOR = timedelta(days=2)  # after its end its report is made anew each hour, then each day
REPORTED_FOR = timedelta(days=14)  # and no more after that
_HOUR = timedelta(hours=1)


class State(StrEnum):
    """Where it stands."""

    SENDING = "sending"
    DONE = "done"
    STOPPED = "stopped"


class Outcome(StrEnum):
    """What became of one customer who has one of the tags: sent to, or why not."""

    SENT = "sent"
    NO_CONSENT = "no_consent"
    SWITCHED_OFF = "switched_off"
    BLOCKED = "blocked"
    HEARD_ENOUGH = "heard_enough"
    TOO_MANY = "too_many"


@dataclass(frozen=True)
class Draft:
    """What a merchant wants to send.

    Attributes:
        name: what the merchant calls it.
        tags: whoever has one of them is meant.
        text: by language, `en` and `zh`.
        coupon_campaign: coupons that it speaks of, None for none.
        starts_at: not before.
        per_hour: how many customers.
    """

    name: str
    tags: tuple[str, ...]
    text: Mapping[str, str]
    coupon_campaign: str | None
    starts_at: datetime
    per_hour: int = PACE


@dataclass(frozen=True)
class Report:
    """What came of it, when it was last counted.

    Attributes:
        sent: customers who got it.
        delivered: offers that a provider took.
        read: that were looked at.
        unsubscribed: customers who got it and want no more of this merchant.
        buyers: those who got it and ordered in its shop afterwards, until `REPORTED_FOR` after its end.
        orders: that they confirmed.
        coupons_used: orders of them with one of its coupons.
        revenue: what these orders cost their customers, minor units of the shop's currency; what went back is not taken
            off.
    """

    at: datetime
    sent: int = 0
    delivered: int = 0
    read: int = 0
    unsubscribed: int = 0
    buyers: int = 0
    orders: int = 0
    coupons_used: int = 0
    revenue: int = 0


@dataclass(frozen=True)
class Outreach(Draft):
    """One text to many.

    Attributes:
        id: `otr_...`.
        zone, currency: of its shop, when it was planned.
        signed: the shop's name by language, when it was planned: it stands before the text, and was looked at with it.
        coupon: what its coupons are called, None for none.
        coupon_until: when these are over.
        position: the customer who was looked at last; None before the first.
        outcomes: how many customers, by what became of them.
        next_at: when there is something to do about it; None when it is over and was counted for the last time.
        offset: 0 to 4, by lot: what its numbers are told from, see `telling`; nobody is told it.
        version: rises with every change.
    """

    id: str = field(kw_only=True)
    merchant_id: str = field(kw_only=True)
    shop_id: str = field(kw_only=True)
    zone: str = field(kw_only=True)
    currency: str = field(kw_only=True)
    created_at: datetime = field(kw_only=True)
    signed: Mapping[str, str] | None = None
    coupon: str | None = None
    coupon_until: datetime | None = None
    state: State = State.SENDING
    position: str | None = None
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    next_at: datetime | None = None
    ended_at: datetime | None = None
    report: Report | None = None
    offset: int = NEAREST
    version: int = 1

    @property
    def tagged(self) -> int:
        """How many were meant, of those who were looked at."""
        return sum(self.outcomes.values())

    @property
    def sent(self) -> int:
        """How many got it."""
        return self.outcomes.get(Outcome.SENT, 0)

    @property
    def a_turn(self) -> int:
        """How many get it in one turn."""
        return max(LEAST, -(-self.per_hour * TURN // _HOUR))

    def pause(self, sent: int) -> timedelta:
        """How long it waits after a turn that sent so many: as if there had been ten, twenty ... of them."""
        return max(TURN, -(-sent // LEAST) * LEAST * _HOUR / self.per_hour) - _EARLY


@dataclass(frozen=True)
class Started:
    """What a merchant has begun to send of late, by when.

    Attributes:
        version: rises with every change; 0 before the first.
    """

    merchant_id: str
    times: tuple[datetime, ...] = ()
    version: int = 0


def planned(draft: Draft, now: datetime) -> datetime:
    """Return when something that a merchant wants to send is begun.

    Raises:
        Invalid: it is too far ahead.
    """
    if draft.starts_at > now + FURTHEST:
        raise invalid("starts_at", f"at most {FURTHEST.days} days ahead")
    return max(draft.starts_at, now)


def begun(started: Started, now: datetime) -> Started:
    """Return what a merchant has begun, with one more.

    Raises:
        SentEnough: it has begun as many in a week as it may.
    """
    week = [one for one in started.times if one > now - WEEK]
    if len(week) >= MOST_STARTED:
        wait = min(week) + WEEK - now
        raise SentEnough(limit=MOST_STARTED, days=WEEK.days, retry_after=int(wait.total_seconds()) + 1)
    return replace(started, times=(*week, now), version=started.version + 1)


def opening(now: datetime, zone: str) -> datetime:
    """Return the first moment from now on at which offers may be sent by the clock of an IANA zone."""
    clock = ZoneInfo(zone)
    wall = shown(now, clock)
    if OPENS <= wall.time() < CLOSES:
        return now
    day = wall.date() if wall.time() < OPENS else wall.date() + DAY
    return moment(datetime.combine(day, OPENS), clock)


def advanced(
    standing: Outreach, outcomes: Sequence[Outcome], position: str | None, now: datetime, *, is_over: bool
) -> Outreach:
    """Return it after a turn: more customers were looked at, the last one at `position`; `is_over` when there are no
    more.
    """
    counts = dict(standing.outcomes)
    for one in outcomes:
        counts[one] = counts.get(one, 0) + 1
    new = replace(standing, outcomes=counts, position=position or standing.position, version=standing.version + 1)
    if is_over:
        return replace(new, state=State.DONE, ended_at=now, next_at=now + _HOUR)
    return replace(new, next_at=opening(now + standing.pause(outcomes.count(Outcome.SENT)), standing.zone))


def stopped(standing: Outreach, now: datetime) -> Outreach:
    """Return it stopped.

    Raises:
        NotSending: it is over.
    """
    if standing.state is not State.SENDING:
        raise NotSending(state=standing.state)
    return replace(standing, state=State.STOPPED, ended_at=now, next_at=now + _HOUR, version=standing.version + 1)


def wants_report(standing: Outreach, now: datetime) -> bool:
    """Say whether something that is still being sent should be counted: each hour."""
    return standing.sent > 0 and (standing.report is None or standing.report.at <= now - _HOUR)


def reported(standing: Outreach, report: Report) -> Outreach:
    """Return it with a new count, which never falls: who has left since has been there. Once it is over, the count is
    made again until long after the end; it also finds those whom a turn sent to that was stopped half-way.
    """
    before, now = standing.report or Report(report.at), report.at
    sales = report if _counts_sales(standing, report) else before
    kept = Report(
        at=now,
        sent=max(before.sent, report.sent),
        delivered=max(before.delivered, report.delivered),
        read=max(before.read, report.read),
        unsubscribed=max(before.unsubscribed, report.unsubscribed),
        buyers=max(before.buyers, sales.buyers),
        orders=max(before.orders, sales.orders),
        coupons_used=max(before.coupons_used, sales.coupons_used),
        revenue=max(before.revenue, sales.revenue),
    )
    new = replace(standing, report=kept)
    if standing.ended_at is None:
        return new
    new = replace(new, outcomes={**new.outcomes, Outcome.SENT: max(new.sent, kept.sent)})
    return replace(new, next_at=_counted_again(standing.ended_at, now))


def _counted_again(ended_at: datetime, now: datetime) -> datetime | None:
    again = now + (_HOUR if now < ended_at + HOURLY_FOR else DAY)
    return again if again <= ended_at + REPORTED_FOR else None


def _counts_sales(standing: Outreach, report: Report) -> bool:
    """Say whether a count tells what was bought: the first one that is `HOURLY_FOR` after the end, and the last one,
    where it is about `LEAST` people more. Who orders, and when, the merchant sees in its shop: were it told each hour,
    a number that moves would say that whoever ordered just then got the text. When it is told hangs on no order.
    """
    if standing.ended_at is None or report.at < standing.ended_at + HOURLY_FOR:
        return False
    before = standing.report
    if before is None or before.at < standing.ended_at + HOURLY_FOR:
        return True
    return _counted_again(standing.ended_at, report.at) is None and report.buyers - before.buyers >= LEAST
