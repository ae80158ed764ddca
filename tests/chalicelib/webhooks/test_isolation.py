"""A slow endpoint is slow for itself: what it takes of the workers that all share is bounded, whatever it is sent.

Time is told: a worker that begins an event knows what was written by then, and a call takes as long as it is said to.
"""

import os
import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.kit.dynamo import meter
from chalicelib.webhooks.ports import Answer
from chalicelib.webhooks.rules.delivery import FIRST, LEASE, SLOW_FOR, TIMEOUT, DeliveryState
from chalicelib.webhooks.rules.events import event_of
from chalicelib.webhooks.use_cases import Run, deliver, retry_due, retrying
from infra.queues import QUEUES
from tests.chalicelib.webhooks.world import DOWN, NOW, OK, Crash, world
from tests.emulators import DYNOXIDE
from tests.racing import race

WORKERS = next(spec.at_once for spec in QUEUES if spec.name == "webhooks")
SLOW, QUICK = 9.9, 0.05
MANY, FEW = int(os.environ.get("WEBHOOK_SLOW", "80")), 20


class Takes:
    """An endpoint that takes every event after so many seconds, where it is waited for so long."""

    def __init__(self, seconds):
        self.seconds, self.spent, self.lock = seconds, 0.0, threading.Lock()

    def __call__(self, allowed):
        took = min(self.seconds, allowed)
        with self.lock:
            self.spent += took
        if self.seconds > allowed:
            return Answer(None, "unreachable", ms=round(took * 1000))
        return Answer(200, ms=round(took * 1000))


class Seen:
    """The endpoints of an owner as a worker finds them that begins at a moment: others are still at it."""

    def __init__(self, real):
        self.real, self.at, self.states = real, 0.0, []

    def __getattr__(self, name):
        return getattr(self.real, name)

    def of_owner(self, owner_id):
        known = [found for ended, owner, found in self.states if owner == owner_id and ended <= self.at]
        return known[-1] if known else self.begin[owner_id]

    def ended(self, owner_id, at):
        self.states.append((at, owner_id, self.real.of_owner(owner_id)))
        self.states.sort(key=lambda one: one[0])


class Queue:
    """So many workers, each with one message at a time, the first that is free takes the next."""

    def __init__(self, here, endpoints):
        self.here, self.free, self.spent, self.done = here, [0.0] * WORKERS, Counter(), {}
        self.seen = Seen(here.ports.endpoints)
        self.seen.begin = {one.owner_id: here.ports.endpoints.of_owner(one.owner_id) for one in endpoints}
        self.ports = replace(here.ports, endpoints=self.seen)

    def work(self, owner, number):
        slot = min(range(WORKERS), key=self.free.__getitem__)
        begins = self.free[slot]
        self.here.clock.moment, self.seen.at = NOW + timedelta(seconds=begins), begins
        message, before = self.here.message(merchant=owner, number=number), self.here.spent()
        deliver(self.ports, message)
        took = self.here.spent() - before
        self.free[slot] = self.done[number] = begins + took
        if took:
            self.seen.ended(owner, begins + took)
        self.spent[owner] += took


@pytest.fixture
def here(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("what workers share does not hang on the emulator")
    with world() as made:
        made.takes = {}

        def call(url, headers, _body, seconds):
            made.elsewhere.got.setdefault(url, []).append(headers["webhook-id"])
            return made.takes[url](seconds)

        made.elsewhere.call = call
        made.spent = lambda: sum(one.spent for one in made.takes.values())
        yield made


def endpoint(here, name, seconds, **more):
    made = here.endpoint(name, owner=f"acc_{name}", **more)
    here.takes[made.url] = Takes(seconds)
    return made


def sweep(here, minutes=1):
    """Let a minute pass; return what the sweep did, for which time passes as its calls take, four abreast."""
    here.clock.move(minutes=minutes)
    began = here.spent()
    return retry_due(here.ports, here.clock.now(), lambda: (here.spent() - began) / retrying._ABREAST)


def test_many_events_for_who_is_slow_do_not_hold_up_a_few_for_who_is_quick(here, record_property):
    slow, quick = endpoint(here, "slow", SLOW), endpoint(here, "quick", QUICK)
    queue = Queue(here, [slow, quick])
    for number in range(MANY):
        queue.work("acc_slow", number)
    for number in range(MANY, MANY + FEW):
        queue.work("acc_quick", number)
    assert queue.spent["acc_slow"] <= WORKERS * FIRST, "one attempt of each worker, until the first has ended"
    assert max(queue.done[number] for number in range(MANY, MANY + FEW)) <= FIRST + FEW * QUICK
    assert len(here.got(quick)) == FEW
    record_property("webhooks", f"{MANY} events slow, {queue.spent['acc_slow']:.0f} worker seconds, {FEW} quick")
    here.clock.moment = NOW + timedelta(seconds=max(queue.free))
    runs = 0
    while len(taken(here, slow)) < MANY:
        assert sweep(here).delivered >= 4
        runs += 1
    assert runs <= MANY * SLOW / retrying._ABREAST / 35 + 2
    assert max(Counter(here.got(slow)).values()) <= 2, "the first attempt may have been heard"
    assert here.standing(slow).failing_since is None, "who is slow does not fail"


def taken(here, endpoint):
    """Return the deliveries that were taken."""
    log = here.deliveries.log(endpoint.id, None, MANY + FEW)
    return [one for one in log.items if one.state == DeliveryState.DELIVERED]


def test_who_answers_late_is_taken_at_its_word_and_called_by_the_minute_from_then_on(here):
    late = endpoint(here, "late", 3.5)
    deliver(here.ports, here.message(merchant="acc_late"))
    assert len(taken(here, late)) == 1
    deliver(here.ports, here.message(merchant="acc_late", number=2))
    assert len(here.got(late)) == 1
    assert sweep(here) == Run(1, 0, 1)
    here.takes[late.url].seconds = 0.2
    deliver(here.ports, here.message(merchant="acc_late", number=3))
    assert sweep(here).delivered == 1
    here.clock.move(seconds=SLOW_FOR.total_seconds())
    deliver(here.ports, here.message(merchant="acc_late", number=4))
    assert len(here.got(late)) == 4, "quick again"
    assert len(taken(here, late)) == 4


def test_who_hangs_is_left_alone_by_the_sweep_and_disabled_as_ever(here):
    hangs = endpoint(here, "hangs", 60.0)
    for number in range(5):
        deliver(here.ports, here.message(merchant="acc_hangs", number=number))
    assert len(here.got(hangs)) == 1
    assert here.standing(hangs).failures == 0, "four seconds are too few to say that it failed"
    assert sweep(here).failed >= 3
    assert here.standing(hangs).is_open(here.clock.now())
    spent = here.spent()
    deliver(here.ports, here.message(merchant="acc_hangs", number=6))
    sweep(here, 0)
    assert here.spent() == spent
    here.clock.move(days=3)
    sweep(here)
    assert here.standing(hangs).state == "disabled"


def test_whoever_is_quick_pays_nothing_for_it(here):
    quick = endpoint(here, "quick", QUICK)
    deliver(here.ports, here.message(merchant="acc_quick", number=0))
    with meter.measure() as used:
        deliver(here.ports, here.message(merchant="acc_quick"))
    assert (used.requests, used.write_units) == (3, 2)
    assert here.standing(quick).slow_until is None


def test_what_waits_for_who_is_slow_costs_a_wake_each(here):
    endpoint(here, "slow", SLOW)
    deliver(here.ports, here.message(merchant="acc_slow", number=0))
    here.clock.move(seconds=1)
    with meter.measure() as used:
        deliver(here.ports, here.message(merchant="acc_slow"))
    assert (used.requests, used.write_units) == (4, 2 + 3)


def test_an_event_is_not_lost_between_a_sweep_that_finds_nothing_and_who_writes_it_down(here, monkeypatch):
    """The index is late: the sweep sees no event and would let the endpoint sleep, while one is being written."""
    slow = endpoint(here, "slow", SLOW)
    deliver(here.ports, here.message(merchant="acc_slow", number=0))
    real, during = type(here.deliveries).waiting, []

    def late(store, endpoint_id, before, limit):
        found = real(store, endpoint_id, before, limit)
        if not found and not during:
            during.append(1)
            deliver(here.ports, here.message(merchant="acc_slow", number=1))
        return found

    monkeypatch.setattr(type(here.deliveries), "waiting", late)
    for _ in range(3):
        sweep(here)
    assert during
    assert len(taken(here, slow)) == 2


def test_no_endpoint_takes_a_whole_run_from_others(here, monkeypatch):
    """Also where there are more than threads: each has its part of the time."""
    monkeypatch.setattr(retrying, "_THREADS", 1)
    slow, back = endpoint(here, "slow", SLOW), endpoint(here, "back", QUICK)
    for number in range(40):
        deliver(here.ports, here.message(merchant="acc_slow", number=number))
    here.clock.move(seconds=1)
    here.takes[back.url] = lambda _seconds: DOWN
    here.spent = lambda: here.takes[slow.url].spent
    deliver(here.ports, message := here.message(merchant="acc_back"))
    here.takes[back.url] = lambda _seconds: OK
    sweep(here, 2)
    assert here.delivery(back, message).state == DeliveryState.DELIVERED
    assert 4 <= len(taken(here, slow)) <= 8


def test_who_dies_with_an_event_for_who_is_left_alone_meanwhile_loses_nothing(here):
    """It was in hand, and waits for nothing that anybody looks for: the message comes again, and says when."""
    one, dies = endpoint(here, "one", QUICK), [True]

    def answer(_seconds):
        if dies.pop() if dies else False:
            raise Crash
        return DOWN

    here.takes[one.url], here.spent = answer, lambda: 0.0
    lost = here.message(merchant="acc_one", number=0)
    with pytest.raises(Crash):
        deliver(here.ports, lost)
    for number in range(1, 4):
        deliver(here.ports, here.message(merchant="acc_one", number=number))
    assert here.standing(one).failures == 3
    here.ports.endpoints.sleep(here.standing(one), here.clock.now() + timedelta(hours=1))
    here.clock.move(seconds=LEASE.total_seconds())
    deliver(here.ports, lost)
    assert here.delivery(one, lost).next_at is not None
    here.takes[one.url] = lambda _seconds: OK
    here.clock.move(hours=2)
    sweep(here)
    assert event_of(lost).id in here.got(one)
    assert here.delivery(one, lost).state == DeliveryState.DELIVERED


def test_the_first_attempt_is_shorter_than_those_that_hold_up_nobody():
    assert FIRST < TIMEOUT


@pytest.mark.store
def test_many_who_wake_one_endpoint_while_it_is_swept_wake_it(tables):
    """Each is one write of the row: were it a transaction, DynamoDB would refuse one of two at once."""
    with world() as here:
        one = here.endpoint()
        here.endpoints.woken(one, NOW)
        standing = here.standing(one)
        later = [NOW + timedelta(seconds=number) for number in range(1, 6)]
        works = [lambda at=at: here.endpoints.woken(one, at) for at in later]
        race([*works, lambda: here.endpoints.sleep(standing, None)], ())
        assert here.standing(one).wake_at in later
        here.pause(one)
        here.endpoints.woken(one, NOW)
        assert here.standing(one).wake_at is None, "who is paused is tried by nobody"
