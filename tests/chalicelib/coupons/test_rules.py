from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.coupons import rules
from chalicelib.coupons.rules import CampaignDraft, Coupon, CouponDoesNotFit, CouponState, PaidBy, Terms
from chalicelib.kit.errors import Invalid

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)


TERMS = Terms("CNY", amount_off=2_000)


def coupon(terms=TERMS, **said):
    said = {"shop_id": "shp_1", **said}
    return Coupon(
        "cpn_1", "cmp_1", "acc_c", said.pop("shop_id"), "x", terms, PaidBy.MERCHANT, NOW, NOW + DAY, NOW, **said
    )


def off(one, shop_id, prices, currency):
    """What a coupon takes off each line."""
    items = tuple(rules.Item(line, price) for line, price in prices.items())
    purchase = rules.Purchase(shop_id, currency, items, NOW)
    return dict.fromkeys(prices, 0) | {line: part.amount for line, part in rules.takes(one, purchase, prices).items()}


@given(
    prices=st.lists(st.integers(0, 10**7), min_size=1, max_size=8).filter(any),
    amount=st.one_of(st.none(), st.integers(1, 10**7)),
    bps=st.integers(1, 10_000),
    cap=st.one_of(st.none(), st.integers(1, 10**6)),
)
def test_a_discount_is_split_whole_and_never_more_than_the_price(prices, amount, bps, cap):
    terms = Terms("CNY", amount_off=amount) if amount else Terms("CNY", percent_bps=bps, cap=cap)
    lines = {f"lin_{n}": price for n, price in enumerate(prices)}
    if not terms.off(sum(prices)):
        with pytest.raises(CouponDoesNotFit):
            off(coupon(terms), "shp_1", lines, "CNY")
        return
    taken = off(coupon(terms), "shp_1", lines, "CNY")
    assert sum(taken.values()) == terms.off(sum(prices)) <= sum(prices)
    assert all(0 <= taken[line] <= lines[line] for line in lines)
    assert amount or cap is None or sum(taken.values()) <= cap


@given(fils=st.lists(st.integers(1, 10**6), min_size=1, max_size=8), bps=st.integers(1, 10_000))
def test_a_discount_leaves_what_can_be_paid_in_its_currency(fils, bps):
    lines = {f"lin_{n}": 10 * price for n, price in enumerate(fils)}
    terms = Terms("KWD", percent_bps=bps)
    if terms.off(sum(lines.values())) < 10:
        return  # nothing that can be paid
    taken = off(coupon(terms), "shp_1", lines, "KWD")
    assert all(taken[line] % 10 == 0 and 0 <= taken[line] <= lines[line] for line in lines)
    assert 0 <= terms.off(sum(lines.values())) - sum(taken.values()) < 10


@pytest.mark.parametrize(
    ("one", "shop", "price", "currency"),
    [
        (coupon(), "shp_2", 100, "CNY"),
        (coupon(), "shp_1", 100, "EUR"),
        (coupon(Terms("CNY", 101, amount_off=1)), "shp_1", 100, "CNY"),
        (coupon(), "shp_1", 0, "CNY"),
    ],
)
def test_a_coupon_that_does_not_fit(one, shop, price, currency):
    with pytest.raises(CouponDoesNotFit):
        off(one, shop, {"lin_1": price}, currency)


def test_a_coupon_of_the_platform_fits_every_shop():
    everywhere = coupon(replace(TERMS, platform_bps=rules.ALL), shop_id=None)
    assert off(everywhere, "shp_9", {"lin_1": 5_000}, "CNY") == {"lin_1": 2_000}


@pytest.mark.parametrize(
    ("state", "hold", "now", "standing"),
    [
        ("issued", None, NOW, "issued"),
        ("issued", None, NOW + DAY, "expired"),
        ("reserved", NOW + DAY * 2, NOW + DAY, "reserved"),
        ("reserved", NOW, NOW, "issued"),
        ("reserved", NOW, NOW + DAY, "expired"),
        ("used", None, NOW + DAY, "used"),
        ("expired", None, NOW + DAY, "expired"),
    ],
)
def test_what_a_written_state_means_now(state, hold, now, standing):
    assert coupon(state=CouponState(state), hold_until=hold).standing(now) == standing


def draft(**terms):
    return CampaignDraft("x", Terms(**{"currency": "CNY", "amount_off": 100, **terms}), 10, NOW, NOW + DAY)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (draft(percent_bps=100), "terms"),
        (draft(amount_off=None), "terms"),
        (draft(cap=5), "terms.cap"),
        (draft(currency="EUR"), "terms.currency"),
        (replace(draft(), valid_until=NOW), "valid_until"),
        (replace(draft(), valid_from=NOW + DAY * 2), "valid_until"),
    ],
)
def test_terms_that_make_no_sense(wrong, field):
    with pytest.raises(Invalid) as refused:
        rules.opened(wrong, "cmp_1", "shp_1", "CNY", NOW)
    assert refused.value.errors[0].field == field


def test_who_pays_follows_from_the_shop():
    assert rules.opened(draft(), "cmp_1", "shp_1", "CNY", NOW).paid_by == PaidBy.MERCHANT
    assert rules.opened(draft(currency="EUR"), "cmp_1", None, None, NOW).paid_by == PaidBy.PLATFORM
