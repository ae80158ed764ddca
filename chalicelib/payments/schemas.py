"""Payments over the wire."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Moment, MoneyOut
from chalicelib.payments import rules
from chalicelib.payments.rules import Method, PaymentState

_REST = r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*"  # what a URL is written with (RFC 3986): no space, no line break
_SITE = rf"(https://[A-Za-z0-9.-]+|http://127\.0\.0\.1)(:[0-9]{{1,5}})?([/?#]{_REST})?"
_APP = rf"[a-z][a-z0-9+.-]{{2,30}}://{_REST}"
_NO_APP = re.compile("(about|blob|data|file|filesystem|ftp|https?|javascript|vbscript|wss?):")


def _of_site_or_app(url: str) -> str:
    if _NO_APP.match(url) and not re.fullmatch(_SITE, url):
        raise ValueError("an https address without a user, or an app's own scheme")
    return url


ReturnUrl = Annotated[str, Field(max_length=500, pattern=f"^({_SITE}|{_APP})$"), AfterValidator(_of_site_or_app)]


class NewPayment(Wire):
    """How a held order is to be paid."""

    method: Method = Field(examples=["card"])
    return_url: ReturnUrl = Field(
        default="https://linli.example/return",
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
