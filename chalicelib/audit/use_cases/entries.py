"""Noting what is done, and reading what was."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.audit.ports import AuditPorts, Entry, Noted
from chalicelib.kit.errors import invalid
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action


def noted(ports: AuditPorts, entry: Entry, now: datetime) -> list[Action]:
    """Return the writes of an entry, for the transaction of what it tells of: neither happens without the other."""
    return [ports.store.add(Noted(entry, now))]


def read(
    ports: AuditPorts, name: str | None, actor_id: str | None, after: Mapping[str, Any] | None, limit: int
) -> Page[Noted]:
    """Return some entries of an object or of an actor, newest first.

    Raises:
        Invalid: neither or both are asked for.
    """
    if name is not None and actor_id is None:
        return ports.store.of_object(name, after, limit)
    if actor_id is not None and name is None:
        return ports.store.of_actor(actor_id, after, limit)
    raise invalid("object", "say either object or actor")
