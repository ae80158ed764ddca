"""What reminders tell."""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.kit.clock import iso
from chalicelib.kit.ids import derived_id
from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.orders.ports import Line, Order
from chalicelib.reminders.rules import Reminder


def told(reminder: Reminder, lines: Sequence[Line], order: Order, at: datetime) -> Message:
    """A visit is near, of these lines: `visit.day_before`, `visit.soon`. The id follows from what it says, so that
    whatever happens its reader is told once.
    """
    type_ = f"visit.{reminder.kind}"
    return Message(
        type=type_,
        queues=(NOTIFICATIONS,),
        payload={
            "order_id": order.id,
            "line_ids": [line.id for line in lines],
            "customer_id": order.customer_id,
            "shop_id": order.shop_id,
            "starts_at": iso(reminder.starts_at),
            "until": iso(reminder.until),
        },
        occurred_at=at,
        version=order.version,
        id=derived_id("msg", type_, order.id, iso(reminder.starts_at)),
    )
