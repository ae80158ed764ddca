"""Recommending shops: near somebody, and like what they booked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.kit.auth import Actor
from chalicelib.kit.clock import Clock
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import LineState, OrdersPorts
from chalicelib.search.filters import Filters
from chalicelib.search.index_ports import Index
from chalicelib.search.ports import Hit, SearchPorts
from chalicelib.search.recommend import TASTES, Suggestion, Visit, recommend, tastes
from chalicelib.search.use_cases.find import Wish, find

REACH_M = 10_000.0
_HISTORY = 50  # of the newest orders
_EACH = 20  # shops that are looked at for each taste, and of all
_UNDONE = {LineState.HELD, LineState.CANCELLED, LineState.EXPIRED, LineState.REFUNDING, LineState.REFUNDED}


@dataclass(frozen=True)
class RecommendPorts:
    """What recommending is given."""

    search: SearchPorts
    index: Index
    orders: OrdersPorts
    clock: Clock


def recommended(ports: RecommendPorts, actor: Actor, lat: float, lon: float, limit: int) -> Sequence[Suggestion]:
    """Return shops within `REACH_M` of a position that the caller may like, the best first, each with its reasons.

    One query of the caller's newest orders, one read of what is indexed of their shops, and a search for each of their
    `TASTES` strongest tastes and for all that is near.

    Raises:
        ValueError: not a position.
    """
    now = ports.clock.now()
    visits = _visits(ports, actor)
    wish = Wish(lat, lon, REACH_M)
    hits: list[Hit] = list(find(ports.search, wish, _EACH).items)
    for category in list(tastes(visits, now))[:TASTES]:
        hits += find(ports.search, replace(wish, filters=Filters(category=category)), _EACH).items
    return recommend(hits, visits, now, limit)


def _visits(ports: RecommendPorts, actor: Actor) -> list[Visit]:
    page = orders.mine(ports.orders, actor, None, _HISTORY)
    lines = [(line, order.created_at) for order in page.items for line in order.lines if line.state not in _UNDONE]
    if not lines:
        return []
    heads = ports.index.heads({line.shop_id for line, _ in lines})
    shapes = {shop_id: head.shape for shop_id, head in heads.items() if head.shape}
    return [
        Visit(line.shop_id, line.title, line.starts_at or ordered_at, shapes[line.shop_id].categories)
        for line, ordered_at in lines
        if line.shop_id in shapes
    ]
