"""The sweep of reviews whose time is over: it opens them, so that they count and are listed.

The two sides need no sweep: whoever reads asks `rules.blind.is_open`, which looks at the clock. Opening is one
transaction on the condition of the review's version, with what it counts for and whom it tells, so it happens once,
however often the sweep runs and whoever writes meanwhile.
"""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.kit.failures import Failures
from chalicelib.kit.observability import metric
from chalicelib.kit.transaction import retrying
from chalicelib.reviews.ports import StatePorts
from chalicelib.reviews.rules.blind import opened
from chalicelib.reviews.use_cases.writing import told_open

BATCH = 1_000
"""Reviews of a run, of some 30 ms each; what is left waits for the next."""


@dataclass(frozen=True)
class Swept:
    """What a run did: reviews that it opened, and reviews that could not be written."""

    opened: int
    failed: int


def open_due(ports: StatePorts, as_of: datetime) -> Swept:
    """Open the reviews whose time was over at `as_of`. Safe to repeat and to run twice at once. One that fails does not
    keep the others waiting.
    """
    done, failures = 0, Failures()
    for review_id in ports.store.due(as_of, BATCH):
        with failures.spared("a review could not be opened", review_id=review_id):
            done += _open(ports, review_id, as_of)
    if done:
        metric("ReviewsOpened", done)
    return Swept(done, failures.count)


def _open(ports: StatePorts, review_id: str, as_of: datetime) -> bool:
    def attempt() -> bool:
        review = ports.store.review(review_id)
        if review is None or review.opened or review.opens_at is None or review.opens_at > as_of:
            return False  # the index lags behind: the other side wrote
        after = opened(review, paired=False)
        told = told_open(ports, after, review.guest_id or review.author_id)
        ports.committer.commit([*ports.store.change(review, after), *told])
        return True

    return retrying(attempt)
