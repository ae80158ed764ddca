"""The sweep of holds that ran out."""

from dataclasses import replace
from datetime import timedelta

from chalicelib.orders import use_cases
from chalicelib.orders.rules import HOLD
from tests.api import told
from tests.chalicelib.orders.world import LATER, NOW


def test_the_sweep_tells_people_and_goes_on_after_a_failure(world, monkeypatch):
    good, bad = world.hold(LATER), world.hold(LATER + timedelta(hours=1))
    paid = world.bought(LATER + timedelta(hours=2))
    assert use_cases.expire_holds(world.ports, NOW + HOLD) == use_cases.Swept(0, 0)
    release = world.kind.release

    def fails(lines, order, state, now):
        if order.id == bad.id:
            raise RuntimeError("a bug")
        return release(lines, order, state, now)

    world.clock.move(minutes=11)
    world.kind.release = fails
    assert use_cases.expire_holds(world.ports, world.clock.now()) == use_cases.Swept(1, 1)
    world.kind.release = release
    assert use_cases.expire_holds(world.ports, world.clock.now()) == use_cases.Swept(1, 0)
    assert use_cases.expire_holds(world.ports, world.clock.now()) == use_cases.Swept(0, 0)
    assert {m.payload["order_id"] for m in told("order.expired")} == {good.id, bad.id}
    assert world.read(paid).state == "confirmed"


def test_the_sweep_leaves_what_was_paid_since_the_index_was_read(world):
    order = world.bought()
    late = replace(world.ports, store=_Behind(world.ports.store, order.id))
    assert use_cases.expire_holds(late, world.clock.now() + timedelta(hours=1)) == use_cases.Swept(0, 0)


class _Behind:
    """A store whose index lags behind."""

    shards = 1

    def __init__(self, store, *order_ids):
        self._store, self._order_ids = store, order_ids

    def run_out(self, _shard, _before, _limit):
        return iter((*self._order_ids, "ord_none"))

    def order(self, order_id):
        return self._store.order(order_id)
