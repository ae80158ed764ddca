"""What goes back of a line takes the platform's part of its price along."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.coupons.ports import Part
from chalicelib.kit.money import Money
from chalicelib.orders.ports import Line, LineState, Order, OrderState, Policy
from chalicelib.orders.rules import bank_takes

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)


def line(price, *, number=0, **fields):
    return Line(f"lin_{number}", "booking", "b", "s", "acc_m", "剪发", Money(price, "CNY"), Policy(0, 0), **fields)


@given(data=st.data(), price=st.integers(0, 10**8))
def test_subsidies_fall_with_what_is_kept_and_end_with_it(data, price):
    amount = data.draw(st.integers(0, price))
    part = Part("cpn_1", amount, data.draw(st.integers(0, amount)))
    sold = line(price, discounts=(part,), state=LineState.COMPLETED)
    steps, left = [sold.subsidy], sold.kept
    assert steps == [part.platform]
    while left:
        left -= data.draw(st.integers(1, left)) if len(steps) < 5 else left
        steps.append(replace(sold, given_back=sold.paid - left).subsidy)
    assert steps == sorted(steps, reverse=True)
    assert steps[-1] == 0 or not sold.paid
    assert sum(before - after for before, after in pairwise(steps)) == steps[0] - steps[-1]


def test_who_pays_nothing_adds_nothing():
    sold = [line(1_000, discounts=(Part("cpn_1", 200, part),), state=LineState.COMPLETED) for part in (0, 50, 200)]
    assert [one.subsidy for one in sold] == [0, 50, 200]
    assert replace(sold[-1], state=LineState.CANCELLED).subsidy == 0


SOLD = (LineState.CONFIRMED, LineState.COMPLETED, LineState.NO_SHOW)
STATES = st.sampled_from([LineState.HELD, LineState.EXPIRED, *SOLD])
LINES = st.lists(st.tuples(st.integers(0, 10**6), STATES), min_size=1, max_size=8)


@given(lines=LINES, amount=st.integers(0, 10**7))
def test_what_a_bank_takes_lies_on_the_lines_and_on_none_more_than_is_kept(lines, amount):
    made = tuple(line(price, number=number, state=state) for number, (price, state) in enumerate(lines))
    order = Order("ord_1", "acc_c", "acc_m", "s", made, "CNY", 0, 0, OrderState.COMPLETED, NOW, NOW)
    parts = bank_takes(order, amount)
    there = {one.id: one.kept for one in made if one.state in SOLD}
    assert sum(parts.values()) == min(amount, sum(there.values()))
    assert all(0 < part <= there[line_id] for line_id, part in parts.items())
