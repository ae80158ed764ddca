"""Any life of an endpoint: it goes down and comes back, wants fewer, workers die, messages come again and out of order.

Whatever happened, in the end every event has come, under one id; and it was taken once, but for those whose worker died
after sending and before writing that down.
"""

import itertools
import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.webhooks.ports import Answer
from chalicelib.webhooks.rules.delivery import DeliveryState
from chalicelib.webhooks.rules.endpoint import State
from chalicelib.webhooks.rules.events import event_of
from chalicelib.webhooks.use_cases import InHand, deliver, retry_due
from tests.chalicelib.webhooks.world import DOWN, OK, Crash, world

LIVES = int(os.environ.get("WEBHOOK_LIVES", "8"))
SLOWER, LOST = Answer(429, retry_after="600"), Answer(None, "unreachable")
LATE, HANGS, ILL = Answer(200, ms=3_500), Answer(None, "unreachable", ms=4_000), Answer(500, ms=3_600)
STEPS = st.one_of(
    st.tuples(st.just("event"), st.integers(1, 3)),
    st.tuples(st.just("again"), st.integers(0, 20)),
    st.tuples(st.just("answers"), st.sampled_from([OK, DOWN, SLOWER, LOST, LATE, HANGS, ILL])),
    st.tuples(st.just("dies"), st.just(None)),
    st.tuples(st.just("time"), st.sampled_from([1, 5, 59, 61, 600, 7200])),
    st.tuples(st.just("sweep"), st.booleans()),
)
NUMBERS = itertools.count()
SEEN = Counter()


class Life:
    """One endpoint, and what came there."""

    def __init__(self, here):
        self.here, self.number = here, next(NUMBERS)
        self.endpoint = here.endpoint(f"life{self.number}", owner=f"acc_{self.number}")
        self.messages, self.taken, self.died, self.left = [], Counter(), Counter(), {}
        self.answer, self.dies = OK, False
        here.answer(self.endpoint, self.take)

    def take(self, headers, _body):
        event_id = headers["webhook-id"]
        self.taken[event_id] += self.answer.status == OK.status
        SEEN["attempts"] += 1
        if self.dies:
            self.dies = False
            self.died[event_id] += 1
            raise Crash
        return self.answer

    def do(self, step, value):
        if step == "event":
            for _ in range(value):
                name = f"{self.number}-{len(self.messages)}"
                self.messages.append(self.here.message(merchant=f"acc_{self.number}", number=name))
                self.deliver(self.messages[-1])
        elif step == "again" and self.messages:
            self.deliver(self.messages[value % len(self.messages)])
        elif step == "answers":
            self.answer = value
        elif step == "dies":
            self.dies = True
        elif step == "time":
            self.here.clock.move(seconds=value)
        elif step == "sweep" and value:
            self.sweep()
        elif step == "sweep":
            with pytest.MonkeyPatch.context() as late:
                late.setattr(type(self.here.deliveries), "waiting", lambda *_: [])  # the index is behind
                self.sweep()

    def deliver(self, message):
        self.left[message.id] = message
        try:
            deliver(self.here.ports, message)
            del self.left[message.id]
        except (InHand, Crash):
            SEEN["came again"] += 1  # as SQS has it

    def sweep(self):
        try:
            retry_due(self.here.ports, self.here.clock.now())
        except Crash:
            SEEN["came again"] += 1

    def end(self):
        """It is back; messages that were not worked come again, no others do, and the sweep goes on."""
        self.answer, self.dies = OK, False
        for _ in range(4):
            self.here.clock.move(hours=2)
            for message in [*self.left.values()]:
                self.deliver(message)
            self.sweep()


@pytest.fixture
def here(tables):
    with world() as made:
        yield made


def test_in_the_end_every_event_has_come_once(here, record_property):
    @settings(max_examples=LIVES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(STEPS, min_size=5, max_size=25))
    def lives(steps):
        life = Life(here)
        for step, value in [("event", 1), *steps]:
            life.do(step, value)
        life.end()
        ids = [event_of(message).id for message in life.messages]
        states = {here.delivery(life.endpoint, message).state for message in life.messages}
        standing = here.standing(life.endpoint)
        assert states == {DeliveryState.DELIVERED}
        assert set(life.taken) == set(ids)
        assert all(1 <= life.taken[one] <= 1 + life.died[one] for one in ids)
        assert (standing.state, standing.failures, standing.failing_since) == (State.ACTIVE, 0, None)
        SEEN["lives"] += 1
        SEEN["events"] += len(ids)
        SEEN["workers died"] += sum(life.died.values())

    SEEN.clear()
    lives()
    record_property("webhooks", ", ".join(f"{number} {name}" for name, number in SEEN.items()))
