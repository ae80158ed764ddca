from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from chalicelib import wiring
from chalicelib.kit.errors import NotFound
from chalicelib.kit.money import Money
from chalicelib.ledger import rules, use_cases
from chalicelib.ledger.rules import Due
from chalicelib.ledger.use_cases import Balance
from tests.api import MERCHANT, told

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)
M = MERCHANT.account_id


def accrue(number, *, merchant=M, net=10_000, at=NOW, discount=0, currency="CNY"):
    """Money for a line arrived, and the line was completed."""
    ports = wiring.ledger()
    one = Due(f"lin_{number}", f"ord_{number}", merchant, currency, net, discount, 800, at)
    arrived = rules.capture(f"pay_{number}", f"ord_{number}", Money(net, currency), at)
    ports.committer.commit([*use_cases.accrue(ports, one), *ports.store.post(arrived)])
    return one


def sheet(currency="CNY"):
    return use_cases.trial_balance(wiring.ledger())[currency]


@pytest.mark.store
def test_a_run_pays_merchants_less_commission_and_repeats_do_nothing(tables):
    ports = wiring.ledger()
    for number in range(3):
        accrue(number)
    accrue(9, merchant="acc_n", discount=5_000)
    run = use_cases.settle(ports, NOW)
    assert (run.merchants, run.lines, run.payable) == (2, 4, {"CNY": 3 * 9_200 + 13_800})
    assert sum(sheet().values()) == 0
    assert sheet()["customers:held"] == 0
    assert sheet()["merchants:payable"] == -(3 * 9_200 + 13_800)
    assert sheet()["platform:coupons"] == 5_000
    assert use_cases.settle(ports, NOW).lines == 0
    assert use_cases.balance(ports, MERCHANT) == [Balance("CNY", 27_600, 0)]
    settlement, page = use_cases.statement(ports, MERCHANT, "set_20300501_cny", None, 10)
    assert (settlement.lines, settlement.payable, settlement.state) == (3, 27_600, "posted")
    assert sum(due.payable for due in page.items) == settlement.payable
    posted = told("settlement.posted")
    assert sorted(m.payload["merchant_id"] for m in posted) == sorted(["acc_n", M])


@pytest.mark.store
def test_two_runs_at_once_pay_once(tables):
    ports = wiring.ledger()
    for number in range(12):
        accrue(number)
    runs = []
    threads = [Thread(target=lambda: runs.append(use_cases.settle(ports, NOW))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(run.lines for run in runs) == 12
    assert use_cases.balance(ports, MERCHANT) == [Balance("CNY", 12 * 9_200, 0)]
    assert sum(sheet().values()) == 0
    settlement, _ = use_cases.statement(ports, MERCHANT, "set_20300501_cny", None, 10)
    assert (settlement.lines, settlement.state) == (12, "posted")


def test_only_what_fell_due_by_then_is_settled(tables):
    ports = wiring.ledger()
    accrue(1)
    accrue(2, at=NOW + timedelta(hours=1))
    assert use_cases.settle(ports, NOW).lines == 1
    assert use_cases.balance(ports, MERCHANT) == [Balance("CNY", 9_200, 9_200)]
    assert use_cases.settle(ports, NOW + timedelta(days=1)).lines == 1
    page = use_cases.settlements(ports, MERCHANT, None, 10)
    assert [one.id for one in page.items] == ["set_20300502_cny", "set_20300501_cny"]


def test_more_lines_than_a_transaction_takes(tables):
    for number in range(60):
        accrue(number, net=100 + number)
    run = use_cases.settle(wiring.ledger(), NOW)
    settlement, _ = use_cases.statement(wiring.ledger(), MERCHANT, "set_20300501_cny", None, 10)
    assert run.lines == settlement.lines == 60
    assert run.payable["CNY"] == settlement.payable
    assert sheet()["customers:held"] == 0


def test_a_run_that_died_before_telling_is_finished_by_the_next(tables, monkeypatch):
    ports = wiring.ledger()
    accrue(1)

    def killed(*_):
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(use_cases, "_close", killed)
        with pytest.raises(RuntimeError):
            use_cases.settle(ports, NOW)
    assert not told("settlement.posted")
    use_cases.settle(ports, NOW + timedelta(days=1))
    posted = told("settlement.posted")
    assert [m.payload["settlement_id"] for m in posted] == ["set_20300501_cny"]
    assert use_cases.statement(ports, MERCHANT, "set_20300501_cny", None, 10)[0].state == "posted"


def test_a_merchant_who_cannot_be_settled_keeps_nobody_waiting(tables, monkeypatch):
    ports = wiring.ledger()
    for number in range(12):
        accrue(number, merchant=f"acc_{number}")
    close, met = use_cases._close, []

    def failing_for_the_first(ports, merchant_id, settlement_id):
        met.append(merchant_id)
        if merchant_id == met[0]:
            raise RuntimeError("planted")
        close(ports, merchant_id, settlement_id)

    with monkeypatch.context() as patched:
        patched.setattr(use_cases, "_close", failing_for_the_first)
        with pytest.raises(RuntimeError):
            use_cases.settle(ports, NOW)
    assert {m.payload["merchant_id"] for m in told("settlement.posted")} == {f"acc_{n}" for n in range(12)} - {met[0]}
    use_cases.settle(ports, NOW)
    assert len(told("settlement.posted")) == 12


def test_currencies_do_not_mix(tables):
    accrue(1)
    accrue(2, currency="JPY", net=777)
    use_cases.settle(wiring.ledger(), NOW)
    assert sum(sheet("JPY").values()) == sum(sheet("CNY").values()) == 0
    assert use_cases.balance(wiring.ledger(), MERCHANT) == [Balance("CNY", 9_200, 0), Balance("JPY", 715, 0)]


def test_what_is_not_there(tables):
    with pytest.raises(NotFound):
        use_cases.statement(wiring.ledger(), MERCHANT, "set_1", None, 10)
    with pytest.raises(NotFound):
        use_cases.transaction(wiring.ledger(), "capture:none")
