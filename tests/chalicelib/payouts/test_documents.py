"""Statements and invoices add up or are not made; what spreadsheets and banks read is exact and computes nothing."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kit.money import Money, exponent
from chalicelib.payouts.rules import Payout, PayoutState
from chalicelib.payouts.rules.documents import (
    BANK_COLUMNS,
    BOM,
    FIGURES,
    Item,
    Paid,
    Party,
    Statement,
    bank_csv,
    invoice,
    invoice_number,
    major,
    statement_csv,
)
from chalicelib.settlement.ports import BankAccount, Due, DueKind, Route, Settlement, SettlementState
from chalicelib.settlement.rules import sums

AT = datetime(2026, 11, 22, 17, 30, tzinfo=UTC)  # the 23rd in Shanghai
PAID_AT = datetime(2026, 11, 25, 2, tzinfo=UTC)
SELLER, BUYER = Party("邻里", ("上海",), "TAX1"), Party("理发店")
BANK = BankAccount("上海邻里", "6222020200112233445", "102290000000", "CN")


def due(id_="lin_1", kind=DueKind.SERVICE, **amounts):
    amounts = amounts or {"gross": 100_00, "platform_discount": 5_00, "commission": 8_00, "fixed_fee": 50, "tax": 51}
    return Due(id_, kind, "shop_1", "CNY", AT, "ord_1", "lin_1", "pay_1", settlement_id="set_1", **amounts)


def statement(dues, *, opening=0, paid=None, currency="CNY", name="理发店", zone="Asia/Shanghai"):
    dues = tuple(replace(one, currency=currency) for one in dues)
    total = sums(dues)
    about = Settlement("set_1", "shop_1", currency, "2026-11-23", total, SettlementState.POSTED)
    payout = Paid("po_1", paid, PAID_AT, "ref") if paid else None
    return Statement("shop_1", name, about, dues, opening, payout, opening + total.payable - (paid or 0), zone)


def payout(id_="po_1", amount=12_30, currency="CNY", bank=BANK, settlements=("set_1",)):
    return Payout(id_, "shop_1", Money(amount, currency), Route.BANK, PayoutState.READY, AT, settlements, bank=bank)


def rows(text):
    assert text.startswith(BOM)
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline="")))


AMOUNTS = st.integers(-(10**12), 10**12)
DUES = st.builds(
    due, kind=st.sampled_from(DueKind), gross=AMOUNTS, platform_discount=AMOUNTS, commission=AMOUNTS, fixed_fee=AMOUNTS,
    tax=AMOUNTS, reserved=AMOUNTS,
)  # fmt: skip
SOME = st.lists(DUES, max_size=6).map(lambda some: [replace(one, id=f"d{n}") for n, one in enumerate(some)])


@given(SOME, AMOUNTS)
@settings(max_examples=50, deadline=None)
def test_the_subtotals_and_the_rows_are_the_sums(dues, opening):
    made = statement(dues, opening=opening)
    total = made.settlement.sums
    subtotals = made.subtotals()
    assert sum(part.payable for part in subtotals.values()) == total.payable
    assert sum(part.lines for part in subtotals.values()) == len(dues)
    *lines, last = rows(statement_csv(made))
    for column in FIGURES:
        written = [Decimal(line[column]) for line in lines]
        assert sum(written) == Decimal(last[column]) == Decimal(getattr(total, column)) / 100


@given(st.integers(-(10**15), 10**15), st.sampled_from(["JPY", "CNY", "KWD", "VND", "EUR"]))
def test_an_amount_is_written_exactly_in_the_currencys_places(amount, currency):
    text = major(amount, currency)
    assert Decimal(text) == Decimal(amount).scaleb(-exponent(currency))
    assert len(text.partition(".")[2]) == exponent(currency)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(-5, "CNY", "-0.05"), (500, "JPY", "500"), (1250, "KWD", "1.250"), (0, "KWD", "0.000")],
)
def test_amounts_as_people_write_them(amount, currency, text):
    assert major(amount, currency) == text


def test_a_statement_that_was_paid_out_closes_at_nothing():
    made = statement([due()], opening=-10_00, paid=85_99)
    assert (made.settlement.sums.payable, made.closing) == (95_99, 0)


def test_a_statement_that_does_not_add_up_is_not_made():
    made = statement([due(), due("lin_2")])
    for change, fault in (
        ({"closing": made.closing + 1}, "balances"),
        ({"opening": 1}, "balances"),
        ({"dues": made.dues[:1]}, "do not add up to its sums"),
        ({"dues": (made.dues[0], made.dues[0])}, "twice"),
        ({"dues": (replace(made.dues[0], merchant_id="shop_2"),)}, "not shop_1's"),
        ({"dues": (replace(made.dues[0], currency="USD"),)}, "not shop_1's in CNY"),
        ({"dues": (replace(made.dues[0], settlement_id=None),)}, "not settled by"),
        ({"settlement": replace(made.settlement, merchant_id="shop_2")}, "another merchant's"),
        ({"paid": Paid("po_1", 0, PAID_AT)}, "more than nothing"),
    ):
        with pytest.raises(ValueError, match=fault):
            replace(made, **change)


def test_a_row_says_what_it_comes_from_and_when_by_the_merchants_clock():
    first, last = rows(statement_csv(statement([due()])))
    assert first["date"] == "2026-11-23T01:30:00+08:00"
    assert [first[name] for name in ("due_id", "kind", "order_id", "line_id", "payment_id", "currency")] == [
        "lin_1", "service", "ord_1", "lin_1", "pay_1", "CNY",
    ]  # fmt: skip
    assert (first["payable"], last["due_id"], last["payable"]) == ("95.99", "total", "95.99")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "  =", " \t@"])
def test_no_text_is_a_formula_and_numbers_stay_numbers(start):
    bad = f'{start}HYPERLINK("https://evil.example")'
    (line,) = rows(bank_csv([payout(bank=replace(BANK, holder=bad))]))
    assert line["holder"] == f"'{bad}"
    first, _ = rows(statement_csv(statement([due(f"{start}cmd", gross=-5)])))
    assert (first["due_id"], first["gross"]) == (f"'{start}cmd", "-0.05")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_whatever_a_holder_is_called_comes_back_whole(name):
    (line,) = rows(bank_csv([payout(bank=replace(BANK, holder=name))]))
    assert line["holder"].removeprefix("'") == name.removeprefix("'")


def test_a_bank_file_has_a_row_a_payout_and_no_more():
    text = bank_csv([payout(), payout("po_2", 500, "JPY", settlements=("set_1", "set_2", "set_3"))])
    assert text.splitlines()[0] == BOM + ",".join(BANK_COLUMNS)
    first, second = rows(text)
    assert list(first.values()) == [
        "po_1", "上海邻里", "6222020200112233445", "102290000000", "CN", "CNY", "12.30", "set_1",
    ]  # fmt: skip
    assert (second["amount"], second["reference"]) == ("500", "set_1 and 2 more")


@pytest.mark.parametrize("wrong", [payout(bank=None), payout(amount=0), payout(amount=-1)])
def test_what_cannot_be_paid_by_bank_is_in_no_file(wrong):
    with pytest.raises(ValueError, match="cannot go to a bank"):
        bank_csv([payout("po_0"), wrong])


def billed(dues, merchant="shop_1", period="2026-11"):
    return invoice(merchant, period, "CNY", dues, seller=SELLER, buyer=BUYER, issued_on=date(2026, 12, 1))


def test_an_invoice_is_what_the_platform_took():
    made = billed([due(), due("lin_2"), due("sub:1", DueKind.SUBSCRIPTION, fixed_fee=199_00, tax=11_94)])
    assert dict(made.charges) == {Item.COMMISSION: 16_00, Item.FIXED_FEE: 1_00, Item.SUBSCRIPTION: 199_00}
    assert (made.net, made.tax, made.total, made.is_credit) == (216_00, 12_96, 228_96, False)


def test_where_more_is_given_back_it_is_a_credit_note():
    made = billed([due("refund:1", DueKind.REFUND, gross=-30_00, commission=-2_40, tax=-14)])
    assert (made.total, made.is_credit) == (-2_54, True)


def test_an_invoices_number_follows_from_merchant_month_and_currency():
    number = billed([due()]).number
    assert number == invoice_number("shop_1", "2026-11", "CNY") == billed([]).number
    assert number.startswith("INV-202611-CNY-")
    others = [("shop_2", "2026-11", "CNY"), ("shop_1", "2026-12", "CNY"), ("shop_1", "2026-11", "USD")]
    assert len({number, *(invoice_number(*other) for other in others)}) == 4
    with pytest.raises(ValueError, match="another invoice's number"):
        replace(billed([due()]), merchant_id="shop_2")


def test_an_invoice_takes_no_one_elses_dues():
    with pytest.raises(ValueError, match="not shop_2's"):
        billed([due()], merchant="shop_2")
