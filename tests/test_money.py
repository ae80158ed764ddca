"""The proof of money, small; `make prove-money` runs it long."""

import os
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.money import Money
from chalicelib.orders import use_cases as orders
from chalicelib.orders.rules import Asked
from chalicelib.payments import use_cases as payments
from chalicelib.payments.rules import Method, MovementKind, PaymentState
from chalicelib.reconciliation import use_cases as reconciliation
from chalicelib.reconciliation.ports import CaseKind, CaseState, Resolution
from tests.simulation.run import simulate

SIZE = int(os.environ.get("SIZE", "12"))
SEEDS = [int(seed) for seed in os.environ.get("SEEDS", "1").split(",")]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", SEEDS)
def test_it_all_adds_up_whatever_goes_wrong(tables, monkeypatch, record_property, seed):
    outcome, stage = simulate(SIZE, seed, monkeypatch)
    record_property("figure", f"seed {seed}: {outcome.line()}")
    record_property("line", outcome.line())
    assert not outcome.violations, "\n".join(outcome.violations[:30])
    assert outcome.figures["bookings"] == SIZE
    assert outcome.figures["deaths"] > 0
    assert outcome.figures["answers lost"] > SIZE
    found = _planted(stage)
    record_property("planted", sum(found))
    assert found == [True] * 3


def _planted(stage):
    """Plant a theft, a double capture and a lost notice; say which of them the next night finds, and nothing else."""
    stage.calm()
    bank, ports = stage.providers["stripe"], wiring.reconciliation()
    paid = [ref for ref, charge in bank.charges.items() if charge.state == PaymentState.SUCCEEDED]
    charge = bank.charges[paid[0]]
    bank.moves_by_itself(MovementKind.TRANSFER, "tr_theft", None, Money(-5_000, "CNY"))
    bank.moves_by_itself(MovementKind.CHARGE, charge.ref, charge.payment_id, charge.received)
    lost = _pays_and_nobody_is_told(stage)
    stage.clock.move(days=2)  # whatever the hour is, its day is over
    reconciliation.nightly(ports, stage.clock.now())
    open_ = {
        (case.found.kind, case.found.provider_ref)
        for case in reconciliation.cases(ports, CaseState.OPEN, None, 100).items
    }
    closed = reconciliation.cases(ports, CaseState.CLOSED, None, 100).items
    healed = {case.found.kind for case in closed if case.resolution == Resolution.HEALED}
    assert len(open_) == 2
    return [
        (CaseKind.UNKNOWN_MOVEMENT, "tr_theft") in open_,
        (CaseKind.DOUBLE_CAPTURE, charge.ref) in open_,
        CaseKind.MISSING_IN_BOOKS in healed and orders.read(wiring.orders(), lost).payment_id is not None,
    ]


def _pays_and_nobody_is_told(stage):
    """Somebody pays; the notice is lost, and no sweep asks. Returns the order."""
    seller = stage.sellers[0]
    customer = Actor("acc_last", frozenset({Role.CUSTOMER}), "ses_last")
    start = stage.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=30)
    at = {"shop_id": seller.shop["id"], "offering_id": seller.shop["offering_id"], "start": start, "staff_id": None}
    order = orders.hold(wiring.orders(), customer, [Asked("booking", at)], None, stage.once())
    wish = payments.PayWish(Method.CARD, "https://linli.example/return")
    payment = payments.pay(wiring.payments(), customer, order.id, wish, stage.once())
    stage.providers["stripe"].customer_pays(payment.charge_ref)
    return order.id
