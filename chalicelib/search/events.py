"""Search over the queue, what has changed; and over the clock, what is to be packed."""

from contextlib import suppress
from datetime import datetime

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import queue_handler, schedule_handler
from chalicelib.kit.outbox import SEARCH, Message
from chalicelib.search import use_cases
from chalicelib.search.use_cases.page import refresh_page

bp = Blueprint(__name__)

HEARD = frozenset({"shop.changed", "shop.closed", "review.rating_changed", "coupon.campaign_changed"})


@queue_handler(bp, SEARCH, name="search-index")
def index(message: Message) -> None:
    if message.type not in HEARD:
        raise ValueError(f"search does not know what to do about {message.type}")
    told = message.payload
    try:
        use_cases.index_shop(wiring.search_index(), told["shop_id"], told.get("campaign_id"))
    except Exception:
        # Whatever keeps a shop from being indexed is no reason for its page to stay behind.
        with suppress(Exception):
            _refresh(message)
        raise
    _refresh(message)


def _refresh(message: Message) -> None:
    if message.type != "coupon.campaign_changed":  # pages say nothing of coupons
        refresh_page(wiring.pages(), message.payload["shop_id"], message.payload.get("review_id"))


@schedule_handler(bp, "cron(10 19 * * ? *)", name="search-pack")
def pack(_as_of: datetime) -> dict[str, int]:
    return vars(use_cases.pack_all(wiring.search_index()))
