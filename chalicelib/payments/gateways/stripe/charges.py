"""Charges, which are PaymentIntents, and their refunds."""

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import stripe

from chalicelib.payments.gateways.stripe.account import ONCE, PAGE, Account, answering, insisting, ours, theirs, told
from chalicelib.payments.rules import (
    Charge,
    Method,
    Payment,
    PaymentState,
    ProviderRefund,
    Refund,
    RefundState,
    Scene,
    Way,
    WayUnknown,
)

if TYPE_CHECKING:
    from stripe.params import PaymentIntentCreateParams

# A UnionPay card is a card: which network it runs on (`payment_method_options.card.network`) may be said only when the
# charge is confirmed, and a card is confirmed by the customer's app, which chooses it there.
_TYPES = {Method.CARD: "card", Method.UNIONPAY: "card", Method.ALIPAY: "alipay", Method.WECHAT_PAY: "wechat_pay"}
# Where a wallet is taken. Alipay is a page alone; WeChat's `client` knows no mini program, and its apps (`ios`,
# `android`) ask for the app's id at WeChat, which is the direct gateway's affair. A card's form is the same everywhere.
_SCENES = {"alipay": {Scene.PAGE}, "wechat_pay": {Scene.PAGE, Scene.QR}}

# A PaymentIntent's life (stripe.com/docs/payments/paymentintents/lifecycle) in the domain's words.
_CHARGE_STATES = {
    "requires_payment_method": PaymentState.CREATED,
    "requires_confirmation": PaymentState.CREATED,
    "requires_action": PaymentState.REQUIRES_ACTION,
    "requires_capture": PaymentState.PROCESSING,
    "processing": PaymentState.PROCESSING,
    "succeeded": PaymentState.SUCCEEDED,
    "canceled": PaymentState.CANCELLED,
}
_REFUND_STATES = {"succeeded": RefundState.SUCCEEDED, "failed": RefundState.FAILED, "canceled": RefundState.FAILED}

# When a charge may have been begun, measured from its payment: our clock may be ahead of Stripe's, the first call ends
# within half a minute, and the key of a repeat is remembered for a day.
_CLOCKS, _FIRST, _REPEATS = timedelta(seconds=-60), timedelta(minutes=2), timedelta(days=1)


class Charges(Account):
    """See `payments.ports.PaymentProvider`."""

    def charge(self, payment: Payment, way: Way) -> Charge:
        kind = _TYPES.get(payment.method)
        if kind is None or way.scene not in _SCENES.get(kind, {way.scene}):
            raise WayUnknown(method=payment.method.value, scene=way.scene.value)
        metadata = {"payment_id": payment.id, "order_id": payment.order_id}
        params: PaymentIntentCreateParams = {
            "amount": theirs(payment.amount),
            "currency": payment.amount.currency.lower(),
            "allowed_payment_method_types": [kind],
            "metadata": metadata,
            # What is sent on from this charge is listed by this group (`Transfers`).
            "transfer_group": payment.id,
        }
        if kind != "card":
            # A wallet needs nothing from the customer's app: confirmed here, it answers with where to go, which is not
            # the same in every scene.
            metadata["scene"] = way.scene.value
            params["confirm"] = True
            params["payment_method_data"] = {"type": kind}
            params["return_url"] = way.return_url
        if kind == "wechat_pay":
            params["payment_method_options"] = {"wechat_pay": {"client": "web"}}
        with answering():
            intent = self._client.v1.payment_intents.create(params, {"idempotency_key": f"pi:{payment.id}"})
        return _charge(intent)

    def charge_state(self, charge_ref: str) -> Charge:
        with answering():
            return _charge(self._client.v1.payment_intents.retrieve(charge_ref, {"expand": ["latest_charge"]}))

    def find_charge(self, payment: Payment) -> Charge | None:
        # A repeat under the same key would say it in one call, but would also begin what was not begun, and needs the
        # customer's way, which is not kept. Stripe's search knows metadata, but only minutes later. So what was made
        # around that time is read, and the minutes of the first call before the day of its repeats: lists begin with
        # the newest.
        begun = payment.created_at
        with answering() as call:
            for since, until in ((_CLOCKS, _FIRST), (_FIRST, _REPEATS)):
                listed = self._client.v1.payment_intents.list(
                    {
                        "created": {
                            "gte": math.floor((begun + since).timestamp()),
                            "lt": math.floor((begun + until).timestamp()),
                        },
                        "limit": PAGE,
                        "expand": ["data.latest_charge"],
                    },
                    ONCE,
                )
                for intent in call.read(listed.auto_paging_iter()):
                    if told(intent, "payment_id") == payment.id:
                        return _charge(intent)
        return None

    def refund(self, refund: Refund, payment: Payment) -> ProviderRefund:
        with answering():
            made = insisting(
                f"refund:{refund.id}",
                lambda key: self._client.v1.refunds.create(
                    {
                        "payment_intent": payment.charge_ref or "",
                        "amount": theirs(refund.amount),
                        "metadata": {"refund_id": refund.id, "order_id": refund.order_id},
                    },
                    {"idempotency_key": key},
                ),
            )
        return _refund(made)

    def find_refund(self, refund: Refund, payment: Payment) -> ProviderRefund | None:
        with answering() as call:
            listed = self._client.v1.refunds.list({"payment_intent": payment.charge_ref or "", "limit": PAGE})
            made = (_refund(one) for one in call.read(listed.auto_paging_iter()))
            return next((known for known in made if known.refund_id == refund.id), None)

    def refund_state(self, refund_ref: str) -> ProviderRefund:
        with answering():
            return _refund(self._client.v1.refunds.retrieve(refund_ref))


def _charge(intent: stripe.PaymentIntent) -> Charge:
    state = _CHARGE_STATES[intent.status]
    if intent.status == "requires_payment_method" and intent.last_payment_error is not None:
        state = PaymentState.FAILED
    return Charge(
        ref=intent.id,
        state=state,
        received=ours(intent.amount_received, intent.currency),
        payment_id=told(intent, "payment_id"),
        client_secret=intent.client_secret,
        action_url=_action_url(intent.next_action, told(intent, "scene")),
        payer=_payer(intent.latest_charge),
    )


def _action_url(action: Any, scene: str | None) -> str | None:
    """Return where the customer goes on: a page, or what a QR code says."""
    if action is None:
        return None
    code = "data" if scene == Scene.QR else "hosted_instructions_url"
    kinds = action.to_dict()
    for kind, field in (
        ("redirect_to_url", "url"),
        ("alipay_handle_redirect", "url"),
        ("wechat_pay_display_qr_code", code),
    ):
        if kind in kinds:
            url: str = kinds[kind][field]
            return url
    return None


def _payer(attempt: Any) -> str | None:
    """Return who tried last: the card's or wallet's fingerprint, where the attempt is there and says it."""
    details = attempt.payment_method_details if isinstance(attempt, stripe.Charge) else None
    if details is None:
        return None
    known = details.to_dict().get(details.type, {})
    payer: str | None = known.get("buyer_id") or known.get("fingerprint")
    return payer


def _refund(refund: stripe.Refund) -> ProviderRefund:
    state = _REFUND_STATES.get(refund.status or "", RefundState.PENDING)
    return ProviderRefund(ref=refund.id, state=state, refund_id=told(refund, "refund_id"))
