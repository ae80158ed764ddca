"""Reviews of lines in one shop, and who writes them."""

from datetime import UTC, datetime, timedelta

from chalicelib import wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.reviews.ports import Shown
from chalicelib.reviews.rules import Review, Side, State, review_id
from chalicelib.reviews.store import ReviewStore
from chalicelib.reviews.use_cases import Opinion, write, write_of_guest
from tests.api import CUSTOMER, MERCHANT

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
GOOD = Opinion(stars=5, text="手艺很好", language="zh-CN")
POLITE = Opinion(stars=4, text="准时到店", language="zh-CN")
STORE = ReviewStore()
PHOTO = Shown("med_1", "p1", "image/jpeg", ((320, 240), (960, 720)))


def customer(number):
    return Actor(f"acc_{number}", frozenset({Role.CUSTOMER}), f"ses_{number}")


def review(number=1, stars=5, shop="shp_1", at=NOW, **changes):
    """A shown review of line `number`."""
    known = {
        "id": review_id(f"lin_{number}", changes.get("side", Side.CUSTOMER)),
        "shop_id": shop,
        "merchant_id": MERCHANT.account_id,
        "order_id": f"ord_{number}",
        "line_id": f"lin_{number}",
        "author_id": CUSTOMER.account_id,
        "author": "张*",
        "stars": stars,
        "text": "手艺很好",
        "language": "zh-CN",
        "created_at": at,
    }
    return Review(**known | changes)


def blind(number=1, stars=5, at=NOW, **changes):
    """One that nobody has opened yet."""
    waits = {"state": State.BLIND, "opened": False, "opens_at": at + timedelta(days=14)}
    return review(number, stars, at=at, **waits | changes)


def put(*reviews):
    """Write them as the first of their lines."""
    for one in reviews:
        wiring.committer().commit(STORE.write(one, None, None))


def both(ports, number=1, opinion=GOOD, guest=POLITE):
    """Both sides write of a line: the customer's review is shown."""
    write_of_guest(ports, MERCHANT, f"ord_{number}", f"lin_{number}", guest, None)
    return write(ports, CUSTOMER, f"ord_{number}", f"lin_{number}", opinion, None)
