"""Stripe behind the domain's words. The only file that imports the SDK, and it is imported only where money moves.

Timeouts are bounded: a call with its one retry ends well inside API Gateway's 29 seconds. Whatever is created carries
an idempotency key made of our own id, so that a retry whose first answer was lost creates nothing twice. The SDK's
version pins Stripe's API version; with an `sk_test_` key and no other base address the same code talks to Stripe's
test mode.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import stripe

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.money import Money
from chalicelib.kit.observability import log
from chalicelib.payments.rules import (
    TOLERANCE,
    BadSignature,
    Charge,
    Event,
    Method,
    Payment,
    PaymentRefused,
    PaymentState,
    ProviderRefund,
    Refund,
    RefundState,
)

if TYPE_CHECKING:
    from stripe.params import PaymentIntentCreateParams

_TIMEOUTS = (3.0, 8.0)  # seconds to connect, to read

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
_SUBJECTS = {"payment_intent": "charge", "refund": "refund"}


class StripeProvider:
    """See `payments.ports.PaymentProvider`.

    Args:
        api_key: a secret key.
        webhook_secrets: every signing secret that is accepted; two while one is being replaced.
        api_base: another server than Stripe's own.
    """

    def __init__(self, api_key: str, webhook_secrets: tuple[str, ...], api_base: str | None) -> None:
        self._webhook_secrets = webhook_secrets
        self._client = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base} if api_base else None,
            http_client=stripe.RequestsClient(timeout=_TIMEOUTS),
            max_network_retries=1,
        )

    def charge(self, payment: Payment, return_url: str) -> Charge:
        params: PaymentIntentCreateParams = {
            "amount": _theirs(payment.amount),
            "currency": payment.amount.currency.lower(),
            "allowed_payment_method_types": [payment.method.value],
            "metadata": {"payment_id": payment.id, "order_id": payment.order_id},
        }
        if payment.method != Method.CARD:
            # A wallet needs nothing from the customer's app: confirmed here, it answers with where to go.
            params["confirm"] = True
            params["payment_method_data"] = {"type": payment.method.value}
            params["return_url"] = return_url
        if payment.method == Method.WECHAT_PAY:
            params["payment_method_options"] = {"wechat_pay": {"client": "web"}}
        with _answering():
            intent = self._client.v1.payment_intents.create(params, {"idempotency_key": f"pi:{payment.id}"})
        return _charge(intent)

    def charge_state(self, charge_ref: str) -> Charge:
        with _answering():
            return _charge(self._client.v1.payment_intents.retrieve(charge_ref))

    def refund(self, refund: Refund, charge_ref: str) -> ProviderRefund:
        with _answering():
            made = self._client.v1.refunds.create(
                {
                    "payment_intent": charge_ref,
                    "amount": _theirs(refund.amount),
                    "metadata": {"refund_id": refund.id, "order_id": refund.order_id},
                },
                {"idempotency_key": f"refund:{refund.id}"},
            )
        return _refund(made)

    def find_refund(self, refund: Refund, charge_ref: str) -> ProviderRefund | None:
        with _answering():
            made = self._client.v1.refunds.list({"payment_intent": charge_ref, "limit": 100}).auto_paging_iter()
            return next((known for one in made if (known := _refund(one)).refund_id == refund.id), None)

    def refund_state(self, refund_ref: str) -> ProviderRefund:
        with _answering():
            return _refund(self._client.v1.refunds.retrieve(refund_ref))

    def read_event(self, raw: bytes, signature: str, now: datetime) -> Event:
        if not any(_signed(raw, signature, secret, now) for secret in self._webhook_secrets):
            raise BadSignature
        body = json.loads(raw)
        about = body["data"]["object"]
        return Event(
            id=body["id"],
            subject=_SUBJECTS.get(about.get("object"), "other"),
            ref=about.get("id", ""),
            type=body["type"],
        )


def _signed(raw: bytes, header: str, secret: str, now: datetime) -> bool:
    """The SDK compares the signature; the time is checked here, because the SDK lets the future pass."""
    if not header.isascii():  # the SDK's comparison raises on these
        return False
    try:
        stripe.WebhookSignature.verify_header(raw.decode(), header, secret)
        # The scheme of the header: t=<seconds>,v1=<hex>[,v1=...]; the SDK has just parsed it.
        stamp = next(int(part[2:]) for part in header.split(",") if part.startswith("t="))
        return abs(now - datetime.fromtimestamp(stamp, UTC)) <= TOLERANCE
    except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError, OverflowError, StopIteration):
        return False


@contextmanager
def _answering() -> Iterator[None]:
    """Tell a provider that did not answer from one that said no."""
    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError) as error:
        raise Unavailable(retry_after=2) from error
    except stripe.StripeError as error:
        if error.http_status is None or error.http_status >= 500 or error.http_status == 409:  # noqa: PLR2004 - HTTP's own
            raise Unavailable(retry_after=2) from error
        log.warning("stripe refused", status=error.http_status, code=error.code, stripe_request=error.request_id)
        raise PaymentRefused(reason=error.code or "refused") from error


def _charge(intent: stripe.PaymentIntent) -> Charge:
    state = _CHARGE_STATES[intent.status]
    if intent.status == "requires_payment_method" and intent.last_payment_error is not None:
        state = PaymentState.FAILED
    return Charge(
        ref=intent.id,
        state=state,
        received=_ours(intent.amount_received, intent.currency.upper()),
        payment_id=_told(intent, "payment_id"),
        client_secret=intent.client_secret,
        action_url=_action_url(intent.next_action),
    )


# Where an amount in Stripe's API is not in the minor units of ISO 4217 (docs.stripe.com/currencies): the króna and the
# Ugandan shilling are sent with two decimals that are always 00, the ariary without its two.
_TIMES = {"ISK": 100, "UGX": 100}
_DIVIDED = {"MGA": 100}


def _theirs(money: Money) -> int:
    """Return an amount as Stripe counts it.

    Raises:
        PaymentRefused: Stripe has no such amount.
    """
    amount, rest = divmod(money.amount * _TIMES.get(money.currency, 1), _DIVIDED.get(money.currency, 1))
    if rest:
        raise PaymentRefused(reason="amount_has_decimals")
    return amount


def _ours(amount: int, currency: str) -> Money:
    return Money(amount * _DIVIDED.get(currency, 1) // _TIMES.get(currency, 1), currency)


def _action_url(action: Any) -> str | None:
    """Return where the customer goes on: a wallet's page, or what its QR code says."""
    if action is None:
        return None
    kinds = action.to_dict()
    for kind, field in (
        ("redirect_to_url", "url"),
        ("alipay_handle_redirect", "url"),
        ("wechat_pay_display_qr_code", "data"),
    ):
        if kind in kinds:
            url: str = kinds[kind][field]
            return url
    return None


def _refund(refund: stripe.Refund) -> ProviderRefund:
    state = _REFUND_STATES.get(refund.status or "", RefundState.PENDING)
    return ProviderRefund(ref=refund.id, state=state, refund_id=_told(refund, "refund_id"))


def _told(thing: Any, name: str) -> str | None:
    """Return what we wrote into an object's metadata."""
    metadata = thing.metadata
    value: str | None = metadata[name] if metadata is not None and name in metadata else None
    return value
