"""What orders tell."""

from datetime import datetime

from chalicelib.kit.ids import derived_id
from chalicelib.kit.outbox import NOTIFICATIONS, PAYMENTS, Message
from chalicelib.orders.rules import Order

CONFIRMED = "order.confirmed"
CANCELLED = "order.cancelled"
EXPIRED = "order.expired"
REFUNDED = "order.refunded"
COMPLETED = "order.completed"
REFUND_DUE = "order.refund_due"


def told(kind: str, order: Order, at: datetime) -> Message:
    """Something happened to an order that its customer and its merchant want to know."""
    return Message(
        type=kind,
        queues=(NOTIFICATIONS,),
        payload={
            "order_id": order.id,
            "customer_id": order.customer_id,
            "merchant_id": order.merchant_id,
            "shop_id": order.shop_id,
        },
        occurred_at=at,
        version=order.version,
    )


def refund_due(order: Order, payment_id: str, amount: int, reason: str, at: datetime) -> Message:
    """A payment's money, or a part of it (minor units), goes back. Its id and `refund_key` follow from order, payment
    and reason, so that a repeat is the same refund.
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
        },
        occurred_at=at,
        version=order.version,
        id=derived_id("msg", refund_key),
    )
