"""Paying an order, and the provider's notices."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.auth import PUBLIC, SIGNED_IN
from chalicelib.kit.errors import Conflict, Unavailable
from chalicelib.kit.http import Call, endpoint
from chalicelib.orders.ports import HoldRanOut, NotPossible
from chalicelib.payments import schemas, use_cases
from chalicelib.payments.rules import BadSignature, PaymentRefused

bp = Blueprint(__name__)
_PAYMENTS = "/v1/orders/{order_id}/payments"
_LARGEST_EVENT = 256 * 1024  # bytes


@endpoint(
    bp, "POST", _PAYMENTS, summary="Begin to pay a held order", tag="payments", roles=SIGNED_IN,
    body=schemas.NewPayment, returns=schemas.Payment, status=201, idempotent=True,
    errors=(Conflict, HoldRanOut, NotPossible, PaymentRefused, Unavailable),
)  # fmt: skip
def pay(call: Call, order_id: str) -> schemas.Payment:
    once = call.once(schemas.Payment.of)
    payment = use_cases.pay(wiring.payments(), call.actor, order_id, call.body.method, call.body.return_url, once)
    return schemas.Payment.of(payment)


@endpoint(
    bp, "GET", _PAYMENTS + "/{payment_id}", summary="How a payment stands now", tag="payments", roles=SIGNED_IN,
    returns=schemas.Payment, errors=(Unavailable,),
)  # fmt: skip
def look(call: Call, order_id: str, payment_id: str) -> schemas.Payment:
    return schemas.Payment.of(use_cases.look(wiring.payments(), call.actor, order_id, payment_id))


@endpoint(
    bp, "POST", "/v1/webhooks/stripe", summary="Notices from Stripe, signed", tag="payments", roles=PUBLIC,
    returns=schemas.Received, errors=(BadSignature,), max_body=_LARGEST_EVENT,
)  # fmt: skip
def stripe_notice(call: Call) -> schemas.Received:
    use_cases.acknowledge(wiring.payments(), call.raw_body, call.headers.get("stripe-signature", ""))
    return schemas.Received()
