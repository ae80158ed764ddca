"""Tickets of a line: their states, and what may happen to them. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from chalicelib.kit import wall
from chalicelib.queueing.line import Line, ahead, lowest, without_lowest
from chalicelib.queueing.problems import CalledEnough, DayFull, LineClosed, NobodyWaits, NotPossible, PartyDoesNotFit

MOST_LINES = 10  # of a shop
MOST_NUMBERS = 999  # of a line and date: three digits, and a row that stays small
MOST_RECALLS = 3  # of a ticket
NEARLY = 2  # so many are ahead of who is nearly there


class State(StrEnum):
    """Where a ticket stands."""

    WAITING = "waiting"
    CALLED = "called"
    SKIPPED = "skipped"
    SERVED = "served"
    LEFT = "left"
    EXPIRED = "expired"


class Happening(StrEnum):
    """What can be done with a ticket."""

    CALL = "call"
    RECALL = "recall"
    SKIP = "skip"
    REINSTATE = "reinstate"
    SEAT = "seat"
    LEAVE = "leave"


# What may happen in which state, and the state that it leads to. Everything else is refused. A live ticket of a past
# date is expired without anybody writing so: see `Ticket.state_on`.
TRANSITIONS: Mapping[State, Mapping[Happening, State]] = {
    State.WAITING: {Happening.CALL: State.CALLED, Happening.LEAVE: State.LEFT},
    State.CALLED: {
        Happening.RECALL: State.CALLED,
        Happening.SEAT: State.SERVED,
        Happening.SKIP: State.SKIPPED,
        Happening.LEAVE: State.LEFT,
    },
    State.SKIPPED: {
        Happening.RECALL: State.CALLED,
        Happening.REINSTATE: State.WAITING,
        Happening.LEAVE: State.LEFT,
    },
    State.SERVED: {},
    State.LEFT: {},
    State.EXPIRED: {},
}
LIVE = frozenset({State.WAITING, State.CALLED, State.SKIPPED})  # these are the sets that a line keeps


@dataclass(frozen=True)
class Ticket:
    """A customer's place in a line.

    Attributes:
        id: `tkt_...`; says line, date and number.
        day: local date of the shop on which the number is good.
        number: in its line and date; in the order of taking.
        label: the number as people read it.
        zone: IANA zone of the shop when it was taken.
        party: people.
        called_at: when it was called last; None before.
        recalls: how often it was called again.
        version: rises with every change.
    """

    id: str
    queue_id: str
    shop_id: str
    merchant_id: str
    customer_id: str
    day: date
    number: int
    label: str
    zone: str
    party: int
    taken_at: datetime
    state: State = State.WAITING
    called_at: datetime | None = None
    recalls: int = 0
    version: int = 1

    def state_on(self, day: date) -> State:
        """Return its state on a local date, knowing that it expires without anybody writing so."""
        return State.EXPIRED if self.state in LIVE and self.day < day else self.state


@dataclass(frozen=True)
class Place:
    """A ticket as it stands now.

    Attributes:
        state: also `expired`, which is never written.
        ahead: how many wait in front of it; None unless it waits.
        minutes: estimate until it is called; None unless it waits.
    """

    ticket: Ticket
    state: State
    ahead: int | None
    minutes: int | None


@dataclass(frozen=True)
class Move:
    """What comes of something that happens.

    Attributes:
        line, ticket: their next versions.
        near: the number of whoever is nearly there by it and is to be told.
    """

    line: Line
    ticket: Ticket
    near: int | None = None


def local_date(now: datetime, zone: str) -> date:
    """Return the latest date that the zone's clock has shown: where it is put back over midnight, dates do not."""
    return wall.reached(now, ZoneInfo(zone)).date()


def of_state(line: Line, state: State) -> int:
    """Return the set of a live state."""
    return {State.WAITING: line.waiting, State.CALLED: line.called, State.SKIPPED: line.skipped}[state]


def place(line: Line, ticket: Ticket) -> Place:
    """Return where a ticket stands in its line as of the line's date."""
    state = ticket.state_on(line.day)
    if state != State.WAITING:
        return Place(ticket, state, None, None)
    in_front = ahead(line.waiting, ticket.number)
    return Place(ticket, state, in_front, line.minutes_for(in_front + 1))


def taken(line: Line, party: int, *, shop_is_open: bool) -> tuple[Line, int]:
    """Return a line that has given out its next number, and the number.

    Raises:
        PartyDoesNotFit, LineClosed, DayFull: it gives none out.
    """
    if not line.min_party <= party <= line.max_party:
        raise PartyDoesNotFit(least=line.min_party, most=line.max_party)
    if not (line.is_open and shop_is_open):
        raise LineClosed
    if line.issued >= MOST_NUMBERS:
        raise DayFull(limit=MOST_NUMBERS)
    number = line.issued + 1
    is_told = ahead(line.waiting, number) <= NEARLY  # they see it themselves
    return replace(
        line,
        issued=number,
        waiting=line.waiting | 1 << number,
        told=number if is_told else line.told,
        version=line.version + 1,
    ), number


def to_call(line: Line) -> tuple[int, ...]:
    """Return who is to be called next, the lowest number that waits; after it who will be nearly there by that and is
    to be told, if anybody.

    Raises:
        NobodyWaits: there is nobody to call.
    """
    if not line.waiting:
        raise NobodyWaits
    near = _near(replace(line, waiting=without_lowest(line.waiting)))
    return (lowest(line.waiting),) if near is None else (lowest(line.waiting), near)


def moved(line: Line, ticket: Ticket, happening: Happening, now: datetime) -> Move:
    """Return what comes of something that happens to a ticket of a line as of the line's date.

    Raises:
        NotPossible: the ticket's state does not allow it.
        CalledEnough: it was recalled `MOST_RECALLS` times.
    """
    before = ticket.state_on(line.day)
    after = TRANSITIONS[before].get(happening)
    if after is None:
        raise NotPossible(state=before.value, possible=", ".join(TRANSITIONS[before]) or "-")
    recalls = ticket.recalls + (happening == Happening.RECALL)
    if recalls > MOST_RECALLS:
        raise CalledEnough(limit=MOST_RECALLS)
    is_call = after == State.CALLED
    ticket = replace(
        ticket,
        state=after,
        recalls=recalls,
        called_at=now if is_call else ticket.called_at,
        version=ticket.version + 1,
    )
    if happening == Happening.CALL:
        line = line.paced(now)
    line = _sorted_in(line, ticket, last_called=ticket.number if is_call else line.last_called)
    near = _near(line)
    return Move(line if near is None else replace(line, told=near), ticket, near)


def _sorted_in(line: Line, ticket: Ticket, last_called: int) -> Line:
    """Return the line's next version with a ticket's number in the set of its state and in no other."""
    bit = 1 << ticket.number
    sets = {state: of_state(line, state) & ~bit for state in LIVE}
    if ticket.state in LIVE:
        sets[ticket.state] |= bit
    return replace(
        line,
        waiting=sets[State.WAITING],
        called=sets[State.CALLED],
        skipped=sets[State.SKIPPED],
        last_called=last_called,
        paced_at=line.paced_at if sets[State.WAITING] else None,
        version=line.version + 1,
    )


def _near(line: Line) -> int | None:
    """Return the number with exactly `NEARLY` ahead, where its holder has not been told. One change moves everybody up
    by one place at most, so nobody passes by untold; who comes back in front has been told or sees it themselves.
    """
    rest = line.waiting
    for _ in range(NEARLY):
        rest = without_lowest(rest)
    return lowest(rest) if lowest(rest) > line.told else None
