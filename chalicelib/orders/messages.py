"""What orders tell."""

from datetime import datetime

from chalicelib.kit.ids import derived_id
from chalicelib.kit.outbox import MODERATION, NOTIFICATIONS, PAYMENTS, REMINDERS, Message
from chalicelib.orders.rules import Order

CONFIRMED = "order.confirmed"
CANCELLED = "order.cancelled"
EXPIRED = "order.expired"
REFUNDED = "order.refunded"
COMPLETED = "order.completed"
CHANGED = "order.changed"
REFUND_DUE = "order.refund_due"

UNFULFILLED, CANCELLED_LINES, NO_SHOW, CHEAPER = "unfulfilled", "cancelled", "no-show", "changed"
GIVEN_BACK = "given-back"
"""Why an order's own money goes back; from the second refund on with its number behind, see `numbered`."""


_ALSO = {**dict.fromkeys((CONFIRMED, CANCELLED, CHANGED), (REMINDERS,)), REFUNDED: (MODERATION,)}
"""Who hears of it beside those whom it concerns: reminders, of when somebody comes or whether they do; moderation, of
money that went back: what was praised may have cost nothing."""


def told(kind: str, order: Order, at: datetime) -> Message:
    """Something happened to an order that its customer and its merchant want to know."""
    return Message(
        type=kind,
        queues=(NOTIFICATIONS, *_ALSO.get(kind, ())),
        payload={
            "order_id": order.id,
            "customer_id": order.customer_id,
            "merchant_id": order.merchant_id,
            "shop_id": order.shop_id,
        },
        occurred_at=at,
        version=order.version,
    )


def numbered(reason: str, turn: int) -> str:
    """Return the reason of an order's n-th refund: `cancelled`, `cancelled-2`."""
    return reason if turn <= 1 else f"{reason}-{turn}"


def turn_of(reason: str) -> int:
    """Return which refund a reason speaks of; 0 for one of all that the order was paid."""
    if reason == UNFULFILLED:
        return 0
    number = reason.rpartition("-")[2]
    return int(number) if number.isdecimal() else 1


def refund_due(
    order: Order,
    payment_id: str,
    amount: int,
    reason: str,
    at: datetime,
    *,
    of_merchant: int = 0,
    by_customer: bool = False,
) -> Message:
    """A payment's money, or a part of it (minor units), goes back. Its id and `refund_key` follow from order, payment
    and reason, so that a repeat is the same refund. `of_merchant`: so much of it has fallen due to the merchant already
    and is taken from there. `by_customer`: they wanted it so, without the shop's doing.
    """
    refund_key = f"{order.id}:{payment_id}:{reason}"
    return Message(
        type=REFUND_DUE,
        queues=(PAYMENTS,),
        payload={
            "order_id": order.id,
            "payment_id": payment_id,
            "amount": amount,
            "currency": order.currency,
            "reason": reason,
            "refund_key": refund_key,
            "of_merchant": of_merchant,
            "by_customer": by_customer,
        },
        occurred_at=at,
        version=order.version,
        id=derived_id("msg", refund_key),
    )
