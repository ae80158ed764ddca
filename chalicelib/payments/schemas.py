"""Payments over the wire."""

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Moment, MoneyOut
from chalicelib.payments import rules
from chalicelib.payments.rules import Method, PaymentState


class NewPayment(Wire):
    """How a held order is to be paid."""

    method: Method = Field(examples=["card"])
    return_url: str = Field(
        default="https://linli.example/return",
        max_length=500,
        pattern="^(https://|http://127\\.0\\.0\\.1[:/]|[a-z][a-z0-9+.-]{2,30}://)",
        description="Where the wallet sends the customer back: an https address or an app's own scheme.",
        examples=["https://linli.example/return"],
    )


class Payment(Wire):
    """A payment as it stands."""

    id: str = Field(examples=["pay_01jd8z5v0q3w4x5y6z7a8b9c0d"])
    order_id: str
    amount: MoneyOut
    method: Method
    state: PaymentState
    client_secret: str | None = Field(
        default=None, description="What the customer's app confirms a card payment with; only in the first answer."
    )
    action_url: str | None = Field(
        default=None, description="Where the customer goes on: a wallet's page, or the content of its QR code."
    )
    created_at: Moment

    @classmethod
    def of(cls, payment: rules.Payment) -> "Payment":
        return cls(
            id=payment.id,
            order_id=payment.order_id,
            amount=MoneyOut.of(payment.amount),
            method=payment.method,
            state=payment.state,
            client_secret=payment.client_secret,
            action_url=payment.action_url,
            created_at=payment.created_at,
        )


class Received(Wire):
    """A notice was taken; its work comes later."""

    received: bool = True
