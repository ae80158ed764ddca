"""What reviews add up to."""

from dataclasses import dataclass

from chalicelib.reviews.rules.review import STARS, Review
from chalicelib.reviews.rules.states import State


@dataclass(frozen=True)
class Rating:
    """What all shown reviews of a shop add up to.

    Attributes:
        sum: of all stars.
        count: of reviews.
        version: rises with every change; of two ratings the one with the higher version is newer.
        histogram: number of reviews with 1, 2, 3, 4 and 5 stars.
    """

    sum: int = 0
    count: int = 0
    version: int = 0
    histogram: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)

    @property
    def tenths(self) -> int | None:
        """The mean in tenths of a star, half up; None without reviews."""
        return (self.sum * 20 + self.count) // (self.count * 2) if self.count else None


Tally = dict[str, int]
"""Numbers to be added to a rating, by name; none of them is 0."""


def tally(before: Review | None, now: Review) -> Tally:
    """Return what a change of a review adds to its shop's rating: what it counts for now without what it counted for
    before. Only what is shown counts.
    """
    plus, minus = _counts(now), _counts(before) if before else {}
    added = {name: plus.get(name, 0) - minus.get(name, 0) for name in {*plus, *minus}}
    return {name: number for name, number in sorted(added.items()) if number}


def _counts(review: Review) -> Tally:
    if review.state is not State.SHOWN:
        return {}
    return {"sum": review.stars, "count": 1, f"stars_{STARS[review.stars - 1]}": 1}
