"""Rows on real DynamoDB semantics; requests and capacity are asserted on dynoxide, which tells them right."""

import contextlib
import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.kit.dynamo import meter
from chalicelib.kit.seal import Sealer
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.risk import use_cases
from chalicelib.risk.history import History, Payer, RefundLimit
from chalicelib.risk.ports import (
    Alert,
    AlertKind,
    Counted,
    Freeze,
    Frozen,
    Note,
    PaymentVelocity,
    Policy,
    Subject,
    Wanted,
)
from chalicelib.risk.rules import MOST, WHOLE, Kind, Limit, Log, Outcome, Window, decide, over
from chalicelib.risk.store import RiskTable
from chalicelib.risk.store.counters import CounterRow
from chalicelib.risk.store.files import SeenRow
from tests.chalicelib.risk.test_history import TODAY, use
from tests.chalicelib.risk.world import ADMIN, DAY, HOUR, NOW, SMALL, arrived, asked, gone, once, ports
from tests.emulators import DYNOXIDE

ACCOUNT = Subject(Kind.ACCOUNT, "acc_1")
CARD = Subject(Kind.PAYER, "fingerprint-of-a-card")


def commit(*actions):
    wiring.committer().commit(actions)


@pytest.fixture
def store(tables):
    return wiring.risk().store


@pytest.mark.store
def test_one_write_decides_as_the_rules_do(store, tables):
    """A random walk over two limits, the second of them what a new configuration says of the same row."""
    chance, log, now = random.Random(7), Log(), NOW
    first = Limit((Window(HOUR, 3), Window(DAY, 6)), Outcome.REFUSE, {"CNY": 1_000})
    second = Limit((Window(HOUR, 4), Window(DAY, 9)), Outcome.REFUSE, {"CNY": 1_000})
    outcomes = set()
    for turn in range(60):
        limit = first if turn < 40 else second
        now += timedelta(seconds=chance.choice((1, 600, 1500, 3600, 20_000)))
        share = limit.share(chance.choice((0, 10, 150, 400)), "CNY")
        expected = decide(log, limit, share, now)
        outcomes.add((expected.outcome, limit is first))
        write = store.count(ACCOUNT, limit, share, now)
        if expected.outcome == Outcome.ALLOW:
            commit(write)
            log = log.then(share, now, limit.size)
            continue
        with pytest.raises(PaymentVelocity) as refused:
            commit(write)
        if tables.name == DYNOXIDE:
            assert refused.value.retry_after - 1 < expected.wait.total_seconds() <= refused.value.retry_after
    assert len(outcomes) == 4
    _write_the_largest(store)


def full(store, subject, limit, at):
    """Write the log of a subject who has used up a limit, as long as it can be."""
    places = range(MOST + 1)
    times = {f"t{place}": int(at.timestamp() * 1000) - place for place in places}
    sums = {f"s{place}": WHOLE - MOST + place for place in places if limit.money}
    CounterRow(f"COUNT#{store.subject(subject)}", "COUNT", expires_at=1, **times, **sums).save()


def _write_the_largest(store):
    """DynamoDB's limits of expressions, as far as the emulators know them."""
    largest = Limit(tuple(Window((n + 1) * HOUR, MOST - 2 + n) for n in range(3)), Outcome.REFUSE, {"CNY": 1_000})
    subject = Subject(Kind.DEVICE, "device-1")
    full(store, subject, largest, NOW)
    with pytest.raises(PaymentVelocity):
        commit(store.count(subject, largest, 10_000, NOW + timedelta(seconds=1)))
    seen = store.tally(subject, largest, 10_000, NOW + timedelta(seconds=2))
    assert len(seen.times) == MOST + 1
    assert over(seen, largest, NOW + timedelta(seconds=2))
    commit(store.count(subject, largest, 10_000, NOW + timedelta(hours=5)))


def together(work, times):
    """Do something several times at once; what each returned, or False where it was refused."""
    ready = threading.Barrier(times)

    def run(turn):
        ready.wait()
        try:
            return work(turn)
        except PaymentVelocity:
            return False

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


@pytest.mark.store
def test_of_many_at_once_exactly_the_limit_pass_and_repeats_count_once(store):
    by_number, by_money = (
        Limit((Window(HOUR, 5),), Outcome.REFUSE),
        Limit((Window(HOUR, 30),), Outcome.REFUSE, {"CNY": 100}),
    )
    for limit in (by_number, by_money):
        write = store.count(Subject(Kind.ACCOUNT, f"acc_{limit.size}"), limit, limit.share(20, "CNY"), NOW)
        passed = together(lambda _, w=write: retrying(lambda: commit(w), attempts=30) is None, 16)
        assert sum(passed) == 5
    passed = together(lambda n: use_cases.attempt(ports(), asked(device=f"device-{n}"), NOW) is None, 8)
    assert sum(passed) == 3
    logs = together(lambda _: store.tally(Subject(Kind.SHOP, "shp_2"), by_number, 0, NOW), 10)
    assert sorted(len(one.times) for one in logs) == [1, 2, 3, 4, 5, 6, 6, 6, 6, 6]
    assert sum(over(one, by_number, NOW) for one in logs) == 5
    together(lambda n: use_cases.paid(ports(), arrived(n % 2), NOW), 6)
    together(lambda n: use_cases.refunded(ports(), gone(n % 2), NOW), 6)
    assert store.history("acc_1").counts() == (2, 2)
    assert sorted(one.payment_id for one in store.payer(CARD.name).uses) == ["pay_0", "pay_1"]


def test_nothing_personal_lies_in_a_key():
    store = RiskTable(Sealer({}, 0, b"a key of thirty-two bytes, or so").blind)
    for kind in (Kind.DEVICE, Kind.IP, Kind.PAYER):
        name = store.subject(Subject(kind, "203.0.113.7"))
        assert re.fullmatch(f"{kind}:[0-9a-f]{{40}}", name)
        assert name == store.subject(Subject(kind, "203.0.113.7")) != store.subject(Subject(kind, "203.0.113.8"))
    names = {store.subject(Subject(kind, "same")).partition(":")[2] for kind in (Kind.DEVICE, Kind.IP, Kind.PAYER)}
    assert len(names) == 3  # indexes of two kinds never meet
    assert store.subject(ACCOUNT) == "account:acc_1"


@pytest.mark.store
def test_payers_and_histories_are_kept_whole_and_by_version(store):
    assert store.payer(CARD.name) == Payer()
    first = Payer().used(use(1), SMALL)
    second = first.used(use(2, 5, account_id="acc_2"), SMALL)
    for payer in (first, second):
        commit(store.put_payer(CARD.name, payer, NOW))
        assert store.payer(CARD.name) == payer
        with pytest.raises(Contention):
            commit(store.put_payer(CARD.name, payer, NOW))
    history = History().payment(TODAY, RefundLimit())
    for one in (history, history.refund(TODAY + DAY, RefundLimit())):
        commit(store.put_history("acc_1", one, NOW))
        assert store.history("acc_1") == one
        with pytest.raises(Contention):
            commit(store.put_history("acc_1", one, NOW))
    assert store.history("acc_2") == History()
    commit(store.mark("pay_1", NOW))
    with pytest.raises(Counted):  # though the payer's version is refused as well
        commit(store.put_payer(CARD.name, first, NOW), store.mark("pay_1", NOW))
    commit(store.mark("pay_2", NOW))
    commit(store.count(ACCOUNT, SMALL.limits[Kind.ACCOUNT], 0, NOW))
    assert CounterRow.get("COUNT#account:acc_1", "COUNT").expires_at == (NOW + DAY).timestamp() + 1
    assert SeenRow.get("SEEN#pay_1", "SEEN").expires_at == (NOW + 40 * DAY).timestamp()


@pytest.mark.store
def test_an_alert_opens_again_and_a_freeze_stands_until_it_is_lifted(store):
    alert = Alert("alr_1", AlertKind.VELOCITY, "shop:shp_1", ("ord_1",), NOW, NOW)
    other = replace(alert, id="alr_2", since=NOW - HOUR, last_at=NOW - HOUR)
    store.raise_now(alert)
    commit(store.raise_alert(other))
    again = replace(alert, about=("ord_2",), last_at=NOW + HOUR)
    commit(store.raise_alert(again))
    standing = replace(again, since=NOW, times=2)
    assert store.alert("alr_1") == standing
    assert store.open_alerts(Wanted(), None, 10).items == (other, standing)
    first = store.open_alerts(Wanted(), None, 1)
    assert store.open_alerts(Wanted(), first.next, 1).items == (standing,)
    noted = replace(standing, notes=(Note("acc_admin", NOW, "问过店家"),), assigned_to="acc_risk", revision=1)
    commit(store.take_in_hand(noted))
    with pytest.raises(Contention):  # somebody else was faster
        commit(store.take_in_hand(replace(noted, assigned_to="acc_other")))
    assert store.alert("alr_1") == noted
    _wanted(store, noted, other)
    closed = replace(noted, closed_by="acc_admin", closed_at=NOW + 2 * HOUR, note="a busy day", revision=2)
    with pytest.raises(Contention):  # it has happened once more than whoever closes it has seen
        commit(store.take_in_hand(replace(closed, times=1)))
    commit(store.take_in_hand(closed))
    with pytest.raises(Contention):
        commit(store.take_in_hand(closed))
    assert store.alert("alr_1") == closed
    assert store.open_alerts(Wanted(), None, 10).items == (other,)
    store.raise_now(replace(again, last_at=NOW + 3 * HOUR))
    reopened = {"closed_by": None, "closed_at": None, "note": None, "last_at": NOW + 3 * HOUR, "times": 3}
    assert store.alert("alr_1") == replace(closed, **reopened)
    commit(store.take_in_hand(replace(closed, **reopened, assigned_to=None, revision=3)))
    assert store.alert("alr_1").assigned_to is None
    assert [one.id for one in store.open_alerts(Wanted(), None, 10).items] == ["alr_2", "alr_1"]
    assert store.alert("alr_3") is None

    _freeze_and_lift(store)


def _wanted(store, noted, other):
    def found(limit=10, **wanted):
        return store.open_alerts(Wanted(**wanted), None, limit).items

    assert found(kind=AlertKind.VELOCITY) == (other, noted)
    assert found(kind=AlertKind.STUFFING) == ()
    assert found(before=NOW) == (other,)
    assert found(before=NOW - HOUR) == ()
    assert found(assigned_to="acc_risk") == found(assigned_to="acc_risk", kind=AlertKind.VELOCITY) == (noted,)
    page = store.open_alerts(Wanted(kind=AlertKind.VELOCITY), None, 1)
    assert page.items == (other,)
    assert store.open_alerts(Wanted(kind=AlertKind.VELOCITY), page.next, 1).items == (noted,)


def _freeze_and_lift(store):
    freeze = Freeze("account:acc_1", is_frozen=True, reason="因为", by="acc_admin", at=NOW)
    commit(store.unless_frozen(freeze.subject))
    commit(store.put_freeze(freeze))
    assert store.freeze(freeze.subject) == freeze
    with pytest.raises(Frozen):
        commit(store.unless_frozen(freeze.subject))
    commit(store.unless_frozen("account:acc_2"))
    with pytest.raises(Contention):
        commit(store.put_freeze(freeze))
    commit(store.put_freeze(replace(freeze, subject="payouts:acc_2", at=NOW + HOUR)))
    first = store.freezes(None, 1)
    assert [one.subject for one in first.items] == ["payouts:acc_2"]
    assert store.freezes(first.next, 1).items == (freeze,)
    with pytest.raises(Contention):
        commit(store.lift(replace(freeze, at=NOW + HOUR)))
    commit(store.lift(freeze))
    assert store.freeze(freeze.subject) is None


@pytest.fixture
def spent(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")

    def run(work, *args, policy=SMALL, refused=()):
        with meter.measure() as used, contextlib.suppress(refused):
            work(ports(policy), *args)
        return used.requests, used.read_units, used.write_units

    return run


def test_what_it_costs(spent):
    """With the limits as they come, for a device whose log is full of what is past."""
    policy, device = Policy(), Subject(Kind.DEVICE, "device-1")
    full(ports().store, device, policy.limits[Kind.DEVICE], NOW - 2 * DAY)
    first = asked(account_id=f"acc_{0:026d}", order_id=f"ord_{0:026d}", amount=policy.limits[Kind.DEVICE].money["CNY"])
    assert spent(use_cases.attempt, first, NOW, policy=policy) == (3, 0, 6 + 1 + 1)
    assert spent(use_cases.attempt, first, NOW, policy=policy, refused=PaymentVelocity)[0] == 1
    assert spent(use_cases.attempt, replace(first, device=None), NOW + DAY, policy=policy) == (3, 0, 4 + 1 + 1)
    assert spent(use_cases.paid, arrived(1), NOW, policy=policy) == (3, 2, 6)
    assert spent(use_cases.paid, arrived(2, payer=None), NOW, policy=policy) == (2, 1, 4)
    assert spent(use_cases.refunded, gone(1), NOW, policy=policy) == (2, 1, 4)
    assert spent(use_cases.frozen_payouts, "acc_2") == (2, 2, 0)
    _cost_of_alerts(spent)


def freeze(_ports, *told):
    return use_cases.freeze(wiring.freezing(), *told)


def _cost_of_alerts(spent):
    assert spent(use_cases.paid, arrived(3, amount=10_001, payer="another"), NOW) == (3, 2, 6 + 3)
    for number in (5, 6):
        assert spent(use_cases.refunded, gone(number, account_id="acc_2"), NOW) == (2, 1, 4)
    assert spent(use_cases.refunded, gone(7, account_id="acc_2"), NOW) == (3, 2, 4 + 3 + 3 + 4)
    why = Why("因为", "203.0.113.7")
    assert spent(freeze, ADMIN, "payouts:acc_2", why, once()) == (2, 1, 3 + 4 + 2)
    assert spent(freeze, ADMIN, "payouts:acc_2", why, once()) == (2, 1, 2)
    assert spent(use_cases.unfreeze, ADMIN, "payouts:acc_2", why, once()) == (2, 1, 3 + 4 + 2)
    first, _ = ports().store.open_alerts(Wanted(), None, 10).items
    assert spent(use_cases.note, ADMIN, first.id, why, once()) == (2, 1, 3 + 4 + 2)
    assert spent(use_cases.alert, first.id) == (1, 1, 0)
    assert spent(use_cases.close, ADMIN, first.id, why, once()) == (2, 1, 3 + 4 + 2)
    assert spent(use_cases.alerts, Wanted(), None, 10) == (1, 0.5, 0)
    assert spent(use_cases.freezes, None, 10) == (1, 0.5, 0)
