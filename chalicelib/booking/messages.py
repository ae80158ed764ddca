"""What bookings tell."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from chalicelib.booking.rules.days import Claim
from chalicelib.kit.clock import iso
from chalicelib.kit.outbox import BOOKING, Message

TIME_CHANGED = "booking.time_changed"
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
        queues=(BOOKING,),
        payload={"shop_id": shop_id, "took": _spans(took), "freed": _spans(freed)},
        occurred_at=at,
    )


def _spans(claims: Iterable[Claim]) -> list[list[str]]:
    return [[one.resource_id, iso(one.start), iso(one.end)] for one in claims]
