"""What a run makes itself: subscriptions, and what is kept back."""

from datetime import UTC, datetime, timedelta

from chalicelib import wiring
from chalicelib.settlement.ports import DueKind, Period
from tests.chalicelib.settlement.world import (
    FIRST,
    NOW,
    RUN,
    M,
    accrue,
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


def kinds(settlement_id=FIRST):
    return [(one.kind.value, one.payable) for one in statement(settlement_id)[1]]


def test_a_part_is_kept_back_and_comes_after_so_many_days(clock):
    agree(reserve_bps=1000, reserve_days=3)
    accrue(1)
    settle()
    assert kinds() == [("service", 9_200), ("reserve", -920)]
    assert (statement()[0].sums.reserved, statement()[0].sums.payable) == (920, 8_280)
    assert balances() == {"CNY": (8_280, 0, 920)}
    assert sheet()["merchants:reserve"] == -920
    for days in (1, 2, 3):
        assert settle(RUN + DAY * days).lines == 0
    clock.move(days=4)
    assert balances() == {"CNY": (8_280, 920, 920)}
    assert settle(RUN + DAY * 4).lines == 1
    assert kinds("set_20300505_cny") == [("reserve_released", 920)]  # nothing of what comes back is kept again
    assert balances() == {"CNY": (9_200, 0, 0)}
    assert "merchants:reserve" not in sheet()
    assert settle(RUN + DAY * 5).lines == 0


def test_a_part_of_what_comes_late_is_kept_back_too_and_nothing_released_early(clock):
    agree(reserve_bps=1000)
    accrue(1)
    settle()
    accrue(2, gross=3)
    assert settle().lines == 1
    assert kinds() == [("service", 9_200), ("service", 3), ("reserve", -920)]  # of 9203 it is 920 as well
    accrue(3, gross=5_000)
    assert settle().lines == 1
    assert kinds()[-2:] == [("reserve", -920), ("reserve", -460)]
    give_back(3, 5_000, 5_000)
    assert settle().lines == 1
    assert (statement()[0].kept, len(kinds())) == (1_380, 6)
    assert balances() == {"CNY": (9_203 - 1_380, 0, 1_380)}
    [first, second] = wiring.settlement().store.waiting_of(M)
    assert (first.payable, second.payable, first.due_at) == (920, 460, second.due_at)


def test_nothing_is_kept_of_what_is_below_zero(clock):
    agree(reserve_bps=1000)
    accrue(1)
    settle()
    pay_out()
    give_back(1, 4_000, 10_000, at=NOW + DAY)
    settle(RUN + DAY)
    assert kinds("set_20300502_cny") == [("refund", -3_680)]


def test_a_release_counts_days_of_the_merchants_calendar(clock):
    agree(reserve_bps=1000, reserve_days=30, zone="America/New_York")  # the clocks go back on 3 November 2030
    accrue(1, at=datetime(2030, 10, 20, 12, tzinfo=UTC))
    settle(datetime(2030, 10, 22, 5, tzinfo=UTC))
    [released] = wiring.settlement().store.waiting_of(M)
    assert released.due_at == datetime(2030, 11, 20, 5, tzinfo=UTC)  # midnight there


def test_a_subscription_is_taken_once_a_month_and_currency_also_where_nothing_is_sold(clock):
    agree(subscription={"CNY": 10_000, "JPY": 300}, tax_bps=600)
    for days in range(3):
        settle(RUN + DAY * days)
    assert kinds() == [("subscription", -10_600)]
    assert kinds("set_20300501_jpy") == [("subscription", -318)]
    assert balances() == {"CNY": (-10_600, 0, 0), "JPY": (-318, 0, 0)}
    assert (sheet()["platform:fees"], sheet()["tax:commission"]) == (-10_000, -600)
    assert len(said()) == 2
    assert settle(RUN + DAY * 30).lines == 0  # 31 May
    assert settle(RUN + DAY * 31).lines == 2
    assert kinds("set_20300601_cny") == [("subscription", -10_600)]


def test_a_subscription_with_the_tax_in_it_is_all_that_is_taken(clock):
    agree(subscription={"CNY": 10_600}, tax_bps=600, tax_included=True)
    settle(RUN)
    assert kinds() == [("subscription", -10_600)]
    assert (sheet()["platform:fees"], sheet()["tax:commission"]) == (-10_000, -600)


def test_a_monthly_merchant_pays_for_the_month_that_is_settled(clock):
    agree(subscription={"CNY": 500}, period=Period.MONTHLY)
    accrue(1)
    settle(datetime(2030, 6, 2, 0, tzinfo=UTC))
    assert kinds("set_20300531_cny") == [("service", 9_200), ("subscription", -500)]


def test_no_month_before_the_one_of_the_agreement_is_paid_for(clock):
    agree(subscription={"CNY": 500}, subscribed={"CNY": "2030-05"}, period=Period.MONTHLY, delay_days=0)
    assert settle(datetime(2030, 5, 20, tzinfo=UTC)).lines == 0  # the period that ended is April
    assert settle(datetime(2030, 5, 31, 16, tzinfo=UTC)).lines == 1


def test_a_subscription_waits_where_the_settlement_is_paid_out(clock):
    accrue(1)
    settle()
    pay_out()
    agree(subscription={"CNY": 500})
    assert settle().lines == 0
    assert settle(RUN + DAY).lines == 1


def test_a_reserve_is_kept_of_what_the_subscription_leaves(clock):
    agree(subscription={"CNY": 1_200}, reserve_bps=5_000)
    accrue(1)
    settle()
    assert {one.kind: one.payable for one in statement()[1]} == {
        DueKind.SERVICE: 9_200,
        DueKind.SUBSCRIPTION: -1_200,
        DueKind.RESERVE: -4_000,
    }
