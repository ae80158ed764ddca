from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.money import Money, exponent, fee, payable_step, split

AMOUNTS = st.integers(0, 10**12)


def test_money_of_one_currency_adds_and_subtracts():
    assert Money(1280, "CNY") + Money(20, "CNY") == Money(1300, "CNY")
    assert Money(1280, "CNY") - Money(1300, "CNY") == Money(-20, "CNY")


@pytest.mark.parametrize("mix", [lambda a, b: a + b, lambda a, b: a - b])
def test_currencies_do_not_mix(mix):
    with pytest.raises(ValueError, match="CNY and EUR"):
        mix(Money(1, "CNY"), Money(1, "EUR"))


@pytest.mark.parametrize(("currency", "places"), [("CNY", 2), ("JPY", 0), ("KWD", 3), ("XYZ", 2)])
def test_minor_units_are_those_of_iso_4217(currency, places):
    assert exponent(currency) == places


@pytest.mark.parametrize(("currency", "step"), [("CNY", 1), ("JPY", 1), ("KWD", 10), ("MGA", 100)])
def test_people_pay_in_steps(currency, step):
    assert payable_step(currency) == step


@given(AMOUNTS, st.integers(0, 10_000))
def test_a_fee_is_the_share_rounded_half_up(amount, bps):
    exact = Fraction(amount * bps, 10_000)
    assert fee(amount, bps) == int(exact + Fraction(1, 2))
    assert 0 <= fee(amount, bps) <= amount


@given(AMOUNTS, st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any))
def test_a_split_is_exact_and_each_part_within_one_unit_of_its_share(amount, weights):
    parts = split(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(amount * weight, sum(weights))) < 1
        assert weight or not part


def test_equal_remainders_go_to_the_earlier_part():
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(2, [1, 1, 1]) == [1, 1, 0]


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [2, -1]])
def test_a_split_needs_weights(weights):
    with pytest.raises(ValueError, match="weights"):
        split(100, weights)
