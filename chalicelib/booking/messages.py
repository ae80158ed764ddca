"""What bookings tell."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from chalicelib.booking.rules.days import Claim
from chalicelib.booking.rules.waits import Wait
from chalicelib.kit.clock import iso, parse
from chalicelib.kit.outbox import BOOKING, NOTIFICATIONS, SEARCH, Message
from chalicelib.kit.wall import Window
from chalicelib.orders.ports import Order

TIME_CHANGED = "booking.time_changed"
WAIT_LOOKS = "booking.wait_looks"
CALLED_OFF = "booking.session_called_off"


def called_off(session_id: str, booking_ids: Sequence[str], at: datetime) -> Message:
    """Some of those who have seats of a session that was called off."""
    return Message(
        type=CALLED_OFF,
        queues=(BOOKING,),
        payload={"session_id": session_id, "booking_ids": list(booking_ids)},
        occurred_at=at,
    )


def time_changed(shop_id: str, took: Iterable[Claim], freed: Iterable[Claim], at: datetime) -> Message:
    """Some time of a shop was taken, or can be had again; also that of a hold of which it was only now written that it
    ran out. Who hears of it reads what is free now.
    """
    return Message(
        type=TIME_CHANGED,
        queues=(BOOKING, SEARCH),
        payload={"shop_id": shop_id, "took": _spans(took), "freed": _spans(freed)},
        occurred_at=at,
    )


def _spans(claims: Iterable[Claim]) -> list[list[str]]:
    return [[one.resource_id, iso(one.start), iso(one.end)] for one in claims]


def changed(message: Message) -> list[Window]:
    """Return when, by a message of `TIME_CHANGED`, time was taken or can be had again."""
    spans = (*message.payload["took"], *message.payload["freed"])
    return [Window(parse(start), parse(end)) for _, start, end in spans]


def freed(message: Message) -> list[Claim]:
    """Return what a message of `TIME_CHANGED` says can be had again."""
    return [Claim(resource_id, parse(start), parse(end)) for resource_id, start, end in message.payload["freed"]]


def wait_looks(wait: Wait, shop_ids: Sequence[str], at: datetime) -> Message:
    """A wait looks at all that is free at some shops: it is new, or an offer kept it from what came free meanwhile."""
    return Message(
        type=WAIT_LOOKS,
        queues=(BOOKING,),
        payload={"wait_id": wait.id, "shop_ids": list(shop_ids)},
        occurred_at=at,
    )


def wait_offered(wait: Wait, order: Order, at: datetime) -> Message:
    """A time is held for somebody who waits, until it is paid or runs out."""
    return Message(
        type="wait.offered",
        queues=(NOTIFICATIONS,),
        payload={
            "wait_id": wait.id,
            "order_id": order.id,
            "customer_id": wait.customer_id,
            "until": iso(order.hold_until),
        },
        occurred_at=at,
        version=wait.version,
    )
