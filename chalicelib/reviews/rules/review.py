"""What a review is."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.reviews.rules.states import State

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
        state: see `State`.
        opened: the other side wrote as well, or the time for that is over.
        reasons: codes of why it is held or removed.
        version: rises with every change; each change is on the condition that the version is the one it decided on.
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
    state: State = State.SHOWN
    opened: bool = True
    reasons: tuple[str, ...] = ()
    version: int = 1
