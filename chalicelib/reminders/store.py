"""The reminders table.

| row | pk | sk | gsi1 |
|---|---|---|---|
| plan of an order | order id | `PLAN` | `DUE#<shard>`, `<next reminder>#<order>` |

A plan holds all reminders of its order that are to come, and stands in the index at the next of them; one that has
none is not in it. The index is what is swept: what is due is found by eight queries, whoever died on the way, because
only the write that tells it moves it on. A plan dies `KEPT` after its last visit; until then its version keeps a
message that comes late from planning anew what was called off.

| pattern | requests | units (rows under 1 KB: eight visits) |
|---|---|---|
| a plan | 1 GetItem, consistent | 1 read |
| plan, where something is to come | part of the transaction | 3 write |
| plan moved, or told and there is more | part of the transaction | 4 write, for it moves in the index |
| told the last, or called off | part of the transaction | 3 write |
| what is due | 1 Query a shard, of 8 | 0.5 read per 4 KB |

In a transaction a row costs two units, and one more for each index that it is written to; where it moves there, two.
"""

import json
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, put
from chalicelib.kit.transaction import Action
from chalicelib.reminders.rules import Kind, Plan, Reminder

SHARDS = 8
KEPT = timedelta(days=7)
_PLAN = "PLAN"


class PlanRow(Row):
    class Meta(TableMeta):
        table = "reminders"

    order_version = NumberAttribute()
    zone = UnicodeAttribute()
    pending = UnicodeAttribute()
    ends_at = UnicodeAttribute()
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    by_due = Gsi1()


class PlanTable:
    """See `reminders.ports.PlanStore`."""

    shards = SHARDS

    def plan(self, order_id: str) -> Plan | None:
        try:
            return _plan(PlanRow.get(order_id, _PLAN, consistent_read=True))
        except PlanRow.DoesNotExist:
            return None

    def put(self, plan: Plan) -> Action:
        first = plan.version == 1
        return put(_row(plan), PlanRow.pk.does_not_exist() if first else PlanRow.version == plan.version - 1)

    def due(self, shard: int, now: datetime, limit: int) -> Sequence[Plan]:
        rows = PlanRow.by_due.query(f"DUE#{shard}", PlanRow.gsi1sk < f"{iso(now)}$", limit=limit)  # `$` is after `#`
        return [_plan(row) for row in rows]


def _row(plan: Plan) -> PlanRow:
    at = plan.next_at
    return PlanRow(
        plan.order_id,
        _PLAN,
        order_version=plan.order_version,
        zone=plan.zone,
        pending=json.dumps([[one.kind, *map(iso, (one.at, one.starts_at, one.until))] for one in plan.pending]),
        ends_at=iso(plan.ends_at),
        version=plan.version,
        gsi1pk=f"DUE#{zlib.crc32(plan.order_id.encode()) % SHARDS}" if at else None,
        gsi1sk=f"{iso(at)}#{plan.order_id}" if at else None,
        expires_at=int((plan.ends_at + KEPT).timestamp()),
    )


def _plan(row: PlanRow) -> Plan:
    return Plan(
        order_id=row.pk,
        order_version=int(row.order_version),
        zone=row.zone,
        pending=tuple(_reminder(*told) for told in json.loads(row.pending)),
        ends_at=parse(row.ends_at),
        version=int(row.version),
    )


def _reminder(kind: str, at: str, starts_at: str, until: str) -> Reminder:
    return Reminder(parse(at), Kind(kind), parse(starts_at), parse(until))
