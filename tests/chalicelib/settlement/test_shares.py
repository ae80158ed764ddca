from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.settlement import shares, use_cases
from chalicelib.settlement.ports import Period, Share, Tier
from chalicelib.settlement.shares import REMEMBERED, Shares
from tests.chalicelib.settlement.world import M, accrue, agree, give_back, settle
from tests.conftest import forget

MAY, DAY = datetime(2030, 5, 10, 4, tzinfo=UTC), timedelta(days=1)
TIERS = {"CNY": [Tier(10_000, 700), Tier(30_000, 500)]}


def at(clock, moment):
    clock.move(seconds=(moment - clock.now()).total_seconds())


RUNS = ["05-11", "05-21", "06-01", "06-02", "06-03", "06-11", "07-11"]  # the days on which there is something to do


def live(clock, until):
    """Let time pass until a moment, with its runs."""
    for day in RUNS:
        run = datetime.fromisoformat(f"2030-{day}T16:10:00+00:00")
        if clock.now() < run <= until:
            at(clock, run)
            settle(run)
    at(clock, until)


def bps():
    return use_cases.share_of(wiring.settlement(), M, "CNY").commission_bps


def test_who_has_no_terms_pays_what_everybody_pays(clock):
    assert use_cases.share_of(wiring.settlement(), M, "CNY") == Share(800)
    agree(commission_bps=300, fixed_fee={"CNY": 50}, tax_bps=600)
    assert use_cases.share_of(wiring.settlement(), M, "CNY") == Share(300, 50, 600)
    assert use_cases.share_of(wiring.settlement(), M, "JPY") == Share(300, 0, 600)


def test_who_has_no_terms_has_those_of_the_region(tables, monkeypatch):
    told = '{"name": {"en": "VAT", "zh": "增值税"}, "bps": 1900, "included": true}'
    for name, value in (("TAX", told), ("ZONE", "Europe/Berlin"), ("COMMISSION_BPS", "1000")):
        monkeypatch.setenv(name, value)
    forget()
    standard = use_cases.terms_of(wiring.settlement(), M)
    assert (standard.zone, standard.version) == ("Europe/Berlin", 0)
    assert use_cases.share_of(wiring.settlement(), M, "EUR") == Share(1000, 0, 1900, tax_included=True)


@pytest.mark.parametrize(("period", "delay"), [(Period.DAILY, 1), (Period.MONTHLY, 10)])
def test_last_months_volume_counts_from_the_first_moment_of_the_month_settled_or_not(clock, period, delay):
    agree(tiers=TIERS, period=period, delay_days=delay)
    for number, day in enumerate([10, 20, 31]):
        accrue(number, at=MAY.replace(day=day))
    accrue("jpy", currency="JPY", gross=10**6, at=MAY)
    live(clock, datetime(2030, 5, 31, 15, 59, tzinfo=UTC))
    assert bps() == 800, "April was empty"
    at(clock, datetime(2030, 5, 31, 16, tzinfo=UTC))
    assert bps() == 500
    accrue("june", at=clock.now(), gross=10**6)
    live(clock, datetime(2030, 6, 30, 15, tzinfo=UTC))
    assert bps() == 500
    live(clock, datetime(2030, 7, 31, 16, tzinfo=UTC))
    assert bps() == 800, "July was empty"


def test_what_went_back_is_not_sold(clock):
    agree(tiers=TIERS)
    for number in range(3):
        accrue(number, at=MAY)
    give_back(0, 1, 10_000, at=MAY)
    at(clock, datetime(2030, 6, 1, tzinfo=UTC))
    assert bps() == 700, "nothing is settled yet"
    settle(datetime(2030, 5, 31, 16, tzinfo=UTC))
    assert bps() == 700


def test_weeks_belong_to_the_month_that_they_end_in(clock):
    agree(tiers=TIERS, period=Period.WEEKLY)
    accrue(1, at=datetime(2030, 5, 26, 4, tzinfo=UTC))  # a Sunday
    accrue(2, at=datetime(2030, 5, 27, 4, tzinfo=UTC), gross=50_000)  # its week ends on 2 June
    at(clock, datetime(2030, 6, 1, tzinfo=UTC))
    assert bps() == 700
    settle(datetime(2030, 6, 1, tzinfo=UTC))
    assert bps() == 700
    live(clock, datetime(2030, 7, 1, tzinfo=UTC))
    assert bps() == 500


def test_a_share_is_remembered_for_a_while_by_merchant_and_currency(clock):
    known = Shares(wiring.settlement())
    assert known.of(M, "CNY") == known.of("acc_n", "CNY") == Share(800)
    agree(commission_bps=300, fixed_fee={"JPY": 7})
    with meter.measure() as asking:
        assert known.of(M, "CNY") == Share(800)
    assert asking.requests == 0
    assert known.of(M, "JPY") == Share(300, 7)
    clock.move(seconds=REMEMBERED.total_seconds() - 1)
    assert known.of(M, "CNY") == Share(800)
    clock.move(seconds=1)
    assert known.of(M, "CNY") == Share(300)


def test_what_is_remembered_has_an_end(clock, monkeypatch):
    monkeypatch.setattr(shares, "_MOST", 3)
    known = Shares(wiring.settlement())
    for number in range(10):
        known.of(f"acc_{number}", "CNY")
        assert len(known._known) <= 3


def test_a_clock_that_was_put_back_keeps_no_old_share_alive(clock):
    known = Shares(wiring.settlement())
    known.of(M, "CNY")
    agree(commission_bps=300)
    clock.move(days=-1)
    assert known.of(M, "CNY") == replace(Share(800), commission_bps=300)
