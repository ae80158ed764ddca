"""The same searches by the real store on an emulator: whether the model's prices are right, and what writing costs."""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.search.data import Place
from benchmarks.search.questions import Question, Rows
from benchmarks.search.table import Spent, Table
from chalicelib import settings, wiring
from chalicelib.kit import aws
from chalicelib.kit.clock import SystemClock
from chalicelib.kit.dynamo import DynamoCommitter, meter
from chalicelib.kit.money import Money
from chalicelib.reviews.ports import Rating
from chalicelib.search import curve, geohash, partitions, rules, use_cases
from chalicelib.search.index_ports import Entry, Head, Shape, Versions
from chalicelib.search.ports import Card, SearchPorts
from chalicelib.search.store import PackStore, SearchStore
from chalicelib.shops.ports import Interval, Listing, Offering, Position, Shop
from infra.tables import create_tables
from tests.emulators import Emulator, dynoxide, function_environment

PREFIX = "bench"


@contextmanager
def emulator() -> Iterator[Emulator]:
    """Yield an emulator with all tables, which the shipped code talks to."""
    with tempfile.TemporaryDirectory() as folder, dynoxide(Path(folder)) as running:
        list(create_tables(running.dynamodb, PREFIX))
        before = dict(os.environ)
        os.environ.update(function_environment(PREFIX, running.endpoint))
        for reset in (settings.reset, wiring.reset, aws.reset):
            reset()
        try:
            yield running
        finally:
            os.environ.clear()
            os.environ.update(before)
            for reset in (settings.reset, wiring.reset, aws.reset):
                reset()


def check(some: Sequence[Card], questions: Sequence[Question], places: Sequence[Place]) -> tuple[int, int]:
    """Ask the store and the model the same; return how many searches there were, and how many differ in anything."""
    table, store = Table(some), SearchStore(DynamoCommitter(), SystemClock())
    store.write([_entry(card) for card in some])
    packs = PackStore(SystemClock())
    by_partition: dict[str, list[Card]] = {}
    for card in some:
        by_partition.setdefault(partitions.of(card.lat, card.lon), []).append(card)
    for partition, inside in by_partition.items():
        packs.pack(partition, rules.directories(inside, {}), (), datetime.now(UTC))
    model = SearchPorts(table, Rows(), table, SystemClock())  # type: ignore[arg-type] # nobody asks it for areas
    real = SearchPorts(store, Rows(), store, SystemClock())
    number = differ = 0
    for place in places:
        for question in questions:
            use_cases.find(real, question.wish(place), 100_000)  # the directories, once
            table.spent = Spent()
            expected = use_cases.find(model, question.wish(place), 100_000)
            with meter.measure() as spent:
                found = use_cases.find(real, question.wish(place), 100_000)
            number += 1
            same = [hit.rank for hit in found.items] == [hit.rank for hit in expected.items]
            paid = (spent.requests, spent.read_units) == (table.spent.queries, table.spent.units)
            differ += not (same and paid)
    return number, differ


def _entry(card: Card) -> Entry:
    place = partitions.of(card.lat, card.lon), geohash.text(curve.position(card.lat, card.lon))
    return Entry(
        card.shop_id, None, Head(Versions(1, 0), rules.LAYOUT, Shape(place, card.categories), "", card.stamp), card
    )


def writes() -> dict[str, float]:
    """Return the write units of what happens to a shop of two categories with four offerings."""
    store = SearchStore(DynamoCommitter(), SystemClock())
    now = datetime.now(UTC)
    shop = Shop(
        name="木棉美发沙龙", name_en="Mumian Hair Studio", categories=("hair", "beauty"),
        address="上海市静安区银铃路 751 号",
        position=Position(31.23, 121.47), zone="Asia/Shanghai", currency="CNY",
        hours=tuple(Interval(day, "10:00", "21:00") for day in range(7)), id="shp_01m85c7bsdmrp3axa6rmrfaz33",
        merchant_id="acc", created_at=now,
    )  # fmt: skip
    offerings = tuple(
        Offering(name, 60, Money(5500, "CNY"), id=f"off_{name}", shop_id=shop.id)
        for name in ("剪发", "染发", "烫发", "护理")
    )
    steps = {
        "add": (shop, Rating()),
        "rate": (shop, Rating(5, 1, 1)),
        "rename": (replace(shop, name="木棉美容美发", version=2), Rating(5, 1, 1)),
        "move": (replace(shop, name="木棉美容美发", version=3, position=Position(31.24, 121.48)), Rating(5, 1, 1)),
    }
    head, costs = None, {}
    for name, (after, rating) in steps.items():
        entry = rules.change(head, Listing(after, offerings, ()), rating)
        if entry is None:
            raise AssertionError(name)
        store.write([replace(entry, after=entry.after)])
        head = entry.after
    # Once more, with the partitions marked already: what is measured are the changes alone.
    head = None
    for name, (after, rating) in steps.items():
        other = replace(after, id="shp_01m85c7bsdmrp3axa6rmrfaz34")
        entry = rules.change(head, Listing(other, offerings, ()), rating)
        if entry is None:
            raise AssertionError(name)
        with meter.measure() as spent:
            store.write([entry])
        head, costs[name] = entry.after, spent.write_units
    return costs
