"""The sets of places, as the cards that an import of them makes, and where they are searched from.

The sets lie beside the checkout (`shared/data`, or `LINLI_BENCH_DATA`) and are no part of it. Where one is missing a
made-up set of the same size and density stands in.
"""

import csv
import gzip
import hashlib
import math
import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from chalicelib.search.ports import Card
from infra.local.environments import ROOT

FOLDER = Path(os.environ.get("LINLI_BENCH_DATA", ROOT.parent / "shared" / "data"))
SHANGHAI, WORLD, AIRPORTS = "airbnb_shanghai", "starbucks_world", "airports_world"
SETS = (SHANGHAI, WORLD, AIRPORTS)
_SIZES = {SHANGHAI: 14_676, WORLD: 25_599, AIRPORTS: 28_298}
_OFFERINGS = ("标准间 Standard", "钟点房 Hourly", "清洁 Cleaning", "早餐 Breakfast", "接送 Transfer", "租赁 Rental")
_SPREAD = 0.01  # degrees: how far from a shop a search begins, standard deviation


@dataclass(frozen=True)
class Place:
    """Where a search begins."""

    lat: float
    lon: float


def cards(name: str, most: int | None = None) -> tuple[list[Card], bool]:
    """Return the cards of a set, and whether it is the real one."""
    path = FOLDER / f"{name}.csv.gz"
    made = [_card(row) for row in _rows(path)] if path.exists() else list(_made_up(name))
    if most is not None and len(made) > most:
        made = random.Random(name).sample(made, most)
    return made, path.exists()


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _card(row: dict[str, str]) -> Card:
    chance = random.Random(row["id"])
    digest = hashlib.sha256(row["id"].encode()).hexdigest()[:26]
    reviews = chance.choice((0, 3, 19, 128))
    name = " ".join(row["name"].split())[:100] or "?"
    return Card(
        shop_id=f"shp_{digest}",
        name=name,
        name_en=None if name.isascii() else f"Place {digest[:4]}, {row['city']}"[:40],
        lat=float(row["lat"]),
        lon=float(row["lon"]),
        categories=(_slug(row["category"]), *(("popular",) if reviews > 100 else ())),
        address=" ".join(f"{row['address']}, {row['city']}".split())[:300],
        zone="Asia/Shanghai" if row["country"] == "CN" else "America/New_York",
        hours=chance.choice(("Mo-Su 10:00-21:00", "Mo-Fr 07:00-20:00; Sa-Su 08:00-18:00", "Mo-Su 00:00-24:00")),
        rating_sum=round(reviews * chance.uniform(3, 5)),
        rating_count=reviews,
        price_from=chance.randrange(1000, 90_000, 100),
        currency="CNY" if row["country"] == "CN" else "USD",
        coupons=((1_790_000_000, 1_795_000_000),) if chance.random() < 0.25 else (),
        text="\n".join(chance.sample(_OFFERINGS, 3)),
        stamp=chance.randint(1, 40),
    )


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40] or "other"


def _made_up(name: str) -> Iterator[Card]:
    """Yield places in clusters: one city, or a thousand towns."""
    chance = random.Random(name)
    towns = [(31.2, 121.45)] if name == SHANGHAI else [
        (math.degrees(math.asin(chance.uniform(-0.9, 0.97))), chance.uniform(-180, 180)) for _ in range(1000)
    ]  # fmt: skip
    for number in range(_SIZES[name]):
        lat, lon = towns[min(int(chance.paretovariate(0.7)) - 1, len(towns) - 1)]
        row = {
            "id": f"{name}{number}",
            "name": f"{chance.choice('木云山海安')}{chance.choice('棉上水风福')}民宿 Place {number}",
            "category": chance.choice(("home", "home", "room", "hotel")), "address": f"{chance.randint(1, 999)} 安福路",
            "city": "town", "country": "CN", "lat": str(round(max(-89.9, min(89.9, chance.gauss(lat, 0.08))), 5)),
            "lon": str(round((chance.gauss(lon, 0.1) + 180) % 360 - 180, 5)),
        }  # fmt: skip
        yield _card(row)


def elsewhere(some: list[Card], times: int) -> list[Card]:
    """Return so many times as many places where none of a set is: moved so far that no search of the set meets them."""
    moved = []
    taken = {(round(card.lat), round(card.lon)) for card in some}
    near = {(lat + dy, (lon + dx + 180) % 360 - 180) for lat, lon in taken for dy in (-1, 0, 1) for dx in (-1, 0, 1)}
    chance = random.Random(times)
    while len(moved) < times * len(some):
        card = chance.choice(some)
        lat, lon = chance.uniform(-80, 80), chance.uniform(-180, 180)
        if (round(lat), round(lon)) not in near:
            moved += [
                replace(
                    card,
                    shop_id=f"shp_else{len(moved) + n:022d}",
                    lat=round(lat + chance.gauss(0, 0.05), 5),
                    lon=round((lon + chance.gauss(0, 0.05) + 180) % 360 - 180, 5),
                )
                for n in range(200)
            ]
    return moved[: times * len(some)]


def places(some: list[Card], number: int) -> list[Place]:
    """Return where to search from: near shops drawn at random, so that dense places are searched most."""
    chance = random.Random(number)
    found = []
    for _ in range(number):
        card = chance.choice(some)
        lat = max(-90.0, min(90.0, card.lat + chance.gauss(0, _SPREAD)))
        found.append(Place(lat, (card.lon + chance.gauss(0, _SPREAD) + 180) % 360 - 180))
    return found
