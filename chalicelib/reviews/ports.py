"""What reviews need from outside; also the types of this domain that others may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.accounts.ports import AccountPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.orders.ports import OrdersPorts
from chalicelib.reviews.rules import Rating, Review, State
from chalicelib.shops.ports import ShopPorts

__all__ = ["Rating", "RatingPorts", "Review", "ReviewPorts", "ReviewStore", "State", "StatePorts"]


class ReviewStore(Protocol):
    """Where reviews are kept."""

    def write(self, review: Review) -> list[Action]:
        """Return the writes of a new review and of what it adds to its shop's rating. Refused, it raises
        `AlreadyReviewed`.
        """
        ...

    def change(self, before: Review, after: Review) -> list[Action]:
        """Return the writes of a review's change and of what that changes in its shop's rating. Refused, it raises
        `Contention`: the review is no longer what it was.
        """
        ...

    def rating(self, shop_id: str) -> Rating:
        """Return a shop's rating, read consistently; all zero where nobody has reviewed it."""
        ...

    def review(self, review_id: str) -> Review | None:
        """Return a review, read consistently; None where there is none."""
        ...

    def of_shop(self, shop_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Review]:
        """Return some of a shop's reviews, newest first; an index: a new one may take a moment to show."""
        ...

    def after(self, shop_id: str, created_at: datetime, review_id: str) -> Mapping[str, Any]:
        """Return the position in a shop's reviews after one of them, without asking anybody."""
        ...


@dataclass(frozen=True)
class RatingPorts:
    """What reading needs: no accounts, so that whoever only reads needs no keys to personal data."""

    store: ReviewStore


@dataclass(frozen=True)
class StatePorts(RatingPorts):
    """What a change of a review's state needs."""

    clock: Clock
    outbox: Outbox


@dataclass(frozen=True)
class ReviewPorts(StatePorts):
    """What the use cases are given."""

    committer: Committer
    idempotency: Idempotency
    accounts: AccountPorts
    shops: ShopPorts
    orders: OrdersPorts
