"""Searching for what is free: shops around by distance, with some starts of each that can be had.

It reads free maps (`use_cases.maps` keeps them) and the cards of the page's shops. What is promised: a change shows as
soon as its message is worked, normally within seconds; what was taken a moment ago may still show, and holding it finds
out. A shop without a map is not found: one whose messages wait, and those that the round has not come to when a date
comes into view. So is one whose map and card do not agree on where it is: a map that is late hides a shop, and never
shows it where it is not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.search import free_maps
from chalicelib.search.budget import Price
from chalicelib.search.free_ports import Ask, FreePorts, FreeStart, MapCard
from chalicelib.search.nearest import AFTER_ALL, part
from chalicelib.search.ports import Card, Hit, Query, category_index

_CARD_UNITS = 0.5


@dataclass(frozen=True)
class FreeWish:
    """What somebody looks for.

    Attributes:
        lat, lon: the centre, degrees, WGS-84.
        reach: metres, inclusive; at most `nearest.LOCAL_M`.
        category: of the shops.
        ask: what must be free.
    """

    lat: float
    lon: float
    reach: float
    category: str
    ask: Ask


@dataclass(frozen=True)
class FreeHit:
    """A shop, how far it is, and its first free starts."""

    hit: Hit
    starts: tuple[FreeStart, ...]


@dataclass(frozen=True)
class FoundFree:
    """One page: in order of distance, then by id; and where the next one begins, None on the last one."""

    items: tuple[FreeHit, ...]
    next: Mapping[str, Any] | None


def find_free(ports: FreePorts, wish: FreeWish, limit: int, after: Mapping[str, Any] | None = None) -> FoundFree:
    """Return one page of the shops of a category around a position at which something is free. A page may have fewer
    items than asked for, even none, and still a next one: where the budget is spent, or a map was late.

    Args:
        ports: what searching needs.
        wish: what is looked for.
        limit: of the page, at most 100.
        after: `FoundFree.next` of the page before.

    Raises:
        ValueError: the centre is no position.
    """
    now = ports.clock.now()
    query = Query(
        wish.lat,
        wish.lon,
        limit + 1,
        wish.reach,
        free_maps.map_index(wish.ask.day, wish.category),
        free_maps.accepts(wish.ask, now),
        share=free_maps.SHARE,
        after=tuple(after["at"]) if after else None,
    )
    found = part(ports.places, query, ports.budget.less(Price(1, limit * _CARD_UNITS)))
    shown = [(hit, hit.card) for hit in found.hits[:limit] if isinstance(hit.card, MapCard)]
    items = _items(ports, wish, shown, now)
    if len(found.hits) > limit:
        return FoundFree(items, {"at": shown[-1][0].rank})
    return FoundFree(items, None if found.reached is None else {"at": (found.reached, AFTER_ALL)})


def _items(
    ports: FreePorts, wish: FreeWish, shown: Sequence[tuple[Hit, MapCard]], now: datetime
) -> tuple[FreeHit, ...]:
    """Return shops with their cards, as far as these agree with their maps, and what is free there."""
    cards = ports.cards.cards(category_index(wish.category), [card for _, card in shown])
    return tuple(
        FreeHit(Hit(hit.distance, cards[card.shop_id]), tuple(free_maps.answers(card, wish.ask, now)))
        for hit, card in shown
        if card.shop_id in cards and _agree(card, cards[card.shop_id])
    )


def _agree(one: Card, other: Card) -> bool:
    return (one.lat, one.lon) == (other.lat, other.lon)
