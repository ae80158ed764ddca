"""What can be done with reviews."""

from chalicelib.reviews.use_cases.moderate import hold, remove, show
from chalicelib.reviews.use_cases.read import list_name, newest, of_shop, position_after, rating, review
from chalicelib.reviews.use_cases.writing import Opinion, write

__all__ = [
    "Opinion",
    "hold",
    "list_name",
    "newest",
    "of_shop",
    "position_after",
    "rating",
    "remove",
    "review",
    "show",
    "write",
]
