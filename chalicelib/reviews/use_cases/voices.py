"""What readers say of a review: that it helped them, or that something is wrong with it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from chalicelib.accounts import use_cases as accounts
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import NotFound
from chalicelib.kit.outbox import Message
from chalicelib.kit.transaction import retrying
from chalicelib.reviews import messages
from chalicelib.reviews.ports import Review, ReviewPorts, Side, State, VoiceKind
from chalicelib.reviews.rules import Event, OwnReview, after
from chalicelib.reviews.rules.reports import WITHIN, Origin, Reporter, asks, counts, holds
from chalicelib.reviews.use_cases.read import known, with_merchant

REPORTED = "reported"
NOWHERE = Origin()
OnDeviceOf = Callable[[Sequence[str]], bool]
# All who find the same review helpful at the same moment change one row.
_ATTEMPTS = 20


class Wrong(StrEnum):
    """What a reader says is wrong with a review."""

    ABUSE = "abuse"
    ADVERTISING = "advertising"
    PERSONAL_DATA = "personal-data"
    NOT_THERE = "not-there"  # it is of something else, or of another shop
    FAKE = "fake"
    OTHER = "other"


def _nobodys(_account_ids: Sequence[str]) -> bool:
    return False


def vote(ports: ReviewPorts, actor: Actor, review_id: str, on_device_of: OnDeviceOf = _nobodys) -> Review:
    """Count a reader to whom a review was helpful, once; voting again changes nothing, nor does it where the reader is
    at a device of the author's or of the shop's people, whatever account they have there. The shop's page, which is
    written anew for each message, hears of the first vote, the second, the fourth, the eighth and so on.

    Args:
        ports: what the use cases are given.
        actor: the reader.
        review_id: the review.
        on_device_of: says whether the reader is at a device of one of these accounts.

    Raises:
        NotFound: no such review that everybody reads.
        OwnReview: the actor wrote it, or has a part in its shop.
        Busy: too many voted for it at once.
    """

    def attempt() -> Review:
        review = _public(ports, review_id)
        if actor.account_id == review.author_id or actor.has_stake(review.merchant_id):
            raise OwnReview
        if ports.voices.has(VoiceKind.VOTE, review_id, actor.account_id):
            return review
        if on_device_of([review.author_id, review.merchant_id]):
            return review  # to refuse would tell who uses the same device who wrote it
        now, helpful = ports.clock.now(), review.helpful + 1
        actions = ports.voices.vote(review, actor.account_id, now)
        if helpful & (helpful - 1) == 0:
            actions.append(ports.outbox.put(messages.rating_changed(review, now)))
        ports.committer.commit(actions)
        return replace(review, helpful=helpful)

    return retrying(attempt, attempts=_ATTEMPTS)


def unvote(ports: ReviewPorts, account_id: str, review_id: str) -> None:
    """Take somebody's vote back; where there is none nothing changes.

    Raises:
        NotFound: no such review. Busy: too many voted for it at once.
    """

    def attempt() -> None:
        review = known(ports, review_id)
        if ports.voices.has(VoiceKind.VOTE, review_id, account_id):
            ports.committer.commit(ports.voices.unvote(review, account_id))

    retrying(attempt, attempts=_ATTEMPTS)


def report(
    ports: ReviewPorts,
    actor: Actor,
    review_id: str,
    wrong: Wrong,
    origin: Origin = NOWHERE,
    on_device_of: OnDeviceOf = _nobodys,
) -> None:
    """Write down what a reader says is wrong with a review, once; enough of those that count hold it, see
    `rules.reports`. Of what is held already nothing is written: somebody is looking at it.

    Raises:
        NotFound: no such review that everybody reads.
        OwnReview: the actor wrote it.
        Busy: too many changed it at once.
    """

    def attempt() -> None:
        if ports.voices.has(VoiceKind.REPORT, review_id, actor.account_id):
            return
        review, now = with_merchant(ports, known(ports, review_id)), ports.clock.now()
        if review.state is State.HELD and review.opened and review.side is Side.CUSTOMER:
            return
        _must_be_public(review)
        if actor.account_id == review.author_id:
            raise OwnReview
        reporter = _reporter(ports, actor, review, origin, now)
        reporter = replace(reporter, runs_shop=reporter.runs_shop or on_device_of([review.merchant_id]))
        others = ports.voices.origins(review_id)[: review.reports]  # not of those of other words, see `uncleared`
        does = not review.cleared and counts(reporter, others, now)
        told = _reported(review, counts=does)
        is_doubted = actor.has_stake(review.merchant_id) and asks(reporter, review)
        ports.committer.commit(
            [
                *ports.store.change(review, told),
                ports.voices.report(review, actor.account_id, wrong, now, origin if does else None),
                *(ports.outbox.put(message) for message in _of_report(told, now, is_doubted=is_doubted)),
            ]
        )

    retrying(attempt)


def _reporter(ports: ReviewPorts, actor: Actor, review: Review, origin: Origin, now: datetime) -> Reporter:
    try:
        joined = accounts.account(ports.accounts, actor.account_id).created_at
    except NotFound:
        joined = None
    runs = Role.MERCHANT in actor.roles or bool(actor.memberships) or actor.has_stake(review.merchant_id)
    return Reporter(joined, runs, ports.voices.reported_since(actor.account_id, now - WITHIN), origin)


def _of_report(told: Review, now: datetime, *, is_doubted: bool) -> list[Message]:
    """Return what is told of a review that was reported, as it stands now; doubted by its shop it is read meanwhile."""
    if told.state is not State.SHOWN:
        return [messages.rating_changed(told, now), messages.to_judge(messages.REPORTED, told, now)]
    return [messages.to_judge(messages.DOUBTED, told, now)] if is_doubted else []


def _reported(review: Review, *, counts: bool) -> Review:
    told = replace(review, reports=review.reports + counts, version=review.version + 1)
    if not counts or not holds(told):
        return told
    return replace(told, state=after(told.state, Event.HOLD, opened=told.opened), reasons=(REPORTED,))


def _public(ports: ReviewPorts, review_id: str) -> Review:
    review = known(ports, review_id)
    _must_be_public(review)
    return with_merchant(ports, review)


def _must_be_public(review: Review) -> None:
    if review.state is not State.SHOWN or review.side is not Side.CUSTOMER:
        raise NotFound("review")
