"""A made-up city for demonstrations and load tests: the same shops every time, on invented streets inside Shanghai.

    for row in demo_city.shops(300): ...

Nothing in it is taken from a data set. It goes in like any import: a demo stack holds what real merchants could enter.
"""

import hashlib
import random
from collections.abc import Iterator

from chalicelib.kit.money import Money
from chalicelib.shops.ports import ImportRow, OfferingDraft, Position, ShopDraft
from infra.demo_trades import DISTRICTS, NAMES, PEOPLE, STREETS, TRADES, Trade
from infra.importing.hours import week

SHOPS = 300
SOURCE = "linli-demo"
SOUTH_WEST, NORTH_EAST = Position(30.95, 121.20), Position(31.50, 121.80)
"""The bounds of all positions."""
ROUND_THE_CLOCK = 10
"""Every so manieth shop never closes, so that there is a time to book at any time of the day."""
LEAST_PRICE = 400
"""In fen: less is not worth a card payment to the provider, which refuses it."""

_SEED = "linli demo city 1"
_SPREAD = 0.012  # degrees: standard deviation around a district's place, about 1.3 km
_FEN = 100


def shops(count: int = SHOPS, seed: str = _SEED) -> Iterator[ImportRow]:
    """Yield the first `count` shops of the city; more shops leave the first ones as they are."""
    for number in range(count):
        yield _shop(number, random.Random(f"{seed}/{number}"))  # noqa: S311 - to look varied, not to be secret


def version(count: int = SHOPS) -> str:
    """Return what changes whenever any shop of the city does."""
    return hashlib.sha256(repr(list(shops(count))).encode()).hexdigest()[:16]


def _shop(number: int, chance: random.Random) -> ImportRow:
    trade = TRADES[number % len(TRADES)]
    name, name_en = NAMES[number // len(TRADES) % len(NAMES)]
    district, lat, lon = chance.choice(DISTRICTS)
    branch = number // (len(TRADES) * len(NAMES))  # names are used up: the next ones are branches
    open_always = number % ROUND_THE_CLOCK == number // len(TRADES) % ROUND_THE_CLOCK
    draft = ShopDraft(
        name=f"{name}{trade.title}" + (f"（{branch + 1}店）" if branch else ""),
        name_en=f"{name_en} {trade.title_en}" + (f" No. {branch + 1}" if branch else ""),
        categories=trade.categories,
        address=f"上海市{district}{chance.choice(STREETS)} {chance.randint(1, 899)} 号",
        position=Position(
            _within(chance.gauss(lat, _SPREAD), SOUTH_WEST.lat, NORTH_EAST.lat),
            _within(chance.gauss(lon, _SPREAD), SOUTH_WEST.lon, NORTH_EAST.lon),
        ),
        zone="Asia/Shanghai",
        currency="CNY",
        hours=week("24/7" if open_always else trade.week),
        # No number in the city begins with a zero.
        phone=f"+86 21 0000 {number % 10_000:04d}",
    )
    return ImportRow(
        SOURCE,
        str(number),
        draft,
        offerings=_offerings(trade, chance),
        staff=tuple(chance.sample(PEOPLE, chance.randint(1, trade.most_staff))),
    )


def _offerings(trade: Trade, chance: random.Random) -> tuple[OfferingDraft, ...]:
    dearness = chance.uniform(0.8, 1.3)
    return tuple(
        OfferingDraft(
            name=name,
            name_en=name_en,
            minutes=minutes,
            price=Money(max(LEAST_PRICE, round(yuan * dearness) * _FEN), "CNY"),
            buffer_after_minutes=chance.choice((0, 0, 5, 10)),
        )
        for name, name_en, minutes, yuan in trade.services
    )


def _within(degrees: float, least: float, most: float) -> float:
    return round(min(max(degrees, least), most), 6)
