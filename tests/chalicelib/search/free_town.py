"""Shops with something free, the maps that are kept of them, and what asking each of them would give."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from types import SimpleNamespace

from chalicelib.booking import use_cases as booking
from chalicelib.booking.ports import Day
from chalicelib.booking.rules.days import Taken, utc_dates
from chalicelib.kit.wall import Window
from chalicelib.reviews.ports import Rating
from chalicelib.search import rules
from chalicelib.search.distance import haversine
from chalicelib.search.free_ports import Ask, FreePorts, FreeStart, MapPorts
from chalicelib.search.use_cases.free import FreeWish, find_free
from chalicelib.search.use_cases.maps import refresh_maps
from chalicelib.shops.ports import Position, Status
from tests.chalicelib.booking.world import NOW, FakeStore, listing
from tests.fakes.free import FakeMaps
from tests.fakes.time import FakeClock
from tests.zones import slow_moment

CENTRE = 31.2, 121.4
MAY_2 = date(2030, 5, 2)
EVENING = Ask(MAY_2, "17:00", "19:00")


class Town:
    """Shops as they are, what is taken, and the maps that are kept of them."""

    def __init__(self, *standing, now=NOW):
        self.clock = FakeClock(now)
        self.store = FakeStore()
        self.listings = {}
        self.maps = FakeMaps()
        shops = SimpleNamespace(store=SimpleNamespace(listing=self.listings.get, shop=None))
        self.booking = SimpleNamespace(store=self.store, clock=self.clock, shops=shops)
        self.keeping = MapPorts(self.maps, self.maps, shops, self.booking, self.clock)
        for one in standing:
            self.put(one)

    def put(self, one, *, card=True):
        self.listings[one.shop.id] = one
        if card:
            self.maps.put_card(rules.card_of(one, Rating()))

    def take(self, resource, start, end, number=0, hold_until=None):
        for day in utc_dates(start, end):
            row = self.store.day_rows.get((resource, day), Day(resource, day))
            entry = Taken(start, end, f"bkg_{number}", hold_until)
            self.store.day_rows[resource, day] = replace(row, version=row.version + 1, taken=(*row.taken, entry))

    def give_back(self, number):
        for key, row in self.store.day_rows.items():
            left = tuple(one for one in row.taken if one.booking_id != f"bkg_{number}")
            self.store.day_rows[key] = replace(row, taken=left)

    def refresh(self, shop_id="shp_1", *spans):
        return refresh_maps(self.keeping, shop_id, [Window(*span) for span in spans] or None)

    def ports(self, **more):
        return FreePorts(self.maps, self.maps, self.clock, **more)

    def page(self, ask=EVENING, limit=20, after=None, reach=2_000.0, category="barber", **more):
        return find_free(self.ports(**more), FreeWish(*CENTRE, reach, category, ask), limit, after)

    def walk(self, ask=EVENING, limit=20, **more):
        items, after = [], None
        for _ in range(200):
            page = self.page(ask, limit, after, **more)
            items += page.items
            after = page.next
            if after is None:
                return [(one.hit.card.shop_id, one.hit.distance, list(one.starts)) for one in items]
        raise AssertionError("a walk that never ends")

    def brute(self, ask, reach=2_000.0, category="barber"):
        """What asking every shop for the times of all it offers would give."""
        found = []
        for shop_id, one in self.listings.items():
            shop = one.shop
            distance = haversine(*CENTRE, shop.position.lat, shop.position.lon)
            starts = self._starts(one, ask)
            if distance <= reach and category in shop.categories and starts:
                found.append((distance, shop_id, starts))
        return [(shop_id, distance, starts) for distance, shop_id, starts in sorted(found)]

    def _starts(self, one, ask):
        if one.shop.status is not Status.OPEN:
            return []
        begin, end = (moment(ask.day, clock, one.shop.zone) for clock in (ask.begin, ask.end))
        first = {}
        for offered in one.offerings:
            if not offered.active or ask.minutes not in (None, offered.minutes):
                continue
            for free in booking.times(self.booking, one.shop.id, offered.id, ask.day).times:
                if begin <= free.start and free.end <= end:
                    told = FreeStart(free.start, offered.price.amount, offered.id, offered.minutes)
                    first[free.start] = min(first.get(free.start, told), told)
        return sorted(first.values())[:3]


def moment(day, clock, zone):
    """The first moment at which a shop's clock shows that or later, found minute by minute."""
    hours, minutes = map(int, clock.split(":"))
    return slow_moment(datetime.combine(day, time()) + timedelta(hours=hours, minutes=minutes), zone, day)


def barber(n=1, north=0.0, **other):
    """A shop so many metres north of the centre; its staff are its own."""
    return listing(0, id=f"shp_{n}", position=Position(CENTRE[0] + north / 111_195, CENTRE[1]), **other)
