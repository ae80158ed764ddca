from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.coupons.ports import Part
from chalicelib.kit.money import Money, fee, split
from chalicelib.orders import rules
from chalicelib.orders.rules import TRANSITIONS, Happening, Line, LineState, NotPossible, Order, OrderState, Policy
from chalicelib.settlement.ports import Share

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)
POLICY = Policy(free_until_minutes_before=120, late_fee_bps=3000)
BPS = st.integers(0, 10_000)


def line(number=1, price=10_000, *, starts_at=NOW + timedelta(days=1), policy=POLICY, **said):
    said = {"state": LineState.CONFIRMED, **said}
    return Line(
        f"lin_{number}",
        "booking",
        f"bkg_{number}",
        "shp_1",
        "acc_m",
        "x",
        Money(price, "CNY"),
        policy,
        starts_at,
        **said,
    )


def order(*lines, state=OrderState.CONFIRMED, **said):
    total, discount = sum(one.paid for one in lines), sum(one.discount for one in lines)
    return Order("ord_1", "acc_c", "acc_m", "shp_1", lines, "CNY", total, discount, state, NOW, NOW, **said)


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("happening", Happening)
def test_the_table_is_the_law(state, happening):
    for to in OrderState:
        allowed = to in TRANSITIONS[state].get(happening, ())
        if allowed:
            moved = rules.move(order(line(), state=state), happening, to)
            assert (moved.state, moved.version) == (to, 2)
        else:
            with pytest.raises(NotPossible):
                rules.move(order(line(), state=state), happening, to)


def test_every_state_has_its_row_and_says_what_is_possible():
    assert set(TRANSITIONS) == set(OrderState)
    said = {state: rules.possible(order(line(), state=state)) for state in OrderState}
    assert {state: text for state, text in said.items() if text != "-"} == {
        "held": "pay, cancel",
        "confirmed": "cancel, change, complete",
    }


@given(
    prices=st.lists(st.integers(1, 10**7), min_size=1, max_size=8),
    discount=st.integers(0, 10**7),
    bps=BPS,
    notice=st.integers(0, 3000),
    minutes=st.integers(-100, 3000),
    in_full=st.booleans(),
)
def test_what_goes_back_and_what_is_kept_is_all_there_was(prices, discount, bps, notice, minutes, in_full):
    discount = min(discount, sum(prices))
    parts = split(discount, prices)
    lines = tuple(
        line(
            n,
            price,
            starts_at=NOW + timedelta(minutes=minutes),
            policy=Policy(notice, bps),
            discounts=(Part("cpn_1", part),),
        )
        for n, (price, part) in enumerate(zip(prices, parts, strict=True))
    )
    before = order(*lines)
    gone = rules.called_off(before, NOW, in_full=in_full, reason=None)
    assert rules.going_back(gone, 1) + sum(one.kept for one in gone.lines) == before.total
    free = in_full or minutes >= notice
    for one in gone.lines:
        assert one.kept == (0 if free else fee(one.net, bps))
        assert one.state == (LineState.REFUNDING if one.refund else LineState.CANCELLED)
    assert gone.state == (OrderState.REFUNDING if rules.going_back(gone, 1) else OrderState.CANCELLED)


@given(fils=st.lists(st.integers(1, 10**5), min_size=1, max_size=8), bps=BPS)
def test_what_goes_back_can_be_paid_in_its_currency(fils, bps):
    lines = [
        replace(line(n, starts_at=NOW, policy=Policy(60, bps)), price=Money(10 * price, "KWD"))
        for n, price in enumerate(fils)
    ]
    gone = rules.called_off(order(*lines), NOW, in_full=False, reason=None)
    assert rules.going_back(gone, 1) % 10 == 0
    for one in gone.lines:
        assert 0 <= fee(one.net, bps) - one.kept < 10  # rounded in the customer's favour


def test_each_refund_brings_its_own_lines_back():
    stands = order(line(1), line(2), line(3))
    first = rules.called_off(stands, NOW, in_full=True, reason="x", line_ids=["lin_1"])
    assert [one.state for one in first.lines] == ["refunding", "confirmed", "confirmed"]
    assert (first.state, first.rounds, rules.going_back(first, 1)) == (OrderState.CONFIRMED, 1, 10_000)
    rest = rules.called_off(first, NOW, in_full=True, reason="y")
    assert (rest.state, rest.rounds, rules.going_back(rest, 2)) == (OrderState.REFUNDING, 2, 20_000)
    some = rules.money_back(rest, 20_000, 2)
    assert (some.state, [one.state for one in some.lines]) == ("refunding", ["refunding", "refunded", "refunded"])
    back = rules.money_back(some, 10_000, 1)
    assert (back.state, back.refunded, back.reason) == (OrderState.REFUNDED, 30_000, "y")


def test_money_of_a_cancelled_line_comes_back_while_the_others_go_on():
    some = rules.called_off(order(line(1), line(2)), NOW, in_full=True, reason=None, line_ids=["lin_1"])
    back = rules.money_back(some, 10_000, 1)
    assert (back.state, back.lines[0].state, back.refunded) == ("confirmed", "refunded", 10_000)
    done = rules.delivered(some, some.lines[1], LineState.COMPLETED)
    assert rules.money_back(done, 10_000, 1).state == OrderState.COMPLETED


@given(price=st.integers(1, 10**7), late=BPS, no_show=BPS, deposit=BPS)
def test_a_fee_is_never_more_than_what_was_prepaid(price, late, no_show, deposit):
    policy = Policy(60, late, no_show)
    (sold,) = rules.priced([line(price=price, starts_at=NOW, policy=policy, deposit_bps=deposit)], {}, Share(0))
    assert (sold.paid + sold.at_shop, sold.paid) == (sold.net, fee(price, deposit))
    assert rules.refund_of(sold, NOW, in_full=True) == sold.paid
    assert rules.refund_of(sold, NOW, in_full=False) == max(0, sold.paid - fee(price, late))
    missed = rules.delivered(order(sold), sold, LineState.NO_SHOW)
    assert missed.lines[0].refund == max(0, sold.paid - fee(price, no_show))
    assert missed.rounds == (1 if missed.lines[0].refund else 0)


@given(before=st.integers(1, 10**6), after=st.integers(1, 10**6))
def test_what_becomes_cheaper_goes_back_and_what_becomes_dearer_is_paid_at_the_shop(before, after):
    old = line(price=before)
    stands = order(old)
    new, goes_back = rules.changed(stands, old, replace(old, price=Money(after, "CNY")))
    (sold,) = new.lines
    assert goes_back == max(0, before - after)
    assert (sold.paid, sold.at_shop) == (min(before, after), max(0, after - before))
    assert new.rounds == (1 if goes_back else 0)
    gone = rules.called_off(order(old), NOW, in_full=True, reason=None)
    with pytest.raises(NotPossible):
        rules.changed(gone, gone.lines[0], old)


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_what_went_back_before_it_became_cheaper_goes_back_once(before, given_back, after, discount):
    old = line(price=before, given_back=min(given_back, before), discounts=(Part("cpn_1", min(discount, after)),))
    old = replace(old, prepaid=before)
    new, goes_back = rules.changed(order(old), old, replace(old, price=Money(after, "CNY")))
    (sold,) = new.lines
    assert goes_back == min(old.kept, max(0, before - sold.net))
    assert (sold.kept, sold.given_back) == (old.kept - goes_back, old.given_back)
    assert sold.kept >= 0
    assert sold.at_shop == max(0, sold.net - sold.paid)


@given(st.integers(1, 10**6), st.lists(st.integers(1, 10**6), max_size=3), st.integers(1, 10**6), st.booleans())
def test_what_became_cheaper_while_a_bank_had_it_costs_what_it_costs(before, after, taken, gone):
    sold = rules.given_back(order(line(price=before)), {"lin_1": min(taken, before)}, by_refund=False)
    went_back = 0
    for price in after:
        (old,) = sold.lines
        sold, back = rules.changed(sold, old, replace(old, price=Money(price, "CNY")))
        went_back += back
    if gone:
        sold = rules.called_off(sold, NOW, in_full=True, reason=None)
        went_back += sold.lines[0].refund
    again, goes_on = rules.given_again(sold, {"lin_1": min(taken, before)})
    (one,) = again.lines
    assert (one.taken, one.missed) == (0, 0)
    assert went_back + goes_on + one.kept == before
    assert (one.kept if gone else one.kept + one.at_shop) == (0 if gone else one.net)
    assert again.open[-1:] == ((again.rounds,) if goes_on else sold.open[-1:])


@given(st.integers(0, 10_000), st.integers(0, 12_000), st.integers(0, 12_000), BPS, *[st.booleans()] * 3)
def test_of_two_disputes_about_a_cancelled_line_the_customer_has_what_the_policy_says_or_what_banks_keep(
    first, second, given_back, bps, won, also_won, turned
):
    sold = order(line(starts_at=NOW, policy=Policy(60, bps), given_back=given_back // 2))
    before = rules.bank_takes(sold, first)
    sold = rules.given_back(sold, before, by_refund=False)
    owed = sum(max(0, one.kept + one.taken - fee(one.net, bps)) for one in sold.lines)
    sold = rules.called_off(sold, NOW, in_full=False, reason=None)
    after = rules.bank_takes(sold, second)
    sold = rules.given_back(sold, after, by_refund=False)
    has = sold.lines[0].refund
    ends = [(before, won), (after, also_won)]
    for parts, is_won in reversed(ends) if turned else ends:
        if is_won:
            sold, goes_on = rules.given_again(sold, parts)
            has += goes_on
    kept_by_banks = sum(sum(parts.values()) for parts, is_won in ends if not is_won)
    assert sold.lines[0].kept >= 0
    assert has + kept_by_banks == max(owed, sold.lines[0].refund + kept_by_banks)


def test_a_bank_took_odd_parts_and_the_rest_can_still_be_paid():
    lines = [replace(line(n, price=10_000), price=Money(1_000, "KWD")) for n in range(3)]
    sold = replace(order(*lines), currency="KWD")
    taken = rules.given_back(sold, rules.bank_takes(sold, 1_000), by_refund=False)
    assert sorted(one.kept for one in taken.lines) == [666, 667, 667]
    for in_full in (True, False):
        gone = rules.called_off(taken, NOW, in_full=in_full, reason=None)
        assert [one.refund for one in gone.lines] == [660] * 3
    late = [replace(one, policy=Policy(0, 0, 3_000)) for one in taken.lines]
    missed = rules.delivered(replace(taken, lines=tuple(late)), late[0], LineState.NO_SHOW)
    assert missed.lines[0].refund == 360
    cheaper, goes_back = rules.changed(taken, taken.lines[0], replace(taken.lines[0], price=Money(100, "KWD")))
    assert (goes_back, cheaper.lines[0].kept) == (660, taken.lines[0].kept - 660)


def test_what_is_paid_at_the_shop_counts_until_it_is_over():
    (unpaid,) = rules.priced([line(deposit_bps=0, ends_at=NOW + timedelta(days=2))], {}, Share(0))
    assert order(unpaid).counts_until == NOW + timedelta(days=2)
    assert order(line()).counts_until is None
    assert replace(order(unpaid), customer_id="acc_m").counts_until is None


@given(prices=st.lists(st.integers(1, 10**6), min_size=1, max_size=8), bps=BPS)
def test_what_is_frozen_is_on_every_line(prices, bps):
    lines = [line(n, price) for n, price in enumerate(prices)]
    frozen = rules.priced(lines, {"lin_0": (Part("cpn_1", 1),)}, Share(bps, 3, 600, tax_included=True))
    assert all(one.share == Share(bps, 3, 600, tax_included=True) for one in frozen)
    assert sum(one.net for one in frozen) == sum(prices) - 1


def test_lines_of_several_shops_or_currencies_do_not_mix():
    for other in (replace(line(2), shop_id="shp_2"), replace(line(2), price=Money(1, "EUR"))):
        with pytest.raises(rules.SeveralShops):
            rules.priced([line(), other], {}, Share(800))


def test_a_line_without_a_time_is_free_to_cancel_and_never_starts():
    voucher = line(starts_at=None)
    assert rules.is_free(voucher, NOW)
    assert not rules.has_started(voucher, NOW)
    assert rules.refund_of(voucher, NOW, in_full=False) == 10_000


def test_quantity_counts():
    assert replace(line(price=300), quantity=3, discounts=(Part("cpn_1", 100),)).net == 800


def test_only_confirmed_lines_are_delivered():
    with pytest.raises(NotPossible):
        rules.delivered(order(line(state=LineState.NO_SHOW)), line(state=LineState.NO_SHOW), LineState.COMPLETED)


def test_refunds_that_overlap_all_arrive():
    """What became cheaper is on its way when the rest is cancelled, without a refund or with one."""
    stands = order(line(price=10_000))
    cheaper, back = rules.changed(stands, stands.lines[0], replace(stands.lines[0], price=Money(4_000, "CNY")))
    assert (back, cheaper.open) == (6_000, (1,))
    kept = replace(cheaper, lines=(replace(cheaper.lines[0], policy=Policy(9_999, 10_000)),))
    gone = rules.called_off(kept, NOW, in_full=False, reason=None)
    assert (gone.state, gone.open) == ("cancelled", (1,))
    arrived = rules.money_back(gone, 6_000, 1)
    assert (arrived.state, arrived.refunded, arrived.open) == ("cancelled", 6_000, ())
    both = rules.called_off(cheaper, NOW, in_full=True, reason=None)
    second = rules.money_back(both, 4_000, 2)
    assert (second.state, second.open) == ("refunding", (1,))
    first = rules.money_back(second, 6_000, 1)
    assert (first.state, first.refunded) == ("refunded", 10_000)


def test_lines_that_are_free_cost_nothing():
    late = line(starts_at=NOW)
    gone = rules.called_off(order(late), NOW, in_full=False, reason=None, free={late.id})
    assert gone.lines[0].refund == 10_000
