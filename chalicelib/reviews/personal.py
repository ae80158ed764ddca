"""What reviews say of a person. Stars stay, for they are the shop's rating; words and the abbreviated name go."""

from collections.abc import Iterator
from dataclasses import replace

from chalicelib.kit.ids import derived_id
from chalicelib.kit.personal import Told, plain
from chalicelib.kit.transaction import retrying
from chalicelib.orders import personal as orders
from chalicelib.reviews import messages
from chalicelib.reviews.ports import Review, ReviewPorts


def personal_data(ports: ReviewPorts, account_id: str) -> Told:
    """Return what they have written."""
    return {"reviews": [plain(one) for one in _reviews(ports, account_id)]}


def erase(ports: ReviewPorts, account_id: str) -> None:
    """Take the words out of their reviews, and tell whoever shows them."""
    for one in _reviews(ports, account_id):
        if one.text or one.author:
            retrying(lambda review_id=one.id: _silence(ports, review_id))  # type: ignore[misc] # bound to this turn


def _silence(ports: ReviewPorts, review_id: str) -> None:
    review = ports.store.review(review_id)
    if review is None:
        return
    silent = replace(review, text="", author=None, version=review.version + 1)
    told = messages.rating_changed(silent, ports.clock.now())
    ports.committer.commit([*ports.store.change(review, silent), ports.outbox.put(told)])


def _reviews(ports: ReviewPorts, account_id: str) -> Iterator[Review]:
    for order in orders.of_customer(ports.orders, account_id):
        for line in order.lines:
            found = ports.store.review(derived_id("rev", line.id))
            if found is not None and found.author_id == account_id:
                yield found
