"""A shop's page over the wire."""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Moment
from chalicelib.reviews.ports import Shown
from chalicelib.reviews.schemas import ListedReview, Rating, Reply, Reviews, ShownMedium
from chalicelib.search.pages import ShownReview
from chalicelib.search.use_cases.page import View
from chalicelib.shops.schemas import Listing

Links = Callable[[str, Shown], Sequence[str]]
"""Returns the addresses of what a review shows, by the review's id."""


class NextTime(Wire):
    """When something is free."""

    start: Moment
    local_start: str = Field(
        description="The start as the shop's clock shows it, with its offset.",
        json_schema_extra={"format": "date-time"},
        examples=["2030-05-01T17:30:00+08:00"],
    )

    @classmethod
    def of(cls, start: datetime, zone: ZoneInfo) -> "NextTime":
        return cls(start=start, local_start=start.astimezone(zone).isoformat())


class OfferingTimes(Wire):
    """The next free times of an offering."""

    offering_id: str = Field(examples=["off_01jd3x9k5r8m2q7w4t6y0z1abc"])
    times: list[NextTime] = Field(description="In order, three at most; none: nothing is free until `until`.")
    partial: bool = Field(
        description="The shop has too many people or offerings to look at all of them: these are some times, perhaps "
        "not the next ones. All of a date are at `/v1/shops/{shop_id}/offerings/{offering_id}/times`."
    )


class NextTimes(Wire):
    """The next free times of all that can be booked; what was taken a moment ago may still show."""

    until: Moment = Field(description="Services that are over by then were looked for, at most 14 days ahead.")
    offerings: list[OfferingTimes] = Field(description="Of each active offering; of a closed shop none.")


class ShopPage(Wire):
    """All that a page about a shop shows. A change of the shop and a new review show within seconds, free times at
    once.
    """

    shop: Listing
    reviews: Reviews = Field(description="The first page; it goes on at `/v1/shops/{shop_id}/reviews`.")
    top_reviews: tuple[ListedReview, ...] = Field(description="Those that helped most readers, three at most.")
    staff_ratings: dict[str, Rating] = Field(description="What reviews say of those who work there, by their ids.")
    next_times: NextTimes

    @classmethod
    def of(cls, view: View, more: str | None, links: Links) -> "ShopPage":
        """Return a view as it is answered; `more` is the cursor of its further reviews, `links`
        returns the addresses of what one of them shows.
        """
        shop, zone = view.listing.shop, ZoneInfo(view.listing.shop.zone)
        found = view.next_times
        return cls(
            shop=Listing.of_listing(view.listing),
            reviews=Reviews(
                rating=Rating.of(view.opinion.rating, view.at),
                items=tuple(_review(one, shop.id, links) for one in view.opinion.reviews),
                next_cursor=more,
            ),
            top_reviews=tuple(_review(one, shop.id, links) for one in view.opinion.top),
            staff_ratings={of: Rating.of(rating, view.at) for of, rating in view.opinion.staff.items()},
            next_times=NextTimes(
                until=found.until,
                offerings=[
                    OfferingTimes(
                        offering_id=offering_id, times=[NextTime.of(at, zone) for at in one.times], partial=one.partial
                    )
                    for offering_id, one in found.offerings.items()
                ],
            ),
        )


def _review(review: ShownReview, shop_id: str, links: Links) -> ListedReview:
    reply = review.reply and Reply(**vars(review.reply))
    media = [ShownMedium.of(one, links(review.id, one)) for one in review.media]
    shown = vars(review) | {"reply": reply, "aspects": dict(review.aspects), "media": media}
    return ListedReview(shop_id=shop_id, **shown)
