"""Search over the queue, what has changed; and over the clock, what is to be packed, and which date comes into view."""

from datetime import datetime

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.booking.messages import TIME_CHANGED, changed
from chalicelib.kit.events import queue_handler, schedule_handler
from chalicelib.kit.outbox import SEARCH, Message
from chalicelib.search import use_cases
from chalicelib.search.use_cases.maps import go_round, refresh_maps
from chalicelib.search.use_cases.page import refresh_page

bp = Blueprint(__name__)

HEARD = frozenset({"shop.changed", "shop.closed", "review.rating_changed", "coupon.campaign_changed"})
_OF_SHOP = frozenset({"shop.changed", "shop.closed"})


@queue_handler(bp, SEARCH, name="search-index")
def index(message: Message) -> None:
    if message.type == TIME_CHANGED:
        refresh_maps(wiring.free_maps(), message.payload["shop_id"], changed(message))
        return
    if message.type not in HEARD:
        raise ValueError(f"search does not know what to do about {message.type}")
    failed = []
    for work in (_index, _page, _maps):
        # Whatever keeps a shop from being indexed is no reason for its page and its maps to stay behind.
        try:
            work(message)
        except Exception as error:  # noqa: BLE001 - raised below
            failed.append(error)
    if failed:
        raise failed[0]


def _index(message: Message) -> None:
    use_cases.index_shop(wiring.search_index(), message.payload["shop_id"], message.payload.get("campaign_id"))


def _page(message: Message) -> None:
    if message.type != "coupon.campaign_changed":  # pages say nothing of coupons
        refresh_page(wiring.pages(), message.payload["shop_id"], message.payload.get("review_id"))


def _maps(message: Message) -> None:
    if message.type in _OF_SHOP:
        refresh_maps(wiring.free_maps(), message.payload["shop_id"])


@schedule_handler(bp, "cron(10 19 * * ? *)", name="search-pack")
def pack(_as_of: datetime) -> dict[str, int]:
    return vars(use_cases.pack_all(wiring.search_index()))


@schedule_handler(bp, "cron(25 * * * ? *)", name="search-free")
def free(as_of: datetime) -> dict[str, int]:
    return vars(go_round(wiring.free_maps(), as_of))
