"""The table of transitions, and a line under random people: no number twice, no call twice, order kept, nobody skipped
silently, everybody told once that they are nearly there.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.queueing.problems import (
    CalledEnough,
    DayFull,
    LineClosed,
    NobodyWaits,
    NotPossible,
    PartyDoesNotFit,
)
from chalicelib.queueing.rules import (
    LIVE,
    MOST_NUMBERS,
    MOST_RECALLS,
    NEARLY,
    TRANSITIONS,
    Happening,
    Place,
    State,
    local_date,
    moved,
    of_state,
    place,
    taken,
    to_call,
)
from tests.chalicelib.queueing.world import NOW, TODAY, line, ticket


def standing(state, **other):
    """A line with one ticket in a state."""
    sets = {one.value: 0b10 if one == state else 0 for one in LIVE}
    return line(issued=1, **sets), ticket(state=state, **other)


@pytest.mark.parametrize(("state", "happening"), [*product(State, Happening)])
def test_only_what_the_table_says_is_possible(state, happening):
    at, one = standing(state)
    after = TRANSITIONS[state].get(happening)
    if after is None:
        with pytest.raises(NotPossible) as refused:
            moved(at, one, happening, NOW)
        possible = ", ".join(TRANSITIONS[state]) or "-"
        assert refused.value.parameters == {"state": state.value, "possible": possible}
        return
    made = moved(at, one, happening, NOW)
    assert (made.ticket.state, made.ticket.version, made.line.version) == (after, 2, 2)
    assert made.ticket.called_at == (NOW if after == State.CALLED else None)
    assert {live: of_state(made.line, live) for live in LIVE} == {live: 0b10 if live == after else 0 for live in LIVE}


@pytest.mark.parametrize("happening", Happening)
def test_nothing_happens_to_a_ticket_of_a_past_date(happening):
    at, one = standing(State.CALLED)
    tomorrow = at.on(TODAY + timedelta(days=1))
    with pytest.raises(NotPossible) as refused:
        moved(tomorrow, one, happening, NOW)
    assert refused.value.parameters == {"state": "expired", "possible": "-"}
    assert place(tomorrow, one) == Place(one, State.EXPIRED, None, None)
    assert place(tomorrow, replace(one, state=State.SERVED)).state == State.SERVED


def test_a_ticket_is_recalled_so_often():
    at, one = standing(State.CALLED, recalls=MOST_RECALLS - 1)
    last = moved(at, one, Happening.RECALL, NOW)
    assert last.ticket.recalls == MOST_RECALLS
    with pytest.raises(CalledEnough):
        moved(last.line, last.ticket, Happening.RECALL, NOW)
    again = moved(at, replace(one, state=State.SKIPPED, recalls=MOST_RECALLS), Happening.REINSTATE, NOW)
    assert moved(again.line, again.ticket, Happening.CALL, NOW).ticket.state == State.CALLED


@pytest.mark.parametrize(
    ("at", "party", "is_open", "refusal"),
    [
        (line(min_party=3), 2, True, PartyDoesNotFit),
        (line(max_party=2), 3, True, PartyDoesNotFit),
        (line(is_open=False), 2, True, LineClosed),
        (line(), 2, False, LineClosed),
        (line(issued=MOST_NUMBERS), 2, True, DayFull),
    ],
)
def test_a_line_gives_out_no_number(at, party, is_open, refusal):
    with pytest.raises(refusal):
        taken(at, party, shop_is_open=is_open)


def test_nobody_is_called_where_nobody_waits():
    with pytest.raises(NobodyWaits):
        to_call(line(issued=1, called=0b10))


def test_dates_are_those_of_the_shop_and_never_go_back():
    late = datetime(2030, 5, 1, 16, 30, tzinfo=UTC)
    assert local_date(late, "Asia/Shanghai") == date(2030, 5, 2)
    assert local_date(late, "America/New_York") == date(2030, 5, 1)
    # In the Azores clocks go back from 01:00 to 00:00, in Asunción they went from midnight to 23:00.
    before = datetime(2023, 3, 26, 2, 59, tzinfo=UTC)
    shown = [local_date(before + timedelta(minutes=n), "America/Asuncion") for n in range(-60, 180, 20)]
    assert shown == sorted(shown)


STEPS = st.lists(
    st.tuples(st.sampled_from(["take", "next", *Happening]), st.integers(0, 60), st.integers(0, 40)), max_size=60
)


class Door:
    """A line and its tickets, as they are without anybody writing at the same time."""

    def __init__(self):
        self.line, self.tickets, self.now = line(), {}, NOW
        self.called, self.told = [], []

    def take(self):
        self.line, number = taken(self.line, 2, shop_is_open=True)
        assert number == len(self.tickets) + 1, "strictly increasing, none twice"
        self.tickets[number] = ticket(number)
        if place(self.line, self.tickets[number]).ahead <= NEARLY:
            self.told.append(number)  # they see it

    def waiting(self):
        return [number for number, one in sorted(self.tickets.items()) if one.state == State.WAITING]

    def next(self):
        if not self.waiting():
            return
        number, *near = to_call(self.line)
        assert number == self.waiting()[0], "nobody in front is passed over"
        assert [self.happen(number, Happening.CALL)] == (near or [None])

    def happen(self, number, happening):
        one = self.tickets[number]
        if happening not in TRANSITIONS[one.state] or (happening == Happening.RECALL and one.recalls == MOST_RECALLS):
            return None
        made = moved(self.line, one, happening, self.now)
        self.line, self.tickets[number] = made.line, made.ticket
        if made.near is not None:
            assert self.waiting()[NEARLY] == made.near
            assert made.near not in self.told, "told once"
            self.told.append(made.near)
        return made.near


@given(STEPS)
def test_a_line_keeps_its_order(steps):
    door = Door()
    for what, minutes, which in steps:
        door.now += timedelta(minutes=minutes)
        if what == "take":
            door.take()
        elif what == "next":
            door.next()
        elif door.tickets:
            door.happen(which % len(door.tickets) + 1, what)
        for state in LIVE:
            assert of_state(door.line, state) == sum(1 << n for n, one in door.tickets.items() if one.state == state)
        for position, number in enumerate(door.waiting()):
            shown = place(door.line, door.tickets[number])
            assert (shown.ahead, shown.state) == (position, State.WAITING)
            assert shown.minutes >= 1
        front = door.waiting()[: NEARLY + 1]
        came_back = {number for number, one in door.tickets.items() if one.called_at}
        assert set(front) <= set(door.told) | came_back, "whoever is nearly there knows it"
