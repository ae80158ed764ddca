"""What reviews add up to. No I/O.

A rating is sums, so that it can be kept exactly in many rows at once: what a review counts for is added when it is
shown and taken away when it is not, and what an edit changes is the difference. Nothing is ever worked out anew.

**Recency.** What was said lately tells more of a shop. A review weighs half as much with each `HALF_LIFE_MONTHS` that
pass ("forward decay": Cormode, Shkapenyuk, Srivastava and Xu, "Forward Decay: A Practical Time Decay Model for
Streaming Systems", ICDE 2009, section III). Instead of making old reviews lighter as time passes, later ones are made
heavier when they come: both sums of a mean grow by the same factor, so the mean needs nothing done to it, ever. The
weight of a month is whole (`_STEPS`, doubled each year), so that adding and taking away are exact; DynamoDB's numbers
have 38 digits, and a million reviews in the year 2070 need 26.

**Bayesian average.** A few reviews carry a rating only so far: to what was said, `PRIOR_WEIGHT` reviews of this month
with `PRIOR_MEAN` stars are added: the posterior mean of a normal prior (as IMDb's "weighted rating"). A shop of which
nobody says anything any more goes back to the prior with time, as its reviews weigh less against it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chalicelib.reviews.rules.aspects import Aspect
from chalicelib.reviews.rules.review import STARS, Review, Side
from chalicelib.reviews.rules.states import State

HALF_LIFE_MONTHS = 12
PRIOR_MEAN_TENTHS, PRIOR_WEIGHT = 42, 10
"""What a rating is before anybody has said so, in tenths of a star, and how many reviews that counts for. 4.2 lies
below the mean of most places' ratings, so that a few good reviews raise a shop and do not crown it."""
WEIGHT_UNIT = 1000
"""What a review of the first month weighs: for whoever keeps sums of weights with fewer digits."""
_FIRST_YEAR = 2020
# That times two to the power of a twelfth of the month.
_STEPS = (1000, 1059, 1122, 1189, 1260, 1335, 1414, 1498, 1587, 1682, 1782, 1888)

Histogram = tuple[int, int, int, int, int]


def weight(at: datetime) -> int:
    """Return what a review that was written then weighs. Whole, and doubled with each year: see the module."""
    years = max(0, at.year - _FIRST_YEAR)
    return _STEPS[at.month - 1] << years


UNWEIGHED = weight(datetime(2026, 11, 1, tzinfo=UTC))
"""What a review weighs that was counted before there were weights (`Review.version` 0): as of the month in which they
came, for of those sums nobody knows the months."""


@dataclass(frozen=True)
class Rating:
    """What all shown reviews of a shop, or of somebody who works there, add up to.

    Attributes:
        sum: of all stars.
        count: of reviews.
        version: rises with every change; of two ratings the one with the higher version is newer.
        histogram: number of reviews with 1, 2, 3, 4 and 5 stars.
        recent: sum of stars times weights.
        weight: sum of weights.
        aspects: by aspect the sum of its stars and how often they were given.
        media: number of reviews that show photographs or films.
    """

    sum: int = 0
    count: int = 0
    version: int = 0
    histogram: Histogram = (0, 0, 0, 0, 0)
    recent: int = 0
    weight: int = 0
    aspects: Mapping[Aspect, tuple[int, int]] = field(default_factory=dict)
    media: int = 0

    @property
    def tenths(self) -> int | None:
        """The mean in tenths of a star, half up; None without reviews."""
        return mean(self.sum, self.count, 10)

    def score(self, now: datetime) -> int:
        """Return the recent Bayesian average in hundredths of a star, half up; see the module."""
        prior = PRIOR_WEIGHT * weight(now)
        stars, weights = self.recent * 10 + PRIOR_MEAN_TENTHS * prior, (self.weight + prior) * 10
        return (stars * 200 + weights) // (weights * 2)


def mean(total: int, count: int, parts: int) -> int | None:
    """Return a mean in so many parts of a star, half up; None of nothing."""
    return (total * 2 * parts + count) // (count * 2) if count else None


Tally = dict[str, int]
"""Numbers to be added to a rating, by name; none of them is 0."""
OF_SHOP = ""
"""The key of the shop's own tally; those of people are under their ids."""


def tallies(before: Review | None, now: Review) -> dict[str, Tally]:
    """Return what a change of a review adds to its shop's rating, and to that of whoever served: what it counts for now
    without what it counted for before. Only what a customer wrote and everybody reads counts.
    """
    plus, minus = _counts(now), _counts(before) if before else {}
    found: dict[str, Tally] = {}
    for of in sorted({*plus, *minus}):
        new, old = plus.get(of, {}), minus.get(of, {})
        added = {name: new.get(name, 0) - old.get(name, 0) for name in sorted({*new, *old})}
        if tally := {name: number for name, number in added.items() if number}:
            found[of] = tally
    return found


def _counts(review: Review) -> dict[str, Tally]:
    if review.state is not State.SHOWN or review.side is not Side.CUSTOMER:
        return {}
    found = {OF_SHOP: _stars(review.stars, weight(review.created_at) if review.version else UNWEIGHED)}
    if review.media:
        found[OF_SHOP]["media"] = 1
    for aspect, stars in review.aspects.items():
        found[OF_SHOP] |= {f"{aspect}_sum": stars, f"{aspect}_count": 1}
    if review.staff_id is not None and review.staff_stars is not None:
        found[review.staff_id] = _stars(review.staff_stars, weight(review.created_at))
    return found


def _stars(stars: int, heavy: int) -> Tally:
    return {"sum": stars, "count": 1, f"stars_{STARS[stars - 1]}": 1, "recent": stars * heavy, "weight": heavy}


def added_up(rows: list[Mapping[str, Any]]) -> Rating:
    """Return the rating of which each row holds a part, by the names of a tally and `version`."""

    def total(name: str) -> int:
        return sum(int(row.get(name) or 0) for row in rows)

    one, two, three, four, five = (total(f"stars_{number}") for number in STARS)
    aspects = {aspect: (total(f"{aspect}_sum"), total(f"{aspect}_count")) for aspect in Aspect}
    return Rating(
        sum=total("sum"),
        count=total("count"),
        version=total("version"),
        histogram=(one, two, three, four, five),
        recent=total("recent"),
        weight=total("weight"),
        aspects={aspect: pair for aspect, pair in aspects.items() if pair[1]},
        media=total("media"),
    )
