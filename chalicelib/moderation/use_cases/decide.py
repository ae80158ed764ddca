"""What people do: those who look, and the author who appeals."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
from chalicelib.moderation.use_cases.subjects import Subject, subject, subjects
from chalicelib.reviews import use_cases as reviews


def waiting(
    ports: ModerationPorts, actor: Actor, state: CaseState, after: Mapping[str, Any] | None, limit: int
) -> Page[Case]:
    """Return some cases that wait for a first look, or for the decision of an appeal: the longest waiting first. Those
    that are the caller's own affair are left out, so a page may be short: a guest does not learn here that a shop has
    written of them.
    """
    page = ports.store.waiting(state, after, limit)
    known = subjects(ports.reviews, [one.review_id for one in page.items])
    others = tuple(one for one in page.items if not _is_own(actor, one, known.get(one.review_id)))
    return replace(page, items=others)


def case(ports: ModerationPorts, actor: Actor, review_id: str) -> tuple[Case, Subject]:
    """Return a case and what it is about, as it is now: to nobody whose own affair it is, for it may be a review that
    its other side is not to read yet.

    Raises:
        NotFound: there is none. Forbidden: as `take`.
    """
    return _decidable(ports, actor, review_id)


def take(ports: ModerationPorts, actor: Actor, review_id: str) -> Case:
    """Take a case for a quarter of an hour: nobody else decides it meanwhile. Of two at once one gets it; again, it is
    theirs for longer.

    Raises:
        NotFound: there is none. Forbidden: the caller wrote it, or is of whom it tells, the shop's merchant, or works
            there.
        CaseClosed, CaseTaken, SamePerson: see `rules.taken`.
    """

    def attempt() -> Case:
        stands, _ = _decidable(ports, actor, review_id)
        new = rules.taken(stands, actor.account_id, ports.clock.now())
        ports.committer.commit([ports.store.put(new)])
        return new

    return retrying(attempt)


@dataclass(frozen=True)
class Decision:
    """What somebody decides: `seen` is the digest of what they looked at."""

    outcome: Outcome
    code: Code
    seen: str


def decide(ports: ModerationPorts, actor: Actor, review_id: str, how: Decision, why: Why, once: Once) -> Case:
    """Show a review or reply or remove it, note why, and tell its author of a removal and of what became of an appeal.
    It is decided on what was seen: what came meanwhile is looked at first.

    Raises:
        NotFound, Forbidden: as `take`. CaseClosed, CaseNotTaken, SamePerson: see `rules.decided`. CaseChanged: it is
            not what was seen.
    """

    def attempt() -> Case:
        (stands, _), now = _decidable(ports, actor, review_id), ports.clock.now()
        new = rules.decided(stands, actor.account_id, how.outcome, how.code, why.reason, how.seen, now)
        if how.outcome is Outcome.SHOW:
            moved = reviews.show(ports.reviews, review_id)
        else:
            moved = reviews.remove(ports.reviews, review_id, [how.code])
        is_now = subject(ports.reviews, review_id)  # after what `moved` hangs on, so that nothing comes between
        rules.must_have_seen(how.seen, is_now.content if is_now else "")
        details = {"outcome": how.outcome.value, "code": how.code.value, "state": new.state.value, "seen": how.seen}
        noted = audit.noted(ports.audit, why.entry(actor, "moderation.decide", f"review:{review_id}", details), now)
        told = messages.decided(new, now)
        actions = [ports.store.put(new), *moved, *noted, ports.idempotency.remember(once, new)]
        ports.committer.commit([*actions, *([ports.outbox.put(told)] if told else [])])
        return new

    new = retrying(attempt)
    metric("ModerationDecided", state=new.state)
    return new


def mine(ports: ModerationPorts, actor: Actor, review_id: str) -> Case:
    """Return what became of the caller's own review, or of a reply of the merchant's whose word they speak.

    Raises:
        NotFound: nobody looked at it, or it is not the caller's.
    """
    found = ports.store.case(review_id)
    if found is None:
        raise NotFound("case")
    if found.is_reply:
        actor.must_have(found.merchant_id, "case")
    elif found.author_id != actor.account_id:
        raise NotFound("case")
    return found


def appeal(ports: ModerationPorts, actor: Actor, review_id: str, text: str, once: Once) -> Case:
    """Say that the removal of one's own review or reply was wrong: once, and somebody else decides.

    Raises:
        NotFound: as `mine`. AppealOver: see `rules.appealed`.
    """

    def attempt() -> Case:
        new = rules.appealed(mine(ports, actor, review_id), text, ports.clock.now())
        ports.committer.commit([ports.store.put(new), ports.idempotency.remember(once, new)])
        return new

    return retrying(attempt)


def _decidable(ports: ModerationPorts, actor: Actor, review_id: str) -> tuple[Case, Subject]:
    stands, about = ports.store.case(review_id), subject(ports.reviews, review_id)
    if stands is None or about is None:
        raise NotFound("case")
    if _is_own(actor, stands, about):
        raise Forbidden
    return stands, about


def _is_own(actor: Actor, stands: Case, about: Subject | None) -> bool:
    return actor.has_stake(stands.author_id, stands.merchant_id, *(about.parties if about else ()))
