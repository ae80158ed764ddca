from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from chalicelib import wiring
from chalicelib.kit.errors import NotFound
from chalicelib.ledger import use_cases as ledger
from chalicelib.settlement import use_cases
from chalicelib.settlement.ports import DueKind, Period, Share
from chalicelib.settlement.use_cases import _post, run
from tests.chalicelib.settlement.world import (
    FIRST,
    NOW,
    RUN,
    M,
    accrue,
    actor,
    agree,
    balances,
    give_back,
    pay_out,
    said,
    settle,
    sheet,
    statement,
)

DAY = timedelta(days=1)
SECOND = "set_20300502_cny"


@pytest.mark.store
def test_a_run_pays_merchants_less_the_platforms_share_and_repeats_do_nothing(clock):
    for number in range(3):
        accrue(number)
    accrue(9, merchant="acc_n", discount=5_000, share=Share(800, 100, 600))
    done = settle()
    payable = 15_000 - 1_200 - 100 - 78
    assert (done.merchants, done.lines, done.payable) == (2, 4, {"CNY": 3 * 9_200 + payable})
    assert sheet() == {
        "provider:stripe": 40_000,
        "platform:coupons": 5_000,
        "merchants:payable": -(3 * 9_200 + payable),
        "platform:commission": -3_600,
        "platform:fees": -100,
        "tax:commission": -78,
    }
    assert (settle().merchants, settle().lines) == (0, 0)
    assert balances() == {"CNY": (27_600, 0, 0)}
    settlement, dues = statement()
    assert (settlement.sums.lines, settlement.sums.payable, settlement.state) == (3, 27_600, "posted")
    assert [one.id for one in dues] == ["lin_0", "lin_1", "lin_2"]
    assert {one.settlement_id for one in dues} == {FIRST}
    assert sorted(said()) == [(M, FIRST), ("acc_n", FIRST)]


@pytest.mark.store
def test_two_runs_at_once_pay_once(clock, monkeypatch):
    monkeypatch.setattr(_post, "_DUES_PER_TRANSACTION", 5)
    agree(reserve_bps=1000, subscription={"CNY": 500})
    for number in range(12):
        accrue(number)
    runs, payable = [], 12 * 9_200 - 500
    threads = [Thread(target=lambda: runs.append(settle())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    settle()
    settlement, dues = statement()
    assert [one.sums.lines for one in wiring.settlement().store.carried(M, "CNY")] == [len(dues)]
    assert sum(one.kind == DueKind.SERVICE for one in dues) == 12
    assert sum(one.kind == DueKind.SUBSCRIPTION for one in dues) == 1
    kept = sum(one.reserved for one in dues if one.kind == DueKind.RESERVE)
    assert kept == settlement.kept == payable // 10  # whether one run or several ended it
    assert balances() == {"CNY": (payable - kept, 0, kept)}
    assert sheet()["merchants:payable"] == -(payable - kept)
    assert settlement.state == "posted"
    assert len(runs) == 4


def test_only_what_fell_due_in_the_period_is_settled(clock):
    end = datetime(2030, 5, 1, 16, tzinfo=UTC)  # midnight in Shanghai
    accrue(1)
    accrue(2, at=end - timedelta(microseconds=1))
    accrue(3, at=end)
    assert settle(RUN - timedelta(minutes=11)).lines == 0  # 2 May there: a day must pass
    assert settle().lines == 2
    assert [one.id for one in statement()[1]] == ["lin_1", "lin_2"]
    assert settle(RUN + DAY).lines == 1
    page = use_cases.settlements(wiring.settlement(), actor(M), None, 10)
    assert [one.id for one in page.items] == [SECOND, FIRST]


def test_a_merchants_period_is_the_merchants_own(clock):
    agree("acc_week", period=Period.WEEKLY, zone="Pacific/Kiritimati", delay_days=0)
    agree("acc_month", period=Period.MONTHLY, zone="Pacific/Pago_Pago", delay_days=10)
    for number, merchant in enumerate(["acc_week", "acc_month"]):
        accrue(number, merchant=merchant, at=NOW + DAY)
    assert settle(datetime(2030, 5, 5, 9, 59, tzinfo=UTC)).lines == 0
    assert settle(datetime(2030, 5, 5, 10, tzinfo=UTC)).lines == 1
    assert statement("set_20300505_cny", "acc_week")[0].sums.lines == 1
    assert settle(datetime(2030, 6, 11, 10, 59, tzinfo=UTC)).lines == 0
    assert settle(datetime(2030, 6, 11, 11, tzinfo=UTC)).lines == 1
    assert statement("set_20300531_cny", "acc_month")[0].sums.lines == 1


def test_what_comes_late_goes_into_what_is_posted_and_past_what_is_paid_out(clock):
    accrue(1)
    settle()
    accrue(2)
    assert settle().lines == 1
    assert (statement()[0].sums.lines, statement()[0].state) == (2, "posted")
    assert said() == [(M, FIRST)] * 2
    pay_out()
    accrue(3)
    assert settle().lines == 0
    assert settle(RUN + DAY).lines == 1
    assert ([one.id for one in statement(SECOND)[1]], statement()[0].sums.lines) == (["lin_3"], 2)


def test_a_payout_between_reading_and_posting_leaves_the_rest_for_the_next_period(clock, monkeypatch):
    accrue(1)
    settle()
    accrue(2)
    before = _post.post

    def overtaken(ports, settlement, batch):
        pay_out()
        return before(ports, settlement, batch)

    with monkeypatch.context() as patched:
        patched.setattr(_post, "post", overtaken)
        assert settle().lines == 0
    assert (statement()[0].state, statement()[0].sums.lines) == ("paid_out", 1)
    assert settle(RUN + DAY).lines == 1


def test_more_dues_than_a_transaction_takes(clock):
    for number in range(60):
        accrue(number, gross=100 + number)
    done = settle()
    settlement, dues = statement()
    assert done.lines == settlement.sums.lines == len(dues) == 60
    assert done.payable["CNY"] == settlement.sums.payable == sum(one.payable for one in dues)
    assert "customers:held" not in sheet()
    assert said() == [(M, FIRST)]


def test_a_merchant_who_cannot_be_settled_keeps_nobody_waiting(clock, monkeypatch):
    for number in range(12):
        accrue(number, merchant=f"acc_{number}")
    agree("acc_1", zone="Atlantis/Poseidonis")
    close, met = run._close, []

    def failing_for_the_first(ports, terms, merchant_id, settlement_id):
        met.append(merchant_id)
        if merchant_id == met[0]:
            raise RuntimeError("planted")
        close(ports, terms, merchant_id, settlement_id)

    with monkeypatch.context() as patched:
        patched.setattr(run, "_close", failing_for_the_first)
        with pytest.raises((RuntimeError, LookupError)):
            settle()
    assert {merchant for merchant, _ in said()} == {f"acc_{n}" for n in range(12)} - {"acc_1", met[0]}
    agree("acc_1")
    settle()
    assert len(said()) == 12


def test_books_that_hold_what_a_due_says_still_waits_stop_the_run(clock):
    accrue(1)
    ports = wiring.settlement()
    ports.committer.commit(ports.ledger.store.post(_post.transaction([*ports.store.waiting_of(M)], NOW)))
    with pytest.raises(_post.AlreadyPosted):
        settle()


def test_who_must_give_back_more_than_was_earned_goes_below_zero_and_up_again(clock):
    accrue(1)
    settle()
    pay_out()
    give_back(1, 4_000, 10_000, at=NOW + DAY)
    settle(RUN + DAY)
    settlement, [back] = statement(SECOND)
    assert (settlement.sums.payable, back.payable, back.commission) == (-3_680, -3_680, -320)
    assert balances() == {"CNY": (9_200 - 3_680, 0, 0)}  # what the payout takes is the payout's doing
    assert sheet()["merchants:clawback"] == -4_000
    accrue(2, at=NOW + DAY)
    settle(RUN + DAY)
    assert statement(SECOND)[0].sums.payable == -3_680 + 9_200


def test_currencies_do_not_mix(clock):
    accrue(1)
    accrue(2, currency="JPY", gross=777)
    assert settle().payable == {"CNY": 9_200, "JPY": 715}
    assert balances() == {"CNY": (9_200, 0, 0), "JPY": (715, 0, 0)}
    assert statement("set_20300501_jpy")[0].sums.commission == 62
    assert sheet("JPY")["platform:commission"] == -62
    assert sheet()["platform:commission"] == -800


def test_money_is_posted_when_it_is_posted_whatever_moment_is_settled(clock):
    accrue(1)
    clock.move(days=40)
    settle(RUN)
    posted = ledger.transaction(wiring.ledger(), "settlement:lin_1")
    assert (posted.at, posted.kind) == (clock.now(), "settlement")  # a day that is closed stays as it is


def test_a_free_line_is_never_due(clock):
    accrue(1, gross=0)
    assert settle().lines == 0
    accrue(2, gross=0, discount=900)
    assert settle().payable == {"CNY": 828}


def test_what_is_not_there(clock):
    with pytest.raises(NotFound):
        statement("set_1")
    assert balances() == {}
