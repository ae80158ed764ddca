"""Keeping free maps true: by messages of shops and bookings, and by a round each day for the date that comes next."""

import hashlib
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time

from chalicelib.booking.use_cases import maps as booking
from chalicelib.kit.errors import NotFound
from chalicelib.kit.observability import log
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.kit.wall import Window
from chalicelib.search import free_maps, rules
from chalicelib.search.cover import whole
from chalicelib.search.free_ports import MapEntry, MapHead, MapPorts, Round
from chalicelib.search.ports import EVERYTHING
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Listing

_KEPT = timedelta(days=3)  # after a date has begun in UTC it is over everywhere, and a day more
ROUND = timedelta(minutes=12)  # that a run of the round takes at most, a shop more; its function lives for 15


@dataclass(frozen=True)
class Went:
    """What a run of the round did.

    Attributes:
        shops: that were looked at.
        written: that had dates without a map.
        done: whether it has come round; else the next run goes on.
    """

    shops: int
    written: int
    done: bool


def refresh_maps(ports: MapPorts, shop_id: str, spans: Collection[Window] | None = None) -> bool:
    """Bring a shop's maps to where the shop and its days are now; True when any has changed.

    It reads all anew, so messages may come late, twice or in any order, and several at once: who is overtaken reads
    again.

    Args:
        ports: what maps need.
        shop_id: the shop.
        spans: when time was taken or given free, buffers included; None for all dates that are kept.

    Raises:
        Busy: others looked at the same maps all the while; what is not written comes with the message's repeat.
    """

    def attempt() -> bool:
        try:
            listing = shops.listing(ports.shops, shop_id)
        except NotFound:
            return False
        days = set(free_maps.in_view(ports.clock.now()))
        return _bring(ports, listing, days if spans is None else days & booking.touched(listing, spans))

    return retrying(attempt)


def go_round(ports: MapPorts, as_of: datetime, ticks: Callable[[], float] = time.monotonic) -> Went:
    """Write the maps of the date that came into view, shop by shop over the occupied partitions: a round a day (UTC).

    A run ends after `ROUND`, some 18,000 shops, and the next one goes on where it has ended, so hourly runs come round
    400,000 shops in a day. Where there are more, a round takes longer than a day, and shops are found on the farthest
    dates later, or when one of their messages is worked. Safe to repeat, and to die in the middle.

    Args:
        ports: what maps need.
        as_of: the present moment.
        ticks: seconds that pass.
    """
    today, at = as_of.astimezone(UTC).date(), ports.maps.round()
    if at is None or at.partition is None:
        is_asked = ports.maps.asked_round()
        if at is not None and at.day >= today and not is_asked:
            return Went(0, 0, done=True)
        at = Round(today)
    end, looked, written = ticks() + ROUND.total_seconds(), 0, 0
    for partition in sorted(name for name in ports.places.occupied(EVERYTHING) if name >= (at.partition or "")):
        after = at.after if partition == at.partition else ""
        ids = sorted(card.shop_id for card in ports.places.read(EVERYTHING, [whole(partition)]))
        for shop_id in (one for one in ids if one > after):
            looked, written = looked + 1, written + _catch_up(ports, shop_id)
            if ticks() >= end:
                ports.maps.keep_round(Round(at.day, partition, shop_id))
                return Went(looked, written, done=False)
        ports.maps.keep_round(Round(at.day, partition, "~"))
    ports.maps.keep_round(Round(at.day, None))
    return Went(looked, written, done=True)


def ask_round(ports: MapPorts) -> None:
    """Have a round begin with the next run: many shops were written without their messages."""
    ports.maps.ask_round()


def _catch_up(ports: MapPorts, shop_id: str) -> bool:
    """Write the maps of a shop's dates that nobody has looked at since the shop was changed last."""

    def attempt() -> bool:
        listing = shops.listing(ports.shops, shop_id)
        days = set(free_maps.in_view(ports.clock.now()))
        heads = ports.maps.heads(shop_id, days)
        looked = {day for day, head in heads.items() if head.version >= listing.shop.version}
        return _bring(ports, listing, days - looked)

    try:
        return retrying(attempt)
    except Exception:  # noqa: BLE001 - one shop is no reason to leave out the others; the next round looks at it again
        log.exception("no maps", shop_id=shop_id)
        return False


def _bring(ports: MapPorts, listing: Listing, days: Collection[date]) -> bool:
    """Bring some dates to where the shop and its days are; True when any has changed.

    Raises:
        Contention: the shop has changed, or somebody else has looked at one of the dates meanwhile.
    """
    if not days:
        return False
    # The heads first: what is read after them cannot be older than what the rows were made of.
    heads = ports.maps.heads(listing.shop.id, days)
    if any(head.version > listing.shop.version for head in heads.values()):
        raise Contention
    free = booking.free_maps(ports.booking, listing, days, ports.clock.now())
    entries = [_entry(listing, day, heads.get(day), found) for day, found in free.items()]
    ports.maps.write(entries)
    return any(_says(entry.before) != _says(entry.after) for entry in entries)


def _entry(listing: Listing, day: date, before: MapHead | None, free: booking.FreeDay) -> MapEntry:
    shop = listing.shop
    place = rules.storable(shop.position.lat), rules.storable(shop.position.lon)
    packed = free_maps.pack(listing, place, day, free)
    after = MapHead(shop.version, before.stamp + 1 if before else 1)
    if packed is not None:
        categories = tuple(dict.fromkeys(shop.categories))
        digest = hashlib.sha256(packed).hexdigest()[:16]
        after = replace(after, place=rules.place_of(*place), categories=categories, digest=digest)
    dies = int((datetime.combine(day, clock_time(), UTC) + _KEPT).timestamp())
    return MapEntry(shop.id, day, before, after, packed, dies)


def _says(head: MapHead | None) -> tuple[object, ...]:
    return (head.place, head.categories, head.digest) if head else (None, (), "")
