"""Random customers and staff, with somebody else writing between reading and writing: never one number to two people,
never one call to two, nobody in front passed over, at most one live ticket a customer, everybody told once.
"""

from collections import Counter
from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chalicelib.kit.errors import Problem
from chalicelib.queueing import use_cases
from chalicelib.queueing.ports import Happening, State
from chalicelib.queueing.problems import AlreadyInLine, NobodyWaits
from chalicelib.queueing.rules import LIVE, MOST_RECALLS, NEARLY, local_date, of_state
from tests.api import MERCHANT
from tests.chalicelib.queueing.world import QUEUE, Ticket, customer, line, ports

CUSTOMERS = st.integers(1, 8)
MOVES = st.sampled_from(Happening)
PASSES = st.sampled_from([0, 1, 1, 2, 5, 5, 12 * 60])  # minutes


class Queue(RuleBasedStateMachine):
    @initialize()
    def open(self):
        self.ports = ports(line())
        self.numbers: list[str] = []  # ids given out
        self.calls: list[str] = []  # ids, one a CALL

    def tickets(self):
        return [one for one in self.ports.store.rows.values() if isinstance(one, Ticket)]

    def today(self):
        return local_date(self.ports.clock.now(), "Asia/Shanghai")

    def live(self):
        return [one for one in self.tickets() if one.state_on(self.today()) in LIVE]

    def between(self, work):
        """Let somebody else write just before the next commit, if there is one."""
        self.ports.committer.before = work or (lambda: None)

    def _take(self, number):
        refused = None
        try:
            place = use_cases.take(self.ports, customer(number), "shp_1", QUEUE, 2, None)
            self.numbers.append(place.ticket.id)
        except AlreadyInLine as answer:
            refused = answer.parameters["ticket_id"]
        held = [one.id for one in self.live() if one.customer_id == f"acc_{number}"]
        assert held == [refused or place.ticket.id]

    def _next(self):
        try:
            place = use_cases.call_next(self.ports, MERCHANT, "shp_1", QUEUE, None)
        except NobodyWaits:
            assert not [one for one in self.live() if one.state == State.WAITING]
            return
        called = place.ticket.number
        waiting = [one.number for one in self.live() if one.state == State.WAITING]
        assert all(called < number for number in waiting), "nobody in front is passed over"
        self.calls.append(place.ticket.id)

    def _move(self, which, happening):
        if not self.numbers:
            return
        ticket_id = self.numbers[which % len(self.numbers)]
        owner = next(one for one in self.tickets() if one.id == ticket_id).customer_id
        actor = customer(int(owner[4:])) if happening == Happening.LEAVE else MERCHANT
        with suppress(Problem):
            use_cases.move(self.ports, actor, "shp_1", ticket_id, happening, None)
            if happening == Happening.CALL:
                self.calls.append(ticket_id)

    @rule(minutes=PASSES)
    def wait(self, minutes):
        self.ports.clock.move(minutes=minutes)

    @rule(one=CUSTOMERS, other=st.none() | CUSTOMERS)
    def take(self, one, other):
        self.between(other and (lambda: self._take(other)))
        self._take(one)

    @rule(other=st.sampled_from(["", "next", "take", *Happening]), which=st.integers(0, 99))
    def call_next(self, other, which):
        works = {"": None, "next": self._next, "take": lambda: self._take(which % 8 + 1)}
        self.between(works.get(other, lambda: self._move(which, other)))
        self._next()

    @rule(which=st.integers(0, 99), happening=MOVES, other=st.none() | MOVES, second=st.integers(0, 99))
    def move(self, which, happening, other, second):
        self.between(other and (lambda: self._move(second, other)))
        self._move(which, happening)

    @invariant()
    def numbers_are_given_once_and_rise(self):
        assert len(set(self.numbers)) == len(self.numbers) == len(self.tickets())
        by_day = {}
        for one in sorted(self.tickets(), key=lambda one: one.taken_at):
            by_day.setdefault(one.day, set()).add(one.number)
        assert all(numbers == set(range(1, len(numbers) + 1)) for numbers in by_day.values())

    @invariant()
    def the_line_says_what_its_tickets_say(self):
        standing = self.ports.store.line("shp_1", QUEUE).on(self.today())
        for state in LIVE:
            assert of_state(standing, state) == sum(1 << one.number for one in self.live() if one.state == state)
        held = Counter(one.customer_id for one in self.live())
        assert all(count == 1 for count in held.values())

    @invariant()
    def each_call_is_told_once_and_nearly_once_in_all(self):
        told = Counter((one.type, one.payload["ticket_id"]) for one in self.ports.outbox.told)
        calls = Counter(self.calls)
        for one in self.tickets():
            assert told["queue.called", one.id] == calls[one.id] + one.recalls
            assert one.recalls <= MOST_RECALLS
            assert told["queue.nearly", one.id] <= 1
        waiting = sorted((one for one in self.live() if one.state == State.WAITING), key=lambda one: one.number)
        mark = self.ports.store.line("shp_1", QUEUE).on(self.today()).told
        assert all(one.number <= mark or one.called_at for one in waiting[: NEARLY + 1])


Queue.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestQueue = Queue.TestCase
