"""The gateway over HTTP against the sandbox, which checks our signatures and signs its answers."""

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from chalicelib.kit.ids import derived_id
from chalicelib.kit.money import Money
from chalicelib.payments.rules import (
    Method,
    PaymentRefused,
    PaymentState,
    RefundState,
    Scene,
    Way,
    WayUnknown,
)
from infra.sandbox.wechat import WechatSandbox
from tests.chalicelib.payments.wechat import (
    BACK,
    KEYS,
    Watched,
    fresh,
    paid,
    payment,
    provider,
    refund,
)


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


def is_ours(signature, *lines):
    key = load_pem_private_key(KEYS.private_key.encode(), None).public_key()
    message = "".join(f"{line}\n" for line in lines).encode()
    key.verify(base64.b64decode(signature), message, PKCS1v15(), SHA256())
    return True


def test_a_page_in_a_browser_goes_to_wechats_and_comes_back(sandbox, gateway):
    one = payment()
    charge = gateway.charge(one, Way(BACK, client_ip="203.0.113.9"))
    assert (charge.ref, charge.payment_id, charge.state) == (one.id, one.id, PaymentState.REQUIRES_ACTION)
    assert charge.received == Money(0, "CNY")
    assert charge.action_url.startswith(f"{sandbox.url}/pay/{one.id}?prepay_id=")
    assert parse_qs(urlsplit(charge.action_url).query)["redirect_url"] == [BACK]
    asked = sandbox.world.state.orders[one.id]["request"]
    assert asked["scene_info"] == {"payer_client_ip": "203.0.113.9", "h5_info": {"type": "Wap"}}
    assert asked["amount"] == {"total": 5_000, "currency": "CNY"}
    assert asked["settle_info"] == {"profit_sharing": False}


def test_a_screen_shows_a_code(sandbox, gateway):
    one = payment()
    assert gateway.charge(one, Way(BACK, Scene.QR)).action_url == f"{sandbox.url}/pay/{one.id}"


def test_inside_the_wallet_the_page_gets_signed_params(gateway):
    charge = gateway.charge(payment(), Way(BACK, Scene.IN_WALLET, payer="openid-1"))
    params = dict(charge.action_params)
    assert charge.action_url is None
    assert list(params) == ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"]
    assert params["package"].startswith("prepay_id=wx")
    assert params["signType"] == "RSA"
    assert is_ours(params["paySign"], KEYS.appid, params["timeStamp"], params["nonceStr"], params["package"])


def test_inside_the_wallet_somebody_pays(gateway, network):
    with pytest.raises(WayUnknown) as refused:
        gateway.charge(payment(), Way(BACK, Scene.IN_WALLET))
    assert [one.field for one in refused.value.errors] == ["payer"]
    assert not network.seen


def test_an_app_gets_signed_params_in_its_own_name(sandbox, gateway):
    one = payment()
    params = dict(gateway.charge(one, Way(BACK, Scene.APP)).action_params)
    assert (params["appid"], params["partnerid"], params["package"]) == (KEYS.app_appid, KEYS.mchid, "Sign=WXPay")
    assert is_ours(params["sign"], KEYS.app_appid, params["timestamp"], params["noncestr"], params["prepayid"])
    sandbox.control("POST", f"/orders/{one.id}/pay")
    assert gateway.charge_state(one.id).state == PaymentState.SUCCEEDED
    alone = provider(sandbox.url, exchange=gateway._client._exchange, change={"app_appid": None})
    assert dict(alone.charge(payment(), Way(BACK, Scene.APP)).action_params)["appid"] == KEYS.appid


def test_our_ids_are_order_numbers_that_wechat_takes():
    ids = [derived_id("pay", "ord_1", "scope", str(number)) for number in range(50)]
    assert all(re.fullmatch(r"[0-9A-Za-z_\-|*@]{6,32}", one) for one in ids)


def test_the_hold_ends_and_so_does_the_order(sandbox, gateway):
    one, until = payment(), datetime.now(UTC) + timedelta(minutes=15)
    gateway.charge(one, Way(BACK, Scene.QR, until=until))
    order = sandbox.world.state.orders[one.id]
    assert order["expires"] == int(until.timestamp())
    order["expires"] = 0
    assert gateway.charge_state(one.id).state == PaymentState.CANCELLED


def test_wechat_takes_yuan_and_what_is_wechat_pays_alone(gateway, network):
    with pytest.raises(PaymentRefused):
        gateway.charge(payment(currency="USD"), Way(BACK))
    with pytest.raises(WayUnknown):
        gateway.charge(payment(method=Method.ALIPAY), Way(BACK))
    with pytest.raises(PaymentRefused):
        gateway.refund(replace(refund(payment(), 1), amount=Money(1, "USD")), payment())
    assert not network.seen


def test_profit_sharing_is_the_operators_choice(sandbox, network):
    one = payment()
    provider(sandbox.url, exchange=network, profit_sharing=True).charge(one, Way(BACK, Scene.QR))
    assert sandbox.world.state.orders[one.id]["request"]["settle_info"] == {"profit_sharing": True}


def test_a_repeat_makes_no_second_order(sandbox, gateway):
    one = payment()
    gateway.charge(one, Way(BACK, Scene.QR))
    gateway.charge(one, Way(BACK, Scene.QR))
    assert sandbox.control("GET", "/health")["objects"]["orders"] == 1
    with pytest.raises(PaymentRefused) as other:
        gateway.charge(replace(one, amount=Money(1, "CNY")), Way(BACK, Scene.QR))
    assert other.value.parameters == {"reason": "out_trade_no_used"}
    sandbox.control("POST", f"/orders/{one.id}/pay")
    with pytest.raises(PaymentRefused):
        gateway.charge(one, Way(BACK, Scene.QR))


@pytest.mark.parametrize(
    ("ended", "state"),
    [
        (None, PaymentState.REQUIRES_ACTION),
        ("PAYERROR", PaymentState.FAILED),
        ("USERPAYING", PaymentState.PROCESSING),
        ("CLOSED", PaymentState.CANCELLED),
    ],
)
def test_what_is_not_paid_has_received_nothing(sandbox, gateway, ended, state):
    one = payment()
    gateway.charge(one, Way(BACK, Scene.QR))
    if ended:
        sandbox.control("POST", f"/orders/{one.id}/end", {"state": ended})
    charge = gateway.charge_state(one.id)
    assert (charge.state, charge.received, charge.payer) == (state, Money(0, "CNY"), None)


def test_what_is_paid_says_who_paid_and_is_found(sandbox, gateway):
    assert gateway.find_charge(payment()) is None
    one = paid(sandbox, gateway)
    found = gateway.find_charge(one)
    assert found == gateway.charge_state(one.charge_ref)
    assert (found.state, found.received, found.payer) == (PaymentState.SUCCEEDED, Money(5_000, "CNY"), "openid-1")
    assert found.payment_id == one.id
    gateway.refund(refund(one, 1_000), one)
    assert gateway.charge_state(one.id) == found


def test_another_amount_is_told_as_it_arrived(sandbox, gateway):
    one = payment()
    gateway.charge(one, Way(BACK, Scene.QR))
    sandbox.control("POST", f"/orders/{one.id}/pay", {"total": 4_999})
    assert gateway.charge_state(one.id).received == Money(4_999, "CNY")


# --- refunds


def test_a_refund_ends_later(sandbox, gateway):
    one = paid(sandbox, gateway)
    wanted = refund(one, 2_000)
    assert gateway.find_refund(wanted, one) is None
    begun = gateway.refund(wanted, one)
    assert (begun.ref, begun.refund_id, begun.state) == ("ref_1", "ref_1", RefundState.PENDING)
    assert gateway.refund(wanted, one) == begun == gateway.find_refund(wanted, one)
    sandbox.control("POST", "/refunds/ref_1", {"status": "SUCCESS"})
    assert gateway.refund_state("ref_1").state == RefundState.SUCCEEDED


@pytest.mark.parametrize(("status", "state"), [("CLOSED", RefundState.FAILED), ("ABNORMAL", RefundState.PENDING)])
def test_a_refund_that_does_not_arrive(sandbox, gateway, status, state):
    one = paid(sandbox, gateway)
    gateway.refund(refund(one, 2_000), one)
    sandbox.control("POST", "/refunds/ref_1", {"status": status})
    assert gateway.refund_state("ref_1").state == state


def test_more_than_was_paid_is_not_refunded(sandbox, gateway):
    one = paid(sandbox, gateway)
    gateway.refund(refund(one, 3_000), one)
    with pytest.raises(PaymentRefused):
        gateway.refund(refund(one, 2_001, "ref_2"), one)
    with pytest.raises(PaymentRefused):
        gateway.refund(refund(one, 2_999), one)
    unpaid = payment()
    gateway.charge(unpaid, Way(BACK, Scene.QR))
    with pytest.raises(PaymentRefused):
        gateway.refund(refund(unpaid, 1, "ref_3"), unpaid)


def test_a_refund_of_another_payment_is_not_taken_for_ours(sandbox, gateway):
    one, other = paid(sandbox, gateway), paid(sandbox, gateway)
    gateway.refund(refund(one, 1), one)
    with pytest.raises(PaymentRefused) as refused:
        gateway.find_refund(refund(other, 1), other)
    assert refused.value.parameters == {"reason": "other_out_trade_no"}
