"""Searching: by place, word, category and the rest; who serves an address; what to suggest.

What memory knows is answered from there, all else from rows. Reads are eventually consistent: a change is in the next
search as soon as it is indexed, which is a second or two after it was made; an answer from memory may be
`hot.Policy.stale` seconds older. A shop that stays as it is comes exactly once in a walk over all pages,
whatever others do.

A request has a budget. A page by distance ends where that is spent, with fewer items than asked for, perhaps with none,
and the next one goes on from there. Other orders and facets need all that is in reach, and are refused where that is
more than the budget takes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.search import areas, partitions, rules, text
from chalicelib.search.boxes import Box
from chalicelib.search.budget import SearchTooWide
from chalicelib.search.distance import FARTHEST_M, haversine
from chalicelib.search.filters import Filters, Rank, Sort, accepts, facets, rank
from chalicelib.search.nearest import AFTER_ALL, ALL, LOCAL_M, Part, is_too_wide, part
from chalicelib.search.ports import (
    EVERYTHING,
    Accepts,
    Card,
    Hit,
    Query,
    SearchPorts,
    category_index,
    everything,
    word_index,
)
from chalicelib.search.text import Wanted

_PICKY = 0.5  # part of shops that a filter is taken to let pass until it has been seen at work
SUGGEST_M = 20_000.0  # how far away a suggestion may be
_SUGGEST_FROM = 60  # shops that suggestions are made of


@dataclass(frozen=True)
class Wish:
    """What somebody looks for.

    Attributes:
        lat, lon: the middle of what is searched, from where distances are told, degrees, WGS-84.
        reach: metres, inclusive.
        most: how many at all (the k nearest); None for all in reach, which is then at most `LOCAL_M`.
        box: only in there; then the middle is that of its hull, and the reach that to its corners.
        origin: where distances are told from instead.
        filters: what it must be.
        words: what is looked for in names, offerings and addresses. With words or filters other than a category the
            search ends at `LOCAL_M`.
        sort: the order.
        with_facets: count categories, too, of all that is found in reach whatever its category.
    """

    lat: float
    lon: float
    reach: float = FARTHEST_M
    most: int | None = None
    box: Box | None = None
    origin: tuple[float, float] | None = None
    filters: Filters = field(default_factory=Filters)
    words: Wanted | None = None
    sort: Sort = Sort.DISTANCE
    with_facets: bool = False


@dataclass(frozen=True)
class Found:
    """One page of what was found.

    Attributes:
        items: in order.
        next: where the next page begins; None on the last one.
        facets: number of shops in each category, where that was asked for.
    """

    items: tuple[Hit, ...]
    next: Mapping[str, Any] | None
    facets: Mapping[str, int] | None = None


def find(ports: SearchPorts, wish: Wish, limit: int, after: Mapping[str, Any] | None = None) -> Found:
    """Return one page of a search.

    Args:
        ports: what searching needs.
        wish: what is looked for.
        limit: of the page.
        after: `Found.next` of the page before.

    Raises:
        ValueError: the centre is no position.
        SearchTooWide: see `_search`.
    """
    if wish.sort is Sort.DISTANCE and not wish.with_facets and wish.origin is None:
        return _page_by_distance(ports, wish, limit, after)
    at = _rank(after)
    wide = replace(wish, filters=replace(wish.filters, category=None)) if wish.with_facets else wish
    everybody, edge = _search(ports, wide, tuple(after["edge"]) if after and "edge" in after else None)
    counts = facets(everybody) if wish.with_facets else None
    category = wish.filters.category
    hits = [hit for hit in everybody if category is None or category in hit.card.categories]
    order = rank(wish.sort, ports.clock.now(), wish.filters.currency)
    ahead = sorted((hit for hit in hits if at is None or order(hit) > at), key=order)
    page = _page(ahead, limit, after, order, counts)
    return page if edge is None or page.next is None else replace(page, next={**page.next, "edge": edge})


def _page_by_distance(ports: SearchPorts, wish: Wish, limit: int, after: Mapping[str, Any] | None) -> Found:
    """Return one page of a search by distance: it needs no more than it shows, and may end where the budget does."""
    shown = after["shown"] if after else 0
    wanted = limit if wish.most is None else min(limit, wish.most - shown)
    more = wish.most is None or shown + wanted < wish.most
    found = _nearest(ports, replace(_query(ports, wish), count=wanted + more, after=_rank(after)))
    page = _page(found.hits, wanted, after, rank(Sort.DISTANCE, ports.clock.now()))
    if page.next is None and found.reached is not None and (more or len(page.items) < wanted):
        return replace(page, next={"at": (found.reached, AFTER_ALL), "shown": shown + len(page.items)})
    return page


def _rank(after: Mapping[str, Any] | None) -> Rank | None:
    return tuple(after["at"]) if after and "at" in after else None


def _page(
    found: Sequence[Hit],
    limit: int,
    after: Mapping[str, Any] | None,
    order: Callable[[Hit], Rank],
    counts: Mapping[str, int] | None = None,
) -> Found:
    items = tuple(found[:limit])
    if len(found) <= limit:
        return Found(items, None, counts)
    return Found(items, {"at": order(items[-1]), "shown": (after["shown"] if after else 0) + len(items)}, counts)


def _search(ports: SearchPorts, wish: Wish, edge: Rank | None) -> tuple[Sequence[Hit], Rank | None]:
    """Return all that a wish is about: all in reach, or the k nearest and the rank of the last of them. On later pages
    they are all up to that rank, or a shop that opens among them would push another one out of the walk.

    Raises:
        SearchTooWide: the budget does not take them all. All in reach are weighed whether memory knows them or not:
            whoever asks again is told the same.
    """
    query = _query(ports, wish)
    if edge is not None:
        hits = _whole(ports, replace(query, count=ALL, reach=edge[0]))
        return [hit for hit in hits if hit.rank <= edge], edge
    if wish.most is not None:
        hits = _whole(ports, replace(query, count=wish.most))
        return hits, hits[-1].rank if len(hits) == wish.most else (query.reach, AFTER_ALL)
    query = replace(query, count=ALL)
    if is_too_wide(ports.places, query, ports.budget):
        raise SearchTooWide
    hits = _whole(ports, query)
    if wish.origin is None:
        return hits, None
    return [Hit(haversine(*wish.origin, hit.card.lat, hit.card.lon), hit.card) for hit in hits], None


def _whole(ports: SearchPorts, query: Query) -> Sequence[Hit]:
    found = _nearest(ports, query)
    if found.reached is not None:
        raise SearchTooWide
    return found.hits


def _nearest(ports: SearchPorts, query: Query) -> Part:
    known = ports.memory.nearest(query)
    return part(ports.places, query, ports.budget) if known is None else Part(list(known))


def _query(ports: SearchPorts, wish: Wish) -> Query:
    """Return the search that a wish comes to; how many is for the caller to say."""
    category = wish.filters.category
    tests: list[Accepts] = [wish.box.holds] if wish.box else []
    index, share, reach = EVERYTHING, 1.0, wish.reach
    if wish.box is None and (wish.words is not None or accepts(wish.filters) is not everything):
        # What few shops are would be looked for in all of the world.
        reach = min(reach, LOCAL_M)
    if wish.words is not None:
        around = partitions.around(wish.lat, wish.lon, reach)
        index = word_index(rules.rarest(wish.words.tokens, ports.places.directories(EVERYTHING, around)))
        tests.append(_worded(wish.words))
        if category is not None:
            tests.append(lambda card: category in card.categories)
    elif category is not None:
        index = category_index(category)
    test = accepts(wish.filters, *tests)
    if test is not everything and wish.words is None and wish.box is None:
        share *= _PICKY
    return Query(wish.lat, wish.lon, 0, reach, index, test, wish.box.hull if wish.box else None, share)


def _worded(words: Wanted) -> Accepts:
    return lambda card: words.matches(rules.document(card).text)


def serving(
    ports: SearchPorts, lat: float, lon: float, filters: Filters, limit: int, after: Mapping[str, Any] | None = None
) -> Found:
    """Return one page of the shops that come to an address, those whose own position is nearest first. Where they are
    more than one request may read, they come in several portions, each of them in that order; a page may be empty and
    still have a next one.

    Raises:
        ValueError: not a position.
    """
    test = accepts(filters)
    begin = tuple(after["from"]) if after and "from" in after else ("",) * len(areas.LEVELS)
    portion = ports.areas.serving(lat, lon, begin, tuple(after["to"]) if after and "to" in after else None)
    found: dict[str, Hit] = {}
    for card, area in portion.pairs:
        is_wanted = filters.category is None or filters.category in card.categories
        known = found.get(card.shop_id)
        if known is not None and known.card.stamp >= card.stamp:
            continue
        found.pop(card.shop_id, None)
        if is_wanted and test(card) and areas.serves(area, lat, lon, card.lat, card.lon):
            found[card.shop_id] = Hit(haversine(lat, lon, card.lat, card.lon), card)
    order, at = rank(Sort.DISTANCE, ports.clock.now()), _rank(after)
    page = _page(
        sorted((hit for hit in found.values() if at is None or order(hit) > at), key=order), limit, after, order
    )
    if page.next is not None:
        return replace(page, next={**page.next, "from": begin, "to": portion.last})
    is_last = all(one is None for one in portion.last)
    shown = (after["shown"] if after else 0) + len(page.items)
    return page if is_last else replace(page, next={"from": portion.last, "shown": shown})


def suggest(ports: SearchPorts, lat: float, lon: float, words: Wanted, limit: int) -> Sequence[str]:
    """Return names of shops and offerings around that somebody may be typing.

    Raises:
        ValueError: not a position.
    """
    wish = Wish(lat, lon, SUGGEST_M, words=words)
    hits = _nearest(ports, replace(_query(ports, wish), count=_SUGGEST_FROM)).hits
    return text.completions(words, [(name, weight) for hit in hits for name, weight in _names(hit.card)], limit)


def _names(card: Card) -> list[tuple[str, float]]:
    weight = 1.0 + card.rating_count
    return [(name, weight) for name in (card.name, card.name_en, *card.text.split("\n")) if name]
