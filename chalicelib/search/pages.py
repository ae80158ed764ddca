"""A shop's page as it is kept ready: what it holds, and which of two is newer. No I/O.

A page is put together from parts that only ever grow newer: a listing and a rating with versions that never fall, and
reviews, which are written once and stay. So two pages of a shop can always be joined, and whoever joins what stands
with what was read ends at the same page, in whatever order the messages came.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from chalicelib.booking.ports import BookingPorts
from chalicelib.kit.clock import Clock
from chalicelib.reviews.ports import Rating, RatingPorts, Review
from chalicelib.shops.ports import Listing, ShopPorts

REVIEWS = 10  # the newest ones, on a page


@dataclass(frozen=True)
class ShownReview:
    """What everybody sees of a review; see `reviews.ports.Review` for the fields."""

    id: str
    author: str | None
    stars: int
    text: str
    language: str
    created_at: datetime

    @classmethod
    def of(cls, review: Review) -> "ShownReview":
        return cls(review.id, review.author, review.stars, review.text, review.language, review.created_at)

    @property
    def rank(self) -> tuple[datetime, str]:
        """Its place in its shop's list, where the highest comes first."""
        return self.created_at, self.id


@dataclass(frozen=True)
class ShopPage:
    """A shop's page.

    Attributes:
        version: of the shop.
        listing: None where it is too long to be kept with the rest, and has to be read.
        rating: what all reviews add up to.
        reviews: the newest `REVIEWS`, newest first.
    """

    version: int
    listing: Listing | None
    rating: Rating
    reviews: tuple[ShownReview, ...]


@dataclass(frozen=True)
class Kept:
    """What stands of a shop's page.

    Attributes:
        stamp: rises with every write.
        page: None where it was written by code that knew pages of another form.
    """

    stamp: int
    page: ShopPage | None


class Pages(Protocol):
    """Where pages are kept."""

    def page(self, shop_id: str, *, consistent: bool) -> Kept | None:
        """Return what stands of a shop's page; None where there is none. Not consistent, it may be a moment old."""
        ...

    def write(self, shop_id: str, before: Kept | None, page: ShopPage) -> None:
        """Write a page over what was read before; a listing that is too long is left out.

        Raises:
            Contention: something else stands there by now.
        """
        ...

    def versions(self, shop_ids: Collection[str]) -> Mapping[str, int]:
        """Return by shop, of at most 100, the shop's version that its page knows, read consistently; 0 where the page
        has another form. Of a shop without a page, nothing.
        """
        ...

    def write_new(self, pages: Sequence[tuple[str, ShopPage]]) -> None:
        """Write the first pages of shops, by shop id, many in a transaction.

        Raises:
            Contention: one of them has a page by now; some of the others may have been written.
        """
        ...


@dataclass(frozen=True)
class PagePorts:
    """What keeping pages true is given."""

    pages: Pages
    shops: ShopPorts
    reviews: RatingPorts


@dataclass(frozen=True)
class ViewPorts(PagePorts):
    """What looking at a page is given."""

    booking: BookingPorts
    clock: Clock


def page_of(listing: Listing, rating: Rating, reviews: Iterable[Review]) -> ShopPage:
    """Return the page of a shop."""
    return ShopPage(listing.shop.version, listing, rating, _newest(map(ShownReview.of, reviews)))


def joined(stands: ShopPage, read: ShopPage) -> ShopPage:
    """Return the page that has of each part the newer one; of the same version what was read, by code that may know
    more of it.
    """
    newer = max(read, stands, key=lambda page: page.version)
    rating = max(read.rating, stands.rating, key=lambda rating: rating.version)
    return replace(newer, rating=rating, reviews=_newest((*stands.reviews, *read.reviews)))


def _newest(reviews: Iterable[ShownReview]) -> tuple[ShownReview, ...]:
    known: dict[str, ShownReview] = {}
    for review in reviews:
        stands = known.get(review.id)
        # Whose author was erased has no words; an index that lags behind may still show them.
        if stands is None or stands.text or stands.author:
            known[review.id] = review
    return tuple(sorted(known.values(), key=lambda review: review.rank, reverse=True)[:REVIEWS])
