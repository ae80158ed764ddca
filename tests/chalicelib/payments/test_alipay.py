"""The gateway over HTTP against the sandbox, which verifies every request."""

from datetime import UTC, datetime, timedelta

import pytest
import requests

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.money import Money
from chalicelib.payments.rules import (
    ALIPAY,
    BadSignature,
    Method,
    MovementKind,
    Notice,
    PaymentRefused,
    PaymentState,
    RefundState,
    Scene,
    WayUnknown,
)
from infra.sandbox.alipay import AlipaySandbox
from tests.chalicelib.payments.alipay import BACK, BUYER, FORM, KEYS, NOW, OTHERS, payment, provider, refund, way
from tests.fakes.time import FakeClock


@pytest.fixture(scope="module")
def shared():
    time = FakeClock(NOW)
    with AlipaySandbox(KEYS, clock=lambda: time.now().timestamp()) as made:
        yield made, time


@pytest.fixture
def clock(shared):
    return shared[1]


@pytest.fixture
def sandbox(shared):
    made, time = shared
    time.move(seconds=(NOW - time.now()).total_seconds())
    made.control("POST", "/reset")
    made.control("POST", "/settings", {"mode": "held"})
    return made


@pytest.fixture
def gateway(sandbox, clock):
    return provider(sandbox.url, clock)


def paid(sandbox, gateway, **more):
    charge = gateway.charge(payment(**more), way())
    sandbox.control("POST", f"/trades/{charge.ref}/pay", {"buyer_id": BUYER})
    return charge


# Paying


def test_a_browser_is_sent_to_a_signed_address_and_the_trade_begins_when_it_is_opened(sandbox, gateway):
    charge = gateway.charge(payment(), way(Scene.PAGE))
    assert (charge.ref, charge.state, charge.payment_id) == ("pay_1", PaymentState.REQUIRES_ACTION, "pay_1")
    assert gateway.find_charge(payment()) is None
    assert gateway.charge_state("pay_1").state == PaymentState.CREATED
    page = requests.get(charge.action_url, timeout=5)
    assert "¥50.00" in page.text
    waiting = gateway.charge_state("pay_1")
    assert (waiting.state, waiting.received) == (PaymentState.REQUIRES_ACTION, Money(0, "CNY"))
    sent_on = requests.post(page.url, data={"action": "pay"}, timeout=5, allow_redirects=False)
    assert sent_on.headers["Location"] == BACK
    done = gateway.charge_state("pay_1")
    assert (done.state, done.received, done.payer) == (PaymentState.SUCCEEDED, Money(5_000, "CNY"), BUYER)
    assert gateway.find_charge(payment()) == done


def test_a_qr_code_is_paid_by_another_phone(sandbox, gateway):
    charge = gateway.charge(payment(1), way())
    assert charge.action_url == f"{sandbox.url}/pay/pay_1"
    assert gateway.charge(payment(1), way()) == charge
    assert gateway.charge_state("pay_1").state == PaymentState.CREATED
    sandbox.control("POST", "/trades/pay_1/pay", {"buyer_id": "open_id_1"})
    done = gateway.charge_state("pay_1")
    assert (done.state, done.received, done.payer) == (PaymentState.SUCCEEDED, Money(1, "CNY"), "open_id_1")


def test_an_app_hands_a_signed_order_to_the_wallet(sandbox, gateway):
    charge = gateway.charge(payment(123_456), way(Scene.APP))
    ((name, order),) = charge.action_params
    assert (name, charge.action_url) == ("order_string", None)
    sandbox.control("POST", "/app", {"order_string": order})
    assert gateway.charge_state("pay_1").state == PaymentState.REQUIRES_ACTION
    assert sandbox.control("GET", "/trades/pay_1")["total"] == 123_456
    with pytest.raises(ValueError, match="invalid-signature"):
        sandbox.control("POST", "/app", {"order_string": order.replace("1234.56", "1.00")})


@pytest.mark.parametrize("payer", [BUYER, "074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5"])
def test_inside_the_wallet_the_trade_is_made_for_its_payer(sandbox, gateway, payer):
    charge = gateway.charge(payment(), way(Scene.IN_WALLET, payer=payer))
    ((name, trade_no),) = charge.action_params
    assert (name, trade_no) == ("trade_no", sandbox.control("GET", "/trades/pay_1")["trade_no"])
    assert gateway.find_charge(payment()).action_params == charge.action_params
    with pytest.raises(PaymentRefused):
        gateway.charge(payment(), way(Scene.IN_WALLET))


def test_no_money_is_taken_after_the_hold_ran_out(sandbox, gateway, clock):
    gateway.charge(payment(), way(until=NOW + timedelta(minutes=10, microseconds=1)))
    requests.get(f"{sandbox.url}/pay/pay_1", timeout=5)
    clock.move(minutes=9)
    assert gateway.charge_state("pay_1").state == PaymentState.REQUIRES_ACTION
    clock.move(minutes=1)
    assert gateway.charge_state("pay_1").state == PaymentState.CANCELLED


def test_what_this_provider_does_not_take(gateway):
    with pytest.raises(WayUnknown):
        gateway.charge(payment(method=Method.CARD), way())
    for scene in Scene:
        for wrong in (payment(currency="HKD"), payment(0)):
            with pytest.raises(PaymentRefused):
                gateway.charge(wrong, way(scene, payer=BUYER))


def test_a_closed_trade_is_cancelled_and_a_finished_one_paid(sandbox, gateway):
    gateway.charge(payment(), way())
    sandbox.control("POST", "/trades/pay_1/close")
    assert gateway.charge_state("pay_1").state == PaymentState.CANCELLED
    paid(sandbox, gateway, id_="pay_2")
    sandbox.control("POST", "/trades/pay_2/finish")
    assert gateway.charge_state("pay_2").state == PaymentState.SUCCEEDED
    with pytest.raises(PaymentRefused) as caught:
        gateway.charge(payment(id_="pay_2"), way())
    assert caught.value.parameters["reason"] == "acq.trade_has_success"


# Refunds


def test_a_trade_that_closes_because_all_went_back_stays_paid(sandbox, gateway):
    paid(sandbox, gateway)
    for number, amount in enumerate((2_000, 3_000)):
        made = gateway.refund(refund(amount, f"ref_{number}"), payment())
        assert (made.state, made.refund_id) == (RefundState.SUCCEEDED, f"ref_{number}")
        assert gateway.refund_state(made.ref) == made
        assert gateway.find_refund(refund(amount, f"ref_{number}"), payment()) == made
    assert sandbox.control("GET", "/trades/pay_1")["status"] == "TRADE_CLOSED"
    state = gateway.charge_state("pay_1")
    assert (state.state, state.received) == (PaymentState.SUCCEEDED, Money(5_000, "CNY"))


def test_a_repeated_refund_moves_nothing_and_is_confirmed(sandbox, gateway):
    paid(sandbox, gateway)
    assert gateway.find_refund(refund(2_000), payment()) is None
    assert gateway.refund(refund(2_000), payment()) == gateway.refund(refund(2_000), payment())
    assert len(sandbox.control("GET", "/trades/pay_1")["refunds"]) == 1
    with pytest.raises(PaymentRefused):
        gateway.refund(refund(2_001), payment())
    with pytest.raises(PaymentRefused):
        gateway.refund(refund(3_001, "ref_2"), payment())


@pytest.mark.parametrize(("failed", "state"), [(False, RefundState.SUCCEEDED), (True, RefundState.FAILED)])
def test_a_yes_that_moved_no_money_is_not_believed(sandbox, gateway, failed, state):
    paid(sandbox, gateway)
    sandbox.control("POST", "/settings", {"refunds": "later"})
    begun = gateway.refund(refund(2_000), payment())
    assert begun.state == RefundState.PENDING
    sandbox.control("POST", "/trades/pay_1/refunds/ref_1/settle", {"failed": failed})
    assert gateway.refund_state(begun.ref).state == state


def test_a_refund_made_by_hand_is_not_ours(sandbox, gateway, clock):
    paid(sandbox, gateway)
    sandbox.control("POST", "/trades/pay_1/refund", {"amount": 700})
    (_, raw), *_ = sandbox.notices.forms("normal", None, 0, 0)[1:]
    event = gateway.read_event(Notice(raw, FORM), NOW)
    assert event.subject == "refund"
    state = gateway.refund_state(event.ref)
    assert (state.state, state.refund_id) == (RefundState.SUCCEEDED, None)
    clock.move(days=1)
    assert [(m.kind, m.own_id) for m in gateway.movements(clock.now(), clock.now() + timedelta(days=1))] == []
    assert [m.own_id for m in gateway.movements(NOW, clock.now())] == ["pay_1", None]


def test_a_refund_of_a_trade_that_is_not_there(gateway):
    assert gateway.find_refund(refund(1), payment()) is None
    with pytest.raises(PaymentRefused) as caught:
        gateway.refund(refund(1), payment())
    assert caught.value.parameters["reason"] == "acq.trade_not_exist"


# Trouble


def test_nobody_answers():
    with pytest.raises(Unavailable):
        provider().charge_state("pay_1")


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 404},
        {"kind": "drop"},
        {"kind": "error_after", "status": 503},
        {"code": "20000", "sub_code": "isp.unknow-error"},
        {"code": "40004", "sub_code": "ACQ.SYSTEM_ERROR"},
        {"code": "40005", "sub_code": "isv.app-call-limited"},
    ],
)
def test_a_provider_in_trouble_is_no_refusal(sandbox, gateway, fault):
    paid(sandbox, gateway)
    sandbox.control("POST", "/failures", fault)
    with pytest.raises(Unavailable) as caught:
        gateway.refund(refund(100), payment())
    assert caught.value.retry_after == 2


def test_refusals_say_why(sandbox, gateway):
    sandbox.control("POST", "/failures", {"code": "40004", "sub_code": "ACQ.SELLER_BALANCE_NOT_ENOUGH"})
    with pytest.raises(PaymentRefused) as caught:
        gateway.charge(payment(), way())
    assert caught.value.parameters["reason"] == "acq.seller_balance_not_enough"


def test_a_wrong_key_of_ours_is_refused_and_nothing_is_done(sandbox, clock):
    wrong = provider(sandbox.url, clock, private_key=OTHERS.config()["app_private_key"])
    with pytest.raises(PaymentRefused) as caught:
        wrong.charge(payment(), way())
    assert caught.value.parameters["reason"] == "isv.invalid-signature"


@pytest.mark.parametrize("kind", ["lost_answer", "error_after"])
def test_answers_that_are_lost_make_one_refund(sandbox, gateway, kind):
    paid(sandbox, gateway)
    sandbox.control("POST", "/failures", {"kind": kind, "path": "alipay.trade.refund"})
    with pytest.raises(Unavailable):
        gateway.refund(refund(2_000), payment())
    found = gateway.find_refund(refund(2_000), payment())
    assert found == gateway.refund(refund(2_000), payment())
    assert sandbox.control("GET", "/trades/pay_1")["refunds"].keys() == {"ref_1"}


def test_a_lost_answer_of_a_charge_begins_it_once(sandbox, gateway):
    sandbox.control("POST", "/failures", {"kind": "lost_answer"})
    with pytest.raises(Unavailable):
        gateway.charge(payment(), way(Scene.IN_WALLET, payer=BUYER))
    found = gateway.find_charge(payment())
    assert found.action_params == gateway.charge(payment(), way(Scene.IN_WALLET, payer=BUYER)).action_params
    assert sandbox.control("GET", "/health")["trades"] == 1


def test_keys_are_rotated(sandbox, clock):
    both = (OTHERS.config()["alipay_public_key"], KEYS.config()["alipay_public_key"])
    assert provider(sandbox.url, clock, public_keys=both).find_charge(payment()) is None
    with pytest.raises(Unavailable):
        provider(sandbox.url, clock, public_keys=both[:1]).find_charge(payment())


# The account


def test_a_day_of_the_account(sandbox, gateway, clock):
    clock.move(hours=6, minutes=30)  # 23:30 in China
    paid(sandbox, gateway, amount=10_000)
    clock.move(minutes=20)
    gateway.refund(refund(2_500), payment())
    clock.move(minutes=20)  # tomorrow
    paid(sandbox, gateway, amount=1, id_="pay_2")
    day = datetime(2030, 5, 1, tzinfo=UTC)
    first = list(gateway.movements(day, day + timedelta(days=3)))
    trade = sandbox.control("GET", "/trades/pay_1")["trade_no"]
    assert [(m.id, m.kind, m.ref, m.own_id, m.amount.amount, m.fee) for m in first] == [
        (trade, MovementKind.CHARGE, "pay_1", "pay_1", 10_000, 60),
        (f"{trade}/ref_1", MovementKind.REFUND, "pay_1/ref_1", "ref_1", -2_500, 0),
    ]
    assert [m.at for m in first] == [
        datetime(2030, 5, 1, 15, 30, tzinfo=UTC),
        datetime(2030, 5, 1, 15, 50, tzinfo=UTC),
    ]
    assert {(m.provider, m.amount.currency) for m in first} == {(ALIPAY, "CNY")}
    clock.move(days=1)
    assert [m.own_id for m in gateway.movements(day, day + timedelta(days=3))] == ["pay_1", "ref_1", "pay_2"]
    assert list(gateway.movements(day - timedelta(days=9), day - timedelta(days=1))) == []


def test_nobody_is_asked_for_the_bill_of_a_day_that_is_not_over(sandbox, gateway, clock):
    sandbox.control("POST", "/failures", {"code": "20000", "path": "alipay.data"})
    assert list(gateway.movements(clock.now(), clock.now() + timedelta(days=9))) == []
    with pytest.raises(Unavailable):
        list(gateway.movements(clock.now() - timedelta(days=1), clock.now()))


def test_the_sandbox_and_the_gateway_agree_on_notices(sandbox, gateway):
    paid(sandbox, gateway)
    gateway.refund(refund(2_000), payment())
    read_ = [gateway.read_event(Notice(raw, FORM), NOW) for _, raw in sandbox.notices.forms("shuffled", None, 0, 1)]
    assert sorted((event.subject, event.ref) for event in read_) == [
        *[("charge", "pay_1")] * 2,
        *[("refund", "pay_1/ref_1")] * 2,
    ]
    assert len({event.id for event in read_}) == 2
    for how in ("forged", "altered_amount", "other_app", "other_seller"):
        for _, raw in sandbox.notices.forms(how, None, 0, 0):
            with pytest.raises(BadSignature):
                gateway.read_event(Notice(raw, FORM), NOW)
