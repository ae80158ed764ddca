"""Reading reviews and what they add up to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.pagination import Page
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import OrderState
from chalicelib.reviews.ports import Rating, RatingPorts, Reply, Review, ReviewPorts, Side, Sort
from chalicelib.reviews.rules import Aspect, GuestRating, Wanted, aspects_of, guest_rating, review_id
from chalicelib.reviews.rules.blind import visible_to_other
from chalicelib.reviews.rules.guests import MOST
from chalicelib.shops import use_cases as shops

SCANNED, _MOST_SCANS = 100, 3
"""Reviews that one request looks at, and requests of one page, where it is filtered by what has no index."""

_Read = Callable[[Mapping[str, Any] | None, int], Page[Review]]


@dataclass(frozen=True)
class Exchange:
    """What two sides said of a line, as far as whoever asks may read it.

    Attributes:
        customer, merchant: of the shop, and of the guest; None where there is none, or none to read yet.
        aspects: parts that the customer can give stars.
        reply: what the merchant answered, whoever reads it by now; for those who run the shop alone.
    """

    customer: Review | None
    merchant: Review | None
    aspects: tuple[Aspect, ...]
    reply: Reply | None = None


def rating(ports: RatingPorts, shop_id: str) -> Rating:
    """Return a shop's rating, all zero where nobody has reviewed it: one consistent request."""
    return ports.store.rating(shop_id)


def ratings(ports: RatingPorts, shop_id: str) -> Mapping[str, Rating]:
    """Return a shop's rating under `rules.OF_SHOP`, and under their ids those of its people: one consistent request."""
    return ports.store.ratings(shop_id)


def review(ports: RatingPorts, review_id: str) -> Review | None:
    """Return a review, None where there is none: one consistent read."""
    return ports.store.review(review_id)


def of_order_line(ports: RatingPorts, line_id: str) -> Review | None:
    """Return a customer's review of a line, None where there is none: one consistent read."""
    return ports.store.review(review_id(line_id, Side.CUSTOMER))


def reviews(ports: RatingPorts, review_ids: list[str]) -> Mapping[str, Review]:
    """Return by id those of some reviews (100 at most) that there are: one consistent request."""
    return ports.store.reviews(review_ids)


def known(ports: RatingPorts, review_id: str) -> Review:
    """Return a review, read consistently.

    Raises:
        NotFound: there is none.
    """
    found = ports.store.review(review_id)
    if found is None:
        raise NotFound("review")
    return found


def with_merchant(ports: ReviewPorts, review: Review) -> Review:
    """Return a review that names its merchant: the oldest do not, and theirs is the shop's."""
    if review.merchant_id:
        return review
    return replace(review, merchant_id=shops.shop(ports.shops, review.shop_id).merchant_id)


def newest(ports: RatingPorts, shop_id: str, limit: int, sort: Sort = Sort.NEWEST) -> tuple[Review, ...]:
    """Return the first of a shop's reviews; one of a moment ago may be missing. Whether there is such a shop is not
    asked.
    """
    return ports.store.of_shop(shop_id, sort, None, limit).items


def position_after(ports: RatingPorts, shop_id: str, created_at: datetime, review_id: str) -> Mapping[str, Any]:
    """Return where a shop's list, newest first, goes on after one of its reviews: no request."""
    return ports.store.after(shop_id, created_at, review_id)


def list_name(shop_id: str, sort: Sort = Sort.NEWEST, wanted: Wanted | None = None) -> str:
    """Return what cursors call a list of a shop's reviews."""
    return f"reviews|{shop_id}|{sort}|{(wanted or Wanted()).name}"


def of_shop(
    ports: ReviewPorts, shop_id: str, sort: Sort, wanted: Wanted, after: Mapping[str, Any] | None, limit: int
) -> tuple[Rating, Page[Review]]:
    """Return a shop's rating and some of its reviews. A page may have fewer than `limit`, or none, though the list goes
    on: what is filtered by something that has no index looks at `SCANNED` times `_MOST_SCANS` reviews.

    Raises:
        NotFound: no such shop.
    """
    shops.shop(ports.shops, shop_id)
    stars = wanted.stars

    def read(position: Mapping[str, Any] | None, number: int) -> Page[Review]:
        if stars is not None and sort is Sort.NEWEST:
            return ports.store.with_stars(shop_id, stars, position, number)
        return ports.store.of_shop(shop_id, sort, position, number)

    in_order = Sort.HIGHEST if stars is not None and sort is Sort.NEWEST else sort  # whose key `with_stars` has
    is_plain = wanted == (Wanted(stars=stars) if sort is Sort.NEWEST else Wanted())
    page = read(after, limit) if is_plain else _filtered(ports, read, in_order, wanted, after, limit)
    return ports.store.rating(shop_id), page


def _filtered(
    ports: RatingPorts, read: _Read, sort: Sort, wanted: Wanted, after: Mapping[str, Any] | None, limit: int
) -> Page[Review]:
    found: list[Review] = []
    for _ in range(_MOST_SCANS):
        page = read(after, SCANNED)
        for one in page.items:
            if wanted.accepts(one):
                found.append(one)
                if len(found) == limit:
                    last = one is page.items[-1] and page.next is None
                    return Page(tuple(found), None if last else ports.store.position(one, sort))
        after = page.next
        if after is None:
            break
    return Page(tuple(found), after)


def of_line(ports: ReviewPorts, actor: Actor, order_id: str, line_id: str) -> Exchange:
    """Return what was said of a line of an order: one's own side's whatever state it is in, the other side's once it is
    open.

    Raises:
        NotFound: no such line, or none of the actor's business.
    """
    order = orders.get(ports.orders, actor, order_id)
    line = order.line(line_id)
    if line is None:
        raise NotFound("order line")
    ids = {side: review_id(line.id, side) for side in Side}
    found, now = ports.store.reviews(list(ids.values())), ports.clock.now()
    own = Side.CUSTOMER if actor.account_id == order.customer_id else Side.MERCHANT
    has_side = own is Side.CUSTOMER or actor.has_stake(order.merchant_id)  # the operator's people have none

    def shown(side: Side) -> Review | None:
        one = found.get(ids[side])
        mine = has_side and side is own
        return one if one is not None and (mine or visible_to_other(one, now)) else None

    aspects = aspects_of(shops.shop(ports.shops, line.shop_id).categories)
    customer = shown(Side.CUSTOMER)
    reply = customer.reply if customer is not None and has_side and own is Side.MERCHANT else None
    return Exchange(customer, shown(Side.MERCHANT), aspects, reply)


def guest(ports: ReviewPorts, actor: Actor, order_id: str) -> GuestRating:
    """Return what shops said of the customer of an order to those who are to serve it.

    Raises:
        NotFound: no such order of the actor's shop that is still to come.
    """
    order = orders.read(ports.orders, order_id)
    actor.must_have(order.merchant_id, "order")
    if order.state not in (OrderState.HELD, OrderState.CONFIRMED):
        raise NotFound("guest")
    return guest_rating(ports.store.of_guest(order.customer_id, MOST))
