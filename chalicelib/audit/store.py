"""The audit table. Append only: a put is conditional, and policies need no more than PutItem and Query.

| row | pk | sk | gsi1 |
|---|---|---|---|
| entry | `OBJECT#<object>` | `<at>#<entry>` | `ACTOR#<actor>`, `<at>#<entry>` |

No row is written twice, so nothing is hot; an entry never dies.

| pattern | requests | units (rows under 1 KB) |
|---|---|---|
| note | part of the caller's transaction | 3 write |
| what happened to an object | 1 Query, consistent | 1 read per 4 KB |
| what an actor did | 1 Query | 0.5 read per 4 KB |
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.audit.ports import Entry, Noted
from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, put
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action


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


class AuditTable:
    """See `audit.ports.AuditStore`."""

    def add(self, noted: Noted) -> Action:
        return put(_row(noted), EntryRow.pk.does_not_exist())

    def of_object(self, name: str, after: Mapping[str, Any] | None, limit: int) -> Page[Noted]:
        rows = EntryRow.query(f"OBJECT#{name}", consistent_read=True, **_part(after, limit))
        return _page(rows)

    def of_actor(self, actor_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Noted]:
        return _page(EntryRow.of_actor.query(f"ACTOR#{actor_id}", **_part(after, limit)))


def _part(after: Mapping[str, Any] | None, limit: int) -> dict[str, Any]:
    position = dict(after) if after else None
    return {"scan_index_forward": False, "last_evaluated_key": position, "limit": limit, "page_size": limit}


def _page(rows: Any) -> Page[Noted]:
    found: Iterable[EntryRow] = rows
    return Page(tuple(_noted(row) for row in found), rows.last_evaluated_key)


def _row(noted: Noted) -> EntryRow:
    entry, at = noted.entry, iso(noted.at)
    return EntryRow(
        f"OBJECT#{entry.object}",
        f"{at}#{entry.id}",
        actor_id=entry.actor_id,
        action=entry.action,
        reason=entry.reason,
        source_ip=entry.source_ip,
        details=json.dumps(dict(entry.details), ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        gsi1pk=f"ACTOR#{entry.actor_id}",
        gsi1sk=f"{at}#{entry.id}",
    )


def _noted(row: EntryRow) -> Noted:
    at, _, entry_id = row.sk.partition("#")
    entry = Entry(
        actor_id=row.actor_id,
        action=row.action,
        object=row.pk.removeprefix("OBJECT#"),
        reason=row.reason,
        source_ip=row.source_ip,
        details=json.loads(row.details),
        id=entry_id,
    )
    return Noted(entry, parse(at))
