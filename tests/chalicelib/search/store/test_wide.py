"""Shops of more rows than a transaction takes: whoever dies or is overtaken in the middle leaves nothing wrong."""

import math
import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.kit.clock import SystemClock
from chalicelib.kit.dynamo import DynamoCommitter, meter
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import Contention
from chalicelib.search import rules, use_cases
from chalicelib.search.store import PackStore, SearchStore
from chalicelib.search.store.cards import LEASE
from chalicelib.search.store.rows import CardRow
from chalicelib.shops.ports import HoursException, Interval, Offering, Polygon
from tests.chalicelib.search.indexed import CARD, all_rows, closed, entry, within
from tests.chalicelib.search.shops import Town, listing
from tests.fakes.time import FakeClock


def later(turns=1, committer=None):
    """Return a store whose clock says that no change begun a turn before is still under way."""
    return SearchStore(committer or DynamoCommitter(), FakeClock(datetime.now(UTC) + 2 * turns * LEASE))


def many_words(letter, number=150):
    return [f"{letter}{n}" for n in range(number)]


@pytest.mark.store
def test_a_shop_with_more_rows_than_a_transaction_takes_is_written_in_several(store):
    first = entry(CARD, words=many_words("a"))
    store.write([first])
    assert len(all_rows()) == 152
    standing = store.heads([CARD.shop_id])[CARD.shop_id]
    assert (standing.layout, standing.former, standing.shape) == (rules.LAYOUT, (), first.after.shape)
    moved = entry(replace(CARD, lat=48.85), standing, 2, many_words("b") + many_words("a", 10))
    store.write([moved])
    assert len(all_rows()) == 162
    assert {row[0].rpartition("#")[2] for row in all_rows()} == {moved.after.shape.place[0]}
    store.write([entry(CARD, store.heads([CARD.shop_id])[CARD.shop_id], 3)])
    assert len(all_rows()) == 2


class Dies(DynamoCommitter):
    """Commits so many times, then never again."""

    def __init__(self, times):
        self.left = times

    def commit(self, actions):
        if not self.left:
            raise ConnectionError
        self.left -= 1
        super().commit(actions)


@pytest.mark.parametrize("times", range(5))
def test_whoever_comes_after_one_that_died_leaves_nothing_behind(store, times):
    first = entry(CARD, words=many_words("a"))
    store.write([first])
    before = store.heads([CARD.shop_id])[CARD.shop_id]
    lost = entry(replace(CARD, lat=48.85), before, 2, many_words("b"))
    with pytest.raises(ConnectionError):
        SearchStore(Dies(times), SystemClock()).write([lost])
    standing = store.heads([CARD.shop_id])[CARD.shop_id]
    assert (times == 0) == (standing.layout == rules.LAYOUT)
    later().write([entry(replace(CARD, lat=40.0), standing, 3, ["c1"])])
    assert len(all_rows()) == 3
    assert len({row[0].rpartition("#")[2] for row in all_rows()}) == 1


def test_who_was_overtaken_in_the_middle_stops(store):
    first = entry(CARD)
    store.write([first])

    class Overtaken(DynamoCommitter):
        def commit(self, actions):
            super().commit(actions)
            if len(actions) == 1:
                standing = store.heads([CARD.shop_id])[CARD.shop_id]
                later().write([entry(replace(CARD, name="新"), standing, 9, ["c1"])])

    with pytest.raises(Contention):
        SearchStore(Overtaken(), SystemClock()).write([entry(CARD, first.after, 2, many_words("b"))])
    assert len(all_rows()) == 3
    assert within(store, CARD.lat, CARD.lon, 1)[0].card.name == "新"


def test_what_many_that_died_leave_is_written_down_once(store):
    store.write([entry(CARD, words=many_words("a"))])
    for version in range(2, 8):
        standing = store.heads([CARD.shop_id])[CARD.shop_id]
        with pytest.raises(ConnectionError):
            later(version, Dies(2)).write(
                [entry(replace(CARD, lat=48.0 + version % 2), standing, version, many_words("b"))]
            )
    standing = store.heads([CARD.shop_id])[CARD.shop_id]
    assert len({standing.shape, *standing.former}) == 3 == 1 + len(standing.former)
    later(9).write([closed(CARD, standing, 9)])
    assert all_rows() == []


def test_nobody_starts_over_what_somebody_else_is_writing(store):
    met = []

    class Watched(DynamoCommitter):
        def commit(self, actions):
            super().commit(actions)
            standing = store.heads([CARD.shop_id])[CARD.shop_id]
            if standing.layout != rules.LAYOUT:
                with pytest.raises(Contention):
                    store.write([entry(CARD, standing, 3, many_words("c"))])
                met.append(standing.until)

    SearchStore(Watched(), SystemClock()).write([entry(CARD, words=many_words("b"))])
    assert len(met) == 3
    assert len(all_rows()) == 152
    assert store.heads([CARD.shop_id])[CARD.shop_id].until == 0


def test_transactions_are_cut_by_bytes_as_well(store):
    sizes = []

    class Weighed(DynamoCommitter):
        def commit(self, actions):
            sizes.append(len(actions))
            super().commit(actions)

    long = replace(CARD, address="长" * 20_000)
    weighed = SearchStore(Weighed(), SystemClock())
    weighed.write([entry(long, words=many_words("a", 80))])
    assert max(sizes) < 40
    assert len(all_rows()) == 82
    sizes.clear()
    weighed.write([entry(replace(long, shop_id=f"shp_{n}"), words=["w"]) for n in range(20)])
    assert len(sizes) > 2


def widest(**more):
    """The shop with the most to index: 100 offerings of two long names, 40 exceptions, a service area."""
    chance = random.Random(5)

    def han(length):
        return "".join(chr(chance.randrange(0x20000, 0x2A6DF)) for _ in range(length))

    times = tuple((f"{hour:02}:00", f"{hour:02}:30") for hour in range(6))
    week = tuple(Interval(day, *one) for day in range(7) for one in times)
    dates = tuple(
        HoursException(date(2030, 1, 1) + timedelta(days=2 * n), (*times[:5], ("22:00", f"22:{n:02}")))
        for n in range(1, 41)
    )
    offerings = [
        Offering(han(100), 30, Money(100, "CNY"), id=f"off_{n}", shop_id="shp_1", name_en=han(100)) for n in range(100)
    ]
    ring = tuple(
        (31.2 + 0.2 * math.sin(n * math.tau / 50), 121.4 + 0.2 * math.cos(n * math.tau / 50)) for n in range(50)
    )
    told = {"name": han(100), "name_en": han(100), "address": han(300), "categories": tuple("abcde")}
    told |= {"hours": week, "exceptions": dates, "service_area": Polygon(ring), "offerings": offerings}
    return listing(**told | more)


def test_the_widest_shop_costs_about_two_thousand_units(store):
    town = Town(widest())
    packs = PackStore(SystemClock())
    with meter.measure() as spent:
        assert use_cases.index_shop(town.index_ports(store, packs, store), "shp_1")
    assert spent.write_units <= 2000
    town.put(widest(name="弄堂理发", name_en=None, address="安福路 12 号", hours=(), exceptions=(), version=2))
    with meter.measure() as spent:
        assert use_cases.index_shop(town.index_ports(store, packs, store), "shp_1")
    assert spent.write_units <= 4000  # the rows of other words are removed, too
    sizes = [len(row.card.encode()) + len((row.text or "").encode()) for row in CardRow.scan() if row.pk[0] == "T"]
    assert max(sizes) < 4096
