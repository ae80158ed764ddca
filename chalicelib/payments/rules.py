"""What a payment and a refund are, and how they may move: only forwards, whatever order events arrive in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.kit.errors import Conflict, Malformed
from chalicelib.kit.i18n import Text
from chalicelib.kit.money import Money


class Method(StrEnum):
    """How a customer pays."""

    CARD = "card"
    ALIPAY = "alipay"
    WECHAT_PAY = "wechat_pay"


class PaymentState(StrEnum):
    """Where a payment stands; the last two are final, but money that arrives after `failed` still counts."""

    CREATED = "created"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUCCEEDED = "succeeded"


# Higher never goes back to lower: an old event that arrives late, or an old answer, changes nothing. A failed attempt
# may be tried again by the customer on the same payment, so failed, action and processing follow each other freely.
_RANK = {
    PaymentState.CREATED: 0,
    PaymentState.REQUIRES_ACTION: 1,
    PaymentState.PROCESSING: 1,
    PaymentState.FAILED: 1,
    PaymentState.CANCELLED: 2,
    PaymentState.SUCCEEDED: 3,
}


class RefundState(StrEnum):
    """Where a refund stands. What succeeded can still fail, when the customer's bank sends it back; then it ends."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


def moves(now: PaymentState, then: PaymentState) -> bool:
    """Say whether a payment goes on from `now` to `then`."""
    return now != then and _RANK[then] >= _RANK[now] and now != PaymentState.SUCCEEDED


def states_before(state: PaymentState) -> list[PaymentState]:
    """Return the states that may go on to `state`: the condition of its write."""
    return [other for other in PaymentState if moves(other, state)]


@dataclass(frozen=True)
class Payment:
    """One attempt to pay an order.

    Attributes:
        charge_ref: the provider's id of it, None until the provider has answered.
        client_secret: what the customer's app confirms it with; only in the answer that creates it.
        action_url: where the customer goes on (wallet page, QR code), None where the app does it itself.
    """

    id: str
    order_id: str
    customer_id: str
    amount: Money
    method: Method
    state: PaymentState
    created_at: datetime
    charge_ref: str | None = None
    client_secret: str | None = None
    action_url: str | None = None


@dataclass(frozen=True)
class Refund:
    """Money on its way back; `id` follows from what it is for, so that no refund is made twice."""

    id: str
    order_id: str
    payment_id: str
    amount: Money
    reason: str
    state: RefundState
    created_at: datetime
    refund_ref: str | None = None


@dataclass(frozen=True)
class Charge:
    """What the provider says of a payment.

    Attributes:
        ref: the provider's id.
        received: what arrived; zero until it succeeded.
        payment_id: our own id, as we gave it to the provider; None for a charge that is not ours.
    """

    ref: str
    state: PaymentState
    received: Money
    payment_id: str | None
    client_secret: str | None = None
    action_url: str | None = None


@dataclass(frozen=True)
class ProviderRefund:
    """What the provider says of a refund; `refund_id` is ours, None for one that was not made by us."""

    ref: str
    state: RefundState
    refund_id: str | None


@dataclass(frozen=True)
class Event:
    """A verified notice of the provider: what it is about, never what to believe: the object is fetched again.

    Attributes:
        subject: charge, refund or other.
    """

    id: str
    subject: str
    ref: str
    type: str


# A signature may be this old, or from a clock this far ahead.
TOLERANCE = timedelta(seconds=300)


class BadSignature(Malformed):
    code = "bad-signature"
    title = Text("The signature does not match", "签名不匹配")
    detail = Text("The event was not signed by the provider, or too long ago.", "事件签名无效或已过期。")


class PaymentRefused(Conflict):
    code = "payment-refused"
    title = Text("The payment provider refused", "支付渠道拒绝了请求")
    detail = Text("Choose another way to pay. ({reason})", "请选择其他支付方式。（{reason}）")


class AmountMismatch(Exception):  # noqa: N818 - for people, not for clients: it ends in the dead-letter queue
    """The provider received another amount than the payment asks for: nobody may decide this but a person."""


class NotYetKnown(Exception):  # noqa: N818 - the queue's retry is the answer
    """An event is about something that our own rows do not show yet."""


class Moved(Exception):  # noqa: N818 - an answer, not an error
    """Somebody else has moved it on: there is nothing left to do."""
