import pytest
import requests
import stripe

from tests.infra.sandbox.support import PAY, card, wallet


def test_a_card_pays_at_once_and_the_fee_is_in_its_balance_transaction(client, sandbox, receiver):
    intent = card(
        client,
        metadata={"order": "ord_1", "empty": ""},
        allowed_payment_method_types=["card"],
        expand=["latest_charge.balance_transaction", "payment_method"],
    )
    assert intent.status == "succeeded"
    assert intent.amount_received == 12_300
    assert intent.metadata.to_dict() == {"order": "ord_1"}
    assert intent.payment_method.card.last4 == "4242"
    entry = intent.latest_charge.balance_transaction
    assert (entry.amount, entry.fee, entry.net) == (12_300, 418, 11_882)
    assert sandbox.wait_idle()
    assert sorted(receiver.types) == ["charge.succeeded", "payment_intent.created", "payment_intent.succeeded"]
    told = next(event for event in receiver.events if event.type == "payment_intent.succeeded")
    assert told.data.object.id == intent.id
    assert told.api_version == "2026-10-28.endive"


def test_a_declined_card_leaves_an_intent_that_can_be_paid_otherwise(client, sandbox, receiver):
    with pytest.raises(stripe.CardError) as refusal:
        card(client, "pm_card_chargeDeclinedInsufficientFunds")
    assert refusal.value.code == "card_declined"
    assert refusal.value.http_status == 402
    assert refusal.value.error.decline_code == "insufficient_funds"
    intent = client.v1.payment_intents.retrieve(refusal.value.error.payment_intent.id, {"expand": ["latest_charge"]})
    assert intent.status == "requires_payment_method"
    assert intent.last_payment_error.decline_code == "insufficient_funds"
    assert intent.latest_charge.status == "failed"
    assert sandbox.wait_idle()
    assert {"payment_intent.payment_failed", "charge.failed"} <= set(receiver.types)
    paid = client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_mastercard"})
    assert paid.status == "succeeded"
    assert paid.last_payment_error is None


@pytest.mark.parametrize("kind", ["alipay", "wechat_pay"])
@pytest.mark.parametrize("approved", [True, False])
def test_a_wallet_waits_for_its_payer(client, sandbox, receiver, kind, approved):
    intent = wallet(client, kind)
    assert intent.status == "requires_action"
    action = intent.next_action
    url = action.redirect_to_url.url if kind == "alipay" else action.wechat_pay_display_qr_code.data
    page = requests.get(url, timeout=5)
    assert page.status_code == 200
    assert "123.00 CNY" in page.text
    answer = requests.post(url, data={"action": "approve" if approved else "decline"}, timeout=5)
    assert answer.status_code == 200
    assert answer.json()["status"] == ("succeeded" if approved else "requires_payment_method")
    assert sandbox.wait_idle()
    assert ("payment_intent.succeeded" in receiver.types) is approved
    assert ("payment_intent.payment_failed" in receiver.types) is not approved
    again = requests.post(url, data={"action": "approve"}, timeout=5)
    assert again.status_code == 400
    assert again.json()["error"]["code"] == "payment_intent_unexpected_state"


def test_the_control_endpoints_approve_and_decline_too(client, sandbox):
    first, second = wallet(client, "alipay"), card(client, "pm_card_authenticationRequired")
    assert second.next_action.redirect_to_url.return_url == PAY["return_url"]
    sandbox.control("POST", f"/payment_intents/{first.id}/approve")
    sandbox.control("POST", f"/payment_intents/{second.id}/decline")
    assert client.v1.payment_intents.retrieve(first.id).status == "succeeded"
    failed = client.v1.payment_intents.retrieve(second.id)
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"


@pytest.mark.parametrize(
    ("client_kind", "action"),
    [("ios", "wechat_pay_redirect_to_ios_app"), ("android", "wechat_pay_redirect_to_android_app")],
)
def test_wechat_in_an_app(client, client_kind, action):
    intent = wallet(client, "wechat_pay", payment_method_options={"wechat_pay": {"client": client_kind}})
    assert intent.next_action.type == action


def test_the_other_shape_of_alipays_next_action(client, sandbox):
    sandbox.control("POST", "/settings", {"alipay_action": "alipay_handle_redirect"})
    assert wallet(client, "alipay").next_action.alipay_handle_redirect.url.startswith(sandbox.url)


def test_a_card_runs_on_its_own_network(client):
    options = {"payment_method_options": {"card": {"network": "unionpay"}}}
    paid = card(client, "pm_card_unionpay", expand=["latest_charge", "payment_method"], **options)
    assert paid.latest_charge.payment_method_details.card.network == "unionpay"
    assert paid.payment_method.card.networks.available == ["unionpay"]
    assert paid.latest_charge.payment_method_details.card.fingerprint == paid.payment_method.card.fingerprint
    for wish in ({**PAY, "payment_method": "pm_card_visa"}, {"amount": 1000, "currency": "cny"}):
        assert refused(client, **wish, **options) == (None, "payment_method_options[card][network]")


@pytest.mark.parametrize(("kind", "name"), [("alipay", "buyer_id"), ("wechat_pay", "fingerprint")])
def test_a_wallets_charge_says_who_paid(client, sandbox, kind, name):
    def payer():
        intent = wallet(client, kind)
        sandbox.control("POST", f"/payment_intents/{intent.id}/approve")
        intent = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
        return intent.latest_charge.payment_method_details.to_dict()[kind][name]

    first = payer()
    assert payer() == first
    sandbox.control("POST", "/settings", {"wallet_payer": "somebody-else"})
    assert payer() != first


def test_a_qr_code_may_say_what_only_a_scanner_reads(client, sandbox):
    sandbox.control("POST", "/settings", {"wechat_code": "weixin://wxpay/1"})
    code = wallet(client, "wechat_pay").next_action.wechat_pay_display_qr_code
    assert code.data == "weixin://wxpay/1"
    assert code.hosted_instructions_url.startswith(sandbox.url)


def refused(client, **params):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.create(params)
    return refusal.value.code, refusal.value.param


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        (
            {"payment_method_options": {"card": {"colour": 1}}},
            "parameter_unknown",
            "payment_method_options[card][colour]",
        ),
        ({"amount": "12.5"}, "parameter_invalid_integer", "amount"),
        ({"amount": 399}, "amount_too_small", "amount"),
        ({"amount": 100_000_000}, "amount_too_large", "amount"),
        ({"amount": 49, "currency": "jpy"}, "amount_too_small", "amount"),
        ({"amount": 1001, "currency": "kwd"}, "parameter_invalid_integer", "amount"),
        ({"currency": "xxx"}, None, "currency"),
        ({"currency": ""}, "parameter_invalid_empty", "currency"),
        ({"allowed_payment_method_types": ["klarna"]}, None, "allowed_payment_method_types"),
        ({"allowed_payment_method_types": ["gold"]}, None, "allowed_payment_method_types[0]"),
        ({"capture_method": "manual"}, "sandbox_unsupported", "capture_method"),
        ({"application_fee_amount": 5}, "sandbox_unsupported", "application_fee_amount"),
        ({"return_url": "https://x.example"}, None, "return_url"),
        ({"metadata": {f"k{n}": "v" for n in range(51)}}, None, "metadata"),
        ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
        ({"payment_method": "pm_card_gold"}, "resource_missing", "payment_method"),
        ({"payment_method": "alipay"}, "resource_missing", "payment_method"),
        ({"payment_method_data": {"type": "card"}}, None, "payment_method_data[type]"),
        ({"confirm": True}, "parameter_missing", "payment_method"),
        ({"confirm": True, "payment_method_data": {"type": "alipay"}}, "parameter_missing", "return_url"),
        (
            {"confirm": True, "payment_method_data": {"type": "wechat_pay"}},
            "parameter_missing",
            "payment_method_options[wechat_pay][client]",
        ),
        (
            {**PAY, "payment_method_data": {"type": "alipay"}, "return_url": "JavaScript:alert(1)"},
            "url_invalid",
            "return_url",
        ),
        (
            {"payment_method": "pm_card_visa", "allowed_payment_method_types": ["alipay"]},
            "payment_intent_incompatible_payment_method",
            "payment_method",
        ),
    ],
)
def test_what_is_refused(client, params, code, param):
    assert refused(client, **{"amount": 1000, "currency": "cny", **params}) == (code, param)


def test_required_parameters(client):
    assert refused(client, amount=1000) == ("parameter_missing", "currency")


def test_zero_decimal_amounts(client):
    assert client.v1.payment_intents.create({"amount": 50, "currency": "JPY"}).currency == "jpy"


def test_update(client):
    intent = client.v1.payment_intents.create({"amount": 1000, "currency": "cny", "metadata": {"a": "1", "b": "2"}})
    changed = client.v1.payment_intents.update(
        intent.id, {"amount": 2000, "metadata": {"a": "", "c": "3"}, "payment_method": "pm_card_visa"}
    )
    assert changed.amount == 2000
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert changed.status == "requires_confirmation"
    assert client.v1.payment_intents.update(intent.id, {"metadata": ""}).metadata.to_dict() == {}
    client.v1.payment_intents.confirm(intent.id)
    with pytest.raises(stripe.InvalidRequestError, match="succeeded"):
        client.v1.payment_intents.update(intent.id, {"amount": 3000})


def test_cancel_only_what_is_not_done(client, sandbox, receiver):
    intent = wallet(client, "alipay")
    cancelled = client.v1.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (cancelled.status, cancelled.cancellation_reason) == ("canceled", "abandoned")
    assert cancelled.canceled_at == 1_800_000_000
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.cancel(intent.id)
    assert refusal.value.code == "payment_intent_unexpected_state"
    assert (
        requests.post(intent.next_action.redirect_to_url.url, data={"action": "approve"}, timeout=5).status_code == 400
    )
    with pytest.raises(stripe.InvalidRequestError, match="must be one of"):
        client.v1.payment_intents.cancel(card(client).id, {"cancellation_reason": "mood"})
    assert sandbox.wait_idle()
    assert "payment_intent.canceled" in receiver.types


def test_a_client_confirms_with_the_publishable_key(client, sandbox):
    intent = client.v1.payment_intents.create({"amount": 1000, "currency": "cny", "metadata": {"secret": "yes"}})
    url = f"{sandbox.url}/v1/payment_intents/{intent.id}"
    key = {"Authorization": f"Bearer {sandbox.publishable_key}"}
    seen = requests.get(url, params={"client_secret": intent.client_secret}, headers=key, timeout=5)
    assert seen.status_code == 200
    assert "metadata" not in seen.json()
    body = {"client_secret": intent.client_secret, "payment_method": "pm_card_visa", "use_stripe_sdk": "true"}
    assert requests.post(f"{url}/confirm", data={}, headers=key, timeout=5).json()["error"]["param"] == "client_secret"
    wrong = requests.post(f"{url}/confirm", data=body | {"client_secret": "x"}, headers=key, timeout=5)
    assert wrong.json()["error"]["code"] == "resource_missing"
    # As a browser's library does: the key in the body.
    paid = requests.post(f"{url}/confirm", data=body | {"key": sandbox.publishable_key}, timeout=5)
    assert paid.json()["status"] == "succeeded"
    assert requests.post(url, data=body, headers=key, timeout=5).json()["error"]["code"] == "secret_key_required"


def test_the_balance_transaction_may_come_later(client, sandbox, receiver):
    sandbox.control("POST", "/settings", {"settle_ms": 1})
    intent = card(client)
    assert sandbox.wait_idle()
    charge = client.v1.charges.retrieve(intent.latest_charge, {"expand": ["balance_transaction"]})
    assert charge.balance_transaction.fee == 418
    first = next(event for event in receiver.events if event.type == "charge.succeeded")
    assert first.data.object.balance_transaction is None
    assert "charge.updated" in receiver.types


def test_a_used_payment_method_can_be_used_again(client):
    first = card(client)
    assert client.v1.payment_methods.retrieve(first.payment_method).type == "card"
    assert card(client, first.payment_method).status == "succeeded"
