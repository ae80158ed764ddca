"""Search over the queue: shops and ratings that have changed."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.events import queue_handler
from chalicelib.kit.outbox import SEARCH, Message
from chalicelib.search import use_cases

bp = Blueprint(__name__)

HEARD = frozenset({"shop.changed", "shop.closed", "review.rating_changed"})


@queue_handler(bp, SEARCH, name="search-index")
def index(message: Message) -> None:
    if message.type not in HEARD:
        raise ValueError(f"search does not know what to do about {message.type}")
    use_cases.index_shop(wiring.search(), message.payload["shop_id"])
