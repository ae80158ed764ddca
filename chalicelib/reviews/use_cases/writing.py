"""Writing a review."""

from dataclasses import dataclass

from chalicelib.accounts import use_cases as accounts
from chalicelib.kit.auth import Actor
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import derived_id
from chalicelib.kit.transaction import retrying
from chalicelib.orders import use_cases as orders
from chalicelib.reviews import messages
from chalicelib.reviews.ports import ReviewPorts
from chalicelib.reviews.rules import Review, abbreviated

# All who review a shop at the same moment add to one row, and DynamoDB lets one transaction at a time touch it.
_ATTEMPTS = 14


@dataclass(frozen=True)
class Opinion:
    """What the customer says; see `Review` for the fields."""

    stars: int
    text: str
    language: str


def write(ports: ReviewPorts, actor: Actor, order_id: str, line_id: str, opinion: Opinion, once: Once | None) -> Review:
    """Write the review of a completed line and add it to the shop's rating, in one transaction.

    Raises:
        NotFound: no such line, or not the actor's.
        Conflict: the line is not completed.
        AlreadyReviewed: it has a review.
        Busy: too many reviewed the shop at once.
    """
    order, line = orders.reviewable(ports.orders, actor, order_id, line_id)
    author = accounts.contact(ports.accounts, actor.account_id)
    review = Review(
        id=derived_id("rev", line.id),
        shop_id=line.shop_id,
        order_id=order.id,
        line_id=line.id,
        author_id=actor.account_id,
        author=abbreviated(author.name),
        stars=opinion.stars,
        text=opinion.text,
        language=opinion.language,
        created_at=ports.clock.now(),
    )
    actions = [
        *ports.store.write(review),
        ports.outbox.put(messages.rating_changed(review, review.created_at)),
        ports.outbox.put(messages.posted(review, line.merchant_id)),
    ]
    if once is not None:
        actions.append(ports.idempotency.remember(once, review))
    retrying(lambda: ports.committer.commit(actions), attempts=_ATTEMPTS)
    return review
