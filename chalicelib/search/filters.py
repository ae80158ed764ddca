"""Which cards count, and in which order they come. No I/O."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.reviews.ports import PRIOR_MEAN_TENTHS, PRIOR_WEIGHT, WEIGHT_UNIT, weight
from chalicelib.search import opening
from chalicelib.search.ports import Accepts, Card, Hit, everything

PRIOR_MEAN = PRIOR_MEAN_TENTHS / 10
"""What a shop's rating is before anybody has said so: see `bayesian`."""


@dataclass(frozen=True)
class Filters:
    """What a shop must be; None and False ask for nothing.

    Attributes:
        category: that it is found under.
        open_at: it is open at that moment.
        price_min, price_max: its cheapest offering costs so much, minor units of `currency`, both inclusive.
        currency: of the prices; shops with another one have none.
        min_rating: its plain average is at least so many stars; one without reviews has none.
        coupon_at: coupons can be claimed there at that moment.
    """

    category: str | None = None
    open_at: datetime | None = None
    price_min: int | None = None
    price_max: int | None = None
    currency: str | None = None
    min_rating: float | None = None
    coupon_at: datetime | None = None


def accepts(filters: Filters, *more: Accepts) -> Accepts:
    """Return the test of a card: `ports.everything` itself where nothing is asked for. A category is not looked at: it
    has an index of its own.
    """
    tests = [*_tests(filters), *more]
    if not tests:
        return everything
    return tests[0] if len(tests) == 1 else lambda card: all(test(card) for test in tests)


def _tests(filters: Filters) -> list[Accepts]:
    tests: list[Accepts] = []
    if filters.price_min is not None or filters.price_max is not None:
        tests.append(_priced(filters.price_min or 0, filters.price_max, filters.currency))
    if filters.min_rating is not None:
        stars = filters.min_rating
        tests.append(lambda card: card.rating_count > 0 and card.rating_sum >= stars * card.rating_count)
    if filters.coupon_at is not None:
        second = int(filters.coupon_at.timestamp())
        tests.append(lambda card: any(since <= second < until for since, until in card.coupons))
    if filters.open_at is not None:
        at = filters.open_at
        tests.append(lambda card: opening.is_open(card.hours, card.zone, at))
    return tests


def _priced(least: int, most: int | None, currency: str | None) -> Accepts:
    def test(card: Card) -> bool:
        price = card.price_from
        return price is not None and card.currency == currency and least <= price and (most is None or price <= most)

    return test


class Sort(StrEnum):
    """The order of an answer; equals come by distance, then by id."""

    DISTANCE = "distance"
    RATING = "rating"
    POPULARITY = "popularity"
    PRICE = "price"


Rank = tuple[Any, ...]


def bayesian(card: Card, now: datetime) -> float:
    """Return a rating that few reviews cannot carry far, and late ones carry farther: see `reviews.rules.rating`. Of a
    card from before these were told apart all reviews are as if of this month.
    """
    month = weight(now) / WEIGHT_UNIT
    if card.weight:
        stars, weights = float(card.recent), float(card.weight)
    else:
        stars, weights = card.rating_sum * month, card.rating_count * month
    return (stars + PRIOR_MEAN * PRIOR_WEIGHT * month) / (weights + PRIOR_WEIGHT * month)


def rank(sort: Sort, now: datetime, currency: str | None = None) -> Callable[[Hit], Rank]:
    """Return what hits are sorted by, the least first: nearest, best rated by `bayesian`, most reviewed (every review
    is of a purchase that was completed), or cheapest in a currency (those without a price in it last). Ratings are the
    same through a month; whoever pages through them as it ends may meet a shop twice or miss one.
    """
    if sort is Sort.RATING:
        return lambda hit: (-bayesian(hit.card, now), *hit.rank)
    if sort is Sort.POPULARITY:
        return lambda hit: (-hit.card.rating_count, *hit.rank)
    if sort is Sort.PRICE:
        return lambda hit: (*_price(hit.card, currency), *hit.rank)
    return lambda hit: hit.rank


def _price(card: Card, currency: str | None) -> tuple[bool, int]:
    is_priced = card.price_from is not None and card.currency == currency
    return not is_priced, card.price_from or 0 if is_priced else 0


def facets(hits: Sequence[Hit]) -> dict[str, int]:
    """Return how many hits each category has, most first, then by name."""
    counts: dict[str, int] = {}
    for hit in hits:
        for category in hit.card.categories:
            counts[category] = counts.get(category, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
