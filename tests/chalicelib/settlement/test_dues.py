from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.coupons.ports import Part
from chalicelib.kit.money import Money, payable_step, tax_within
from chalicelib.ledger.rules import CHART, Entry, Transaction
from chalicelib.orders.ports import Line, LineState, Policy
from chalicelib.settlement import rules
from chalicelib.settlement.rules import Cut, Due, DueKind, SettlementState, Share, Sums

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)
BPS = st.integers(0, 10_000)
SHARES = st.builds(Share, BPS, st.integers(0, 20_000), BPS)
AMOUNTS = st.integers(-(10**8), 10**8)


@st.composite
def lives(draw):
    """A delivered line, whose coupon the platform pays in part, and the refunds that follow: whatever can be paid in
    its currency.
    """
    step = payable_step(currency := draw(st.sampled_from(["JPY", "CNY", "KWD"])))
    price = draw(st.integers(0, 10**5)) * step
    discount = draw(st.integers(0, price // step)) * step
    line = Line(
        "lin_1", "booking", "bkg_1", "shp_1", "acc_m", "剪发", Money(price, currency), Policy(0, 0),
        discounts=(Part("cpn_1", discount, draw(st.integers(0, discount))),), state=LineState.COMPLETED,
    )  # fmt: skip
    refunds, left = [], line.kept
    for _ in range(draw(st.integers(0, 6))):
        refunds.append(draw(st.integers(0, left // step)) * step)
        left -= refunds[-1]
    if draw(st.booleans()):
        refunds.append(left)
    return line, refunds


def due_of(kind, gross, discount, line):
    return Due("x", kind, "acc_m", line.price.currency, NOW, "ord_1", "lin_1", "pay_1", gross, discount)


def dues_of(line, refunds, share):
    """Return the dues that a line's end and its refunds make, and the line as it is then."""
    dues = [rules.earned(due_of(DueKind.SERVICE, line.kept, line.subsidy, line), share)]
    for amount in refunds:
        after = replace(line, given_back=line.given_back + amount)
        less = after.subsidy - line.subsidy
        back = due_of(DueKind.REFUND, -amount, less, line)
        dues.append(rules.taken_back(back, share, base=line.kept + line.subsidy))
        line = after
    return dues, line


@given(lives(), SHARES)
def test_after_any_refunds_the_share_is_that_of_what_remains_taken_at_once(life, share):
    line, refunds = life
    dues, line = dues_of(line, refunds, share)
    total, base = rules.sums(dues), line.kept + line.subsidy
    assert Cut(total.commission, total.fixed_fee, total.tax) == rules.cut(base, share)
    assert (total.gross, total.platform_discount) == (line.kept, line.subsidy)
    assert total.payable == base - total.commission - total.fixed_fee - total.tax
    if not line.kept and line.net:
        assert total == Sums(lines=len(dues))


@given(lives(), SHARES)
def test_at_no_time_is_anything_owed_that_was_not_paid(life, share):
    line, refunds = life
    dues, _ = dues_of(line, refunds, share)
    total = Sums()
    for number, one in enumerate(dues):
        total += rules.sums([one])
        taken = (total.commission, total.fixed_fee, total.tax)
        assert min(*taken, total.gross, total.platform_discount, total.payable) >= 0
        assert total.payable <= total.gross + total.platform_discount <= line.net + line.discount
        if number:
            assert max(one.gross, one.platform_discount, one.commission, one.fixed_fee, one.tax) <= 0


@given(st.integers(0, 10**10), SHARES)
def test_the_platform_takes_no_more_than_there_is(base, share):
    taken = rules.cut(base, share)
    assert min(vars(taken).values()) >= 0
    assert sum(vars(taken).values()) <= base
    assert abs(taken.commission * 10_000 - base * share.commission_bps) <= 5_000
    assert taken.fixed_fee == min(share.fixed_fee, base - taken.commission)


def test_rounding_by_refund_would_charge_what_the_whole_does_not():
    share, line = Share(33), due_of(DueKind.SERVICE, 100_000, 0, _line(100_000))
    dues = [rules.earned(line, share)]
    for number in range(1000):
        back = due_of(DueKind.REFUND, -100, 0, _line(100_000))
        dues.append(rules.taken_back(back, share, base=100_000 - 100 * number))
    assert dues[0].commission == 330
    assert rules.sums(dues).commission == 0


def _line(price):
    return Line("lin_1", "booking", "b", "s", "acc_m", "x", Money(price, "CNY"), Policy(0, 0))


@pytest.mark.parametrize(
    ("base", "share", "expected"),
    [
        (10_000, Share(800), Cut(800, 0, 0)),
        (10_000, Share(800, 100, 600), Cut(800, 100, 54)),
        (105, Share(1000, 50, 2500), Cut(11, 50, 15)),  # 10.5 up, 15.25 down
        (60, Share(5000, 100, 1000), Cut(30, 30, 0)),  # the fee takes what is left, and nothing is left for the tax
        (1, Share(5000), Cut(1, 0, 0)),
        (0, Share(800, 100, 600), Cut(0, 0, 0)),
        (10_000, Share(800, 106, 600, tax_included=True), Cut(755, 100, 51)),  # 45.28 of 800 and 6 of 106 are tax
        (60, Share(5000, 100, 1000, tax_included=True), Cut(27, 28, 5)),  # 5.45 of 60, which both bear
        (10_000, Share(800, 100, tax_included=True), Cut(800, 100, 0)),
        (100, Share(100, 3, 1900, tax_included=True), Cut(1, 2, 1)),  # 0.64 of 4; of 1 and of 3 apart it were none
        (0, Share(800, 100, 600, tax_included=True), Cut(0, 0, 0)),
    ],
)
def test_what_is_taken_of_an_amount(base, share, expected):
    assert rules.cut(base, share) == expected


@given(
    st.integers(0, 10**8), st.integers(0, 10**8), st.integers(0, 10_000), st.integers(0, 10**6), st.integers(0, 10_000)
)
def test_tax_that_is_included_changes_nothing_of_what_is_taken(one, other, bps, fixed, tax_bps):
    without, within = Share(bps, fixed), Share(bps, fixed, tax_bps, tax_included=True)
    taken, parts = rules.cut(one, without), rules.cut(one, within)
    assert parts.commission + parts.fixed_fee + parts.tax == taken.commission + taken.fixed_fee
    assert parts.tax == tax_within(taken.commission + taken.fixed_fee, tax_bps), "of the sum, as it is on an invoice"
    assert min(parts.commission, parts.fixed_fee, parts.tax) >= 0
    less, more = (rules.cut(base, within) for base in sorted((one, other)))
    assert less.tax <= more.tax, "what goes back takes no more tax back than was taken"


@pytest.mark.parametrize("kind", DueKind)
@given(amounts=st.tuples(*[AMOUNTS] * 6))
def test_every_kind_of_due_balances(kind, amounts):
    one = Due("x", kind, "acc_m", "CNY", NOW, None, "lin_1", None, *amounts)
    posted = Transaction("settlement:x", "settlement", NOW, "CNY", one.entries())
    assert sum(posted.on_chart().values()) == 0
    assert posted.on_chart().keys() <= set(CHART)
    assert all(entry.amount and entry.line_id == "lin_1" for entry in one.entries())
    assert sum(e.amount for e in one.entries() if e.account == "merchant:acc_m") == -one.payable


SOURCES = {
    DueKind.SERVICE: "customers:held",
    DueKind.CANCELLATION_FEE: "customers:held",
    DueKind.NO_SHOW_FEE: "customers:held",
    DueKind.REFUND: "merchants:clawback",
    DueKind.DISPUTE: "disputes:open",
    DueKind.DISPUTE_RETURNED: "disputes:open",
}


@pytest.mark.parametrize(("kind", "account"), SOURCES.items())
def test_money_comes_from_where_it_lies(kind, account):
    entries = Due("x", kind, "acc_m", "CNY", NOW, gross=500).entries()
    assert entries == (Entry(account, 500), Entry("merchant:acc_m", -500))


def test_the_platform_pays_its_coupon_to_the_merchant():
    one = rules.earned(replace(due_of(DueKind.SERVICE, 8_000, 2_000, _line(1))), Share(1000, 100, 600))
    assert one.entries() == (
        Entry("customers:held", 8_000, "lin_1"),
        Entry("platform:coupons", 2_000, "lin_1"),
        Entry("merchant:acc_m", -8_834, "lin_1"),
        Entry("platform:commission", -1_000, "lin_1"),
        Entry("platform:fees", -100, "lin_1"),
        Entry("tax:commission", -66, "lin_1"),
    )


def test_what_is_kept_back_moves_between_the_merchants_own_accounts():
    kept = Due("x", DueKind.RESERVE, "acc_m", "CNY", NOW, reserved=300)
    released = replace(kept, kind=DueKind.RESERVE_RELEASED, reserved=-300)
    assert kept.entries() == (Entry("merchant:acc_m", 300), Entry("reserve:acc_m", -300))
    assert rules.sums([kept, released]) == Sums(lines=2)


def test_a_settlement_is_named_by_period_and_currency():
    assert rules.settlement_id("2030-05-01", "CNY") == "set_20300501_cny"
    assert [state.value for state in SettlementState] == ["open", "posted", "paid_out"]
