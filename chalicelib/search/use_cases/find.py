"""Searching."""

from dataclasses import replace

from chalicelib.kit.pagination import Page
from chalicelib.search.nearest import Query, nearest
from chalicelib.search.ports import Hit, SearchPorts


def nearby(ports: SearchPorts, query: Query, limit: int, total: int | None = None) -> Page[Hit]:
    """Return one page of the shops around a position, nearest first.

    Every page is exact at the moment it is read (eventually consistent, normally within a second of the index); a
    shop that stays where it is comes exactly once in a walk, whatever others do.

    Args:
        ports: the outside.
        query: the search; its `count` is set here.
        limit: of the page.
        total: of all pages together (the k nearest); None for no bound.

    Raises:
        ValueError: the centre is no position.
    """
    wanted = limit if total is None else min(limit, total - query.shown)
    more = total is None or query.shown + wanted < total
    found = nearest(ports.places, replace(query, count=wanted + more))
    items = tuple(found[:wanted])
    if len(found) <= wanted:
        return Page(items, None)
    distance, shop_id = items[-1].rank
    return Page(items, {"distance": distance, "id": shop_id, "shown": query.shown + len(items)})
