"""What reviews say of a person. Stars stay, for they are the shop's rating; words and the abbreviated name go."""

from collections.abc import Iterator

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
            told = messages.rating_changed(one)
            actions = [ports.store.silence(one), ports.outbox.put(told)]
            retrying(lambda actions=actions: ports.committer.commit(actions))  # type: ignore[misc] # bound to this turn


def _reviews(ports: ReviewPorts, account_id: str) -> Iterator[Review]:
    for order in orders.of_customer(ports.orders, account_id):
        for line in order.lines:
            found = ports.store.review(derived_id("rev", line.id))
            if found is not None and found.author_id == account_id:
                yield found
