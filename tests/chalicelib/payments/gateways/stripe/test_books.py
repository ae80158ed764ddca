"""The provider's book of the account, line by line."""

from datetime import UTC, datetime, timedelta

import pytest
import stripe

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.money import Money
from chalicelib.payments.gateways.stripe import books
from chalicelib.payments.rules import Method, MovementKind
from tests.chalicelib.payments.gateways.stripe.support import NOW, paid, payment, provider, refund, transfer

DAY = timedelta(days=1)


def lines(gateway, since=NOW - DAY, until=NOW + DAY):
    return list(gateway.movements(since, until))


def told(gateway):
    return [(line.kind, line.ref, line.own_id, line.amount.amount, line.fee) for line in lines(gateway)]


def test_a_charge_and_its_refunds(sandbox, gateway):
    one = paid(sandbox, gateway)
    back = gateway.refund(refund(2_000), one)
    [charge, _] = lines(gateway)
    assert (charge.provider, charge.amount, charge.at) == ("stripe", Money(5_000, "CNY"), NOW)
    assert charge.id.startswith("txn_")
    assert told(gateway) == [
        (MovementKind.CHARGE, one.charge_ref, "pay_1", 5_000, 170),
        (MovementKind.REFUND, back.ref, "ref_1", -2_000, 0),
    ]


@pytest.mark.parametrize("method", [Method.CARD, Method.ALIPAY])
def test_a_refund_that_comes_back(sandbox, gateway, method):
    one = paid(sandbox, gateway, payment(method))
    sandbox.control("POST", "/refunds/outcome", {"outcome": "failed"})
    back = gateway.refund(refund(2_000), one)
    assert sandbox.wait_idle()
    assert told(gateway)[0] == (MovementKind.CHARGE, one.charge_ref, "pay_1", 5_000, 170)
    assert told(gateway)[1:] == [
        (MovementKind.REFUND, back.ref, "ref_1", -2_000, 0),
        (MovementKind.REFUND_RETURNED, back.ref, "ref_1", 2_000, 0),
    ]


def test_a_dispute_that_is_won(sandbox, gateway):
    one = paid(sandbox, gateway)
    ref = sandbox.control("POST", "/disputes", {"payment_intent": one.charge_ref})["id"]
    sandbox.control("POST", f"/disputes/{ref}", {"outcome": "won"})
    assert told(gateway)[1:] == [
        (MovementKind.DISPUTE, ref, None, -5_000, 1_500),
        (MovementKind.DISPUTE_RETURNED, ref, None, 5_000, -1_500),
    ]


def test_transfers_and_what_is_taken_back(sandbox, gateway):
    sent = gateway.transfer(transfer(paid(sandbox, gateway)))
    gateway.reverse(sent, "rev_1", 1_000)
    assert told(gateway)[1:] == [
        (MovementKind.TRANSFER, sent.ref, "leg_1", -3_000, 0),
        (MovementKind.TRANSFER_REVERSED, sent.ref, "leg_1", 1_000, 0),
    ]


def test_payouts_to_the_bank_and_what_stripe_takes_by_itself(sandbox, gateway):
    paid(sandbox, gateway, card="pm_card_bypassPending")
    payout = sandbox.control("POST", "/payouts", {"outcome": "failed"})["id"]
    fee = sandbox.control("POST", "/fees", {"amount": 200})["id"]
    assert told(gateway)[1:] == [
        (MovementKind.PAYOUT, payout, None, -4_830, 0),
        (MovementKind.PAYOUT, payout, None, 4_830, 0),
        (MovementKind.FEE, fee, None, -200, 0),
    ]


def test_what_is_not_ours_has_no_id_of_ours(sandbox, gateway):
    """Money that arrives twice names the payment twice; what a thief sends names nothing."""
    one = paid(sandbox, gateway, card="pm_card_bypassPending")
    sandbox.control("POST", f"/payment_intents/{one.charge_ref}/capture_again")
    theft = sandbox.control("POST", "/transfers", {"destination": "acct_thief", "amount": 1_000})["id"]
    payout = sandbox.control("POST", "/payouts", {"amount": 500})["id"]
    twice = (MovementKind.CHARGE, one.charge_ref, "pay_1", 5_000, 170)
    assert told(gateway) == [
        twice,
        twice,
        (MovementKind.TRANSFER, theft, None, -1_000, 0),
        (MovementKind.PAYOUT, payout, None, -500, 0),
    ]


def test_the_lines_add_up_to_the_balance(sandbox, gateway):
    one = paid(sandbox, gateway, payment(amount=50_000))
    two = paid(sandbox, gateway, payment(Method.ALIPAY, id_="pay_2"))
    gateway.refund(refund(1_000), one)
    gateway.reverse(gateway.transfer(transfer(one)), "rev_1", 500)
    sandbox.control("POST", "/disputes", {"payment_intent": two.charge_ref})
    sandbox.control("POST", "/fees", {"amount": 30})
    balance = gateway._client.v1.balance.retrieve()
    assert sum(line.amount.amount - line.fee for line in lines(gateway)) == (
        balance.available[0].amount + balance.pending[0].amount
    )


def test_lines_come_oldest_first_through_pages_and_spans_each_once(sandbox, gateway, moment, monkeypatch):
    monkeypatch.setattr(books, "PAGE", 2)
    for number in range(9):
        paid(sandbox, gateway, payment(id_=f"pay_{number}"))
        moment[0] += 3 * 3600 if number % 3 == 2 else 0
    assert [line.own_id for line in lines(gateway)] == [f"pay_{number}" for number in range(9)]
    halves = [lines(gateway, NOW - DAY, NOW + DAY / 8), lines(gateway, NOW + DAY / 8, NOW + DAY)]
    assert [len(half) for half in halves] == [3, 6]
    assert [line.at for line in halves[1]][-1] == datetime.fromtimestamp(moment[0], UTC) - timedelta(hours=3)


@pytest.mark.parametrize(("later", "found"), [(0, 1), (0.4, 0), (1, 0)])
def test_a_span_begins_with_its_first_moment(sandbox, gateway, later, found):
    paid(sandbox, gateway)
    start = NOW + timedelta(seconds=later)
    assert len(lines(gateway, start, NOW + DAY)) == found
    assert len(lines(gateway, NOW - DAY, start)) == 1 - found


def test_the_book_cannot_be_read():
    with pytest.raises(Unavailable):
        lines(provider("http://127.0.0.1:9"))


@pytest.mark.parametrize(
    ("line", "kind", "ref", "own_id"),
    [
        ({"type": "adjustment", "amount": -1}, MovementKind.OTHER, "txn_1", None),
        ({"type": "payment_failure_refund", "amount": -1}, MovementKind.REFUND, "txn_1", None),
        (
            {"type": "charge", "amount": 1, "source": {"object": "charge", "id": "ch_1", "payment_intent": None}},
            MovementKind.CHARGE,
            "ch_1",
            None,
        ),
        (
            {"type": "transfer_failure", "amount": 1, "source": {"object": "transfer", "id": "tr_1", "metadata": {}}},
            MovementKind.TRANSFER_REVERSED,
            "tr_1",
            None,
        ),
        ({"type": "reserve_hold", "amount": -1, "source": "rsv_1"}, MovementKind.OTHER, "rsv_1", None),
    ],
)
def test_lines_that_the_sandbox_does_not_write(line, kind, ref, own_id):
    entry = {"object": "balance_transaction", "id": "txn_1", "fee": 0, "currency": "cny", "created": 1, "source": None}
    known = books._movement(stripe.BalanceTransaction.construct_from({**entry, **line}, None))
    assert (known.kind, known.ref, known.own_id) == (kind, ref, own_id)
