"""What reviews need from outside; also the types of this domain that others may use."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from chalicelib.accounts.ports import AccountPorts
from chalicelib.booking.ports import BookingPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.orders.ports import OrdersPorts
from chalicelib.reviews.rules import (
    OF_SHOP,
    Aspect,
    Rating,
    Reply,
    ReplyState,
    Review,
    Side,
    Sort,
    State,
    replied_review,
    reply_id,
)
from chalicelib.reviews.rules.media import Medium, Shown
from chalicelib.reviews.rules.rating import PRIOR_MEAN_TENTHS, PRIOR_WEIGHT, WEIGHT_UNIT, weight
from chalicelib.reviews.rules.reports import Origin
from chalicelib.shops.ports import ShopPorts

__all__ = [
    "OF_SHOP",
    "PRIOR_MEAN_TENTHS",
    "PRIOR_WEIGHT",
    "WEIGHT_UNIT",
    "AgainPorts",
    "Aspect",
    "Origin",
    "Rating",
    "RatingPorts",
    "Reply",
    "ReplyState",
    "Review",
    "ReviewPorts",
    "ReviewStore",
    "Shown",
    "Side",
    "Sort",
    "State",
    "StatePorts",
    "UnseenStore",
    "Voice",
    "VoiceKind",
    "VoiceStore",
    "replied_review",
    "reply_id",
    "weight",
]


class ReviewStore(Protocol):
    """Where reviews are kept."""

    def write(self, review: Review, other: Review | None, opened: Review | None) -> list[Action]:
        """Return the writes of a new review, of what it counts for, and of the other side's where that is opened by it.
        Refused, they raise `AlreadyReviewed`, or `Contention` where the other side's is not what was read.

        Args:
            review: the new one.
            other: the other side's as it was read; None where there was none.
            opened: what becomes of that; None where it stays.
        """
        ...

    def change(self, before: Review, after: Review) -> list[Action]:
        """Return the writes of a review's change and of what that changes in its shop's rating. Refused, they raise
        `Contention`: the review is no longer what it was.
        """
        ...

    def keep(self, before: Review, until: datetime) -> Action:
        """Return the write that keeps what a review says before an edit."""
        ...

    def forget(self, review_id: str) -> list[Action]:
        """Return the writes that remove what a review said before its edits: one request."""
        ...

    def rating(self, shop_id: str) -> Rating:
        """Return a shop's rating, read consistently; all zero where nobody has reviewed it."""
        ...

    def ratings(self, shop_id: str) -> Mapping[str, Rating]:
        """Return a shop's rating under `OF_SHOP`, and under their ids those of the people who work there."""
        ...

    def review(self, review_id: str) -> Review | None:
        """Return a review, read consistently; None where there is none."""
        ...

    def reviews(self, review_ids: Collection[str]) -> Mapping[str, Review]:
        """Return by id, of at most 100, the reviews that there are, read consistently."""
        ...

    def of_shop(self, shop_id: str, sort: Sort, after: Mapping[str, Any] | None, limit: int) -> Page[Review]:
        """Return some of what customers wrote of a shop; an index: a new one may take a moment to show."""
        ...

    def with_stars(self, shop_id: str, stars: int, after: Mapping[str, Any] | None, limit: int) -> Page[Review]:
        """Return some of those with just so many stars, newest first."""
        ...

    def of_guest(self, account_id: str, limit: int) -> tuple[Review, ...]:
        """Return the newest of what merchants wrote of a customer and is open."""
        ...

    def due(self, as_of: datetime, limit: int) -> tuple[str, ...]:
        """Return the ids of some reviews that are to be opened by then, `limit` or a few more; an index."""
        ...

    def position(self, review: Review, sort: Sort) -> Mapping[str, Any]:
        """Return the position after a review in its shop's list of that order, without asking anybody."""
        ...

    def after(self, shop_id: str, created_at: datetime, review_id: str) -> Mapping[str, Any]:
        """Return that of the newest first, for whoever does not have the review itself."""
        ...


class VoiceKind(StrEnum):
    """What a reader says of a review."""

    VOTE = "VOTE"
    REPORT = "REPORT"


@dataclass(frozen=True)
class Voice:
    """A reader's vote or report.

    Attributes:
        kind: which of the two.
        review_id: of which review.
        at: when, ISO 8601 in UTC.
        reason: of a report.
    """

    kind: VoiceKind
    review_id: str
    at: str
    reason: str | None = None


class VoiceStore(Protocol):
    """Where votes and reports are kept."""

    def vote(self, review: Review, account_id: str, at: datetime) -> list[Action]:
        """Return the writes of a vote and of the count that it makes. Refused, they raise `Contention`."""
        ...

    def unvote(self, review: Review, account_id: str) -> list[Action]:
        """Return the writes that take a vote back, likewise."""
        ...

    def report(self, review: Review, account_id: str, reason: str, at: datetime, origin: Origin | None) -> Action:
        """Return the write of a report, and from where it came if it counts. Refused, it raises `Contention`: there is
        one.
        """
        ...

    def origins(self, review_id: str) -> Sequence[Origin]:
        """Return from where those reports of a review came that count or did, the newest first, read consistently."""
        ...

    def reported_since(self, account_id: str, since: datetime) -> int:
        """Return how many reviews somebody has reported since then; an index: those of a moment ago may be missing."""
        ...

    def has(self, kind: VoiceKind, review_id: str, account_id: str) -> bool:
        """Tell whether somebody has said so, read consistently."""
        ...

    def of_account(self, account_id: str) -> Iterable[Voice]:
        """Return all that somebody has said; an index."""
        ...

    def take_back(self, kind: VoiceKind, review_id: str, account_id: str) -> Action:
        """Return the write that removes what somebody said, and changes no count."""
        ...


class UnseenStore(Protocol):
    """Where photographs wait that no classifier has seen."""

    def unseen(self, limit: int) -> Sequence[Medium]:
        """Return some of them, what is to be worked again first first; an index."""
        ...

    def put_medium(self, medium: Medium, stands: Medium | None) -> Action:
        """Return the write of a medium over the one that stands there; refused with `Contention` where another does."""
        ...


@dataclass(frozen=True)
class AgainPorts:
    """What sending photographs to a classifier again needs."""

    media: UnseenStore
    committer: Committer
    outbox: Outbox


@dataclass(frozen=True)
class RatingPorts:
    """What reading needs: no accounts, so that whoever only reads needs no keys to personal data."""

    store: ReviewStore


@dataclass(frozen=True)
class StatePorts(RatingPorts):
    """What a change of a review's state needs."""

    clock: Clock
    committer: Committer
    outbox: Outbox


@dataclass(frozen=True)
class ReviewPorts(StatePorts):
    """What the use cases are given."""

    voices: VoiceStore
    idempotency: Idempotency
    accounts: AccountPorts
    shops: ShopPorts
    orders: OrdersPorts
    booking: BookingPorts
