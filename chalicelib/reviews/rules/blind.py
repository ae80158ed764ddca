"""Two sides that write without reading each other: who may write, read and change what, and until when. No I/O.

Whoever writes first leaves their review blind: `BLIND` after it, or as soon as the other side has written, both are
opened. What was opened by time alone can be read by the other side, so that side cannot write any more: nobody ever
writes, or changes, what they think having read what the other side thinks of them. A side is told that the other has
written, and until when it can write itself.

Both at once: each writes on the condition that the other has not, so one of the two is refused, reads again and opens
both. Time over while the other writes: both change the first review on the condition of its version; one is refused,
reads again and finds it open. The clock is that of whoever decides, and is only compared with `opens_at`; two machines
that differ by a second move the end by a second, and change nothing of the above, which hangs on `opened`.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.reviews.rules.problems import EditingOver, WritingOver
from chalicelib.reviews.rules.review import Review
from chalicelib.reviews.rules.states import Event, State, after

BLIND = timedelta(days=14)
"""How long a review waits for the other side's."""
EDITABLE = timedelta(hours=48)
"""How long a review, and a reply, can be changed from when it was written."""


def is_open(review: Review, now: datetime) -> bool:
    """Tell whether the other side may read a review: it was opened, or would have been by now."""
    return review.opened or (review.opens_at is not None and review.opens_at <= now)


def visible_to_other(review: Review, now: datetime) -> bool:
    """Tell whether the other side reads a review: it is open, and moderation does not keep it back."""
    return is_open(review, now) and review.state in (State.BLIND, State.SHOWN)


def opened(review: Review, *, paired: bool) -> Review:
    """Return a review as it is once it is open, whatever moderation makes of it."""
    state = after(review.state, Event.OPEN, opened=True)
    return replace(review, state=state, opened=True, paired=paired, version=review.version + 1)


def beside(review: Review, other: Review | None, now: datetime) -> tuple[Review, Review | None]:
    """Return a new review, and the other side's where that changes: blind where it is the first, both open where it is
    the second.

    Raises:
        WritingOver: the other side's is open.
    """
    if other is None:
        return replace(review, state=State.BLIND, opened=False, opens_at=now + BLIND), None
    if is_open(other, now):
        raise WritingOver
    both = replace(review, state=State.SHOWN, opened=True, paired=True, opens_at=other.opens_at)
    return both, opened(other, paired=True)


def must_be_editable(review: Review, now: datetime) -> None:
    """Let pass what its author may still change.

    Raises:
        EditingOver: its time is over, it was removed, or both sides can read each other's.
    """
    if review.paired or review.state is State.REMOVED or now >= review.created_at + EDITABLE:
        raise EditingOver
