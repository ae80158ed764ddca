"""Shops and ratings as the other domains' stores hand them out."""

from datetime import UTC, datetime
from types import SimpleNamespace

from chalicelib.reviews.ports import Rating
from chalicelib.search.ports import SearchPorts
from chalicelib.shops.ports import Listing, Position, Shop, Status


def listing(shop_id="shp_1", lat=31.2, lon=121.4, version=1, status=Status.OPEN, offerings=(), **more):
    fields = {"name": "店", "categories": ("barber",), "address": "路 1 号", "zone": "Asia/Shanghai", "currency": "CNY"}
    shop = Shop(
        id=shop_id,
        merchant_id="acc_merchant",
        created_at=datetime(2030, 1, 1, tzinfo=UTC),
        position=Position(lat, lon),
        version=version,
        status=status,
        **{**fields, "hours": (), **more},
    )
    return Listing(shop, tuple(offerings), ())


class Town:
    """What is true now; `ports` reads it through the other domains' use cases."""

    def __init__(self, *listings):
        self.listings = {one.shop.id: one for one in listings}
        self.ratings = {}
        self.rating_reads = 0

    def put(self, one):
        self.listings[one.shop.id] = one

    def rating(self, shop_id):
        self.rating_reads += 1
        return self.ratings.get(shop_id, Rating())

    def ports(self, index, places=None):
        shops = SimpleNamespace(store=SimpleNamespace(listing=self.listings.get))
        reviews = SimpleNamespace(store=SimpleNamespace(rating=self.rating))
        return SearchPorts(places=places or index, index=index, shops=shops, reviews=reviews)
