"""What reviewers do: see what waits, look at documents, decide. That only they come here is the routes' to see to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.accounts import use_cases as accounts
from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import Forbidden, NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.observability import metric
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, retrying
from chalicelib.risk import use_cases as risk
from chalicelib.vetting import messages
from chalicelib.vetting.ports import Application, Standing, State, VettingFile, VettingPorts
from chalicelib.vetting.rules import application as rules
from chalicelib.vetting.rules.standing import standing_of
from chalicelib.vetting.use_cases._licences import held
from chalicelib.vetting.use_cases.apply import LICENCES, SYSTEM

LINK_LIFE = timedelta(minutes=5)


class Outcome(StrEnum):
    """What a reviewer decides."""

    APPROVE = "approve"
    REJECT = "reject"
    ASK = "ask"  # for more


@dataclass(frozen=True)
class Shown:
    """A document, and where it can be fetched for a while."""

    document_id: str
    url: str
    expires_at: datetime


def waiting(ports: VettingPorts, state: State, after: Mapping[str, Any] | None, limit: int) -> Page[Application]:
    """Return some applications in a state, the one that has been in it longest first."""
    return ports.store.in_state(state, after, limit)


def application(ports: VettingPorts, account_id: str) -> VettingFile:
    """Return an account's application and what stands.

    Raises:
        NotFound: it has no application.
    """
    file = ports.store.file(account_id)
    if file.application is None:
        raise NotFound("application")
    return file


def links(ports: VettingPorts, actor: Actor, account_id: str, why: Why) -> Sequence[Shown]:
    """Return where the application's documents can be fetched for `LINK_LIFE`; that somebody looked is noted.

    Raises:
        NotFound: it has no application.
    """
    found = _existing(application(ports, account_id))
    now = ports.clock.now()
    entry = why.entry(actor, "vetting.look", _name(account_id), {"documents": len(found.documents)})
    retrying(lambda: ports.committer.commit(audit.noted(ports.audit, entry, now)))
    return [
        Shown(
            one.id,
            ports.files.download_link(f"{LICENCES}/{account_id}/{one.file_name}", one.id, one.media, LINK_LIFE),
            now + LINK_LIFE,
        )
        for one in found.documents
    ]


def decide(ports: VettingPorts, actor: Actor, account_id: str, outcome: Outcome, why: Why, once: Once) -> VettingFile:
    """Decide about what is in review, note it, and tell the applicant. Who is approved is a merchant by the same write,
    and a freeze that a lapsed licence brought is lifted. Of two at once one decides.

    Raises:
        NotFound: there is none. Forbidden: it is the reviewer's own, or of whom they work for.
        NotPossible: it is not in review.
        LicenceOver: the licence ended while it waited.
    """
    if actor.has_stake(account_id):
        raise Forbidden

    def attempt() -> VettingFile:
        before, now = application(ports, account_id), ports.clock.now()
        new, standing = _decided(_existing(before), before.standing, actor, outcome, why.reason, now)
        after = VettingFile(new, standing or before.standing)
        actions = [ports.store.put(new), *held(ports.store, before, new, after.standing)]
        if standing is not None:
            actions += _made_merchant(ports, before.standing, new, standing, now)
        entry = why.entry(actor, f"vetting.{outcome}", _name(account_id))
        actions += audit.noted(ports.audit, entry, now)
        told = ports.outbox.put(messages.decided(new, now))
        ports.committer.commit([*actions, told, ports.idempotency.remember(once, after)])
        return after

    file = retrying(attempt)
    metric("VettingDecisions", outcome=outcome)
    return file


def _decided(
    found: Application, earlier: Standing | None, actor: Actor, outcome: Outcome, note: str, now: datetime
) -> tuple[Application, Standing | None]:
    if outcome == Outcome.APPROVE:
        approved = rules.approved(found, actor.account_id, note, now)
        return approved, standing_of(approved, earlier, now)
    step = rules.rejected if outcome == Outcome.REJECT else rules.asked
    return step(found, actor.account_id, note, now), None


def _made_merchant(
    ports: VettingPorts, earlier: Standing | None, approved: Application, standing: Standing, now: datetime
) -> list[Action]:
    gone = sorted(set(earlier.file_names if earlier else ()) - set(standing.file_names))
    return [
        ports.store.put_standing(standing),
        ports.store.put_approved(approved),
        *(ports.store.erase_later(standing.account_id, one, now) for one in gone),
        *accounts.granting(ports.accounts, standing.account_id, Role.MERCHANT),
        *risk.released(ports.risk, f"licence:{standing.account_id}", SYSTEM, "the licence was approved", now),
    ]


def _existing(file: VettingFile) -> Application:
    if file.application is None:
        raise NotFound("application")
    return file.application


def _name(account_id: str) -> str:
    return f"application:{account_id}"
