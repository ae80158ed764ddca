"""What the audit log needs from outside; also the types of this domain that others may use."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from chalicelib.audit.rules import LONGEST_REASON, UNSAID, Detail, Entry, Finding, Kind, Leaf, Proof, Seal, Why
from chalicelib.kit.clock import Clock
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action

__all__ = [
    "LONGEST_REASON",
    "UNSAID",
    "AuditPorts",
    "AuditStore",
    "Detail",
    "Entry",
    "Finding",
    "Kind",
    "Leaf",
    "Noted",
    "Proof",
    "Seal",
    "SealStore",
    "SealingPorts",
    "Standing",
    "Vault",
    "Why",
]


@dataclass(frozen=True)
class Noted:
    """An entry, and when it was noted."""

    entry: Entry
    at: datetime


class AuditStore(Protocol):
    """Where entries are kept; nothing changes or removes one."""

    def add(self, noted: Noted) -> Action:
        """Return the write of an entry; refused with `Contention` where one with its object, moment and id stands."""
        ...

    def of_object(self, name: str, after: Mapping[str, Any] | None, limit: int) -> Page[Noted]:
        """Return some of an object's entries, newest first, read consistently."""
        ...

    def of_actor(self, actor_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Noted]:
        """Return some of what an actor did, newest first."""
        ...


@dataclass(frozen=True)
class AuditPorts:
    """What the use cases of entries are given."""

    store: AuditStore


@dataclass(frozen=True)
class Standing:
    """A row of the table as it stands.

    Attributes:
        leaf: what its tree would know of it.
        day: whose index it is in; None where it is in none, or not in its own part of it.
    """

    leaf: Leaf
    day: date | None


class SealStore(Protocol):
    """Entries as they are sealed, and what the table itself tells of seals. Nothing here changes an entry."""

    def leaves(self, day: date, shard: int) -> Iterable[Leaf]:
        """Return every entry that was noted on a date and is in a shard, by key."""
        ...

    def content(self, leaf: Leaf) -> bytes | None:
        """Return the canonical bytes of the entry with a leaf's key as it stands, read consistently."""
        ...

    def everything(self) -> Iterator[Standing]:
        """Return every row that is no seal, whatever its index says: a scan of the table, for a person to wait for."""
        ...

    def told(self, day: date) -> Seal | None:
        """Return the seal that the table tells of a day."""
        ...

    def tell(self, seal: Seal) -> Seal:
        """Write a seal where the table has none of its day; return the one that stands."""
        ...


class Vault(Protocol):
    """Where seals are kept apart from the table: what is put there once stays as it is."""

    def days(self) -> Sequence[date]:
        """Return the dates that are sealed, oldest first."""
        ...

    def seal_of(self, day: date) -> Seal | None:
        """Return a date's seal."""
        ...

    def put_seal(self, seal: Seal) -> Seal:
        """Put a seal unless its date has one; return the one that stands."""
        ...

    def part(self, day: date, name: str) -> Sequence[Leaf] | None:
        """Return a part of a date's leaves, in the order of the tree; None where it was not put."""
        ...

    def put_part(self, day: date, name: str, leaves: Sequence[Leaf]) -> Sequence[Leaf]:
        """Put a part unless it is there; return the one that stands."""
        ...

    def rewritten(self, day: date) -> Sequence[str]:
        """Return what of a date was put more than once, or deleted, by name."""
        ...


@dataclass(frozen=True)
class SealingPorts:
    """What sealing and verifying are given."""

    store: SealStore
    vault: Vault
    clock: Clock
