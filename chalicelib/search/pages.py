"""A shop's page as it is kept ready: what it holds, and which of two is newer. No I/O.

A page is put together from parts that only ever grow newer: a listing and ratings with versions that never fall, and
reviews, each of which is read consistently, those that stand on the page too: what is changed, held or removed is so on
the page, whatever the index of reviews still shows. So whoever joins what stands with what was read ends at the same
page, in whatever order the messages came.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from chalicelib.booking.ports import BookingPorts
from chalicelib.kit.clock import Clock
from chalicelib.reviews.ports import OF_SHOP, Aspect, Rating, RatingPorts, Review, Shown, State
from chalicelib.shops.ports import Listing, ShopPorts

REVIEWS = 10  # the newest ones, on a page
TOP = 3  # those that helped most readers, beside them


@dataclass(frozen=True)
class ShownReply:
    """What everybody sees of a reply; see `reviews.ports.Reply` for the fields."""

    text: str
    at: datetime
    edited_at: datetime | None


@dataclass(frozen=True)
class ShownReview:
    """What everybody sees of a review; see `reviews.ports.Review` for the fields."""

    id: str
    author: str | None
    stars: int
    text: str
    language: str
    created_at: datetime
    aspects: Mapping[Aspect, int]
    staff_id: str | None
    staff_stars: int | None
    edited_at: datetime | None
    helpful: int
    reply: ShownReply | None
    media: tuple[Shown, ...] = ()

    @classmethod
    def of(cls, review: Review) -> "ShownReview":
        reply = review.read_reply
        return cls(
            id=review.id,
            author=review.author,
            stars=review.stars,
            text=review.text,
            language=review.language,
            created_at=review.created_at,
            aspects=dict(review.aspects),
            staff_id=review.staff_id,
            staff_stars=review.staff_stars,
            edited_at=review.edited_at,
            helpful=review.helpful,
            reply=None if reply is None else ShownReply(reply.text, reply.at, reply.edited_at),
            media=review.media,
        )


@dataclass(frozen=True)
class Opinion:
    """What others say of a shop.

    Attributes:
        rating: what all reviews add up to.
        staff: what they do for those who work there, by their ids.
        reviews: the newest `REVIEWS`, newest first.
        top: the `TOP` that helped most readers, of those that helped any.
    """

    rating: Rating = field(default_factory=Rating)
    staff: Mapping[str, Rating] = field(default_factory=dict)
    reviews: tuple[ShownReview, ...] = ()
    top: tuple[ShownReview, ...] = ()

    @property
    def ids(self) -> frozenset[str]:
        """Those of its reviews."""
        return frozenset(one.id for one in (*self.reviews, *self.top))


@dataclass(frozen=True)
class ShopPage:
    """A shop's page.

    Attributes:
        version: of the shop.
        listing: None where it is too long to be kept with the rest, and has to be read.
        opinion: what others say of it.
    """

    version: int
    listing: Listing | None
    opinion: Opinion


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


def opinion_of(ratings: Mapping[str, Rating], reviews: Iterable[Review]) -> Opinion:
    """Return what others say of a shop.

    Args:
        ratings: as `reviews.use_cases.ratings` returns them.
        reviews: as they stand, among them the newest and the most helpful.
    """
    shown = [one for one in reviews if one.state is State.SHOWN]
    newest = sorted(shown, key=lambda one: (one.created_at, one.id), reverse=True)[:REVIEWS]
    helpful = [one for one in shown if one.helpful]
    top = sorted(helpful, key=lambda one: (one.helpful, one.created_at, one.id), reverse=True)[:TOP]
    return Opinion(
        rating=ratings[OF_SHOP],
        staff={of: rating for of, rating in ratings.items() if of != OF_SHOP},
        reviews=tuple(map(ShownReview.of, newest)),
        top=tuple(map(ShownReview.of, top)),
    )


def page_of(listing: Listing, opinion: Opinion) -> ShopPage:
    """Return the page of a shop."""
    return ShopPage(listing.shop.version, listing, opinion)


def joined(stands: ShopPage, read: ShopPage) -> ShopPage:
    """Return the page that has of each part the newer one; of the same version what was read, by code that may know
    more of it.
    """
    newer = max(read, stands, key=lambda page: page.version)
    opinion = max(read.opinion, stands.opinion, key=lambda opinion: opinion.rating.version)
    return replace(newer, opinion=opinion)
