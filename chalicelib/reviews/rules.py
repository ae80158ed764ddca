"""Reviews: types, and what is shown of their authors. No I/O."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from chalicelib.kit.errors import Conflict
from chalicelib.kit.i18n import Text

STARS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Review:
    """What a customer thought of one line of an order.

    Attributes:
        id: `rev_...`; follows from the line, so that a line has one review.
        shop_id: whose.
        order_id: of which order.
        line_id: of which of its lines.
        author_id: the customer's account; not shown to the public.
        author: the customer's name as it was abbreviated when the review was written; None where there was none.
        stars: 1 to 5.
        text: may be empty.
        language: BCP 47 tag of the text.
        created_at: when.
    """

    id: str
    shop_id: str
    order_id: str
    line_id: str
    author_id: str
    author: str | None
    stars: int
    text: str
    language: str
    created_at: datetime


@dataclass(frozen=True)
class Rating:
    """What all reviews of a shop add up to.

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


class AlreadyReviewed(Conflict):
    code = "already-reviewed"
    title = Text("This was reviewed before", "该项目已评价")
    detail = Text("A completed line can be reviewed once.", "每个已完成的项目只能评价一次。")


def abbreviated(name: str | None) -> str | None:
    """Return as much of a person's name as the public sees: `J.`, and `张*` where a family name comes first.

    Han, kana and hangul are written without capitals, and what comes first there is the family name.
    """
    visible = (name or "").strip()
    if not visible or not visible[0].isalpha():
        return None
    first = visible[0]
    is_east_asian = unicodedata.name(first, "").startswith(("CJK", "HIRAGANA", "KATAKANA", "HANGUL"))
    return f"{first}*" if is_east_asian else f"{first.upper()}."
