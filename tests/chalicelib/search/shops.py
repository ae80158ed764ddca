"""Shops and ratings as the other domains' stores hand them out."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

from chalicelib import wiring
from chalicelib.kit.pagination import Page
from chalicelib.reviews.ports import Rating
from chalicelib.search.index_ports import IndexPorts
from chalicelib.search.ports import SearchPorts
from chalicelib.shops.ports import Listing, Position, Shop, Status
from tests.fakes.search import FakePacks, FakePlaces
from tests.fakes.time import FakeClock

NOW = datetime(2030, 5, 1, 4, tzinfo=UTC)


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
    """What is true now; `index_ports` reads it through the other domains' use cases."""

    def __init__(self, *listings):
        self.listings = {one.shop.id: one for one in listings}
        self.ratings = {}
        self.campaigns = []  # as they are
        self.hidden = set()  # ids of those that the list of a shop does not show yet
        self.rating_reads = 0

    def put(self, one):
        self.listings[one.shop.id] = one

    def rating(self, shop_id):
        self.rating_reads += 1
        return self.ratings.get(shop_id, Rating())

    def coupons(self, _shop_id, _after, _limit):
        return Page(tuple(one for one in self.campaigns if one.id not in self.hidden), None)

    def campaign(self, campaign_id):
        return next((one for one in self.campaigns if one.id == campaign_id), None)

    def index_ports(self, index, packs=None, places=None):
        """What keeping the index true is given; other domains' stores answer from here."""
        clock = FakeClock(NOW)
        return IndexPorts(
            places=places or FakePlaces(),
            index=index,
            packs=packs or FakePacks(clock),
            shops=SimpleNamespace(store=SimpleNamespace(listing=self.listings.get)),
            reviews=SimpleNamespace(store=SimpleNamespace(rating=self.rating)),
            coupons=SimpleNamespace(store=SimpleNamespace(campaigns=self.coupons, campaign=self.campaign)),
            clock=clock,
        )


class Forgetful:
    """A memory that never knows."""

    def nearest(self, _query):
        return None


def search_ports(places, memory=None, areas=None):
    """What searching is given."""
    return SearchPorts(places, memory or Forgetful(), areas or places, FakeClock(NOW))


def rows_only():
    """What searching is given, without the memory that may be some seconds behind."""
    return replace(wiring.search(), memory=Forgetful())
