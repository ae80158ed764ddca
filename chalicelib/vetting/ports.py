"""What vetting needs from outside; also the types of this domain that others may use."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from chalicelib.accounts.ports import AccountPorts
from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.files import Files
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.risk.ports import RiskPorts
from chalicelib.vetting.rules.application import Application, Details, Document, Reason, State
from chalicelib.vetting.rules.names import BlockedName
from chalicelib.vetting.rules.standing import Licence, Standing, lapses_at

__all__ = [
    "Application",
    "BlockedName",
    "Details",
    "Document",
    "Due",
    "DueKind",
    "Licence",
    "Reason",
    "Standing",
    "State",
    "Taken",
    "VettingFile",
    "VettingPorts",
    "VettingStore",
    "lapses_at",
]


class Taken(Exception):  # noqa: N818 - an answer: what follows is the use case's to decide
    """Another account has the licence."""


@dataclass(frozen=True)
class VettingFile:
    """All that is kept of an account, read at one moment."""

    application: Application | None
    standing: Standing | None


class DueKind(StrEnum):
    """What is to be looked at."""

    STANDING = "standing"  # the licence ends
    APPLICATION = "application"  # nobody touched it for long
    DOCUMENT = "document"  # is to be erased


@dataclass(frozen=True)
class Due:
    """Something whose time has come, without what is sealed: whoever sweeps needs no key.

    Attributes:
        at: since when.
        version: of the application.
        claim: of the application.
        file_names: of the application's documents, or the one that is to be erased.
    """

    kind: DueKind
    account_id: str
    at: datetime
    version: int
    claim: str | None
    file_names: tuple[str, ...]


class VettingStore(Protocol):
    """Where applications, what was approved, licences and blocked names are kept."""

    shards: int

    def file(self, account_id: str) -> VettingFile:
        """Return all of an account, read consistently."""
        ...

    def standing(self, account_id: str) -> Standing | None:
        """Return what stands of a merchant, read consistently."""
        ...

    def approved(self, account_id: str) -> Application | None:
        """Return an application as it was when it was approved last."""
        ...

    def put(self, application: Application) -> Action:
        """Return the write of the next version of an application, or of the first one; else `Contention`."""
        ...

    def put_approved(self, application: Application) -> Action:
        """Return the write of an application as it was approved."""
        ...

    def put_standing(self, standing: Standing) -> Action:
        """Return the write of the next version of what stands, or of the first one; else `Contention`."""
        ...

    def claim_of(self, details: Details) -> str:
        """Return the blind index of a licence: equal for the same number of the same kind and country."""
        ...

    def take(self, claim: str, account_id: str) -> Action:
        """Return the write that an account has a licence; refused, it raises `Taken`."""
        ...

    def release(self, claim: str, account_id: str) -> Action:
        """Return the write that an account has a licence no more."""
        ...

    def in_state(self, state: State, after: Mapping[str, Any] | None, limit: int) -> Page[Application]:
        """Return some applications, the one that has been in its state longest first."""
        ...

    def due(self, shard: int, until: datetime, limit: int) -> Iterable[Due]:
        """Return some of a shard's things whose time came by then, the oldest first."""
        ...

    def later(self, due: Due, at: datetime) -> None:
        """Move something that could not be done; no harm where it is gone or has moved by itself."""
        ...

    def erase_later(self, account_id: str, file_name: str, now: datetime) -> Action:
        """Return the write that a document's file is to be erased."""
        ...

    def erased(self, due: Due) -> Action:
        """Return the removal of that."""
        ...

    def forget(self, due: Due) -> Action:
        """Return the removal of an application, provided that it is the version that is due."""
        ...

    def erase(self, account_id: str) -> Sequence[Action]:
        """Return the removal of all that is kept of an account but its licences."""
        ...

    def blocked(self) -> Sequence[BlockedName]:
        """Return all blocked names."""
        ...

    def block(self, name: BlockedName) -> Action: ...

    def unblock(self, name_id: str) -> Action:
        """Return the removal of a blocked name; refused with `NotFound` where there is none."""
        ...


@dataclass(frozen=True)
class VettingPorts:
    """What the use cases are given."""

    store: VettingStore
    files: Files
    accounts: AccountPorts
    risk: RiskPorts
    audit: AuditPorts
    clock: Clock
    committer: Committer
    outbox: Outbox
    idempotency: Idempotency


@dataclass(frozen=True)
class SweepPorts:
    """What looking after licences needs."""

    store: VettingStore
    files: Files
    risk: RiskPorts
    audit: AuditPorts
    committer: Committer
    outbox: Outbox
