"""Who soon loses a coupon is told, once; what is over expires. Over many coupons and several runs; the sizes are the
environment's.
"""

import os
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.coupons import use_cases
from chalicelib.coupons.ports import Coupon, PaidBy, Terms
from chalicelib.coupons.rules import Limits
from chalicelib.coupons.use_cases import expiry
from chalicelib.coupons.use_cases.expiry import Swept
from chalicelib.kit.dynamo import meter
from chalicelib.kit.errors import Busy
from chalicelib.kit.transaction import Contention
from tests.api import told
from tests.chalicelib.coupons.test_use_cases import campaign, customer, issued, reserve, state
from tests.chalicelib.orders.world import NOW, once
from tests.emulators import DYNOXIDE

COUPONS = int(os.environ.get("EXPIRY_COUPONS", "90"))
DAY = timedelta(days=1)


def given(ports, number, *, ends=NOW + DAY * 10, apart=timedelta(minutes=1)):
    """Coupons of as many customers, one ending after the other."""
    made = [
        Coupon(
            f"cpn_{n}", "cmp_1", f"acc_{n}", None, "x", Terms("CNY", amount_off=1), PaidBy.PLATFORM, NOW,
            ends + apart * n, NOW,
        )
        for n in range(number)
    ]  # fmt: skip
    for start in range(0, number, 100):
        ports.committer.commit([ports.store.issue(one) for one in made[start : start + 100]])
    return made


def swept(ports, as_of, runs=50):
    """Run it until there is no more; what all runs did."""
    total, turns, done = Counter(), 0, Swept(more=True)
    while done.more:
        done = use_cases.expire(ports, as_of)
        total.update(expired=done.expired, told=done.told)
        turns += 1
        assert turns < runs
    return total, turns


class Dying:
    """Commits so often, and dies."""

    def __init__(self, committer, lives):
        self.committer, self.lives = committer, lives

    def commit(self, actions):
        if not self.lives:
            raise MemoryError("killed")
        self.lives -= 1
        self.committer.commit(actions)


@pytest.fixture
def small(monkeypatch):
    """Runs that do little each."""
    share = max(4, COUPONS // 64)
    monkeypatch.setattr(expiry, "BATCH", share)
    monkeypatch.setattr(expiry, "MOST", 2 * share)
    monkeypatch.setattr(expiry, "_TOGETHER", 3)
    monkeypatch.setattr(expiry, "_TOLD_TOGETHER", 3)


@pytest.mark.store
@pytest.mark.usefixtures("small")
def test_many_coupons_over_several_runs_that_die_in_the_middle(ports, record_property):
    made = given(ports, COUPONS, apart=timedelta(seconds=1))
    soon, over = made[0].valid_until - expiry.BEFORE + timedelta(days=1), made[-1].valid_until + DAY
    done = dict.fromkeys(("coupon.expiring", "coupon.expired"), 0)
    for as_of, lives, kind in ((soon, 5, "coupon.expiring"), (over, 7, "coupon.expired")):
        for _ in range(3):
            with pytest.raises(MemoryError):
                use_cases.expire(replace(ports, committer=Dying(ports.committer, lives)), as_of)
        early = len(told(kind))
        total, runs = swept(ports, as_of, runs=COUPONS)
        assert 0 < early < COUPONS
        assert (total["told" if kind == "coupon.expiring" else "expired"], runs > 1) == (COUPONS - early, True)
        messages = told(kind)
        assert Counter(one.payload["coupon_id"] for one in messages) == {one.id: 1 for one in made}
        done[kind] = len(messages)
    assert {one.state for one in map(ports.store.coupon, [one.id for one in made])} == {"expired"}
    assert swept(ports, over) == ({"expired": 0, "told": 0}, 1)
    record_property(
        "rush", f"{done['coupon.expired']} expired over runs that died, {done['coupon.expiring']} told before"
    )


def test_owners_are_told_three_days_before_once(ports, clock):
    opened = campaign(ports, number=None, valid_until=NOW + DAY * 10, limits=Limits(money=10_000))
    first, second = (use_cases.claim(ports, customer(n), opened.id, once()) for n in range(2))
    reserve(ports, first, actor=customer(0), hold=None)  # used
    clock.move(days=6, hours=23)
    assert use_cases.expire(ports, clock.now()) == Swept()
    clock.move(hours=2)
    late = use_cases.claim(ports, customer(2), opened.id, once())
    assert use_cases.expire(ports, clock.now()) == Swept(told=1)
    [message] = told("coupon.expiring")
    assert message.payload == {
        "coupon_id": second.id,
        "customer_id": second.customer_id,
        "title": second.title,
        "until": "2030-05-11T09:00:00.000000Z",
    }
    clock.move(hours=1)
    assert use_cases.expire(ports, clock.now()) == Swept()
    clock.move(days=3)
    assert use_cases.expire(ports, clock.now()) == Swept(expired=2)
    assert {state(ports, one) for one in (second, late)} == {"expired"}


def test_two_runs_at_once_tell_once(ports, clock):
    given(ports, 30)
    clock.move(days=8)
    mark, stood = ports.store.told_until, {}

    class Behind:
        """Sees where the other run began."""

        def __getattr__(self, name):
            return getattr(ports.store, name)

        def told_until(self, shard):
            return stood.get(shard)

    stood.update({shard: mark(shard) for shard in range(ports.store.shards)})
    assert use_cases.expire(ports, clock.now()).told == 30
    assert use_cases.expire(replace(ports, store=Behind()), clock.now()).told == 0
    assert len(told("coupon.expiring")) == 30


@pytest.mark.usefixtures("small")
def test_coupons_that_orders_hold_do_not_keep_others_from_expiring(ports):
    made = given(ports, 80, ends=NOW + DAY)
    for one in made[:60]:
        held = one.next(expiry.CouponState.RESERVED, "ord", made[-1].valid_until + DAY)
        ports.committer.commit([ports.store.replace(held)])
    done = use_cases.expire(ports, made[-1].valid_until + timedelta(hours=1))
    assert done.held > 8
    assert done.expired > 0


@pytest.mark.store
def test_coupons_expire_and_their_owners_are_told(ports, clock):
    opened = campaign(ports, number=100)
    coupons = [use_cases.claim(ports, customer(number), opened.id, once()) for number in range(60)]
    clock.move(hours=23, minutes=55)
    reserve(ports, coupons[0], actor=customer(0))
    reserve(ports, coupons[1], actor=customer(1), hold=None)
    assert use_cases.expire(ports, clock.now()) == Swept(0, 0, 0)
    clock.move(minutes=6)
    assert use_cases.expire(ports, clock.now()) == Swept(58, 1, 0)
    assert [state(ports, one) for one in coupons[:3]] == ["reserved", "used", "expired"]
    clock.move(minutes=6)
    assert use_cases.expire(ports, clock.now()) == Swept(1, 0, 0)
    assert use_cases.expire(ports, clock.now()) == Swept(0, 0, 0)
    messages = told("coupon.expired")
    assert {m.payload["coupon_id"] for m in messages} == {one.id for one in coupons if one != coupons[1]}
    assert len(messages) == 59


def test_a_sweep_that_meets_another_writer_goes_on_one_by_one(ports, clock):
    coupons = [issued(ports, customer(number)) for number in range(3)]
    clock.move(days=2)

    class Contended:
        """Refuses every transaction that has more than one coupon."""

        def commit(self, actions):
            if len(actions) > 2:
                raise Contention
            ports.committer.commit(actions)

    assert use_cases.expire(replace(ports, committer=Contended()), clock.now()).expired == 3
    assert {state(ports, one) for one in coupons} == {"expired"}


def test_a_coupon_that_cannot_be_written_waits_for_the_next_run(ports, clock, monkeypatch):
    issued(ports)
    clock.move(days=2)

    def busy(_attempt):
        raise Busy

    class Contended:
        def commit(self, _actions):
            raise Contention

    monkeypatch.setattr("chalicelib.coupons.use_cases.expiry.retrying", busy)
    assert use_cases.expire(replace(ports, committer=Contended()), clock.now()) == Swept(0, 0, 1)


def test_what_a_run_costs(ports, tables, clock, record_property):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    given(ports, 16)
    clock.move(days=8)
    with meter.measure() as idle:
        use_cases.expire(ports, NOW)
    with meter.measure() as telling:
        assert use_cases.expire(ports, clock.now()).told == 16
    # A shard is asked twice, and where it stood is read: 0.5 + 0.5 + 1; again after what was told. A message is 3 write,
    # where it stands now 2 a transaction.
    shards = len({ports.store.told_until(shard) for shard in range(8)} - {None})
    assert (idle.requests, idle.read_units, idle.write_units) == (24, 16, 0)
    assert (telling.requests, telling.write_units) == (24 + 2 * shards, 16 * 3 + 2 * shards)
    record_property("figure", f"telling 16 owners that a coupon ends: {telling.write_units} write units")
