"""What the gateway reads from WeChat's bills."""

import gzip
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.money import Money
from chalicelib.payments.gateways.wechat import bills
from chalicelib.payments.rules import (
    MovementKind,
    Scene,
    Way,
)
from infra.sandbox.wechat import WechatSandbox
from tests.chalicelib.payments.wechat import BACK, KEYS, Watched, paid, payment, provider, refund
from tests.fakes.time import FakeClock

DAY = datetime(2030, 5, 1, 4, tzinfo=UTC)  # noon in China


@pytest.fixture
def books():
    """A sandbox and a gateway whose clock is a test's."""
    clock, network = FakeClock(DAY), Watched()
    with WechatSandbox(keys=KEYS, clock=lambda: clock.now().timestamp()) as sandbox:
        sandbox.control("POST", "/settings", {"mode": "held", "refund_outcome": "PROCESSING"})
        yield sandbox, provider(sandbox.url, clock, network), clock
    network.close()


def test_the_days_of_a_span_say_what_moved(books):
    sandbox, gateway, clock = books
    gateway._description = "剪发,洗`吹,"  # commas and backticks in names
    one = paid(sandbox, gateway, 10_000)
    gateway.charge(payment(), Way(BACK, Scene.QR))
    clock.move(hours=1)
    gateway.refund(refund(one, 4_000), one)
    gateway.refund(refund(one, 100, "ref_2"), one)
    sandbox.control("POST", "/refunds/ref_2", {"status": "CLOSED"})
    clock.move(hours=12)  # the next day in China, the same in UTC
    sandbox.control("POST", "/withdrawals", {"amount": 5_000})
    clock.move(hours=1)
    other = paid(sandbox, gateway, 250)
    clock.move(days=2)
    found = list(gateway.movements(DAY, DAY + timedelta(days=1)))
    assert [(row.kind, row.own_id, row.amount.amount, row.fee) for row in found] == [
        (MovementKind.CHARGE, one.id, 10_000, 60),
        (MovementKind.REFUND, "ref_1", -4_000, -24),
        (MovementKind.PAYOUT, None, -5_000, 0),
        (MovementKind.CHARGE, other.id, 250, 2),
    ]
    assert [row.at for row in found] == [DAY, *[DAY + timedelta(hours=hours) for hours in (1, 13, 14)]]
    assert [row.ref for row in found][:2] == [one.charge_ref, "ref_1"]
    assert len({row.id for row in found}) == 4
    assert {(row.provider, row.amount.currency) for row in found} == {("wechat", "CNY")}
    first = list(gateway.movements(DAY, DAY + timedelta(seconds=1)))
    elsewhere = sandbox.world.state.orders.pop(other.id)
    sandbox.world.state.orders["till-4711"] = elsewhere
    last = list(gateway.movements(DAY, DAY + timedelta(days=1)))[-1]
    assert (last.ref, last.own_id) == ("till-4711", None)
    assert first == found[:2]
    assert list(gateway.movements(DAY, DAY)) == []


def test_a_day_without_trade_has_no_bill(books):
    _, gateway, clock = books
    clock.move(days=3)
    assert list(gateway.movements(DAY, DAY + timedelta(days=1))) == []


def test_a_bill_that_is_not_ready_is_waited_for(books):
    sandbox, gateway, clock = books
    paid(sandbox, gateway)
    clock.move(hours=21)
    with pytest.raises(Unavailable) as early:
        list(gateway.movements(DAY, DAY + timedelta(hours=1)))
    assert early.value.retry_after == 3_601
    clock.move(hours=1)
    assert len(list(gateway.movements(DAY, DAY + timedelta(hours=1)))) == 1


@pytest.mark.parametrize(
    "change", [b"\x1f\x8b", b"", gzip.compress(b"nothing", mtime=0), gzip.compress(b"x" * 100, mtime=0)[:-9]]
)
def test_a_bill_that_is_not_what_was_promised_is_not_read(books, change):
    sandbox, gateway, clock = books
    paid(sandbox, gateway)
    clock.move(days=2)
    altered = Watched(lambda answer: answer if "wechatpay-serial" in answer.headers else replace(answer, body=change))
    with pytest.raises(Unavailable):
        list(provider(sandbox.url, clock, altered).movements(DAY, DAY + timedelta(seconds=1)))
    altered.close()


def test_a_bill_whose_link_has_run_out_is_asked_for_again_later(books):
    sandbox, gateway, clock = books
    paid(sandbox, gateway)
    clock.move(days=2)
    sandbox.control("POST", "/failures", {"kind": "error", "status": 404, "path": "/v3/billdownload/"})
    with pytest.raises(Unavailable):
        list(gateway.movements(DAY, DAY + timedelta(seconds=1)))
    assert len(list(gateway.movements(DAY, DAY + timedelta(seconds=1)))) == 1


def test_a_bill_that_grows_without_end_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(bills, "_LARGEST", 1_000)
    with pytest.raises(ValueError, match="too large"):
        bills.unpack(gzip.compress(b"0" * 1_001))


def test_a_link_to_another_server_is_not_followed(books):
    sandbox, gateway, clock = books
    one = paid(sandbox, gateway)
    clock.move(days=2)
    sandbox.world.base_url = "http://evil.example"
    assert [row.own_id for row in gateway.movements(DAY, DAY + timedelta(seconds=1))] == [one.id]


def test_a_bill_of_another_merchant_is_for_a_person(books):
    sandbox, gateway, clock = books
    paid(sandbox, gateway)
    sandbox.world.state.orders[next(iter(sandbox.world.state.orders))]["request"]["mchid"] = "1900009999"
    clock.move(days=2)
    with pytest.raises(ValueError, match="another merchant"):
        list(gateway.movements(DAY, DAY + timedelta(seconds=1)))


FLOW = {
    "记账时间": "2030-05-01 12:00:00",
    "微信支付业务单号": "50000",
    "资金流水单号": "line-1",
    "业务名称": "",
    "业务类型": "",
    "收支类型": "收入",
    "收支金额": "1.20",
}


@pytest.mark.parametrize(
    ("business", "way", "kind", "amount"),
    [
        ("提现", "支出", MovementKind.PAYOUT, -120),
        ("提现退票", "收入", MovementKind.PAYOUT, 120),
        ("退款", "收入", MovementKind.REFUND_RETURNED, 120),
        ("充值", "收入", MovementKind.OTHER, 120),
        ("分账", "支出", MovementKind.OTHER, -120),
    ],
)
def test_what_is_no_trade_comes_from_the_flow_of_funds(business, way, kind, amount):
    row = bills.flow(FLOW | {"业务类型": business, "收支类型": way})
    assert (row.kind, row.amount, row.at, row.ref, row.id) == (kind, Money(amount, "CNY"), DAY, "50000", "line-1")


@pytest.mark.parametrize(("business", "way"), [("交易", "收入"), ("退款", "支出"), ("扣除交易手续费", "支出")])
def test_what_the_trade_bill_has_is_not_taken_twice(business, way):
    assert bills.flow(FLOW | {"业务名称": business, "收支类型": way}) is None


@pytest.mark.parametrize(("yuan", "amount"), [("0.00", 0), ("12.34", 1_234), ("-0.06", -6), ("1", 100)])
def test_yuan_are_told_in_fen(yuan, amount):
    assert bills.fen(yuan) == amount


def test_fees_are_told_with_parts_of_a_fen_and_amounts_are_not():
    assert [bills.fen(text, whole=False) for text in ("0.00540", "0.00500", "0.00499", "-0.06000")] == [1, 1, 0, -6]
    for text in ("0.005", "", "x", "NaN", "Infinity"):
        with pytest.raises(ValueError, match="amount"):
            bills.fen(text)


@pytest.mark.parametrize(
    "content",
    [b"a,b\n`1", b"a,b\n12,`3", b"a,b\n`1,`2,`3", b"a,b\n`1,`two\nlines`\n`2,`3", b"\xff"],
)
def test_a_row_that_does_not_fit_its_names_is_for_a_person(content):
    with pytest.raises(ValueError, match=r"row|decode"):
        list(bills.rows(content))


@pytest.mark.parametrize("row", [{}, {"商户号": KEYS.mchid}])
def test_a_bill_with_other_columns_is_for_a_person(row):
    with pytest.raises(ValueError, match="trade bill without"):
        bills.trade(row, KEYS.mchid)
    with pytest.raises(ValueError, match="fund-flow bill without"):
        bills.flow(row)


NAME = st.text(st.characters(exclude_characters="`\n", exclude_categories=["Cs"]))


@given(values=st.lists(st.lists(NAME, min_size=2, max_size=2)))
def test_rows_come_back_as_they_were_written(values):
    lines = ["一,二（元）", *[",".join(f"`{value}" for value in row) for row in values], "总数", "`9"]
    read_back = list(bills.rows(("\ufeff" + "\r\n".join(lines)).encode()))
    assert [[row["一"], row["二"]] for row in read_back] == [[value.strip() for value in row] for row in values]


def test_the_hash_is_of_the_unpacked_file():
    plain = b"\xef\xbb\xbfa"
    assert bills.unpack(gzip.compress(plain)) == plain == bills.unpack(plain)
    assert hashlib.sha1(plain).hexdigest() == hashlib.sha1(bills.unpack(gzip.compress(plain))).hexdigest()
