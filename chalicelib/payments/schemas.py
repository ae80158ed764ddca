"""Payments over the wire."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field

from chalicelib.kit.http import Wire
from chalicelib.kit.money import Money
from chalicelib.kit.wire import Line, Lines, Moment, MoneyIn, MoneyOut
from chalicelib.payments import rules
from chalicelib.payments.rules import DisputeState, Method, PaymentState, RefundState, Scene

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
    scene: Scene = Field(
        default=Scene.PAGE,
        description="Where a wallet is used: on a page, by scanning a QR code, from an app, or inside the wallet.",
    )
    payer: str | None = Field(
        default=None,
        pattern="^[A-Za-z0-9_-]{1,128}$",
        description="Who pays, as the wallet calls them (WeChat's openid); needed inside the wallet.",
    )
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
    action_params: dict[str, str] = Field(
        default_factory=dict, description="What the wallet's own SDK is called with, where the customer goes on in it."
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
            action_params=dict(payment.action_params),
            created_at=payment.created_at,
        )


class Received(Wire):
    """A notice was taken; its work comes later."""

    received: bool = True


class Taken(Wire):
    """What WeChat Pay wants to hear."""

    code: str = "SUCCESS"
    message: str = "成功"


class Reason(Wire):
    """Why, for the audit log."""

    reason: Line = Field(min_length=1, max_length=200)


class NewGift(Reason):
    """A balance for a customer."""

    amount: MoneyIn


class Gift(Wire):
    """What was given."""

    customer_id: str
    amount: MoneyOut

    @classmethod
    def of(cls, customer_id: str, amount: Money) -> "Gift":
        return cls(customer_id=customer_id, amount=MoneyOut.of(amount))


class Amounts(Wire):
    """By currency."""

    items: list[MoneyOut]

    @classmethod
    def of(cls, amounts: Iterable[Money]) -> "Amounts":
        return cls(items=[MoneyOut.of(amount) for amount in amounts])


class Refund(Wire):
    """Money on its way back."""

    id: str = Field(examples=["ref_01jd8z5v0q3w4x5y6z7a8b9c0d"])
    order_id: str
    payment_id: str
    amount: MoneyOut
    reason: str = Field(description="What it is for.", examples=["cancelled", "given-back-2", "paid-twice"])
    state: RefundState = Field(
        description="waiting: the payment is disputed; covered: the customer's bank had the money already; "
        "credited: the provider pays it no more, it is on the customer's balance."
    )
    created_at: Moment

    @classmethod
    def of(cls, refund: rules.Refund) -> "Refund":
        return cls(
            id=refund.id,
            order_id=refund.order_id,
            payment_id=refund.payment_id,
            amount=MoneyOut.of(refund.amount),
            reason=refund.reason,
            state=refund.state,
            created_at=refund.created_at,
        )


class OrderMoney(Wire):
    """An order's payments and refunds, oldest first."""

    payments: list[Payment]
    refunds: list[Refund]

    @classmethod
    def of(cls, payments: Iterable[rules.Payment], refunds: Iterable[rules.Refund]) -> "OrderMoney":
        return cls(payments=[Payment.of(one) for one in payments], refunds=[Refund.of(one) for one in refunds])


class Evidence(Wire):
    """What speaks for the merchant: what was agreed, that it was delivered, what was said about it."""

    text: Lines = Field(min_length=20, max_length=20_000)


class Dispute(Wire):
    """A customer's bank asks for a payment's money back."""

    id: str = Field(examples=["dis_01jd8z5v0q3w4x5y6z7a8b9c0d"])
    order_id: str
    payment_id: str
    amount: MoneyOut
    state: DisputeState
    reason: str = Field(description="The bank's word for it.", examples=["product_not_received"])
    evidence_until: Moment | None
    withdrawn: bool = Field(description="The money was taken.")
    reinstated: bool = Field(description="It was given back.")
    lines: dict[str, int] = Field(description="What each line of the order bears, in minor units.")
    created_at: Moment

    @classmethod
    def of(cls, dispute: rules.Dispute) -> "Dispute":
        return cls(
            id=dispute.id,
            order_id=dispute.order_id,
            payment_id=dispute.payment_id,
            amount=MoneyOut.of(dispute.amount),
            state=dispute.state,
            reason=dispute.reason,
            evidence_until=dispute.evidence_until,
            withdrawn=dispute.withdrawn,
            reinstated=dispute.reinstated,
            lines=dict(dispute.parts),
            created_at=dispute.created_at,
        )


class Disputes(Wire):
    """A page of disputes, newest first."""

    items: list[Dispute]
    next_cursor: str | None
