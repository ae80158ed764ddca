"""Search over HTTP."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.datum import Datum
from chalicelib.kit.errors import NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.reviews.use_cases import list_name, media_links
from chalicelib.search import use_cases
from chalicelib.search.budget import SearchTooWide
from chalicelib.search.free_schemas import FreeQuery, FreeShop, FreeShops
from chalicelib.search.page_schemas import ShopPage
from chalicelib.search.queries import FilterQuery, RecommendQuery, SearchQuery, ServingQuery, SuggestQuery, wanted
from chalicelib.search.schemas import (
    FoundShops,
    Recommended,
    RecommendedShop,
    Suggestions,
    WhyRecommended,
    found,
)
from chalicelib.search.use_cases.free import FreeWish, find_free
from chalicelib.search.use_cases.page import view
from chalicelib.search.use_cases.recommend import recommended

bp = Blueprint(__name__)


@endpoint(
    bp, "GET", "/v1/search/shops", summary="Shops near a position or in a box, by word and by what they are",
    tag="search", needs=PUBLIC, query=SearchQuery, returns=FoundShops, errors=(SearchTooWide,),
)  # fmt: skip
def search_shops(call: Call) -> FoundShops:
    asked: SearchQuery = call.query
    after, now = _begun(asked, "search")
    page = use_cases.find(wiring.search(), asked.wish(now), asked.limit, after)
    return _answer(asked, "search", page, now, asked.datum)


@endpoint(
    bp, "GET", "/v1/search/serving", summary="Shops that come to an address", tag="search", needs=PUBLIC,
    query=ServingQuery, returns=FoundShops,
)  # fmt: skip
def serving(call: Call) -> FoundShops:
    asked: ServingQuery = call.query
    after, now = _begun(asked, "serving")
    page = use_cases.serving(wiring.search(), *asked.place, asked.filters(now), asked.limit, after)
    return _answer(asked, "serving", page, now, asked.datum)


@endpoint(
    bp, "GET", "/v1/search/free", summary="Shops around with free times in a window of a date", tag="search",
    needs=PUBLIC, query=FreeQuery, returns=FreeShops,
)  # fmt: skip
def free(call: Call) -> FreeShops:
    asked: FreeQuery = call.query
    now, cursors = wiring.clock().now(), wiring.cursors()
    after = cursors.unpack(asked.scope(), asked.cursor)
    wish = FreeWish(*asked.place, asked.radius, asked.category, asked.ask(now))
    page = find_free(wiring.search_free(), wish, asked.limit, after)
    return FreeShops(
        items=[FreeShop.of(one, now, asked.datum) for one in page.items],
        next_cursor=cursors.pack(asked.scope(), page.next),
    )


@endpoint(
    bp, "GET", "/v1/search/suggestions", summary="What somebody may be typing", tag="search", needs=PUBLIC,
    query=SuggestQuery, returns=Suggestions,
)  # fmt: skip
def suggestions(call: Call) -> Suggestions:
    asked: SuggestQuery = call.query
    names = use_cases.suggest(wiring.search(), *asked.place, wanted(asked.q), asked.limit)
    return Suggestions(items=list(names))


@endpoint(
    bp, "GET", "/v1/me/recommendations", summary="Shops near you, like what you booked, and why", tag="search",
    needs=Permission.SEARCH_OWN, query=RecommendQuery, returns=Recommended,
)  # fmt: skip
def recommendations(call: Call) -> Recommended:
    asked: RecommendQuery = call.query
    now = wiring.clock().now()
    chosen = recommended(wiring.recommending(), call.actor, *asked.place, asked.limit)
    return Recommended(
        items=[
            RecommendedShop(
                shop=found(one.hit, now, asked.datum),
                reasons=[WhyRecommended(code=reason.why, text=reason.text(call.language)) for reason in one.reasons],
            )
            for one in chosen
        ]
    )


@endpoint(
    bp, "GET", "/v1/shops/{shop_id}/page", summary="All that a page about a shop shows, with the next free times",
    tag="search", needs=PUBLIC, returns=ShopPage, errors=(NotFound,),
)  # fmt: skip
def shop_page(_call: Call, shop_id: str) -> ShopPage:
    seen = view(wiring.shop_page(), shop_id)
    return ShopPage.of(seen, wiring.cursors().pack(list_name(shop_id), seen.more), partial(media_links, wiring.files()))


def _begun(asked: FilterQuery, name: str) -> tuple[Mapping[str, Any] | None, datetime]:
    """Return where a page begins, and when the first one was asked for: a walk goes by one moment."""
    at = wiring.cursors().unpack(asked.scope(name), asked.cursor)
    return at, datetime.fromtimestamp(at["now"], UTC) if at else wiring.clock().now().replace(microsecond=0)


def _answer(asked: FilterQuery, name: str, page: use_cases.Found, now: datetime, datum: Datum) -> FoundShops:
    after = None if page.next is None else {**page.next, "now": int(now.timestamp())}
    moment = wiring.clock().now()
    return FoundShops(
        items=[found(hit, moment, datum) for hit in page.items],
        facets=None if page.facets is None else dict(page.facets),
        next_cursor=wiring.cursors().pack(asked.scope(name), after),
    )
