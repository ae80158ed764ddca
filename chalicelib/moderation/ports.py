"""What moderation needs from outside; also the types of this domain that others may use."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.accounts.ports import AccountPorts
from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.files import Files
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.moderation.rules.cases import Case, CaseState, Outcome
from chalicelib.moderation.rules.reasons import Code, Reason
from chalicelib.moderation.rules.signs import Facts, Policy, Seen
from chalicelib.moderation.rules.waiting import Unjudged
from chalicelib.orders.ports import OrdersPorts
from chalicelib.reviews.ports import AgainPorts, StatePorts
from chalicelib.risk.ports import SignInPorts
from chalicelib.shops.ports import ShopPorts
from chalicelib.team.ports import TeamPorts

__all__ = [
    "Case",
    "CaseState",
    "Classifier",
    "ClassifierDown",
    "Code",
    "Facts",
    "JudgePorts",
    "ModerationPorts",
    "ModerationStore",
    "Outcome",
    "Policy",
    "Reason",
    "Seen",
    "SweepPorts",
    "Unjudged",
]


class ClassifierDown(Exception):  # noqa: N818 - a state of affairs
    """Who is asked does not answer; a repeat may succeed."""


class Classifier(Protocol):
    """Who says whether somebody should look at what a review says before others do."""

    def labels(self, text: str, language: str) -> Sequence[str]:
        """Return what is wrong with a text, by words of its own; none where nothing is, or it does not know the
        language. Which that is (BCP 47) its author says: a hint, and empty where they do not.

        Raises:
            ClassifierDown: nobody knows now.
        """
        ...


class ModerationStore(Protocol):
    """Where cases are kept, and what signs are found by."""

    def case(self, review_id: str) -> Case | None:
        """Return a review's case, read consistently; None where there is none."""
        ...

    def put(self, case: Case) -> Action:
        """Return the write of a case's next version, or of its first; refused with `Contention`."""
        ...

    def waiting(self, state: CaseState, after: Mapping[str, Any] | None, limit: int) -> Page[Case]:
        """Return some cases that wait in a state, the longest waiting first; an index."""
        ...

    def of_person(self, author_id: str) -> Sequence[Case]:
        """Return all cases of what somebody wrote; an index."""
        ...

    def to_forget(self, until: datetime, limit: int) -> Sequence[Case]:
        """Return some cases whose photographs and films may be deleted by then."""
        ...

    def wait(self, waits: Unjudged) -> Action:
        """Return the write of what begins to wait for a classifier; what waits already is marked as not judged, and
        waits on.
        """
        ...

    def unjudged(self, review_id: str) -> Unjudged | None:
        """Return what waits for a classifier, read consistently; None where it does not."""
        ...

    def judged(self, waits: Unjudged) -> Action:
        """Return the write that takes it from what waits; refused with `Contention` where it is not what was read."""
        ...

    def put_off(self, waits: Unjudged) -> Action:
        """Return the write of its next version; refused likewise."""
        ...

    def all_unjudged(self, limit: int) -> Sequence[Unjudged]:
        """Return some of what waits for a classifier, what is to be sent first first; an index."""
        ...

    def note(self, seen: Seen, until: datetime) -> None:
        """Remember a review for others' signs until then; again, it changes nothing."""
        ...

    def at_shop(self, shop_id: str, since: datetime, until: datetime, limit: int) -> Sequence[Seen]:
        """Return a shop's newest reviews between two moments, newest first, read consistently."""
        ...

    def of_author(self, author_id: str, since: datetime, limit: int) -> Sequence[Seen]:
        """Return somebody's newest reviews since then, likewise."""
        ...

    def forget(self, seen: Iterable[Seen]) -> None:
        """Remove what is remembered of reviews."""
        ...


@dataclass(frozen=True)
class ModerationPorts:
    """What people's work needs."""

    store: ModerationStore
    reviews: StatePorts
    files: Files
    audit: AuditPorts
    clock: Clock
    committer: Committer
    outbox: Outbox
    idempotency: Idempotency


@dataclass(frozen=True)
class JudgePorts(ModerationPorts):
    """What judging a review needs."""

    accounts: AccountPorts
    shops: ShopPorts
    orders: OrdersPorts
    team: TeamPorts
    risk: SignInPorts
    classifier: Classifier
    policy: Policy


@dataclass(frozen=True)
class SweepPorts:
    """What the run on a schedule needs."""

    store: ModerationStore
    media: AgainPorts
    committer: Committer
    outbox: Outbox
