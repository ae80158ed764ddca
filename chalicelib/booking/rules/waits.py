"""Waiting for a time that is taken: what is waited for, and the states of a wait. No I/O.

A wait is claimed, then the time is held for its customer, then it is offered. The claim is one conditional write, so
that no wait is given two times at once; it carries a lease, so that whoever finds a claim that its run left behind may
go on with it: the claim says what was to be held, and under which number (`turn`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from chalicelib.booking.rules.problems import TooManyWaits, WaitNotPossible
from chalicelib.kit.wall import DAY, day_bounds, shown
from chalicelib.orders.ports import Order, OrderState

MOST_WAITS = 5  # live ones of a customer
MOST_DAYS = 14  # of one wait
MOST_RADIUS_M = 5_000
MOST_PASSED = 10  # offers that somebody lets pass; then they wait no longer, and keep nobody waiting for them
MOST_MISSED = 20  # shops that a wait remembers
LEASE = timedelta(seconds=60)  # as long as the function may run: a lease that ran out belongs to a dead run
_LAST_ZONE = timedelta(hours=12)  # behind UTC: there a date is over last


class State(StrEnum):
    """Where a wait stands."""

    WAITING = "waiting"
    OFFERING = "offering"  # a time is being held for it; nobody is shown this
    OFFERED = "offered"
    FULFILLED = "fulfilled"
    WITHDRAWN = "withdrawn"
    OVER = "over"  # by its date, which is never written


class Happening(StrEnum):
    """What can happen to a wait."""

    CLAIM = "claim"
    FAIL = "fail"  # the time could not be held
    OFFER = "offer"
    PASS = "pass"  # noqa: S105 - no password: the offer ran out or was cancelled
    PAY = "pay"
    WITHDRAW = "withdraw"


# What may happen in which state, and the state that it leads to. Everything else is refused. Money may arrive after
# an offer ran out, and find the time still free: then a wait that waits again is fulfilled all the same.
TRANSITIONS: Mapping[State, Mapping[Happening, State]] = {
    State.WAITING: {
        Happening.CLAIM: State.OFFERING,
        Happening.PAY: State.FULFILLED,
        Happening.WITHDRAW: State.WITHDRAWN,
    },
    State.OFFERING: {
        Happening.CLAIM: State.OFFERING,
        Happening.FAIL: State.WAITING,
        Happening.OFFER: State.OFFERED,
        Happening.WITHDRAW: State.WITHDRAWN,
    },
    State.OFFERED: {
        Happening.PASS: State.WAITING,
        Happening.PAY: State.FULFILLED,
        Happening.WITHDRAW: State.WITHDRAWN,
    },
    State.FULFILLED: {},
    State.WITHDRAWN: {},
    State.OVER: {},
}
ENDED = frozenset({State.FULFILLED, State.WITHDRAWN, State.OVER})
_ASKED_BY_PEOPLE = (Happening.PAY, Happening.WITHDRAW)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """When somebody could come.

    Attributes:
        first, last: local dates of the shop, both included.
        since, until: the shop's clock shows a start at `since` or later, and before `until`; `HH:MM`, up to 24:00.
    """

    first: date
    last: date
    since: str
    until: str

    def suits(self, start: datetime, zone: ZoneInfo) -> bool:
        """Whether a start is one of those asked for."""
        wall = shown(start, zone)
        return self.first <= wall.date() <= self.last and self.since <= f"{wall:%H:%M}" < self.until


@dataclass(frozen=True, kw_only=True)
class AtShop(Ask):
    """A time of one shop's offering; with one member of its staff, or anyone."""

    shop_id: str
    offering_id: str
    staff_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Nearby(Ask):
    """A time of any shop of a category within a radius, on one date. Degrees, WGS-84."""

    lat: float
    lon: float
    radius_m: int
    category: str


@dataclass(frozen=True)
class Offer:
    """What is offered, or being offered.

    Attributes:
        start: in UTC.
        zone: IANA zone of the shop.
    """

    shop_id: str
    offering_id: str
    start: datetime
    zone: str
    staff_id: str | None = None

    @property
    def key(self) -> tuple[str, datetime]:
        """What is not offered twice to one wait."""
        return self.shop_id, self.start


@dataclass(frozen=True)
class Wait:
    """Somebody waits.

    Attributes:
        id: `wai_...`.
        ends_at: when it is over by itself.
        turn: how often a time was to be held for it; names the hold, so that a repeat makes no second one.
        offer: what is offered, or was last.
        lease_until: while it is claimed: until when nobody else goes on with it.
        order_id, until: the hold that was offered last, and until when it is to be paid.
        passed: shop and start of each offer that was let pass.
        missed: shops nearby whose time came free while this wait had an offer; they are looked at when it waits again.
        version: rises with every write; 0 before the first.
    """

    id: str
    customer_id: str
    ask: AtShop | Nearby
    created_at: datetime
    ends_at: datetime
    state: State = State.WAITING
    turn: int = 0
    offer: Offer | None = None
    lease_until: datetime | None = None
    order_id: str | None = None
    until: datetime | None = None
    passed: tuple[tuple[str, datetime], ...] = ()
    missed: tuple[str, ...] = ()
    version: int = 0

    def is_over(self, now: datetime) -> bool:
        """Whether nothing is offered to it any more, by its date or because its customer let so much pass."""
        return now >= self.ends_at or len(self.passed) >= MOST_PASSED

    def shown_at(self, now: datetime) -> State:
        """Return its state as its customer sees it; `settled` must know what became of its order."""
        state = self.state
        if state == State.OFFERED and self.until is not None and now < self.until:
            return state
        if state in {State.WAITING, State.OFFERING, State.OFFERED}:
            return State.OVER if self.is_over(now) else State.WAITING
        return state


@dataclass(frozen=True)
class Entry:
    """A wait's place in a line."""

    wait_id: str
    created_at: datetime
    ask: AtShop | Nearby


@dataclass(frozen=True)
class Tally:
    """The live waits of a customer.

    Attributes:
        live: id of each, and when it is over.
        version: 0 before the first.
    """

    customer_id: str
    live: Mapping[str, datetime]
    version: int = 0


def end_of(ask: Ask, zone: str | None) -> datetime:
    """Return when the last date of an ask is over: in a shop's zone, or everywhere on earth where no zone is known."""
    if zone is not None:
        return day_bounds(ask.last, ZoneInfo(zone)).end
    return datetime.combine(ask.last + DAY, time(), UTC) + _LAST_ZONE


def joined(tally: Tally, wait: Wait, now: datetime) -> Tally:
    """Return a customer's live waits with one more.

    Raises:
        TooManyWaits: there are `MOST_WAITS`.
    """
    live = {one: ends for one, ends in tally.live.items() if now < ends}
    if len(live) >= MOST_WAITS:
        raise TooManyWaits(limit=MOST_WAITS)
    return replace(tally, live=live | {wait.id: wait.ends_at})


def left(tally: Tally, wait_ids: Collection[str]) -> Tally:
    """Return a customer's live waits without some."""
    return replace(tally, live={one: ends for one, ends in tally.live.items() if one not in wait_ids})


def settled(wait: Wait, order: Order | None) -> Wait:
    """Return a wait as the order that was offered makes it: fulfilled once it was paid, whatever became of it later;
    waiting again, with the start among those that it let pass, once it ran out or was cancelled.

    Args:
        wait: the wait as it is written.
        order: that of `wait.order_id`; None where it has none.
    """
    if order is None or wait.state not in {State.OFFERED, State.WAITING}:
        return wait
    if order.confirmed_at is not None:
        return _moved(wait, Happening.PAY)
    if wait.state == State.WAITING or order.state == OrderState.HELD or wait.offer is None:
        return wait
    return replace(_moved(wait, Happening.PASS), passed=(*wait.passed, wait.offer.key))


def claimed(wait: Wait, offer: Offer, now: datetime) -> Wait:
    """Return a wait for which a time is about to be held."""
    return replace(_moved(wait, Happening.CLAIM), offer=offer, turn=wait.turn + 1, lease_until=now + LEASE)


def resumed(wait: Wait, now: datetime) -> Wait:
    """Return a claim that another run goes on with: the same time, the same turn."""
    return replace(_moved(wait, Happening.CLAIM), lease_until=now + LEASE)


def failed(wait: Wait) -> Wait:
    """Return a wait that waits on: the time could not be had."""
    return replace(_moved(wait, Happening.FAIL), lease_until=None, offer=None)


def offered(wait: Wait, order: Order) -> Wait:
    """Return a wait to which the hold of an order is offered."""
    moved = _moved(wait, Happening.OFFER)
    return replace(moved, lease_until=None, order_id=order.id, until=order.hold_until)


def withdrawn(wait: Wait, now: datetime) -> Wait:
    """Return a wait that its customer gives up. What it was offered stays held until it runs out, and can be paid.

    Raises:
        WaitNotPossible: it is fulfilled or over.
    """
    if wait.shown_at(now) == State.OVER:
        raise _not_possible(State.OVER)
    return replace(_moved(wait, Happening.WITHDRAW), lease_until=None)


def earliest(wait: Wait, starts: Iterable[Offer]) -> Offer | None:
    """Return the earliest offer that suits a wait and that it has not let pass; None where there is none."""
    fitting = (one for one in starts if wait.ask.suits(one.start, ZoneInfo(one.zone)) and one.key not in wait.passed)
    return min(fitting, key=lambda one: one.start, default=None)


def _moved(wait: Wait, happening: Happening) -> Wait:
    to = TRANSITIONS[wait.state].get(happening)
    if to is None:
        raise _not_possible(wait.state)
    return replace(wait, state=to)


def _not_possible(state: State) -> WaitNotPossible:
    possible = [one for one in _ASKED_BY_PEOPLE if one in TRANSITIONS[state]]
    return WaitNotPossible(state=state.value, possible=", ".join(possible) or "-")
