"""What the gateway believes of WeChat's answers, and what it makes of none."""

import json
import time
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.exchange import Answer, Http
from chalicelib.kit.money import Money
from chalicelib.payments.gateways.wechat import client
from chalicelib.payments.rules import (
    PaymentRefused,
    PaymentState,
    RefundState,
    Scene,
    Way,
)
from infra.sandbox.wechat import WechatSandbox
from tests.chalicelib.payments.wechat import BACK, KEYS, PAID, Watched, account, fresh, paid, payment, provider, refund


@pytest.fixture(scope="module")
def shared():
    with WechatSandbox(keys=KEYS, retry_seconds=()) as made:
        yield made


@pytest.fixture
def sandbox(shared):
    return fresh(shared)


@pytest.fixture
def network():
    made = Watched()
    yield made
    made.close()


@pytest.fixture
def gateway(sandbox, network):
    return provider(sandbox.url, exchange=network)


def test_nobody_answers():
    with pytest.raises(Unavailable):
        provider().charge_state("pay_1")


def test_an_answer_that_is_lost_once_is_asked_for_again(sandbox, gateway, network):
    one = payment()
    sandbox.control("POST", "/failures", {"kind": "lost_answer"})
    assert gateway.charge(one, Way(BACK, Scene.QR)).payment_id == one.id
    assert sandbox.control("GET", "/health")["objects"]["orders"] == 1
    assert sum(network.seen.values()) == 2


def test_answers_that_are_lost_make_one_order_and_one_refund(sandbox, gateway):
    one = payment()
    sandbox.control("POST", "/failures", {"kind": "lost_answer", "times": 2})
    with pytest.raises(Unavailable):
        gateway.charge(one, Way(BACK, Scene.QR))
    assert gateway.find_charge(one).state == PaymentState.REQUIRES_ACTION
    sandbox.control("POST", f"/orders/{one.id}/pay")
    sandbox.control("POST", "/failures", {"kind": "lost_answer", "times": 2})
    with pytest.raises(Unavailable):
        gateway.refund(refund(one, 5_000), one)
    assert gateway.find_refund(refund(one, 5_000), one).state == RefundState.PENDING
    gateway.refund(refund(one, 5_000), one)
    assert sandbox.control("GET", "/health")["objects"] == {"orders": 1, "refunds": 1, "notices": 1}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_wechat_in_trouble_is_no_refusal(sandbox, gateway, status):
    sandbox.control("POST", "/failures", {"kind": "error", "status": status})
    with pytest.raises(Unavailable) as trouble:
        gateway.charge(payment(), Way(BACK, Scene.QR))
    assert trouble.value.retry_after == 2


def test_too_little_is_refused(gateway):
    with pytest.raises(PaymentRefused) as refused:
        gateway.charge(payment(amount=0), Way(BACK, Scene.QR))
    assert refused.value.parameters == {"reason": "param_error"}


def test_a_request_with_somebody_elses_key_is_refused(sandbox, network):
    with pytest.raises(PaymentRefused) as refused:
        provider(sandbox.url, exchange=network, change={"private_key": KEYS.stranger}).charge_state("pay_1")
    assert refused.value.parameters == {"reason": "sign_error"}


@pytest.mark.parametrize("answers", ["unsigned", "other_key", "unknown_serial", "stale"])
def test_an_answer_that_wechat_did_not_sign_says_nothing(sandbox, gateway, network, answers):
    one = paid(sandbox, gateway)
    sandbox.control("POST", "/settings", {"answers": answers})
    network.seen.clear()
    with pytest.raises(Unavailable):
        gateway.charge_state(one.id)
    with pytest.raises(Unavailable):
        gateway.find_charge(payment())
    assert sum(network.seen.values()) == 2  # nobody went out for a key


def test_an_answer_that_was_altered_says_nothing(sandbox, gateway):
    one = paid(sandbox, gateway)
    altered = Watched(lambda answer: replace(answer, body=answer.body.replace(b"5000", b"9000")))
    with pytest.raises(Unavailable):
        provider(sandbox.url, exchange=altered).charge_state(one.id)
    altered.close()


def test_an_answer_about_another_merchant_is_refused(sandbox, gateway):
    one = paid(sandbox, gateway)
    sandbox.control("POST", "/settings", {"answers": "other_merchant"})
    with pytest.raises(PaymentRefused) as refused:
        gateway.charge_state(one.id)
    assert refused.value.parameters == {"reason": "other_mchid"}


def test_an_answer_to_another_question_is_refused(sandbox, gateway):
    one, other = paid(sandbox, gateway), paid(sandbox, gateway)
    kept = []
    replayed = Watched(lambda answer: kept.append(answer) or kept[0])
    again = provider(sandbox.url, exchange=replayed)
    assert again.charge_state(one.id).payment_id == one.id
    with pytest.raises(PaymentRefused):
        again.charge_state(other.id)
    replayed.close()


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_signed_answer_that_is_no_object_says_nothing(body):
    def exchange(*_):
        signed = KEYS.signature(body, int(time.time()))
        return Answer(200, {name.lower(): value for name, value in signed.items()}, body)

    with pytest.raises(Unavailable):
        provider(exchange=exchange).charge_state("pay_1")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"code": 7}', b'{"code": ""}', b"[" * 100_000])
def test_a_refusal_without_a_code_is_one(body):
    def exchange(*_):
        signed = KEYS.signature(body, int(time.time()))
        return Answer(400, {name.lower(): value for name, value in signed.items()}, body)

    with pytest.raises(PaymentRefused) as refused:
        provider(exchange=exchange).charge_state("pay_1")
    assert refused.value.parameters == {"reason": "refused"}


def test_what_failed_slowly_is_not_tried_again(monkeypatch):
    monkeypatch.setattr(client, "_AT_ONCE", -1)
    network = Watched()
    with pytest.raises(Unavailable):
        provider(exchange=network).charge_state("pay_1")
    assert sum(network.seen.values()) == 1
    network.close()


def test_an_answer_that_takes_for_ever_is_given_up(sandbox):
    with pytest.raises(Unavailable):
        Http(whole=-1)("GET", f"{sandbox.url}/_sandbox/keys", {}, None, 1_000_000)


def saying(content, status=200):
    """A way to WeChat that always answers this, signed."""
    body = json.dumps(content).encode()
    signed = {name.lower(): value for name, value in KEYS.signature(body, int(time.time())).items()}
    return lambda *_: Answer(status, signed, body)


REFUNDED = {
    "out_trade_no": "pay_abcdef",
    "out_refund_no": "ref_1",
    "status": "SUCCESS",
    "amount": {"refund": 1, "currency": "CNY"},
}


def test_what_was_asked_for_is_answered():
    assert provider(exchange=saying(PAID)).charge_state("pay_abcdef").received == Money(5_000, "CNY")
    assert provider(exchange=saying(REFUNDED)).refund_state("ref_1").state == RefundState.SUCCEEDED


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mchid": "1"}, "other_mchid"),
        ({"mchid": None}, "other_mchid"),
        ({"appid": "wx9"}, "other_appid"),
        ({"out_trade_no": "pay_x"}, "other_out_trade_no"),
        ({"amount": {"total": 5_000, "currency": "USD"}}, "other_currency"),
        ({"amount": None}, "other_currency"),
    ],
)
def test_another_charge_than_was_asked_for_is_refused(change, reason):
    with pytest.raises(PaymentRefused) as refused:
        provider(exchange=saying(PAID | change)).charge_state("pay_abcdef")
    assert refused.value.parameters == {"reason": reason}


def test_what_was_made_elsewhere_is_not_ours():
    by_hand = REFUNDED | {"out_refund_no": "50300807092019070110"}
    assert provider(exchange=saying(by_hand)).refund_state("50300807092019070110").refund_id is None
    elsewhere = PAID | {"out_trade_no": "till-4711"}
    assert provider(exchange=saying(elsewhere)).charge_state("till-4711").payment_id is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"out_refund_no": "ref_2"}, "other_out_refund_no"), ({"amount": {"currency": "USD"}}, "other_currency")],
)
def test_another_refund_than_was_asked_for_is_refused(change, reason):
    with pytest.raises(PaymentRefused) as refused:
        provider(exchange=saying(REFUNDED | change)).refund_state("ref_1")
    assert refused.value.parameters == {"reason": reason}


@pytest.mark.parametrize("code", ["SYSTEM_ERROR", "FREQUENCY_LIMITED", "STATEMENT_CREATING"])
def test_busy_is_no_refusal_whatever_the_status(code):
    with pytest.raises(Unavailable):
        provider(exchange=saying({"code": code}, 400)).charge_state("pay_1")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_is_no_refusal_whatever_the_code(status):
    with pytest.raises(Unavailable):
        provider(exchange=saying({"code": "INVALID_REQUEST"}, status)).charge_state("pay_1")


@pytest.mark.parametrize(("status", "problem"), [(401, PaymentRefused), (429, Unavailable), (502, Unavailable)])
def test_what_wechat_says_before_it_knows_who_asks_is_not_signed(status, problem):
    said = Answer(status, {}, b'{"code": "INVALID_REQUEST"}')
    with pytest.raises(problem):
        provider(exchange=lambda *_: said).find_charge(payment())


def test_an_endless_answer_is_given_up(sandbox, network):
    with pytest.raises(Unavailable):
        network("GET", f"{sandbox.url}/_sandbox/keys", {}, None, 100)


def test_both_of_wechats_keys_are_believed_while_one_is_replaced(sandbox, gateway, network):
    one = paid(sandbox, gateway)
    certificate = {name: pem for name, pem in account().platform_keys.items() if not name.startswith("PUB_KEY")}
    seen = []
    watched = Watched(lambda answer: seen.append(answer.headers["wechatpay-serial"]) or answer)
    old = provider(sandbox.url, exchange=watched)
    assert old.charge_state(one.id).payment_id == one.id
    assert seen[0].startswith("PUB_KEY_ID_")  # it is asked for
    only = provider(sandbox.url, exchange=watched, change={"platform_keys": certificate})
    assert only.charge_state(one.id).payment_id == one.id
    assert seen[1:] == list(certificate)
    watched.close()


def test_the_merchants_key_is_an_rsa_key():
    other = ec.generate_private_key(ec.SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(TypeError):
        account(private_key=pem).sign("x")
