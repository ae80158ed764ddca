"""Dues and settlements on real DynamoDB semantics: requests and capacity are asserted on dynoxide, which tells them
right.
"""

import json
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.transaction import MAX_ACTIONS, Contention, retrying
from chalicelib.ledger.ports import AlreadyPosted
from chalicelib.ledger.store import TransactionRow
from chalicelib.settlement import rules, use_cases
from chalicelib.settlement.ports import (
    BankAccount,
    Due,
    DueKind,
    PaidOut,
    Period,
    Route,
    Settlement,
    SettlementState,
    Share,
    Sums,
    Terms,
    Tier,
)
from chalicelib.settlement.store.rows import TermsRow
from chalicelib.settlement.use_cases import _post, run
from tests.chalicelib.settlement.world import FIRST, NOW, RUN, M, accrue, actor, agree, due, pay_out, settle, statement
from tests.emulators import DYNOXIDE

DAY = timedelta(days=1)
BANK = BankAccount("阿玲", "DE89370400440532013000", "COBADEFF", "DE")


def commit(*actions):
    retrying(lambda: wiring.committer().commit(actions), attempts=30)


def read():
    return wiring.settlement().store.settlement(M, FIRST)


def grown(*dues):
    """Return the writes that take dues into the first settlement."""
    settlement = Settlement(FIRST, M, "CNY", "2030-05-01", rules.sums(dues), SettlementState.OPEN)
    return wiring.settlement().store.settle(settlement, dues, [])


@pytest.mark.store
def test_a_line_falls_due_once(clock):
    store, one = wiring.settlement().store, due(1)
    commit(store.accrue(one))
    with pytest.raises(AlreadyPosted):
        commit(store.accrue(one))
    assert list(store.waiting_of(M)) == [one] == [store.due("lin_1")]
    assert store.due("lin_2") is None
    full = Due("x", DueKind.DISPUTE, M, "JPY", NOW, "ord_x", "lin_x", "pay_x", -1, -2, -3, -4, -5, -6)
    commit(store.accrue(full))
    assert store.dues(["x", "lin_1", "y"]) == {"x": full, "lin_1": one}


@pytest.mark.store
def test_the_oldest_due_of_each_merchant_and_currency_is_found_without_the_others(clock):
    store = wiring.settlement().store
    dues = [
        due(f"{merchant}_{currency}_{hours}", merchant=merchant, currency=currency, at=NOW + timedelta(hours=hours))
        for merchant in ("acc_a", "acc_ab", "acc_b")
        for currency in ("CNY", "JPY")
        for hours in (2, 1, 3)
    ]
    for one in dues:
        commit(store.accrue(one))
    heads = [head for shard in range(store.shards) for head in store.heads(shard)]
    assert sorted(head.id for head in heads) == sorted(one.id for one in dues if one.id.endswith("_1"))
    end = NOW + timedelta(hours=3)
    before = [one.id for one in store.waiting_until("acc_a", "CNY", end)]
    assert before == ["lin_acc_a_CNY_1", "lin_acc_a_CNY_2"]
    assert len(list(store.waiting_until("acc_a", "CNY", end + timedelta(microseconds=1)))) == 3
    assert len(list(store.waiting_of("acc_a"))) == 6


@pytest.mark.store
def test_a_due_is_taken_once_and_only_where_there_is_one(clock):
    one, two = due(1), due(2)
    commit(wiring.settlement().store.accrue(one))
    with pytest.raises(AlreadyPosted):
        commit(*grown(one, two))
    assert read() is None
    commit(*grown(one))
    with pytest.raises(AlreadyPosted):
        commit(*grown(one))
    assert (read().sums, wiring.settlement().store.due("lin_1").settlement_id) == (rules.sums([one]), FIRST)
    assert wiring.settlement().store.due("lin_2") is None


@pytest.mark.store
def test_what_grows_is_neither_ended_nor_paid_out_and_what_is_paid_out_does_not_grow(clock):
    store, (one, two, three) = wiring.settlement().store, [due(number) for number in range(3)]
    for each in (one, two, three):
        commit(store.accrue(each))
    commit(*grown(one))
    before = read()
    commit(*grown(two))
    with pytest.raises(Contention):
        wiring.committer().commit(store.close(before, []))
    with pytest.raises(Contention):
        wiring.committer().commit([store.pay_out(read(), "po_1")])  # it is still open
    commit(*store.close(read(), []))
    with pytest.raises(Contention):
        wiring.committer().commit(store.close(read(), []))
    posted = read()
    assert [one.id for one in store.carried(M, "CNY")] == [FIRST]
    commit(*grown(three))
    assert list(store.carried(M, "CNY")) == []
    with pytest.raises(Contention):
        wiring.committer().commit([store.pay_out(posted, "po_1")])
    commit(*store.close(read(), []))
    commit(store.pay_out(read(), "po_1"))
    with pytest.raises(Contention):
        wiring.committer().commit([store.pay_out(read(), "po_2")])
    late = due(4)
    commit(store.accrue(late))
    with pytest.raises(PaidOut):
        commit(*grown(late))
    assert (read().state, read().payout_id, read().sums.lines) == ("paid_out", "po_1", 3)


def paying(taken):
    """Pay the settlement out as soon as it is posted."""
    for _ in range(20):
        found = read()
        if found is not None:
            try:
                wiring.committer().commit([wiring.settlement().store.pay_out(found, "po_1")])
            except Contention:
                continue
            taken.append(found)


@pytest.mark.store
def test_a_payout_and_runs_at_once_lose_no_due(clock):
    for number in range(8):
        accrue(number)
    taken = []
    threads = [Thread(target=work, args=args) for work, args in ((settle, ()), (paying, (taken,)), (settle, ()))]
    for thread in threads:
        thread.start()
    for number in range(8, 12):
        accrue(number)
    for thread in threads:
        thread.join()
    settle()
    settle(RUN + DAY)
    page = use_cases.settlements(wiring.settlement(), actor(M), None, 10)
    assert sum(one.sums.gross for one in page.items) == 120_000
    assert len(taken) <= 1
    if taken:
        assert read().sums == taken[0].sums


@pytest.mark.store
def test_terms_are_kept_as_they_were_agreed_version_by_version(clock):
    terms = Terms(
        zone="Asia/Beirut", period=Period.WEEKLY, delay_days=7, tiers={"CNY": (Tier(1, 2), Tier(3, 4))},
        fixed_fee={"CNY": 5}, subscription={"JPY": 6}, subscribed={"JPY": "2030-05"}, tax_bps=600, tax_included=True, minimum={"CNY": 7},
        reserve_bps=8, reserve_days=9, route=Route.BANK, bank=BANK,
        reverse=True, version=1,
    )  # fmt: skip
    store = wiring.settlement().store
    assert store.terms(M) is None
    commit(store.put_terms(M, terms))
    assert store.terms(M) == terms
    unopened = replace(terms, bank=None)
    assert store.conditions(M) == unopened
    assert [pair for shard in range(store.shards) for pair in store.agreed(shard)] == [(M, unopened)]
    for version in (1, 3):
        with pytest.raises(Contention):
            wiring.committer().commit([store.put_terms(M, replace(terms, version=version))])
    commit(store.put_terms(M, replace(terms, version=2, bank=None, route=Route.NONE)))
    assert store.terms(M) == replace(terms, version=2, bank=None, route=Route.NONE)


def test_terms_are_read_by_the_version_before_and_by_one_that_knows_less(clock):
    """While a release is on trial, and after it is taken back, the one before reads what was written; both ways."""
    commit(wiring.settlement().store.put_terms(M, Terms(zone="Asia/Shanghai", version=1)))
    row = TermsRow.get(f"MERCHANT#{M}", "TERMS")
    assert "tax_included" not in json.loads(row.terms), "the release before it was there takes no name that it lacks"
    row.terms = json.dumps(json.loads(row.terms) | {"of_a_later_release": 1})
    row.save()
    assert wiring.settlement().store.terms(M) == Terms(zone="Asia/Shanghai", version=1)
    assert [terms.version for shard in range(8) for _, terms in wiring.settlement().store.agreed(shard)] == [1]


def fullest(number):
    """A due with everything in it, and ids as long as they come."""
    made = due(f"{'x' * 26}_{number}", merchant=f"acc_{'m' * 26}", gross=99_999_000 + number, discount=99_999_999)
    return rules.earned(
        replace(made, reserved=10**7, kind=list(DueKind)[number % len(DueKind)]), Share(800, 10**6, 600)
    )


def test_the_fullest_transaction_is_within_the_limits(clock):
    dues, store = [fullest(number) for number in range(50)], wiring.settlement().store
    settlement = Settlement(FIRST, dues[0].merchant_id, "CNY", "2030-05-01", Sums(), SettlementState.OPEN)
    for one in dues:
        commit(store.accrue(one))
    [batch] = _post.batches(dues, [])
    booked = wiring.ledger().store.post(_post.transaction(dues, RUN))
    assert len([*store.settle(settlement, dues, []), *booked]) <= MAX_ACTIONS - 20
    assert _post.post(wiring.settlement(), settlement, batch) == dues
    row = TransactionRow.get(f"TX#settlement:{dues[0].id}", "TX")
    assert 20_000 < len(json.dumps(row.attribute_values)) < 60_000  # an item has 400 KB, a transaction 4 MB


def test_batches_hold_what_fits_and_what_is_made_comes_first():
    made, dues = [due("made")], [due(number) for number in range(120)]
    sizes = [(len(batch.waiting), len(batch.made)) for batch in _post.batches(dues, made)]
    assert sizes == [(49, 1), (50, 0), (21, 0)]
    assert [one for batch in _post.batches(dues, made) for one in batch.waiting] == dues
    assert [len(batch.dues) for batch in _post.batches([], made)] == [1]
    assert list(_post.batches([], [])) == []


def spent(work):
    with meter.measure() as usage:
        work()
    return usage.requests, usage.read_units, usage.write_units


def test_what_each_pattern_costs(clock, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    ports, some = wiring.settlement(), [due(number) for number in range(50)]
    for one in some[2:]:
        commit(ports.store.accrue(one))
    empty = Settlement(FIRST, M, "CNY", "2030-05-01", Sums(), SettlementState.OPEN)
    costs = {
        "post 48": spent(lambda: _post.post(ports, empty, _post.Batch(some[2:], []))),
        "end": spent(lambda: run._close(ports, Terms(), M, FIRST)),
        "idle": spent(settle),
        "accrue": spent(lambda: commit(ports.store.accrue(some[0]))),
        "not yet": spent(lambda: settle(NOW)),
        "settle": spent(settle),
        "waiting": spent(lambda: list(ports.store.waiting_of(M))),
        "list": spent(lambda: ports.store.settlements(M, None, 20)),
        "statement": spent(statement),
        "carried": spent(lambda: list(ports.store.carried(M, "CNY"))),
        "terms": spent(lambda: ports.store.terms(M)),
        "share": spent(lambda: use_cases.share_of(ports, M, "CNY")),
    }
    agree(tiers={"CNY": [Tier(1, 700)]}, subscription={"CNY": 1}, reserve_bps=1)
    costs["tiered"] = spent(lambda: use_cases.share_of(ports, M, "CNY"))
    pay_out()
    commit(ports.store.accrue(due("late")))
    agree(tiers={"CNY": [Tier(1, 700)]})
    costs["late"] = spent(settle)
    agree(subscription={"CNY": 1}, reserve_bps=1)
    settle(RUN + DAY)
    costs["subscribed"] = spent(lambda: settle(RUN + DAY))
    assert costs == {
        "post 48": (1, 0, 4 * 48 + 3 * 2 + 3 + 12),  # dues, three balances, the settlement, 4 KB of entries
        "end": (2, 1, 7),
        "idle": (24, 12, 0),
        "accrue": (1, 0, 3),
        "not yet": (25, 12.5, 0),
        "settle": (24 + 7, 16, 4 + 6 + 4 + 3 + 7),
        "waiting": (1, 0.5, 0),
        "list": (1, 0.5, 0),
        "statement": (2, 3, 0),
        "carried": (1, 0.5, 0),
        "terms": (1, 1, 0),
        "share": (1, 1, 0),
        "tiered": (3, 2, 0),
        "late": (24 + 3, 14.5, 0),  # the settlement is paid out: nothing is tried
        "subscribed": (24 + 2, 13.5, 0),
    }


def test_what_many_dues_cost(clock, tables, record_property):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    store, costs = wiring.settlement().store, {}
    for day, merchants in enumerate((1, 20)):
        dues = [due(f"{day}_{n}", merchant=f"acc_{n % merchants}", at=NOW + DAY * day) for n in range(200)]
        for start in range(0, 200, 50):
            commit(*[store.accrue(rules.earned(one, Share(800))) for one in dues[start : start + 50]])
        costs[merchants] = spent(lambda as_of=RUN + DAY * day: settle(as_of))
        told = "settling {} dues of {} merchants: {} requests, {} read, {} write units"
        record_property("figure", told.format(200, merchants, *costs[merchants]))
    assert costs == {1: (24 + 6 + 4, 22.5, 923), 20: (24 + 7 * 20, 92, 1280)}
