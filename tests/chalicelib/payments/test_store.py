from datetime import UTC, datetime

import pytest

from chalicelib import wiring
from chalicelib.kit.clock import SystemClock
from chalicelib.kit.dynamo import meter
from chalicelib.kit.money import Money
from chalicelib.payments.rules import Event, Method, Moved, Payment, PaymentState, Refund, RefundState
from chalicelib.payments.store import PaymentStore
from tests.emulators import DYNOXIDE

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)
PAYMENT = Payment("pay_1", "ord_1", "acc_1", Money(5_000, "CNY"), Method.CARD, PaymentState.CREATED, NOW)
REFUND = Refund("ref_1", "ord_1", "pay_1", Money(500, "CNY"), "cancelled", RefundState.PENDING, NOW)


def commit(*actions):
    wiring.committer().commit(actions)


@pytest.fixture
def store(tables):
    return PaymentStore(SystemClock())


@pytest.mark.store
def test_a_payment_moves_forwards_only(store):
    store.open(PAYMENT)
    store.open(PAYMENT)
    assert store.payment("pay_1") == PAYMENT
    commit(store.move("pay_1", PaymentState.PROCESSING, "pi_1"))
    commit(store.move("pay_1", PaymentState.SUCCEEDED, "pi_1"))
    for late in (PaymentState.PROCESSING, PaymentState.FAILED, PaymentState.SUCCEEDED):
        with pytest.raises(Moved):
            commit(store.move("pay_1", late, "pi_1"))
    store.open(PAYMENT)
    assert store.payment("pay_1").state == PaymentState.SUCCEEDED
    assert [one.id for one in store.payments_of("ord_1")] == ["pay_1"]
    assert store.payment("pay_2") is None


@pytest.mark.store
def test_a_refund_is_opened_and_ended_once(store):
    commit(store.open_refund(REFUND))
    with pytest.raises(Moved):
        commit(store.open_refund(REFUND))
    store.note_refund_ref("ref_1", "re_1")
    store.note_refund_ref("ref_1", "re_other")
    assert store.refund("ref_1").refund_ref == "re_1"
    commit(store.move_refund("ref_1", RefundState.SUCCEEDED, "re_1"))
    with pytest.raises(Moved):
        commit(store.move_refund("ref_1", RefundState.FAILED, "re_1"))
    assert store.refund("ref_1").state == RefundState.SUCCEEDED
    assert store.refund("ref_2") is None


def test_an_event_is_remembered(store):
    event = Event("evt_1", "charge", "pi_1", "payment_intent.succeeded")
    assert not store.worked(event)
    store.mark_worked(event)
    assert store.worked(event)


def test_what_each_pattern_costs(store, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    with meter.measure() as opening:
        store.open(PAYMENT)
    assert (opening.requests, opening.write_units) == (1, 3)
    with meter.measure() as moving:
        commit(store.move("pay_1", PaymentState.PROCESSING, "pi_1"))
    assert (moving.requests, moving.write_units) == (1, 4)
    with meter.measure() as reading:
        store.payment("pay_1")
    assert (reading.requests, reading.read_units) == (1, 1)
