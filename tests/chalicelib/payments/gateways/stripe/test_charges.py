"""The gateway through the real SDK against the sandbox, which refuses what Stripe's own types refuse."""

import typing
from dataclasses import replace
from datetime import timedelta

import pytest
import stripe

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.money import Money
from chalicelib.payments.gateways.stripe import account, charges
from chalicelib.payments.rules import Method, PaymentRefused, PaymentState, RefundState, Scene, WayUnknown
from tests.chalicelib.payments.gateways.stripe.support import NOW, PAGE, QR, confirm, paid, payment, provider, refund

WALLETS = [Method.ALIPAY, Method.WECHAT_PAY]


def test_nobody_answers():
    with pytest.raises(Unavailable):
        provider("http://127.0.0.1:9").charge_state("pi_1")


def test_each_request_is_told_with_the_id_that_stripe_gave_it(sandbox, gateway, monkeypatch):
    told = []
    monkeypatch.setattr(account, "asked", lambda _started, status, theirs, **call: told.append((status, theirs, call)))
    charge = gateway.charge(payment(), PAGE)
    with pytest.raises(PaymentRefused):
        gateway.charge_state("pi_unknown")
    with pytest.raises(Unavailable):
        provider("http://127.0.0.1:9").charge_state(charge.ref)
    made, unknown, *lost = told
    assert (made[0], unknown[0]) == (200, 404)
    assert made[1].startswith("req_")
    assert made[1] != unknown[1]
    assert made[2] == {"provider": "127.0.0.1", "method": "POST", "path": "/v1/payment_intents"}
    assert [row[:2] for row in lost] == [(None, None)] * 2, "the library's own repeat too"


@pytest.mark.parametrize("scene", list(Scene))
def test_a_card_charge_waits_for_the_customers_app_wherever_it_is(sandbox, gateway, scene):
    charge = gateway.charge(payment(), replace(PAGE, scene=scene))
    assert (charge.state, charge.payment_id, charge.action_url) == (PaymentState.CREATED, "pay_1", None)
    assert charge.client_secret.startswith(charge.ref)
    assert charge.payer is None


def test_a_card_that_is_declined_may_be_followed_by_another(sandbox, gateway):
    charge = gateway.charge(payment(), PAGE)
    assert gateway.charge(payment(), PAGE).ref == charge.ref
    confirm(sandbox, charge, "pm_card_chargeDeclined")
    assert gateway.charge_state(charge.ref).state == PaymentState.FAILED
    confirm(sandbox, charge)
    known = gateway.charge_state(charge.ref)
    assert (known.state, known.received) == (PaymentState.SUCCEEDED, Money(5_000, "CNY"))


def test_a_unionpay_card_is_a_card(sandbox, gateway):
    charge = gateway.charge(payment(Method.UNIONPAY), PAGE)
    assert confirm(sandbox, charge, "pm_card_unionpay").status_code == 200
    assert gateway.charge_state(charge.ref).state == PaymentState.SUCCEEDED
    made = gateway._client.v1.charges.list({"payment_intent": charge.ref}).data[0]
    assert made.payment_method_details.card.network == "unionpay"


@pytest.mark.parametrize("method", WALLETS)
def test_a_wallet_charge_says_where_to_go_and_is_refunded_later(sandbox, gateway, method):
    charge = gateway.charge(payment(method), PAGE)
    assert charge.state == PaymentState.REQUIRES_ACTION
    assert charge.action_url.startswith(sandbox.url)
    sandbox.control("POST", f"/payment_intents/{charge.ref}/approve")
    assert gateway.charge_state(charge.ref).state == PaymentState.SUCCEEDED
    begun = gateway.refund(refund(2_000), replace(payment(method), charge_ref=charge.ref))
    assert (begun.state, begun.refund_id) == (RefundState.PENDING, "ref_1")
    sandbox.wait_idle()
    assert gateway.refund_state(begun.ref).state == RefundState.SUCCEEDED


def test_wechats_code_is_for_a_scanner_and_its_page_for_a_browser(sandbox, gateway):
    sandbox.control("POST", "/settings", {"wechat_code": "weixin://wxpay/bizpayurl?pr=1"})
    scanned = gateway.charge(payment(Method.WECHAT_PAY), QR)
    assert scanned.action_url == "weixin://wxpay/bizpayurl?pr=1"
    assert gateway.charge_state(scanned.ref).action_url == scanned.action_url
    opened = gateway.charge(payment(Method.WECHAT_PAY, id_="pay_2"), PAGE)
    assert opened.action_url.startswith(f"{sandbox.url}/pay/{opened.ref}")


def test_what_only_the_customers_app_can_do_has_no_address():
    action = stripe.StripeObject.construct_from({"type": "use_stripe_sdk", "use_stripe_sdk": {}}, None)
    assert charges._action_url(action, Scene.PAGE) is None


@pytest.mark.parametrize("shape", ["redirect_to_url", "alipay_handle_redirect"])
def test_both_shapes_of_alipays_page(sandbox, gateway, shape):
    sandbox.control("POST", "/settings", {"alipay_action": shape})
    assert gateway.charge(payment(Method.ALIPAY), PAGE).action_url.startswith(sandbox.url)


@pytest.mark.parametrize(
    ("method", "scene"),
    [
        *((Method.ALIPAY, scene) for scene in Scene if scene != Scene.PAGE),
        (Method.WECHAT_PAY, Scene.APP),
        (Method.WECHAT_PAY, Scene.IN_WALLET),
        (Method.BALANCE, Scene.PAGE),
    ],
)
def test_ways_that_stripe_does_not_take(method, scene):
    with pytest.raises(WayUnknown) as refusal:
        provider("http://127.0.0.1:9").charge(payment(method), replace(PAGE, scene=scene))
    assert refusal.value.parameters == {"method": method.value, "scene": scene.value}


def test_who_paid_is_known_again(sandbox, gateway):
    def payer(id_, method=Method.CARD, card="pm_card_visa"):
        return gateway.charge_state(paid(sandbox, gateway, payment(method, id_=id_), card).charge_ref).payer

    visa, again, other = payer("pay_1"), payer("pay_2"), payer("pay_3", card="pm_card_mastercard")
    assert visa == again != other
    assert payer("pay_4", Method.ALIPAY) == "sandbox-payer"
    wechat = payer("pay_5", Method.WECHAT_PAY)
    sandbox.control("POST", "/settings", {"wallet_payer": "somebody-else"})
    assert payer("pay_6", Method.WECHAT_PAY) not in {wechat, None}


def test_more_than_was_paid_is_not_refunded(sandbox, gateway):
    one = paid(sandbox, gateway, payment(Method.ALIPAY))
    with pytest.raises(PaymentRefused):
        gateway.refund(refund(5_001, "ref_0"), one)
    assert gateway.refund(refund(3_000), one).ref == gateway.refund(refund(3_000), one).ref
    with pytest.raises(PaymentRefused):
        gateway.refund(refund(2_001, "ref_2"), one)


@pytest.mark.parametrize(
    ("currency", "amount", "theirs"),
    [("ISK", 5_000, 500_000), ("UGX", 20_000, 2_000_000), ("MGA", 500_000, 5_000), ("JPY", 500, 500), ("KWD", 50, 50)],
)
def test_amounts_are_told_in_stripes_own_units(sandbox, gateway, currency, amount, theirs):
    one = paid(sandbox, gateway, payment(amount=amount, currency=currency))
    assert gateway._client.v1.payment_intents.retrieve(one.charge_ref).amount == theirs
    assert gateway.charge_state(one.charge_ref).received == Money(amount, currency)
    half = replace(refund(amount), amount=Money(amount // 2 // 10 * 10, currency))
    made = gateway.refund(half, one)
    assert gateway._client.v1.refunds.retrieve(made.ref).amount * amount == half.amount.amount * theirs


def test_an_amount_that_stripe_cannot_move_is_refused_before_it_is_asked():
    with pytest.raises(PaymentRefused):
        provider("http://127.0.0.1:9").charge(payment(amount=12_345, currency="MGA"), PAGE)


def test_a_refund_that_was_begun_is_found(sandbox, gateway):
    one = paid(sandbox, gateway, payment(Method.ALIPAY))
    assert gateway.find_refund(refund(2_000), one) is None
    begun = gateway.refund(refund(2_000), one)
    gateway.refund(refund(1_000, "ref_2"), one)
    assert gateway.find_refund(refund(2_000), one).ref == begun.ref
    assert gateway.find_refund(refund(2_000, "ref_3"), one) is None


def test_answers_that_are_lost_make_one_charge_which_is_found(sandbox, gateway):
    assert gateway.find_charge(payment()) is None
    sandbox.control("POST", "/failures", {"kind": "lost_answer", "times": 2})
    with pytest.raises(Unavailable):
        gateway.charge(payment(), PAGE)
    assert sandbox.control("GET", "/failures") == []
    gateway.charge(payment(id_="pay_2"), PAGE)
    found = gateway.find_charge(payment())
    again = gateway.charge(payment(), PAGE)
    assert sandbox.control("GET", "/health")["objects"]["payment_intent"] == 2
    assert (found.ref, found.payment_id, found.client_secret) == (again.ref, "pay_1", again.client_secret)


@pytest.mark.parametrize("later", [-60, 119, 120, 86_000])
def test_a_charge_is_found_whenever_it_was_begun(sandbox, gateway, moment, later):
    moment[0] += later
    charge = gateway.charge(payment(Method.ALIPAY), PAGE)
    found = gateway.find_charge(payment(Method.ALIPAY))
    assert (found.ref, found.action_url) == (charge.ref, charge.action_url)
    assert gateway.find_charge(replace(payment(), created_at=NOW + timedelta(days=2))) is None


def test_a_charge_that_may_be_among_too_many_is_not_called_absent(sandbox, gateway, monkeypatch):
    for number in range(3):
        gateway.charge(payment(id_=f"pay_{number}"), PAGE)
    monkeypatch.setattr(account, "_SEARCH_SECONDS", 0)
    with pytest.raises(Unavailable):
        gateway.find_charge(payment(id_="pay_0"))
    assert gateway.find_charge(payment(id_="pay_2")) is not None


@pytest.mark.parametrize("status", [409, 429, 503])
def test_a_provider_in_trouble_is_no_refusal(sandbox, gateway, status):
    sandbox.control("POST", "/failures", {"kind": "error", "times": 5, "status": status})
    with pytest.raises(Unavailable):
        gateway.charge(payment(), PAGE)


def test_too_little_is_refused(gateway):
    with pytest.raises(PaymentRefused):
        gateway.charge(payment(amount=1), PAGE)


def test_every_state_that_stripe_names_is_known():
    named = stripe.PaymentIntent.__annotations__["status"]
    choices = typing.get_args(named)[0] if typing.get_origin(named) is typing.Union else named
    assert set(typing.get_args(choices)) == set(charges._CHARGE_STATES)
