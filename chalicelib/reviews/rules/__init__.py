"""Reviews: what they say, the states they are in, what they add up to, and what is shown of their authors. No I/O."""

from chalicelib.reviews.rules.names import abbreviated
from chalicelib.reviews.rules.problems import AlreadyReviewed, NotInState
from chalicelib.reviews.rules.rating import Rating, Tally, tally
from chalicelib.reviews.rules.review import STARS, Review
from chalicelib.reviews.rules.states import Event, State, after

__all__ = [
    "STARS",
    "AlreadyReviewed",
    "Event",
    "NotInState",
    "Rating",
    "Review",
    "State",
    "Tally",
    "abbreviated",
    "after",
    "tally",
]
