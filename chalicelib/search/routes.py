"""Search over HTTP."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.auth import PUBLIC
from chalicelib.kit.http import Call, endpoint
from chalicelib.search import use_cases
from chalicelib.search.distance import FARTHEST_M
from chalicelib.search.nearest import Query
from chalicelib.search.schemas import FoundShops, SearchQuery, found

bp = Blueprint(__name__)


@endpoint(
    bp,
    "GET",
    "/v1/search/shops",
    summary="Shops near a position, nearest first",
    tag="search",
    roles=PUBLIC,
    query=SearchQuery,
    returns=FoundShops,
)
def search_shops(call: Call) -> FoundShops:
    asked: SearchQuery = call.query
    cursors = wiring.cursors()
    at = cursors.unpack(asked.scope, asked.cursor)
    query = Query(
        lat=asked.lat,
        lon=asked.lon,
        count=asked.limit,
        reach=FARTHEST_M if asked.radius is None else asked.radius,
        category=asked.category,
        after=(at["distance"], at["id"]) if at else None,
        shown=at["shown"] if at else 0,
    )
    page = use_cases.nearby(wiring.search(), query, asked.limit, asked.nearest)
    return FoundShops(
        items=[found(hit) for hit in page.items],
        next_cursor=cursors.pack(asked.scope, page.next),
    )
