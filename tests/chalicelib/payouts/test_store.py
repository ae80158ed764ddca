"""The payouts table on real DynamoDB semantics; what it costs is asserted on dynoxide, which tells it right."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from cryptography.exceptions import InvalidTag

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import Contention
from chalicelib.payouts import use_cases
from chalicelib.payouts.ports import Task, TaskKind
from chalicelib.payouts.rules import (
    Batch,
    FileFormat,
    Leg,
    LegState,
    Made,
    Payout,
    PayoutState,
    Reversal,
    ReversalState,
)
from chalicelib.payouts.store.payouts import PayoutRow
from chalicelib.settlement.ports import BankAccount, Route
from tests.chalicelib.payouts.world import CONNECT, ME, NOW, commit
from tests.emulators import DYNOXIDE

CNY = Money(500, "CNY")
LEG = Leg("po_1:pay_1", "po_1", "pay_1", 500)
BATCH = Batch("bat_1", "CNY", FileFormat.CSV, NOW, "acc_admin", date(2030, 5, 2))
REVERSAL = Reversal("rev:po_1:pay_1:set_2", "acc_m", "set_2", "po_1", "po_1:pay_1", "pay_1", Money(200, "CNY"))


def payout(id_="po_1", **fields):
    told = {
        "merchant_id": "acc_m", "amount": CNY, "route": Route.CONNECT, "state": PayoutState.READY, "created_at": NOW,
        "settlement_ids": ("set_1", "set_2"), "destination": "acct_1",
    }  # fmt: skip
    return Payout(id_, **told | fields)


@pytest.fixture
def store(tables):
    return wiring.payouts().store


@pytest.mark.store
def test_a_payout_is_made_once_and_moves_version_by_version(store):
    bank = BankAccount("上海邻里", "6222", "102290000000", "CN")
    full = payout(
        bank=bank, approvers=("a", "b"), reference="ref", reason="why", returned=3, sent_at=NOW, busy_until=NOW
    )
    for one in (payout("po_2"), full):
        commit(store.save(one))
        assert store.payout(one.id) == one
        with pytest.raises(Made):
            commit(store.save(one))
    commit(store.save(replace(full, version=2, state=PayoutState.SENT)))
    with pytest.raises(Contention):
        commit(store.save(replace(full, version=2, state=PayoutState.FAILED)))
    assert store.payout("po_1").state == PayoutState.SENT
    assert [one.id for one in store.payouts(["po_1", "po_9", "po_2"])] == ["po_1", "po_2"]
    assert store.payout("po_9") is None


def test_a_bank_account_is_sealed_to_its_payout(store):
    account = BankAccount("Ling", "6222020200112233445", "102290000000", "CN")
    commit(store.save(payout(bank=account)))
    row = PayoutRow.get("PAYOUT#po_1", "PAYOUT")
    assert not any(part in str(row.attribute_values) for part in ("Ling", "6222", "10229"))
    row.pk = "PAYOUT#po_2"
    row.save()
    with pytest.raises(InvalidTag):
        store.payout("po_2")


@pytest.mark.store
def test_payouts_are_found_by_merchant_by_state_and_for_the_bank(store):
    made = [payout(f"po_{n}", created_at=NOW + timedelta(minutes=n)) for n in range(3)]
    other = payout("po_3", merchant_id="acc_n", route=Route.BANK, amount=Money(5, "EUR"), state=PayoutState.READY)
    for one in (*made, other):
        commit(store.save(one))
    first = store.of_merchant("acc_m", None, 2)
    rest = store.of_merchant("acc_m", first.next, 2)
    assert (first.items, rest.items, rest.next) == ((made[2], made[1]), (made[0],), None)
    commit(store.save(replace(made[1], state=PayoutState.SENT, version=2)))
    assert [one.id for one in store.in_state(PayoutState.READY, None, 9).items] == ["po_0", "po_3", "po_2"]
    assert [one.id for one in store.in_state(PayoutState.SENT, None, 9).items] == ["po_1"]
    assert (list(store.ready_for_bank("EUR")), list(store.ready_for_bank("CNY"))) == (["po_3"], [])


@pytest.mark.store
def test_a_leg_is_written_once_ends_once_and_counts_what_is_taken_back(store):
    other = Leg("po_1:rest", "po_1", None, 20)
    commit(*store.put_legs([LEG, other]))
    with pytest.raises(Made):
        commit(*store.put_legs([LEG]))
    sent = replace(LEG, state=LegState.SENT, transfer_ref="tr_1")
    commit(store.end_leg(sent))
    with pytest.raises(Made):
        commit(store.end_leg(replace(LEG, state=LegState.FAILED, reason="no")))
    assert (store.legs("po_1"), store.leg("po_1", LEG.id)) == ([sent, other], sent)
    assert (list(store.legs_of("pay_1")), store.leg("po_1", "no")) == ([sent], None)
    page = store.legs_page("po_1", None, 1)
    assert (page.items, store.legs_page("po_1", page.next, 5).items) == ((sent,), (other,))
    commit(store.take_back(sent, 200))
    with pytest.raises(Contention):
        commit(store.take_back(sent, 400))
    assert store.leg("po_1", LEG.id).reversed == 200


@pytest.mark.store
def test_reversals_and_batches_are_written_once_and_end_once(store):
    commit(store.plan(REVERSAL))
    with pytest.raises(Made):
        commit(store.plan(REVERSAL))
    failed = replace(REVERSAL, state=ReversalState.FAILED, reason="no money")
    commit(store.end_reversal(failed))
    with pytest.raises(Made):
        commit(store.end_reversal(replace(REVERSAL, state=ReversalState.DONE)))
    assert (store.reversals("acc_m", "set_2"), store.reversals("acc_m", "set_1")) == ([failed], [])
    commit(store.save_batch(BATCH))
    with pytest.raises(Made):
        commit(store.save_batch(BATCH))
    closed = replace(BATCH, payout_ids=("po_1", "po_2"), total=9, closed=True, version=2)
    commit(store.save_batch(closed))
    with pytest.raises(Contention):
        commit(store.save_batch(replace(BATCH, version=2)))
    assert (store.batch("bat_1"), store.batch("bat_2")) == (closed, None)


@pytest.mark.store
def test_tasks_stay_until_they_are_done_and_where_they_were_noted_again(store):
    first = Task(TaskKind.MERCHANT, "acc_m/CNY", NOW)
    other, again = Task(TaskKind.PAYOUT, "po_1", NOW), replace(first, not_before=NOW + timedelta(hours=1))
    commit(store.note(first), store.note(other))
    commit(store.note(again))
    store.drop(first)

    def tasks():
        return {task for shard in range(store.shards) for task in store.tasks(shard)}

    assert tasks() == {again, other}
    store.drop(again)
    commit(store.done(TaskKind.PAYOUT, "po_1"))
    assert tasks() == set()


def test_what_each_pattern_costs(store, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")

    def cost(work):
        with meter.measure() as used:
            work()
        return used.requests, used.read_units, used.write_units

    task = Task(TaskKind.PAYOUT, "po_1", NOW)
    assert cost(lambda: commit(store.save(payout()), store.note(task))) == (1, 0, 6)
    legs = [replace(LEG, id=f"po_1:pay_{n}", payment_id=f"pay_{n}") for n in range(90)]
    assert cost(lambda: commit(*store.put_legs(legs))) == (1, 0, 180)
    assert cost(lambda: commit(store.end_leg(replace(legs[0], state=LegState.SENT, transfer_ref="tr")))) == (1, 0, 3)
    ended = replace(payout(), state=PayoutState.PAID, version=2)
    assert cost(lambda: commit(store.save(ended), store.done(task.kind, task.id))) == (1, 0, 7)
    assert cost(lambda: (store.payout("po_1"), store.legs_page("po_1", None, 20))) == (2, 2, 0)
    assert cost(lambda: store.of_merchant("acc_m", None, 20)) == (1, 0.5, 0)
    assert cost(lambda: store.in_state(PayoutState.PAID, None, 20)) == (1, 0.5, 0)
    assert cost(lambda: [list(store.tasks(shard)) for shard in range(store.shards)]) == (8, 8, 0)
    assert cost(lambda: commit(store.plan(REVERSAL), store.note(task))) == (1, 0, 4)
    bank = [payout(f"po_{n}", route=Route.BANK) for n in range(2, 4)]
    for one in bank:
        commit(store.save(one))
    commit(store.save_batch(BATCH))
    moved = [store.save(replace(one, state=PayoutState.SENT, version=2)) for one in bank]
    assert cost(lambda: commit(store.save_batch(replace(BATCH, version=2)), *moved)) == (1, 0, 2 + 2 * 5)


def test_what_a_payout_costs(world, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    world.agree(CONNECT)
    for charges, cost in ((1, (23, 16, 50)), (3, (27, 18, 74))):
        for _ in range(charges):
            world.sell(500)
        [message] = world.settle()
        with meter.measure() as used:
            use_cases.consider(world.ports, ME, "CNY", message.payload["settlement_id"])
        assert (used.requests, used.read_units, used.write_units) == cost
    assert world.received() == 2_000
