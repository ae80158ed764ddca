"""Entries, written and read by object and by actor."""

import json
import zlib
from collections.abc import Mapping
from datetime import UTC, date
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.audit.ports import Entry, Noted
from chalicelib.audit.rules import SHARDS
from chalicelib.kit.clock import Clock, iso, parse
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta, put
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action

OBJECT = "OBJECT#"


class EntryRow(Row):
    class Meta(TableMeta):
        table = "audit"

    actor_id = UnicodeAttribute()
    action = UnicodeAttribute()
    reason = UnicodeAttribute()
    source_ip = UnicodeAttribute(null=True)
    details = UnicodeAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    of_actor = Gsi1()
    gsi2pk = UnicodeAttribute(null=True)  # never absent, but in a row that somebody else wrote
    gsi2sk = UnicodeAttribute(null=True)
    of_day = Gsi2()


class AuditTable:
    """See `audit.ports.AuditStore`.

    Args:
        clock: says on which date an entry is noted.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def add(self, noted: Noted) -> Action:
        return put(self._row(noted), EntryRow.pk.does_not_exist())

    def of_object(self, name: str, after: Mapping[str, Any] | None, limit: int) -> Page[Noted]:
        about = f"{OBJECT}{name}"
        rows = EntryRow.query(about, consistent_read=True, scan_index_forward=False, **paged(after, limit))
        return page_of(rows, _noted)

    def of_actor(self, actor_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Noted]:
        rows = EntryRow.of_actor.query(f"ACTOR#{actor_id}", scan_index_forward=False, **paged(after, limit))
        return page_of(rows, _noted)

    def _row(self, noted: Noted) -> EntryRow:
        entry, place = noted.entry, f"{iso(noted.at)}#{noted.entry.id}"
        return EntryRow(
            f"{OBJECT}{entry.object}",
            place,
            actor_id=entry.actor_id,
            action=entry.action,
            reason=entry.reason,
            source_ip=entry.source_ip,
            details=json.dumps(dict(entry.details), ensure_ascii=False, sort_keys=True, separators=(",", ":")),
            gsi1pk=f"ACTOR#{entry.actor_id}",
            gsi1sk=place,
            gsi2pk=partition(self._clock.now().astimezone(UTC).date(), shard_of(entry.id)),
            gsi2sk=place,
        )


def partition(day: date, shard: int) -> str:
    """Return the index's partition of a date and a shard."""
    return f"DAY#{day}#{shard}"


def shard_of(entry_id: str) -> int:
    """Return which shard an entry is in."""
    return zlib.crc32(entry_id.encode()) % SHARDS


def _noted(row: EntryRow) -> Noted:
    at, _, entry_id = row.sk.partition("#")
    entry = Entry(
        actor_id=row.actor_id,
        action=row.action,
        object=row.pk.removeprefix(OBJECT),
        reason=row.reason,
        source_ip=row.source_ip,
        details=json.loads(row.details),
        id=entry_id,
    )
    return Noted(entry, parse(at))
