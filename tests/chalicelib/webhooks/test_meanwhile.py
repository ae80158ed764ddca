"""What happens to an endpoint while it is called, or while what waits for it is being sent."""

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.webhooks.ports import Answer
from chalicelib.webhooks.rules.endpoint import Change, changed, rotated
from chalicelib.webhooks.rules.signing import new_secret, sign
from chalicelib.webhooks.use_cases import deliver, retry_due
from tests.chalicelib.webhooks.world import DOWN, OK, world
from tests.emulators import DYNOXIDE

HANGS = Answer(None, "unreachable", ms=4_000)
LATER = Answer(429, retry_after="1800")


@pytest.fixture
def here(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("the same on both")
    with world() as made:
        yield made


def test_a_slow_endpoint_that_is_sent_events_all_the_time_gets_them(here, monkeypatch):
    """Each of them wakes it anew, also between the moment for which a sweep looks and the look."""
    busy = here.endpoint(slow_until=here.clock.now() + timedelta(minutes=15))
    here.endpoints.slowed(busy, here.clock.now() + timedelta(minutes=15))
    real, numbers = type(here.endpoints).due, iter(range(100))

    def event():
        here.clock.move(seconds=0.2)
        deliver(here.ports, here.message(number=next(numbers)))

    def due(store, before, limit):
        event()
        found = real(store, before, limit)
        event()
        return found

    event()
    monkeypatch.setattr(type(here.ports.endpoints), "due", due)
    here.clock.move(minutes=1)
    assert retry_due(here.ports, here.clock.now()).delivered >= 1


def test_an_event_that_the_index_does_not_show_yet_is_not_lost(here, monkeypatch):
    """It is awaited by nobody else: the sweep that is woken for it finds nothing, and looks once more."""
    slow = here.endpoint()
    here.endpoints.slowed(slow, here.clock.now() + timedelta(minutes=15))
    real = type(here.deliveries).waiting
    deliver(here.ports, here.message())
    here.clock.move(minutes=1)
    with monkeypatch.context() as late:
        late.setattr(type(here.ports.deliveries), "waiting", lambda *_: [])
        assert retry_due(here.ports, here.clock.now()).delivered == 0
    assert type(here.deliveries).waiting is real
    here.clock.move(minutes=1, seconds=1)
    assert retry_due(here.ports, here.clock.now()).delivered == 1
    for _ in range(3):
        here.clock.move(minutes=1, seconds=1)
        retry_due(here.ports, here.clock.now())
    assert here.standing(slow).wake_at is None, "and then it sleeps"


@pytest.mark.parametrize("other", [HANGS, DOWN])
def test_who_asks_for_time_gets_it_also_where_another_event_is_on_its_way(here, other):
    one = here.endpoint()

    def answer(_headers, _body):
        here.answer(one, LATER)
        deliver(here.ports, here.message(number=1))
        return other

    here.answer(one, answer)
    deliver(here.ports, here.message(number=0))
    _is_left_alone(here, one)


def test_who_asks_for_time_gets_it_also_where_a_message_comes_twice(here):
    one = here.endpoint()
    here.answer(one, DOWN)
    deliver(here.ports, here.message(number=0))
    here.answer(one, LATER)
    deliver(here.ports, here.message(number=1))
    deliver(here.ports, here.message(number=0))
    _is_left_alone(here, one)


def _is_left_alone(here, one):
    calls = len(here.got(one))
    here.answer(one, OK)
    for minutes in (2, 10, 10, 7):
        here.clock.move(minutes=minutes)
        retry_due(here.ports, here.clock.now())
        assert len(here.got(one)) == calls
    here.clock.move(minutes=2)
    assert retry_due(here.ports, here.clock.now()).delivered == 2


@pytest.mark.parametrize("does", ["remove", "pause", "move", "rotate"])
def test_what_its_owner_says_counts_from_the_next_event_on(here, does):
    """A sweep has half a minute: events by the dozen, which a secret that got out would sign."""
    one = here.endpoint()
    here.pause(one)
    for number in range(6):
        deliver(here.ports, here.message(number=number))
    goes_on = changed(here.standing(one), Change(paused=False), here.clock.now())
    wiring.committer().commit([here.endpoints.replace(goes_on, anew=True)])
    signed_by_old = []

    def answer(headers, body):
        if not signed_by_old:
            wiring.committer().commit(_said(here, here.standing(one), does))
        at = here.clock.now()
        signed_by_old.append(sign(one.secret, headers["webhook-id"], at, body) in headers["webhook-signature"])
        return OK

    here.answer(one, answer)
    here.clock.move(minutes=1)
    retry_due(here.ports, here.clock.now())
    assert signed_by_old.count(True) == 1
    if does == "rotate":
        assert len(here.got(one)) == 6
        return
    assert len(here.got(one)) == 1


def _said(here, standing, does):
    now = here.clock.now()
    if does == "remove":
        return here.endpoints.remove(standing)
    if does == "rotate":
        return [here.endpoints.replace(rotated(standing, new_secret(), now, keeps_old=False))]
    change = Change(paused=True) if does == "pause" else Change(url="https://elsewhere.example.com/hook")
    return [here.endpoints.replace(changed(standing, change, now))]
