"""What people do: those who look, and the author who appeals."""

from collections.abc import Mapping
from typing import Any

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Forbidden, NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.observability import metric
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import retrying
from chalicelib.moderation import messages
from chalicelib.moderation.ports import Case, CaseState, Code, ModerationPorts, Outcome
from chalicelib.moderation.rules import cases as rules
from chalicelib.reviews import use_cases as reviews
from chalicelib.reviews.ports import Review


def waiting(ports: ModerationPorts, state: CaseState, after: Mapping[str, Any] | None, limit: int) -> Page[Case]:
    """Return some cases that wait for a first look, or for the decision of an appeal: the longest waiting first."""
    return ports.store.waiting(state, after, limit)


def case(ports: ModerationPorts, review_id: str) -> tuple[Case, Review]:
    """Return a case and the review as it is now.

    Raises:
        NotFound: there is none.
    """
    found, review = ports.store.case(review_id), reviews.review(ports.reviews, review_id)
    if found is None or review is None:
        raise NotFound("case")
    return found, review


def take(ports: ModerationPorts, actor: Actor, review_id: str) -> Case:
    """Take a case for a quarter of an hour: nobody else decides it meanwhile. Of two at once one gets it; again, it is
    theirs for longer.

    Raises:
        NotFound: there is none. Forbidden: the caller wrote the review, is the guest of whom it tells, the shop's
            merchant, or works there.
        CaseClosed, CaseTaken, SamePerson: see `rules.taken`.
    """

    def attempt() -> Case:
        stands = _decidable(ports, actor, review_id)
        new = rules.taken(stands, actor.account_id, ports.clock.now())
        ports.committer.commit([ports.store.put(new)])
        return new

    return retrying(attempt)


def decide(
    ports: ModerationPorts, actor: Actor, review_id: str, outcome: Outcome, code: Code, why: Why, once: Once
) -> Case:
    """Show the review or remove it, note why, and tell its author of a removal and of what became of an appeal.

    Raises:
        NotFound, Forbidden: as `take`. CaseClosed, CaseNotTaken, SamePerson: see `rules.decided`, `must_have_seen`.
    """

    def attempt() -> Case:
        stands, now = _decidable(ports, actor, review_id), ports.clock.now()
        new = rules.decided(stands, actor.account_id, outcome, code, why.reason, now)
        if outcome is Outcome.SHOW:
            moved = reviews.show(ports.reviews, review_id)
        else:
            moved = reviews.remove(ports.reviews, review_id, [code])
        seen = reviews.review(ports.reviews, review_id)  # after what `moved` hangs on, so that no edit comes between
        rules.must_have_seen(stands, seen.edited_at if seen else None)
        details = {"outcome": outcome.value, "code": code.value, "state": new.state.value}
        noted = audit.noted(ports.audit, why.entry(actor, "moderation.decide", f"review:{review_id}", details), now)
        told = messages.decided(new, now)
        actions = [ports.store.put(new), *moved, *noted, ports.idempotency.remember(once, new)]
        ports.committer.commit([*actions, *([ports.outbox.put(told)] if told else [])])
        return new

    new = retrying(attempt)
    metric("ModerationDecided", state=new.state)
    return new


def mine(ports: ModerationPorts, actor: Actor, review_id: str) -> Case:
    """Return what became of the caller's own review.

    Raises:
        NotFound: nobody looked at it, or it is not the caller's.
    """
    found = ports.store.case(review_id)
    if found is None or found.author_id != actor.account_id:
        raise NotFound("case")
    return found


def appeal(ports: ModerationPorts, actor: Actor, review_id: str, text: str, once: Once) -> Case:
    """Say that the removal of one's own review was wrong: once, and somebody else decides.

    Raises:
        NotFound: as `mine`. AppealOver: see `rules.appealed`.
    """

    def attempt() -> Case:
        new = rules.appealed(mine(ports, actor, review_id), text, ports.clock.now())
        ports.committer.commit([ports.store.put(new), ports.idempotency.remember(once, new)])
        return new

    return retrying(attempt)


def _decidable(ports: ModerationPorts, actor: Actor, review_id: str) -> Case:
    stands = ports.store.case(review_id)
    if stands is None:
        raise NotFound("case")
    review = reviews.review(ports.reviews, review_id)
    guest = (review.guest_id,) if review is not None and review.guest_id is not None else ()
    if actor.has_stake(stands.author_id, stands.merchant_id, *guest):
        raise Forbidden
    return stands
