"""A shop's card in the index, and many: what tests of the stores write and look at."""

import random
from dataclasses import replace
from datetime import UTC, datetime

from chalicelib.kit.clock import SystemClock
from chalicelib.kit.dynamo import DynamoCommitter
from chalicelib.search import curve, geohash, partitions, rules, segment
from chalicelib.search.index_ports import Entry, Head, Shape, Versions
from chalicelib.search.nearest import ALL, nearest
from chalicelib.search.ports import EVERYTHING, Card, Query, category_index
from chalicelib.search.store import PackStore, SearchStore
from chalicelib.search.store.rows import CardRow

CARD = Card(
    shop_id="shp_01jd0000000000000000000000",
    name="静安弄堂理发店",
    name_en="Lane Barbers",
    lat=31.223142,
    lon=121.445217,
    categories=("barber",),
    address="上海市静安区安福路 12 号 2 楼",
    zone="Asia/Shanghai",
    hours="Mo-Fr 09:00-18:00; Sa-Su 10:00-20:00",
    rating_sum=88,
    rating_count=19,
    price_from=6800,
    currency="CNY",
    coupons=((1_900_000_000, 1_900_086_400),),
    text="剪发\n洗护",
    stamp=1,
)

BARBERS = category_index("barber")


def fresh():
    return SearchStore(DynamoCommitter(), SystemClock())


def entry(card, before=None, version=1, words=(), cells=(), area=None):
    place = partitions.of(card.lat, card.lon), geohash.text(curve.position(card.lat, card.lon))
    shape = Shape(place, card.categories, tuple(words), tuple(cells))
    return Entry(card.shop_id, before, head(before, version, shape), card, area)


def head(before, version, shape):
    return Head(Versions(version, 0), rules.LAYOUT, shape, "", before.stamp + 1 if before else 1)


def closed(card, before, version):
    return Entry(card.shop_id, before, head(before, version, None), None)


def put_all(store, cards):
    store.write([entry(card) for card in cards])


def pack(cards):
    """Write the directories of all partitions that some cards lie in, as the packing does."""
    packs, by_partition = PackStore(SystemClock()), {}
    for card in cards:
        by_partition.setdefault(partitions.of(card.lat, card.lon), []).append(card)
    for partition, some in by_partition.items():
        packs.pack(
            partition,
            rules.directories(some, {card.shop_id: ["剪发"] for card in some}),
            segment.split(some),
            datetime.now(UTC),
        )


def within(store, lat, lon, radius, index=EVERYTHING):
    return nearest(store, Query(lat, lon, ALL, radius, index))


def all_rows():
    return sorted((row.pk, row.sk) for row in CardRow.scan() if row.pk[0] in "GCTA")


def city(size):
    chance = random.Random(11)
    return [
        replace(
            CARD, shop_id=f"shp_{n:026}", lat=round(chance.gauss(31.2231, 0.06), 6), lon=round(chance.gauss(121.4452, 0.07), 6)
        )
        for n in range(size)
    ]  # fmt: skip
