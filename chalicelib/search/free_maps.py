"""Free maps: what is free at a shop on one local date, in a few hundred bytes, and what of it answers a question.
No I/O.

A map is JSON, deflated: the shop's zone and booking terms, and for each distinct length and set of starts a bitmap over
an even grid, with the cheapest offering that has them. Past starts stay in it: what is too soon, or too far ahead, is
decided when it is read. Before it stands where the shop is, as its card has it.
"""

import json
import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from chalicelib.booking.use_cases import maps as booking
from chalicelib.booking.use_cases.maps import FreeStarts
from chalicelib.kit import wall
from chalicelib.search.directory import GRAIN, Directory
from chalicelib.search.free_ports import Ask, FreeStart, MapCard
from chalicelib.search.ports import Accepts, Card
from chalicelib.shops.ports import BookingTerms, Listing

DATES = 14  # local dates, the present one among them, that can be asked for
_BEFORE, _AFTER = 1, DATES + 1  # dates before and after the present one in UTC that are kept
SHOWN = 3  # free starts of each shop in an answer
SHARE = 1 / 3  # of a category's shops that are taken to be free until it has been seen
_MAP_BYTES = 320  # of a map's row: the map itself, and some 120 of keys and names
_BEST = 9  # read more often than written
_RAW = -15  # zlib's window bits for deflate without a header
_MINUTE = 60
_PLACE = struct.Struct(">dd")  # latitude and longitude


def map_index(day: date, category: str) -> str:
    """Return the index of a category's maps of a date."""
    return f"F3#{day.isoformat()}#{category}"


def category_of(index: str) -> str:
    """Return the category of an index of maps."""
    return index.split("#", 2)[2]


class MapDirectory(Directory):
    """A directory of cards as one of maps: of as many shops, each with a map's row. The search takes the part of them
    that count (`SHARE`) also for the part of the rows that it reads, but it reads all.
    """

    @cached_property
    def _before(self) -> Sequence[int]:
        grains = round(_MAP_BYTES / SHARE / GRAIN)
        return [0, *accumulate(count * grains for count in self.counts)]


def in_view(now: datetime) -> tuple[date, ...]:
    """Return the dates that are kept, of all shops the same: those that can be asked for in any zone, and one more, so
    that a round has a day to write it before anybody asks.
    """
    today = now.astimezone(UTC).date()
    return tuple(today + n * wall.DAY for n in range(-_BEFORE, _AFTER + 1))


def pack(listing: Listing, place: tuple[float, float], day: date, free: Sequence[FreeStarts]) -> bytes | None:
    """Return a shop's map of a date; None where nothing is free.

    Args:
        listing: the shop.
        place: latitude and longitude of its card.
        day: the local date.
        free: what is free on it.
    """
    groups: dict[tuple[int, int, int, int], tuple[int, str]] = {}
    for one in free:
        key = one.offering.minutes, *_bitmap([_minute(start, day) for start in one.starts])
        offer = one.offering.price.amount, one.offering.id
        groups[key] = min(groups.get(key, offer), offer)
    if not groups:
        return None
    terms = listing.shop.terms
    told = [
        listing.shop.zone,
        terms.lead_minutes,
        terms.horizon_days,
        [[minutes, first, step, f"{bits:x}", *offer] for (minutes, first, step, bits), offer in groups.items()],
    ]
    return _PLACE.pack(*place) + zlib.compress(json.dumps(told, separators=(",", ":")).encode(), _BEST, _RAW)


def card(key: tuple[str, str], stamp: int, day: date, packed: bytes) -> MapCard:
    """Return a packed map as the search reads it; `key` is of its shop's card: partition, and position with id."""
    lat, lon = _PLACE.unpack_from(packed)
    return MapCard(key[1].partition("#")[2], "", lat, lon, (), stamp=stamp, day=day, key=key, packed=packed)


def accepts(ask: Ask, now: datetime) -> Accepts:
    """Return the test whether a map answers a question."""

    def test(card: Card) -> bool:
        return isinstance(card, MapCard) and next(_found(card, ask, now), None) is not None

    return test


def answers(card: MapCard, ask: Ask, now: datetime) -> list[FreeStart]:
    """Return the first `SHOWN` starts that answer a question; of several at one moment the cheapest, then that with
    the least id.
    """
    first: dict[datetime, FreeStart] = {}
    for one in _found(card, ask, now):
        first[one.start] = min(first.get(one.start, one), one)
    return sorted(first.values())[:SHOWN]


def _found(card: MapCard, ask: Ask, now: datetime) -> Iterator[FreeStart]:
    """Yield what is free, group by group, those of a group in order."""
    zone, lead, horizon, groups = json.loads(zlib.decompress(card.packed[_PLACE.size :], _RAW))
    terms = BookingTerms(lead_minutes=lead, horizon_days=horizon)
    begin, end = _window(zone, card.day, ask.begin, ask.end)
    begin = max(begin, _minute(now, card.day))
    midnight = datetime.combine(card.day, time(), UTC)
    for minutes, first, step, bits, amount, offering_id in groups:
        if ask.minutes not in {None, minutes}:
            continue
        low, high = max(0, -((first - begin) // step)), (end - minutes - first) // step
        number = int(bits, 16)
        for place in range(low, min(high, number.bit_length() - 1) + 1):
            start = midnight + timedelta(minutes=first + place * step)
            if number >> place & 1 and booking.bookable(start, now, terms):
                yield FreeStart(start, amount, offering_id, minutes)


@lru_cache(maxsize=1024)
def _window(zone: str, day: date, begin: str, end: str) -> tuple[int, int]:
    """Return when a window of a wall clock begins and ends, in minutes since the date began in UTC."""
    opens, closes = (datetime.combine(day, time()) + _clock(one) for one in (begin, end))
    return _minute(wall.moment(opens, ZoneInfo(zone)), day), _minute(wall.moment(closes, ZoneInfo(zone)), day)


def _clock(text: str) -> timedelta:
    hours, minutes = text.split(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def _minute(at: datetime, day: date) -> int:
    """Return the whole minutes since a date began in UTC."""
    return math.floor((at - datetime.combine(day, time(), UTC)).total_seconds() / _MINUTE)


def _bitmap(minutes: Sequence[int]) -> tuple[int, int, int]:
    """Return the first of some minutes, the widest grid from there on that has all of them, and which of it they are,
    the lowest bit first.
    """
    first = minutes[0]
    step = math.gcd(*(one - first for one in minutes)) or 1
    return first, step, sum(1 << (one - first) // step for one in minutes)
