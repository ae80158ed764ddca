"""A shop's page: kept ready by the messages that its shop and its reviews send, and looked at with two requests.

What is promised: a page shows a change of its shop and a review as soon as the message is worked, normally within
seconds, and never goes back behind what it has shown but for the moment that an eventually consistent read may be old.
Free times are read when the page is. Holding decides by the shop and the day's rows themselves, whatever a page says.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from chalicelib.booking import use_cases as booking
from chalicelib.booking.use_cases import NextTimes
from chalicelib.kit.errors import NotFound
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.reviews import use_cases as reviews
from chalicelib.reviews.ports import OF_SHOP, Sort
from chalicelib.search.pages import (
    REVIEWS,
    TOP,
    Kept,
    Opinion,
    PagePorts,
    ShopPage,
    ViewPorts,
    joined,
    opinion_of,
    page_of,
)
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Listing

_CHUNK = 100  # shops whose pages one read finds


@dataclass(frozen=True)
class View:
    """A shop's page, and what can be had there.

    Attributes:
        listing: without what is not active: offerings, staff, resources. Only the shop's own lists have those.
        opinion: what others say of it.
        more: the position after its newest reviews in the shop's list of them; None where they are all.
        at: when it was looked at.
    """

    listing: Listing
    opinion: Opinion
    more: Mapping[str, Any] | None
    next_times: NextTimes
    at: datetime


def view(ports: ViewPorts, shop_id: str) -> View:
    """Return a shop's page: one read of the page, one of what is taken, and only the first where nothing can be booked.

    A shop whose page is not written yet (its first message is still on the way) is read itself, with its rating and its
    reviews: seven requests, as right. So is one whose description is too long for the page: three.

    Raises:
        NotFound: no such shop.
    """
    kept = ports.pages.page(shop_id, consistent=False)
    page = kept.page if kept else None
    if page is None:
        page = _read(ports, shop_id)
    listing = page.listing or shops.listing(ports.shops, shop_id)
    opinion, now, more = page.opinion, ports.clock.now(), None
    if opinion.reviews and opinion.rating.count > len(opinion.reviews):
        last = opinion.reviews[-1]
        more = reviews.position_after(ports.reviews, shop_id, last.created_at, last.id)
    times = booking.next_times(ports.booking, listing, now)
    return View(_shown(listing), opinion, more, times, now)


def _shown(listing: Listing) -> Listing:
    return replace(
        listing,
        offerings=tuple(one for one in listing.offerings if one.active),
        staff=tuple(one for one in listing.staff if one.active),
        resources=tuple(one for one in listing.resources if one.active),
    )


def refresh_page(ports: PagePorts, shop_id: str, review_id: str | None = None) -> bool:
    """Bring a shop's page to where the shop, its rating and its reviews are now; True when there was something to
    write. Of a shop that is not there, there is no page.

    It reads all anew and joins it with what stands, so messages may come late, twice or in any order, and several at
    once: who is overtaken reads again.

    Args:
        ports: what pages need.
        shop_id: the shop.
        review_id: one of its reviews, which the index of reviews may not show yet. Messages from before they said so
            have none; what the index does not show then comes with the shop's next message.

    Raises:
        Busy: others wrote the same page all the while; nothing was written.
    """

    def attempt() -> bool:
        # The page first: what is read after it cannot be older than what it was made of.
        before = ports.pages.page(shop_id, consistent=True)
        try:
            page = _read(ports, shop_id, {review_id} | _ids(before))
        except NotFound:
            return False
        if before is not None and before.page is not None:
            page = joined(before.page, page)
        if _stands(before, page):
            return False
        ports.pages.write(shop_id, before, page)
        return True

    return retrying(attempt)


def fill_pages(ports: PagePorts, listings: Iterable[Listing]) -> int:
    """Bring the pages of many shops to where the shops are, and return how many were written. Safe to repeat, and
    beside `refresh_page`. A shop without a page has no reviews yet, or a message about them on its way.

    Args:
        ports: what pages need.
        listings: as the shops' domain has them now.
    """
    written, source = 0, iter(listings)
    while chunk := {listing.shop.id: listing for listing in islice(source, _CHUNK)}:
        known = ports.pages.versions(chunk)
        first = [(one, page_of(listing, Opinion())) for one, listing in chunk.items() if one not in known]
        behind = [one for one, listing in chunk.items() if one in known and known[one] < listing.shop.version]
        try:
            ports.pages.write_new(first)
            written += len(first)
        except Contention:
            behind += [one for one, _ in first]
        written += sum(refresh_page(ports, one) for one in behind)
    return written


def _read(ports: PagePorts, shop_id: str, more: Collection[str | None] = ()) -> ShopPage:
    """Return a shop's page as everything stands.

    Args:
        ports: what pages need.
        shop_id: the shop.
        more: ids of reviews that may be on it, though the index may not show them so.
    """
    listing = shops.listing(ports.shops, shop_id)
    ratings = reviews.ratings(ports.reviews, shop_id)
    ids = {one for one in more if one}
    if ratings[OF_SHOP].count:
        for limit, sort in ((REVIEWS, Sort.NEWEST), (TOP, Sort.HELPFUL)):
            ids |= {one.id for one in reviews.newest(ports.reviews, shop_id, limit, sort)}
    known = reviews.reviews(ports.reviews, sorted(ids)) if ids else {}
    return page_of(listing, opinion_of(ratings, (one for one in known.values() if one.shop_id == shop_id)))


def _ids(before: Kept | None) -> frozenset[str]:
    return before.page.opinion.ids if before is not None and before.page is not None else frozenset()


def _stands(before: Kept | None, page: ShopPage) -> bool:
    """Tell whether nothing is new; a listing that was too long is so as long as the shop has the same version."""
    return before is not None and before.page in (page, replace(page, listing=None))
