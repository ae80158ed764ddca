"""Free maps as rows: the same answers as in memory, no ghosts, and what they cost."""

import math
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.booking.ports import Claim, Day
from chalicelib.booking.rules.days import Diary
from chalicelib.booking.store import BookingTable
from chalicelib.kit.dynamo import DynamoCommitter, meter
from chalicelib.kit.transaction import Contention
from chalicelib.kit.wall import Window
from chalicelib.reviews.ports import Rating
from chalicelib.search import free_maps, rules
from chalicelib.search.budget import A_REQUEST
from chalicelib.search.free_ports import Ask, FreePorts, MapEntry, MapHead, Round
from chalicelib.search.store import SearchStore
from chalicelib.search.store.free import FreeStore, MapHeadRow, MapRow
from chalicelib.search.use_cases.free import FreeWish, find_free
from chalicelib.search.use_cases.maps import refresh_maps
from chalicelib.shops.ports import Position
from tests.chalicelib.booking.world import ALWAYS, NOW, at, listing, offering
from tests.chalicelib.search.free_town import CENTRE, EVENING, MAY_2, Town, barber
from tests.chalicelib.search.indexed import entry as card_entry
from tests.chalicelib.search.indexed import pack as pack_partitions
from tests.emulators import DYNOXIDE
from tests.fakes.time import FakeClock

QUERIES, UNITS = 7, 17.0
"""What the nearest 20 within 2 km may cost at most, on average, without the cards' BatchGet: 10 of the units are its."""


class Kept(Town):
    """A town whose maps and cards are rows; what is taken stays in memory."""

    def __init__(self, *standing, now=NOW):
        self.cards = SearchStore(DynamoCommitter(), FakeClock(now))
        super().__init__(*standing, now=now)
        self.maps = FreeStore(self.cards, DynamoCommitter())
        self.keeping = replace(self.keeping, maps=self.maps)
        for one in standing:
            self.put(one)

    def put(self, one, *, card=True):
        self.listings[one.shop.id] = one
        if isinstance(self.maps, FreeStore) and card:
            before = self.cards.heads([one.shop.id]).get(one.shop.id)
            self.cards.write([card_entry(rules.card_of(one, Rating()), before, one.shop.version)])


def map_rows():
    found = MapRow.scan(attributes_to_get=["pk", "sk"])
    return sorted((row.pk, row.sk) for row in found if row.pk.startswith("F3#"))


def units(table, usage):
    """Read units, which one of the emulators does not tell."""
    return usage.read_units if table.name == DYNOXIDE else 0.0


@pytest.mark.store
def test_what_is_found_is_what_asking_every_shop_would_give(tables):
    chance = random.Random(7)
    town = Kept(*(barber(n, chance.randrange(3000), hours=ALWAYS) for n in range(30)))
    for n in range(30):
        if n % 3:
            town.take(f"shp_{n}", at("00:00"), at(f"{chance.randrange(12, 20)}:00"))
        town.refresh(f"shp_{n}")
    assert town.walk() == town.brute(EVENING) != []
    assert town.walk(limit=4) == town.brute(EVENING)


@pytest.mark.store
def test_a_move_and_other_categories_leave_no_ghost(tables):
    town = Kept(barber(1, 100))
    town.refresh()
    town.put(barber(1, 200_000, version=2, categories=("barber", "spa")))
    assert town.refresh()
    dates = free_maps.in_view(NOW)
    place = rules.place_of(CENTRE[0] + 200_000 / 111_195, CENTRE[1])
    assert map_rows() == sorted(
        (f"F3#{day}#{category}#{place[0]}", f"{place[1]}#shp_1") for day in dates for category in ("barber", "spa")
    )
    town.take("shp_1", at("00:00"), at("23:59"))
    town.refresh("shp_1", (at("00:00"), at("23:59")))
    assert len(map_rows()) == 2 * (len(dates) - 1)
    assert town.maps.heads("shp_1", [MAY_2])[MAY_2] == MapHead(2, 3)


@pytest.mark.store
def test_what_was_read_before_somebody_wrote_is_refused(tables):
    store = FreeStore(None, DynamoCommitter())
    first = MapEntry("shp_1", MAY_2, None, MapHead(1, 1), None, 2_000_000_000)
    store.write([first])
    with pytest.raises(Contention):
        store.write([first])
    store.write([replace(first, before=first.after, after=MapHead(1, 2))])
    with pytest.raises(Contention):
        store.write([replace(first, before=first.after, after=MapHead(1, 2))])
    assert store.heads("shp_1", [MAY_2]) == {MAY_2: MapHead(1, 2)}


@pytest.mark.store
def test_the_round_is_remembered(tables):
    store = FreeStore(None, DynamoCommitter())
    assert store.round() is None
    for one in (Round(MAY_2, "wtw", "shp_1"), Round(MAY_2, "wtw", ""), Round(MAY_2, None)):
        store.keep_round(one)
        assert store.round() == one
    assert not store.asked_round()
    store.ask_round()
    assert store.round() == Round(MAY_2, None)
    assert [store.asked_round(), store.asked_round()] == [True, False]


@pytest.mark.store
def test_many_messages_at_once_end_at_maps_that_are_right(tables):
    """Twelve bookings of one date, each written and its message worked on a thread of its own."""
    town = Kept(barber(1, 0, hours=ALWAYS))
    table, lock = BookingTable(), threading.Lock()
    town.booking.store = table
    town.refresh()
    start = threading.Barrier(12)

    def work(number):
        begin = at("00:00") + timedelta(hours=2 * number)
        start.wait()
        claim = Claim("shp_1", begin, begin + timedelta(hours=1))
        with lock:
            diary = Diary(table.days(claim.keys, consistent=True), NOW)
            diary.take(claim, f"bkg_{number}", None)
            wiring.committer().commit([table.replace_day(day) for day in diary.changed])
        refresh_maps(town.keeping, "shp_1", [Window(claim.start, claim.end)])

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(12)))
    for hour in range(24):
        ask = Ask(MAY_2, f"{hour:02d}:00", f"{hour + 1:02d}:00")
        assert town.walk(ask) == town.brute(ask)
        assert bool(town.walk(ask)) is bool(hour % 2)


def test_rows_die_when_nobody_can_ask_for_them(tables):
    town = Kept(barber(1))
    town.refresh()
    dies = int((at("08:00") + timedelta(days=3)).timestamp())
    assert MapHeadRow.get("S#shp_1", f"FREE#{MAY_2}").expires_at == dies
    [key] = [key for key in map_rows() if key[0].startswith(f"F3#{MAY_2}#")]
    assert MapRow.get(*key).expires_at == dies


def test_what_it_costs_to_keep_maps(tables):
    town = Kept(listing(3, position=Position(*CENTRE)))
    town.booking.store = BookingTable()
    span = at("10:00"), at("11:00")
    with meter.measure() as first:
        town.refresh()
    with meter.measure() as same:
        town.refresh("shp_1", span)
    claims = [Claim(f"stf_{n}", *span) for n in (1, 2, 3)]
    DynamoCommitter().commit([town.booking.store.replace_day(_with(claim)) for claim in claims])
    with meter.measure() as changed:
        town.refresh("shp_1", span)
    dates = len(free_maps.in_view(NOW))
    assert [one.requests for one in (first, same, changed)] == [3, 3, 3]
    # A date in Shanghai lies on two in UTC, so its three people have six rows.
    assert (first.read_units, first.write_units) == (dates + 3 * (dates + 1), 4 * dates)
    assert (same.read_units, same.write_units) == (1 + 6, 2)
    assert (changed.read_units, changed.write_units) == (1 + 6, 4)


def _with(claim):
    diary = Diary([Day(*key) for key in claim.keys], NOW)
    diary.take(claim, "bkg_1", None)
    return diary.changed[0]


def test_the_nearest_twenty_within_two_kilometres_cost_a_search_and_the_cards(tables, record_property):
    """A made-up city of 600 barbers, a third of them free in the evening, nine centres."""
    chance = random.Random(11)
    standing = [
        listing(0, id=f"shp_{n}", hours=ALWAYS, address="上海市静安区安福路 12 号", position=_around(chance))
        for n in range(600)
    ]
    town = Kept()
    cards = [rules.card_of(one, Rating()) for one in standing]
    town.cards.write([card_entry(card) for card in cards])
    pack_partitions(cards)
    town.listings.update((one.shop.id, replace(one, offerings=_five(one, chance))) for one in standing)
    for n in range(600):
        if n % 3:
            town.take(f"shp_{n}", at("12:00"), at("23:00"), n)
        refresh_maps(town.keeping, f"shp_{n}", [Window(at("12:00"), at("13:00"))])
    reader = FreePorts(town.maps, town.maps, town.clock, A_REQUEST)
    town.maps.directories(free_maps.map_index(MAY_2, "barber"), ["wtw", "wtt", "wtq", "wtx"])
    requests, read = [], []
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            centre = CENTRE[0] + dx * 0.01, CENTRE[1] + dy * 0.01
            with meter.measure() as used:
                page = find_free(reader, FreeWish(*centre, 2_000.0, "barber", EVENING), 20)
            assert len(page.items) == 20
            requests.append(used.requests)
            read.append(units(tables, used))
    record_property("figure", f"free near me: {sum(requests) / 9:.1f} requests, {sum(read) / 9:.1f} read units")
    assert sum(requests) / 9 <= QUERIES + 1
    assert sum(read) / 9 <= UNITS


def _around(chance):
    angle, far = chance.random() * 2 * math.pi, 3_500 * math.sqrt(chance.random())
    return Position(CENTRE[0] + far * math.sin(angle) / 111_195, CENTRE[1] + far * math.cos(angle) / 95_000)


def _five(one, chance):
    return tuple(
        offering(id=f"off_{chance.getrandbits(128):026x}", minutes=30 * (1 + n), slot_minutes=15, shop_id=one.shop.id)
        for n in range(5)
    )
