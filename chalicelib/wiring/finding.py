"""Search and what it shows. See the package."""

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import wiring

if TYPE_CHECKING:
    from chalicelib.search.free_ports import FreePorts, MapPorts
    from chalicelib.search.index_ports import IndexPorts
    from chalicelib.search.pages import PagePorts, ViewPorts
    from chalicelib.search.ports import SearchPorts
    from chalicelib.search.store import SearchStore
    from chalicelib.search.store.free import FreeStore
    from chalicelib.search.use_cases.recommend import RecommendPorts


@cache
def search() -> "SearchPorts":
    """Return what searching needs; what is kept in memory lives as long as the container."""
    from chalicelib.search.hot import Hot
    from chalicelib.search.ports import SearchPorts
    from chalicelib.search.store import PackStore

    store = _search_store()
    return SearchPorts(
        places=store, memory=Hot(PackStore(wiring.clock()), wiring.clock()), areas=store, clock=wiring.clock()
    )


@cache
def search_index() -> "IndexPorts":
    """Return what keeping the search index true needs."""
    from chalicelib.search.index_ports import IndexPorts
    from chalicelib.search.store import PackStore

    store = _search_store()
    return IndexPorts(
        places=store,
        index=store,
        packs=PackStore(wiring.clock()),
        shops=wiring.shops(),
        reviews=wiring.ratings(),
        coupons=wiring.claimable(),
        clock=wiring.clock(),
    )


@cache
def _search_store() -> "SearchStore":
    from chalicelib.search.store import SearchStore

    return SearchStore(wiring.committer(), wiring.clock())


@cache
def _free_store() -> "FreeStore":
    from chalicelib.search.store.free import FreeStore

    return FreeStore(_search_store(), wiring.committer())


@cache
def search_free() -> "FreePorts":
    """Return what searching for free times needs."""
    from chalicelib.search.free_ports import FreePorts

    return FreePorts(places=_free_store(), cards=_free_store(), clock=wiring.clock())


@cache
def free_maps() -> "MapPorts":
    """Return what keeping free maps true needs."""
    from chalicelib.search.free_ports import MapPorts

    return MapPorts(
        maps=_free_store(), places=_search_store(), shops=wiring.shops(), booking=wiring.booking(), clock=wiring.clock()
    )


@cache
def pages() -> "PagePorts":
    """Return what keeping shops' pages true needs."""
    from chalicelib.search.pages import PagePorts
    from chalicelib.search.store.pages import PageStore

    return PagePorts(pages=PageStore(wiring.committer()), shops=wiring.shops(), reviews=wiring.ratings())


@cache
def shop_page() -> "ViewPorts":
    """Return what looking at a shop's page needs."""
    from chalicelib.search.pages import ViewPorts

    return ViewPorts(**vars(wiring.pages()), booking=wiring.booking(), clock=wiring.clock())


@cache
def recommending() -> "RecommendPorts":
    from chalicelib.search.use_cases.recommend import RecommendPorts

    return RecommendPorts(search=wiring.search(), index=_search_store(), orders=wiring.orders(), clock=wiring.clock())
