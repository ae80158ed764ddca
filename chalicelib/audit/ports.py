"""What the audit log needs from outside; also the types of this domain that others may use."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.audit.rules import LONGEST_REASON, Detail, Entry, Why
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action

__all__ = ["LONGEST_REASON", "AuditPorts", "AuditStore", "Detail", "Entry", "Noted", "Why"]


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
    """What the use cases are given."""

    store: AuditStore
