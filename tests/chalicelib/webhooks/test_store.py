"""Rows on real DynamoDB semantics: capacity is asserted on dynoxide, which tells it right."""

import json
import os
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.transaction import Contention
from chalicelib.webhooks.problems import TooManyEndpoints
from chalicelib.webhooks.rules import endpoint as rules
from chalicelib.webhooks.rules.delivery import KEPT, LEASE, Answer, Delivery, DeliveryState, attempt_of
from chalicelib.webhooks.rules.endpoint import MOST, Change, Reason
from chalicelib.webhooks.rules.listening import Listener
from chalicelib.webhooks.store.deliveries import DeliveryRow
from chalicelib.webhooks.store.endpoints import EndpointRow
from tests.chalicelib.webhooks.world import NOW, world
from tests.emulators import DYNOXIDE
from tests.racing import race

MINUTE = timedelta(minutes=1)
RACERS = int(os.environ.get("WEBHOOK_RACERS", "20"))


@pytest.fixture
def here(tables):
    with world() as made:
        yield made


def commit(*actions):
    wiring.committer().commit(actions)


def held(number=1, at=NOW, **more):
    told = {"state": DeliveryState.PENDING, "lease_until": at + LEASE, **more}
    event_id = f"evt_{number:026d}"
    return Delivery(event_id, "whe_one", "acc_merchant", "order.confirmed", '{"a":"饭"}', created_at=at, **told)


def after(delivery, state, next_at=None, status=500):
    tries = (*delivery.tries, attempt_of(Answer(status, body="no"), NOW))
    return replace(delivery, state=state, attempts=delivery.attempts + 1, tries=tries, next_at=next_at)


@pytest.mark.store
def test_an_endpoint_is_kept_whole_and_its_secrets_sealed(here):
    made = here.endpoint()
    assert here.standing(made) == made
    rotated = rules.rotated(made, "whsec_Yg==", NOW, keeps_old=True)
    commit(here.endpoints.replace(rotated))
    assert here.standing(made) == rotated
    with pytest.raises(Contention):
        commit(here.endpoints.replace(rotated))
    row = EndpointRow.get("OWNER#acc_merchant", "END#whe_one")
    for secret in (made.secret, "whsec_Yg==", "one.example.com"):
        assert secret not in json.dumps(row.to_simple_dict())
    assert here.endpoints.of_owner("acc_merchant") == [rotated]
    commit(*here.endpoints.remove(rotated))
    assert here.endpoints.of_owner("acc_merchant") == []
    assert here.standing(made) is None


@pytest.mark.store
def test_nobody_has_more_than_ten_and_who_has_some_is_listed(here):
    last = [here.endpoint(f"n{number}") for number in range(MOST)][-1]
    with pytest.raises(TooManyEndpoints):
        here.endpoint("more")
    commit(*here.endpoints.remove(last))
    here.endpoint("more")
    commit(here.listeners.set_partner(Listener("acc_partner", 0, "ERP", None)))
    assert here.listeners.listeners() == [
        Listener("acc_merchant", MOST),
        Listener("acc_partner", 0, "ERP", None),
    ]
    some = Listener("acc_merchant", MOST, "till", frozenset({"acc_x"}))
    commit(here.listeners.set_partner(some))
    assert here.listeners.listener("acc_merchant") == some
    commit(here.listeners.end_partner("acc_merchant"))
    assert here.listeners.listener("acc_merchant") == Listener("acc_merchant", MOST)
    assert here.listeners.listener("acc_nobody") is None


@pytest.mark.store
def test_how_it_has_been_doing_and_what_its_owner_says_do_not_undo_each_other(here):
    one = here.endpoint()
    failed = here.endpoints.failed(one, NOW, NOW + MINUTE, opens=False)
    changed = rules.changed(one, Change(text="till"), NOW)
    commit(here.endpoints.replace(changed))
    again = here.endpoints.failed(one, NOW + MINUTE, NOW + 2 * MINUTE, opens=False)
    assert (failed.failures, failed.failing_since, failed.wake_at) == (1, NOW, NOW + MINUTE)
    assert (again.failures, again.failing_since, again.wake_at, again.text) == (2, NOW, NOW + 2 * MINUTE, "till")
    assert here.endpoints.failed(one, NOW, NOW + MINUTE, opens=True).failures == 3
    here.endpoints.succeeded(one)
    well = here.standing(one)
    assert (well.failures, well.failing_since, well.wake_at) == (0, None, NOW + MINUTE)
    commit(here.endpoints.replace(rules.disabled(well, Reason.GONE)))
    assert here.endpoints.failed(one, NOW, NOW + MINUTE, opens=False) is None
    assert here.standing(one).wake_at is None


@pytest.mark.store
def test_those_whose_time_has_come_are_found_and_sleep_unless_somebody_has_woken_them(here):
    late, soon, never = here.endpoint("late"), here.endpoint("soon"), here.endpoint("never")
    commit(here.endpoints.wake(late, NOW + 2 * MINUTE))
    commit(here.endpoints.wake(soon, NOW + MINUTE))
    assert here.endpoints.due(NOW + 3 * MINUTE, 9) == [("acc_merchant", soon.id), ("acc_merchant", late.id)]
    assert here.endpoints.due(NOW + MINUTE, 9) == []
    seen = here.standing(soon)
    commit(here.endpoints.wake(soon, NOW))
    here.endpoints.sleep(seen, None)
    assert here.standing(soon).wake_at == NOW
    here.endpoints.sleep(here.standing(soon), NOW + 9 * MINUTE)
    assert here.standing(soon).wake_at == NOW + 9 * MINUTE
    here.endpoints.sleep(here.standing(late), None)
    assert here.endpoints.due(NOW + 99 * MINUTE, 9) == [("acc_merchant", soon.id)]
    assert here.standing(never).wake_at is None
    here.pause(never)
    with pytest.raises(Contention):
        commit(here.endpoints.wake(never, NOW))


@pytest.mark.store
def test_a_delivery_is_in_the_hand_of_one_until_its_lease_runs_out(here):
    one = held()
    assert here.deliveries.create(one)
    assert not here.deliveries.create(one)
    assert here.deliveries.delivery("whe_one", one.id) == one
    assert here.deliveries.claim("whe_one", one.id, NOW + LEASE - timedelta(microseconds=1)) is None
    second = here.deliveries.claim("whe_one", one.id, NOW + LEASE)
    assert second == replace(one, lease_until=NOW + 2 * LEASE)
    assert not here.deliveries.finish(after(one, DeliveryState.DELIVERED))  # its lease is another's by now
    assert here.deliveries.finish(after(second, DeliveryState.DELIVERED, status=200))
    done = here.deliveries.delivery("whe_one", one.id)
    assert (done.state, done.attempts, done.lease_until, done.tries[0].status) == (
        DeliveryState.DELIVERED,
        1,
        None,
        200,
    )
    assert here.deliveries.claim("whe_one", one.id, NOW + 9 * LEASE) is None
    assert here.deliveries.claim("whe_one", "evt_none", NOW) is None
    assert here.deliveries.delivery("whe_one", "evt_none") is None
    assert DeliveryRow.get("LOG#whe_one", one.id).expires_at == int((NOW + KEPT).timestamp())


@pytest.mark.store
def test_of_many_workers_on_one_delivery_one_has_it(here, record_property):
    one = held(lease_until=None, next_at=NOW)
    here.deliveries.create(one)
    works = [lambda: here.deliveries.claim("whe_one", one.id, NOW)] * RACERS
    assert sum(found is not None for found in race(works, ())) == 1
    new = [lambda: here.deliveries.create(held(2))] * RACERS
    assert sum(race(new, ())) == 1
    record_property("webhooks", f"{2 * RACERS} workers racing, 2 had it")


@pytest.mark.store
def test_what_waits_is_found_by_when_it_is_due_and_the_log_by_when_it_happened(here):
    for number in range(1, 6):
        one = held(number)
        here.deliveries.create(one)
        if number > 1:
            state = DeliveryState.PENDING if number < 4 else DeliveryState.FAILED
            next_at = NOW + (10 - number) * MINUTE if number < 4 else None
            assert here.deliveries.finish(after(one, state, next_at))
    waiting = [("evt_" + f"{number:026d}", NOW + (10 - number) * MINUTE) for number in (3, 2)]
    assert here.deliveries.waiting("whe_one", None, 9) == waiting
    assert here.deliveries.waiting("whe_one", NOW + 8 * MINUTE, 9) == waiting[:1]
    assert here.deliveries.waiting("whe_other", None, 9) == []
    first = here.deliveries.log("whe_one", None, 2)
    rest = here.deliveries.log("whe_one", first.next, 9)
    assert [int(one.id[4:]) for one in (*first.items, *rest.items)] == [5, 4, 3, 2, 1]


@pytest.mark.store
def test_what_has_ended_is_found_by_a_time_and_tried_anew(here):
    ended = {}
    for number, state in enumerate((DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.PENDING)):
        message = here.message(number=number)
        one = replace(held(), id=f"evt_{_time(here.clock.now())}{number:016d}")
        here.deliveries.create(one)
        if state != DeliveryState.PENDING:
            here.deliveries.finish(after(one, state))
            ended[state] = one.id
        assert message
        here.clock.move(minutes=1)
    found = here.deliveries.ended("whe_one", NOW, NOW + 5 * MINUTE, None, 9)
    assert [one.id for one in found.items] == [ended[DeliveryState.DELIVERED], ended[DeliveryState.FAILED]]
    assert here.deliveries.ended("whe_one", NOW + MINUTE, NOW + 2 * MINUTE, None, 9).items == found.items[1:]
    later = NOW + timedelta(days=5)
    commit(here.deliveries.again(found.items[1], later))
    with pytest.raises(Contention):
        commit(here.deliveries.again(found.items[1], later))
    again = here.deliveries.claim("whe_one", ended[DeliveryState.FAILED], later)
    assert (again.created_at, again.attempts, len(again.tries), again.next_at) == (later, 0, 1, later)


def _time(at):
    from chalicelib.kit.ids import time_part

    return time_part("evt", at).removeprefix("evt_")


@contextmanager
def spends(*, reads=0.0, writes=0.0, requests=1):
    with meter.measure() as used:
        yield
    assert (used.requests, used.read_units, used.write_units) == (requests, reads, writes)


def test_what_it_costs(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    with world() as here:
        with spends(writes=4):
            one = here.endpoint()
        with spends(writes=2):
            commit(here.endpoints.replace(rules.changed(one, Change(text="x"), NOW)))
        with spends(reads=0.5):
            here.listeners.listeners()
        with spends(reads=0.5):
            here.endpoints.of_owner("acc_merchant")
        # taken at once
        taken, failing = held(1), held(2)
        with spends(writes=2, requests=2):
            here.deliveries.create(taken)
            here.deliveries.finish(after(taken, DeliveryState.DELIVERED))
        # to be tried again
        with spends(writes=5, requests=3):
            here.deliveries.create(failing)
            here.deliveries.finish(after(failing, DeliveryState.PENDING, NOW + MINUTE))
            here.endpoints.failed(one, NOW, NOW + MINUTE, opens=False)
        with spends(reads=1, requests=2):
            here.deliveries.waiting("whe_one", NOW + 9 * MINUTE, 25)
            here.endpoints.due(NOW + 9 * MINUTE, 9)
        with spends(writes=4, requests=2):
            again = here.deliveries.claim("whe_one", failing.id, NOW + MINUTE)
            here.deliveries.finish(after(again, DeliveryState.DELIVERED))
        with spends(reads=0.5):
            log = here.deliveries.log("whe_one", None, 9)
        with spends(writes=3 + 4):
            commit(here.deliveries.again(log.items[0], NOW), here.endpoints.wake(one, NOW, anew=True))
