"""What shops tell others."""

from datetime import datetime

from chalicelib.kit.outbox import SEARCH, Message
from chalicelib.shops.rules import Shop, Status


def changed(shop: Shop, now: datetime) -> Message:
    """Return the message that a shop has a new version, or is closed: `{"shop_id": ...}` with the shop's version."""
    happening = "shop.closed" if shop.status is Status.CLOSED else "shop.changed"
    return Message(happening, (SEARCH,), {"shop_id": shop.id}, now, version=shop.version)
