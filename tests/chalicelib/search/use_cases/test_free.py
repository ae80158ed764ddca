"""Free near me: the answer is what asking every shop for its times would give, whatever messages did to each other."""

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.kit.errors import NotFound
from chalicelib.kit.money import Money
from chalicelib.reviews.ports import Rating
from chalicelib.search import free_maps, rules
from chalicelib.search.budget import Budget
from chalicelib.search.free_ports import Ask, FreeStart, Round
from chalicelib.search.use_cases.maps import ROUND, ask_round, go_round
from chalicelib.shops.ports import BookingTerms, Interval, Position, Status
from tests.chalicelib.booking.world import ALWAYS, NOW, at, listing, offering
from tests.chalicelib.search.free_town import CENTRE, EVENING, MAY_2, Town, barber
from tests.zones import ODD, WEEKS

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


CLOCKS = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 40]))
OFFERED = st.tuples(
    st.sampled_from([15, 45, 60, 240, 720]),
    st.sampled_from([0, 10, 240]),
    st.sampled_from([15, 30, 95]),
    st.sets(st.integers(1, 2)),
    st.sampled_from([(), (), (("res_1",),), (("res_1", "res_2"), ("res_2",))]),
    st.sampled_from([100, 200, 200]),
    st.sampled_from([True, True, True, False]),
)
SHOPS = st.tuples(
    WEEKS,
    st.lists(OFFERED, min_size=1, max_size=3),
    st.sampled_from([0, 1, 2]),
    st.sampled_from([(), tuple(Interval(day, "10:00", "14:30") for day in range(7))]),
    st.sampled_from(sorted(ODD)),
    st.builds(BookingTerms, st.sampled_from([0, 0, 90, 3000]), st.sampled_from([90, 90, 2])),
    st.integers(0, 3000),
    st.sampled_from([("barber",), ("spa", "barber"), ("spa",)]),
    st.sampled_from([Status.OPEN] * 4 + [Status.CLOSED]),
)
TAKEN = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["stf_1", "stf_2", "res_1", "res_2"]),
        st.integers(-200, 400),
        st.integers(1, 300),
        st.sampled_from([None, None, -1, 100_000]),
    ),
    max_size=25,
)


def shop_of(number, told):
    week, kinds, staff, shift, zone, terms, metres, categories, status = told
    offered = [
        offering(
            id=f"off_{n}",
            minutes=minutes,
            buffer_before_minutes=buffer // 2,
            buffer_after_minutes=buffer,
            slot_minutes=slot,
            staff_ids=tuple(f"stf_{who}" for who in sorted(able)),
            needs=needs,
            price=Money(price, "CNY"),
            active=active,
        )
        for n, (minutes, buffer, slot, able, needs, price, active) in enumerate(kinds)
    ]
    more = {"hours": week, "zone": zone, "terms": terms, "categories": categories, "status": status}
    place = Position(CENTRE[0] + metres / 111_195, CENTRE[1])
    made = listing(staff, offered, rooms=2, id=f"shp_{number}", position=place, **more)
    if staff and shift:
        made = replace(made, staff=(replace(made.staff[0], hours=shift), *made.staff[1:]))
    return own(made)


def own(made):
    """Have people and rooms of a shop's own."""
    n = made.shop.id.removeprefix("shp_")

    def mine(names):
        return tuple(f"{one}_{n}" for one in names)

    return replace(
        made,
        staff=tuple(replace(one, id=f"{one.id}_{n}") for one in made.staff),
        resources=tuple(replace(one, id=f"{one.id}_{n}") for one in made.resources),
        offerings=tuple(
            replace(one, staff_ids=mine(one.staff_ids), needs=tuple(map(mine, one.needs))) for one in made.offerings
        ),
    )


@given(
    st.lists(SHOPS, min_size=1, max_size=3),
    TAKEN,
    st.sampled_from(sorted((day, zone) for zone, days in ODD.items() for day in days)),
    st.integers(-1, 1),
    st.tuples(CLOCKS, CLOCKS | st.just("24:00")).filter(lambda pair: pair[0] < pair[1]) | st.just(("00:00", "24:00")),
    st.sampled_from([None, None, 45, 240]),
    st.integers(-30, 60),
    st.integers(0, 600),
    st.integers(1, 3),
)
@settings(max_examples=40, deadline=None)
def test_the_answer_is_what_asking_every_shop_would_give(
    told, taken, odd, beside, window, minutes, hours, later, limit
):
    day, zone = odd
    day += beside * DAY
    now = datetime.combine(day, time(), UTC) - timedelta(hours=hours)
    ask = Ask(day, *window, minutes)
    shops = [shop_of(n, one if n else (*one[:4], zone, *one[5:])) for n, one in enumerate(told)]
    town = Town(*shops, now=now)
    for number, (shop, who, start, length, hold) in enumerate(taken):
        resource = f"{who}_{shop}" if who[0] == "r" or len(told) <= shop or told[shop][2] else f"shp_{shop}"
        begin = datetime.combine(day, time(), UTC) + start * 10 * MINUTE
        until = None if hold is None else now + hold * MINUTE
        town.take(resource, begin, begin + length * 5 * MINUTE, number, until)
    for one in shops:
        town.refresh(one.shop.id)
    town.clock.move(minutes=later)  # nothing is written again: the present moment counts when it is read
    assert town.walk(ask, limit) == town.brute(ask)


def test_a_page_shows_the_first_three_starts_and_the_cheapest_of_each():
    offered = [
        offering(id="off_1", price=Money(12_000, "CNY")),
        offering(id="off_2", price=Money(9_000, "CNY"), minutes=90),
        offering(id="off_3", price=Money(9_000, "CNY"), minutes=30),
        offering(id="off_4", price=Money(9_000, "CNY"), minutes=30),
    ]
    town = Town(listing(1, offered, position=Position(*CENTRE), hours=ALWAYS))
    town.take("stf_1", at("17:30"), at("18:00"))
    town.refresh()
    [item] = town.page().items
    assert item.starts == (
        FreeStart(at("17:00"), 9_000, "off_3", 30),
        FreeStart(at("18:00"), 9_000, "off_3", 30),
        FreeStart(at("18:30"), 9_000, "off_3", 30),
    )
    [item] = town.page(replace(EVENING, minutes=60)).items
    assert item.starts == (FreeStart(at("18:00"), 12_000, "off_1", 60),)
    assert town.page(replace(EVENING, minutes=90)).items == ()
    assert item.hit.card == rules.card_of(town.listings["shp_1"], Rating())


def test_nothing_is_lost_or_doubled_on_a_walk_while_others_come_and_go():
    town = Town(*(barber(n, n * 7, hours=ALWAYS) for n in range(200)))
    for n in range(200):
        town.refresh(f"shp_{n}")
    chance, seen, after = random.Random(3), [], None
    gone = set()
    while True:
        page = town.page(limit=7, after=after)
        seen += [one.hit.card.shop_id for one in page.items]
        after = page.next
        if after is None:
            break
        other = chance.randrange(0, 200, 2)
        gone.add(other)
        town.take(f"shp_{other}", at("00:00"), at("23:00"))
        town.refresh(f"shp_{other}", (at("00:00"), at("23:00")))
    assert len(set(seen)) == len(seen)
    assert set(seen) >= {f"shp_{n}" for n in range(200) if n not in gone}
    assert seen == sorted(seen, key=lambda one: int(one.removeprefix("shp_")))


@pytest.mark.parametrize("units", [0.0, 3.0])
def test_a_page_ends_where_the_budget_does_and_the_next_goes_on(units):
    town = Town(*(barber(n, n * 7, hours=ALWAYS) for n in range(50)))
    for n in range(50):
        town.refresh(f"shp_{n}")
    found = town.walk(limit=5, budget=Budget(1, units))
    assert [one for one, _, _ in found] == [f"shp_{n}" for n in range(50)]


def test_a_shop_that_moves_leaves_nothing_behind_and_is_nowhere_else_before():
    town = Town(barber(1, 100))
    town.refresh()
    moved = barber(1, 1500, version=2, categories=("spa", "barber"))
    town.put(moved)  # the card has moved, the maps have not
    assert town.walk() == []
    assert town.refresh()
    assert len(town.maps.rows) == 2 * len(free_maps.in_view(NOW))
    assert town.walk() == town.brute(EVENING)
    town.put(barber(1, 100, version=3, categories=("spa",)), card=False)
    town.refresh()  # the maps have moved, the card has not
    assert town.walk(category="spa") == []


def test_a_map_that_is_a_hair_beside_its_card_is_late():
    town = Town(barber())
    town.refresh()
    card = rules.card_of(town.listings["shp_1"], Rating())
    beside = replace(card, lat=card.lat + 1e-9)
    assert rules.place_of(beside.lat, beside.lon) == rules.place_of(card.lat, card.lon)
    town.maps.put_card(beside)
    page = town.page()
    assert (page.items, page.next) == ((), None)


def test_offerings_of_others_who_work_alike_are_not_taken_for_one():
    offered = [offering(id=f"off_{n}", staff_ids=(f"stf_{n}",), price=Money(n, "CNY")) for n in (1, 2)]
    town = Town(listing(2, offered, position=Position(*CENTRE)))
    town.take("stf_1", at("09:00"), at("17:30"))
    town.refresh()
    found = {one.start: one.offering_id for one in town.page(Ask(MAY_2, "16:00", "18:00")).items[0].starts}
    assert found == {at("16:00"): "off_2", at("16:30"): "off_2", at("17:00"): "off_2"}


def test_a_closed_shop_has_no_maps():
    town = Town(barber())
    town.refresh()
    assert town.maps.rows
    town.put(barber(version=2, status=Status.CLOSED))
    assert town.refresh()
    assert not town.maps.rows
    assert not town.refresh()
    assert not town.refresh("shp_never")


def test_bookings_refresh_the_dates_that_they_touch_and_no_others():
    town = Town(barber(1, 0, hours=ALWAYS))
    town.refresh()
    before = dict(town.maps.kept)
    span = at("23:30"), at("00:30", days=2)
    town.take("shp_1", *span)
    assert town.refresh("shp_1", span)
    changed = {day for (_, day), head in town.maps.kept.items() if before["shp_1", day] != head}
    assert changed == {MAY_2, MAY_2 + DAY}
    assert town.walk(Ask(MAY_2, "22:00", "24:00")) == town.brute(Ask(MAY_2, "22:00", "24:00"))
    early = at("00:10", days=2), at("00:20", days=2)
    before = dict(town.maps.kept)
    town.refresh("shp_1", early)  # an hour that begins late in the evening before would run into it
    assert {day for (_, day), head in town.maps.kept.items() if before["shp_1", day] != head} == {MAY_2, MAY_2 + DAY}
    far = at("09:00", days=60), at("10:00", days=60)
    assert not town.refresh("shp_1", far)


def test_who_is_overtaken_reads_again():
    town = Town(barber())
    town.refresh()
    span = at("09:00"), at("18:00")

    def overtake():
        town.take("shp_1", *span, number=1)
        town.refresh("shp_1", span)

    town.take("shp_1", at("17:00"), at("18:00"), number=2)
    town.maps.meddle = overtake
    town.refresh("shp_1", span)
    assert town.walk(Ask(MAY_2, "00:00", "24:00")) == []


def test_who_finds_all_as_it_is_still_keeps_others_from_writing_what_is_past():
    """Taken, and the message is on its way to write so; then given back, and the second message finds nothing new."""
    town = Town(barber())
    town.refresh()
    span = at("17:00"), at("18:00")

    def give_back():
        town.give_back(1)
        assert not town.refresh("shp_1", span)

    town.take("shp_1", *span, number=1)
    town.maps.meddle = give_back
    town.refresh("shp_1", span)
    assert town.walk(replace(EVENING, end="18:00")) == town.brute(replace(EVENING, end="18:00")) != []


def test_a_listing_that_was_read_before_the_shop_changed_is_read_again():
    town = Town(barber(version=2))
    town.refresh()
    new, reads = town.listings["shp_1"], itertools.count()

    def behind(_shop_id):
        return barber(1, 900, version=1) if next(reads) == 0 else new

    town.keeping.shops.store.listing = behind
    assert not town.refresh()
    assert next(reads) == 2


@given(st.permutations(range(4)), st.lists(st.integers(0, 3), max_size=3))
@settings(max_examples=40, deadline=None)
def test_messages_in_any_order_and_again_end_at_the_same_maps(order, again):
    town = Town(barber())
    spans = [(at(f"{9 + n}:00"), at(f"{10 + n}:00")) for n in range(4)]
    town.refresh()
    for number, span in enumerate(spans):
        town.take("shp_1", *span, number=number)
    for number in [*order, *again]:
        town.refresh("shp_1", spans[number])
    whole = Ask(MAY_2, "00:00", "24:00")
    assert town.walk(whole) == town.brute(whole)


def test_every_date_that_can_be_asked_for_is_there_a_day_before_anybody_asks():
    """In every zone, at every hour, also when the round comes at the end of its day."""
    for hour in range(24):
        now = datetime(2030, 5, 1, hour, 30, tzinfo=UTC)
        kept = free_maps.in_view(now - DAY)
        for offset in (-12, 0, 14):
            today = (now + timedelta(hours=offset)).date()
            assert {today + n * DAY for n in range(free_maps.DATES)} <= set(kept)


def places(town):
    def read(_index, runs):
        names = {run.partition for run in runs}
        return [
            card for (index, name, _), card in town.maps.card_rows.items() if index == "C3#barber" and name in names
        ]

    def occupied(_index):
        return frozenset(name for _, name, _ in town.maps.card_rows)

    return SimpleNamespace(read=read, occupied=occupied)


def test_a_round_writes_the_date_that_came_into_view_and_goes_on_where_it_ended():
    town = Town(*(barber(n, n * 9_000) for n in range(40)))
    for n in range(40):
        town.refresh(f"shp_{n}")
    ports = replace(town.keeping, places=places(town))
    assert go_round(ports, town.clock.now()) == go_round(ports, NOW, lambda: 0.0).__class__(40, 0, done=True)
    town.clock.move(days=1)
    seconds = itertools.count(step=ROUND.total_seconds() / 10)
    runs = [go_round(ports, town.clock.now(), lambda: next(seconds)) for _ in range(6)]
    assert [one.shops for one in runs] == [10, 10, 10, 10, 0, 0]
    assert sum(one.written for one in runs) == 40
    assert [one.done for one in runs] == [False, False, False, False, True, True]
    last = free_maps.in_view(town.clock.now())[-1]
    assert all((f"shp_{n}", last) in town.maps.kept for n in range(40))


def test_a_round_that_is_asked_for_begins_when_the_present_one_is_done():
    town = Town(barber(1), barber(2, 500))
    ports = replace(town.keeping, places=places(town))
    seconds = itertools.count(step=ROUND.total_seconds())
    assert go_round(ports, NOW, lambda: next(seconds)).done is False
    ask_round(ports)
    assert go_round(ports, NOW).written == 1
    town.put(barber(3))
    assert (go_round(ports, NOW).shops, len(town.maps.heads("shp_3", [MAY_2]))) == (3, 1)
    assert go_round(ports, NOW).shops == 0


def test_a_round_leaves_out_a_shop_that_fails_and_mends_what_is_older_than_the_shop():
    town = Town(barber(1), barber(2, 500))
    town.refresh("shp_1")
    town.refresh("shp_2")
    town.put(barber(2, 500, version=2, hours=ALWAYS))
    read = town.keeping.shops.store.listing

    def broken(shop_id):
        if shop_id == "shp_1":
            raise NotFound("shop")
        return read(shop_id)

    town.keeping.shops.store.listing = broken
    went = go_round(replace(town.keeping, places=places(town)), NOW)
    assert (went.shops, went.written, went.done) == (2, 1, True)
    assert town.maps.state == Round(NOW.date(), None)
    assert town.maps.kept["shp_2", MAY_2].version == 2


def test_a_map_takes_a_few_hundred_bytes():
    chance = random.Random(4)
    sizes = {}
    for number in (1, 5, 100):
        offered = [
            offering(
                id=f"off_{chance.getrandbits(128):026x}",
                minutes=30 + n % 7 * 15,
                slot_minutes=15,
                price=Money(5_000 + 10 * n, "CNY"),
                staff_ids=(f"stf_{n % 3 + 1}",),
            )
            for n in range(number)
        ]
        town = Town(listing(3, offered, position=Position(*CENTRE)))
        for who in (1, 2, 3):
            for n in range(5):
                start = at("09:00") + chance.randrange(32) * 15 * MINUTE
                town.take(f"stf_{who}", start, start + 30 * MINUTE, n)
        town.refresh()
        [size] = {len(packed) for (*_, day), (_, packed) in town.maps.rows.items() if day == MAY_2}
        sizes[number] = size
    assert sizes[1] < 110
    assert sizes[5] < 280
    assert sizes[100] < 1_500
