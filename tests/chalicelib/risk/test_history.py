from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.risk.history import MOST_USES, History, Payer, Policy, RefundLimit, Use
from chalicelib.risk.rules import Kind, Limit, Outcome, Window
from tests.chalicelib.risk.world import DAY, HOUR, NOW, SMALL

TODAY = date(2030, 5, 1)
LIMIT = RefundLimit(days=30, number=3, share_bps=5_000)


def use(number, minutes=0, **other):
    told = {
        "at": NOW + timedelta(minutes=minutes),
        "order_id": f"ord_{number}",
        "payment_id": f"pay_{number}",
        "account_id": "acc_1",
        "shop_id": "shp_1",
        "amount": 100,
        "currency": "CNY",
    }
    return Use(**{**told, **other})


@pytest.mark.parametrize(
    ("change", "is_twice"),
    [
        ({}, True),
        ({"order_id": "ord_1"}, False),
        ({"shop_id": "shp_2"}, False),
        ({"amount": 101}, False),
        ({"currency": "EUR"}, False),
        ({"account_id": "acc_2"}, True),
        ({"at": NOW + timedelta(minutes=10)}, True),
        ({"at": NOW + timedelta(minutes=10, seconds=1)}, False),
        ({"at": NOW - timedelta(minutes=10)}, True),  # messages come in any order
    ],
)
def test_a_duplicate_differs_by_its_order_alone(change, is_twice):
    known = Payer().used(use(1), SMALL)
    assert (known.twice(replace(use(2), **change), SMALL) is not None) == is_twice


def test_a_payer_is_remembered_for_a_while_and_not_for_more_than_a_few_uses():
    payer = Payer()
    for number in range(MOST_USES + 5):
        payer = payer.used(use(number, number, account_id=f"acc_{number % 3}"), SMALL)
    assert [one.order_id for one in payer.uses] == [f"ord_{n}" for n in range(MOST_USES + 4, 4, -1)]
    assert (payer.accounts, payer.version) == (["acc_0", "acc_1", "acc_2"], MOST_USES + 5)
    later = payer.used(use("x", 31 * 24 * 60, account_id="acc_9"), SMALL)
    assert (len(later.uses), later.accounts) == (1, ["acc_9"])


def test_a_payer_is_hasty_by_number_and_by_money():
    limit = SMALL.limits[Kind.PAYER]
    payer = Payer()
    assert not payer.is_hasty(limit)
    seen = []
    for minute in (0, 15, 30, 45, 80):
        payer = payer.used(use(minute, minute), SMALL)
        seen.append(payer.is_hasty(limit))
    assert seen == [False, False, False, True, False]
    assert Payer().used(use(1, amount=10_001), SMALL).is_hasty(limit)
    assert not Payer().used(use(1, amount=10_000), SMALL).is_hasty(limit)


def test_a_payers_limit_must_fit_what_is_kept_of_it():
    limit = Limit((Window(HOUR, MOST_USES),), Outcome.REVIEW)
    with pytest.raises(ValueError, match="uses are kept"):
        Policy(limits={Kind.PAYER: limit})
    assert Policy().limits[Kind.PAYER].size < MOST_USES
    assert Policy(limits={}).limits == {}


@pytest.mark.parametrize(
    ("paid", "refunded", "is_abuse"), [(6, 3, True), (7, 3, False), (2, 2, False), (3, 3, True), (0, 3, True)]
)
def test_number_and_share_must_both_be_too_high(paid, refunded, is_abuse):
    assert History({TODAY: paid}, {TODAY: refunded}).is_abuse(LIMIT) == is_abuse


@given(st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=40))
def test_only_what_lies_in_the_last_days_counts(events):
    """Against counting all events of the days by hand; the days come in order."""
    events = sorted(events, key=lambda one: one[0])
    history = History()
    for day, is_refund in events:
        at = TODAY + day * DAY
        history = history.refund(at, LIMIT) if is_refund else history.payment(at, LIMIT)
    last = events[-1][0] if events else 0
    kept = [is_refund for day, is_refund in events if day >= last - LIMIT.days]
    assert history.counts() == (kept.count(False), kept.count(True))
    assert history.version == len(events)
