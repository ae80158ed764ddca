"""What a merchant may know of a guest from other shops. No I/O.

A guest's reviews are about a person. The words stay between the two who met: the shop that wrote them and the guest,
who reads them, and gets them with their data. Another merchant, where this guest has booked, sees numbers alone, and
only where there are `FEWEST` shops' worth of them, so that no single shop's opinion can be told from them: enough to
know that a guest can be relied on, too little to make a list of people of.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.reviews.rules.rating import mean
from chalicelib.reviews.rules.review import Review

FEWEST = 3
MOST = 50
"""The newest so many count: a person changes."""


@dataclass(frozen=True)
class GuestRating:
    """What shops said of a guest: how many, and the mean in tenths of a star; None where there are too few."""

    count: int
    tenths: int | None


def guest_rating(reviews: Iterable[Review]) -> GuestRating:
    """Return what the shown reviews of a guest add up to."""
    known = list(reviews)
    if len({one.merchant_id for one in known}) < FEWEST:
        return GuestRating(0, None)
    return GuestRating(len(known), mean(sum(one.stars for one in known), len(known), 10))
