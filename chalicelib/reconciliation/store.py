"""The reconciliation table.

| row | pk | sk | gsi1 | dies |
|---|---|---|---|---|
| report | `REPORTS` | `<UTC date>` | | |
| case | case id | `CASE` | `STATE#<state>`, `<opened at>#<case>` | |
| item | `ITEM#<part>#<transaction>` | `ITEM` | `WAITS#<part>`, `<since>#<transaction>`; once its movement is known `TAKEN#<part>#<booked on>`, `<transaction>` | 400 days after its last write |
| checkpoint | `OWN#<account>` | `<currency>` | | |

A movement and a transaction of the same date leave no row: an item is what is in transit, or was met on another day.

| pattern | requests | units (rows under 1 KB) |
|---|---|---|
| read a report, a case | 1 GetItem | 0.5 or 1 read |
| write a report | 1 UpdateItem a part | 1 write per KB |
| open a case | 1 GetItem, 1 transaction | 1 read, 4 write |
| an item waits, or is taken | 1 UpdateItem | 2 write, 3 where it changes from one to the other |
| what is in transit, cases of a state | 1 Query | 0.5 read per 4 KB |
"""  # noqa: E501 - a table's rows are one line each

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError, UpdateError

from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, code_of, put
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action, Contention
from chalicelib.reconciliation.ports import Checkpoint, Item, WaitsFor
from chalicelib.reconciliation.rules import (
    Case,
    CaseKind,
    CaseState,
    Difference,
    Figures,
    Note,
    PartReport,
    Report,
    Resolution,
)

_REPORTS, _CASE, _ITEM = "REPORTS", "CASE", "ITEM"
_KEPT = timedelta(days=400)
_REFUSED = "ConditionalCheckFailedException"


class ReportRow(Row):
    class Meta(TableMeta):
        table = "reconciliation"

    ran_at = UnicodeAttribute()
    parts = UnicodeAttribute()  # JSON: written and read whole
    closed = BooleanAttribute()
    version = NumberAttribute()


class CaseRow(Row):
    class Meta(TableMeta):
        table = "reconciliation"

    found = UnicodeAttribute()  # JSON, likewise
    day = UnicodeAttribute()
    opened_at = UnicodeAttribute()
    last_seen_at = UnicodeAttribute()
    owner = UnicodeAttribute(null=True)
    resolution = UnicodeAttribute(null=True)
    closed_at = UnicodeAttribute(null=True)
    closed_by = UnicodeAttribute(null=True)
    notes = UnicodeAttribute()
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    by_state = Gsi1()


class ItemRow(Row):
    class Meta(TableMeta):
        table = "reconciliation"

    item = UnicodeAttribute(null=True)  # JSON
    movement_id = UnicodeAttribute(null=True)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    of_part = Gsi1()


class CheckpointRow(Row):
    class Meta(TableMeta):
        table = "reconciliation"

    day = UnicodeAttribute()
    amount = NumberAttribute()
    before = NumberAttribute()


class ReconciliationTable:
    """See `reconciliation.ports.ReconciliationStore`."""

    def report(self, day: date) -> Report | None:
        try:
            return _report(ReportRow.get(_REPORTS, str(day), consistent_read=True))
        except ReportRow.DoesNotExist:
            return None

    def put_report(self, report: Report) -> None:
        row = ReportRow(
            _REPORTS,
            str(report.day),
            ran_at=iso(report.ran_at),
            parts=_json({name: asdict(part) for name, part in report.parts.items()}),
            closed=report.closed,
            version=report.version,
        )
        stood = report.version - 1
        try:
            row.save(ReportRow.version == stood if stood else ReportRow.pk.does_not_exist())
        except PutError as error:
            raise _meaning(error) from error

    def reports(self, after: Mapping[str, Any] | None, limit: int) -> Page[Report]:
        rows = ReportRow.query(_REPORTS, scan_index_forward=False, **paged(after, limit))
        return page_of(rows, _report)

    def case(self, case_id: str) -> Case | None:
        try:
            return _case(CaseRow.get(case_id, _CASE, consistent_read=True))
        except CaseRow.DoesNotExist:
            return None

    def put_case(self, case: Case) -> Action:
        row = CaseRow(
            case.id,
            _CASE,
            found=_json(asdict(case.found)),
            day=str(case.day),
            opened_at=iso(case.opened_at),
            last_seen_at=iso(case.last_seen_at),
            owner=case.owner,
            resolution=case.resolution,
            closed_at=iso_or_none(case.closed_at),
            closed_by=case.closed_by,
            notes=_json([[note.by, iso(note.at), note.text] for note in case.notes]),
            version=case.version,
            gsi1pk=f"STATE#{case.state}",
            gsi1sk=f"{iso(case.opened_at)}#{case.id}",
        )
        stood = case.version - 1
        return put(row, CaseRow.version == stood if stood else CaseRow.pk.does_not_exist())

    def cases(self, state: CaseState, after: Mapping[str, Any] | None, limit: int) -> Page[Case]:
        rows = CaseRow.by_state.query(f"STATE#{state}", **paged(after, limit))
        return page_of(rows, _case)

    def unresolved(self) -> Iterable[Case]:
        for state in (CaseState.OPEN, CaseState.ASSIGNED):
            yield from map(_case, CaseRow.by_state.query(f"STATE#{state}"))

    def wait(self, item: Item) -> bool:
        row = ItemRow(_item_key(item.part, item.transaction_id), _ITEM)
        changes = [
            ItemRow.item.set(_json(asdict(item) | {"since": iso(item.since)})),
            ItemRow.gsi1pk.set(f"WAITS#{item.part}"),
            ItemRow.gsi1sk.set(f"{iso(item.since)}#{item.transaction_id}"),
            ItemRow.expires_at.set(_dies(item.since)),
        ]
        return _did(row, changes, ItemRow.movement_id.does_not_exist())

    def take(self, part: str, transaction_id: str, booked_on: date, movement_id: str, *, must_wait: bool) -> bool:
        row = ItemRow(_item_key(part, transaction_id), _ITEM)
        changes = [
            ItemRow.movement_id.set(movement_id),
            ItemRow.gsi1pk.set(f"TAKEN#{part}#{booked_on}"),
            ItemRow.gsi1sk.set(transaction_id),
            ItemRow.expires_at.set(_dies(datetime(booked_on.year, booked_on.month, booked_on.day, tzinfo=UTC))),
        ]
        free = ItemRow.movement_id.does_not_exist()
        if must_wait:
            free &= ItemRow.item.exists()
        return _did(row, changes, free | (ItemRow.movement_id == movement_id))

    def drop(self, part: str, transaction_id: str) -> None:
        ItemRow(_item_key(part, transaction_id), _ITEM).delete()

    def waiting(self, part: str, transaction_id: str) -> bool:
        return self.item(part, transaction_id) is not None

    def item(self, part: str, transaction_id: str) -> Item | None:
        try:
            row = ItemRow.get(_item_key(part, transaction_id), _ITEM, consistent_read=True)
        except ItemRow.DoesNotExist:
            return None
        return _item(row) if row.movement_id is None else None

    def in_transit(self, part: str) -> Iterable[Item]:
        return map(_item, ItemRow.of_part.query(f"WAITS#{part}"))

    def taken(self, part: str, booked_on: date) -> dict[str, str]:
        return {row.gsi1sk: row.movement_id for row in ItemRow.of_part.query(f"TAKEN#{part}#{booked_on}")}

    def checkpoint(self, account: str, currency: str) -> Checkpoint | None:
        try:
            row = CheckpointRow.get(f"OWN#{account}", currency, consistent_read=True)
        except CheckpointRow.DoesNotExist:
            return None
        return Checkpoint(date.fromisoformat(row.day), int(row.amount), int(row.before))

    def put_checkpoint(self, account: str, currency: str, checkpoint: Checkpoint) -> None:
        row = CheckpointRow(f"OWN#{account}", currency, day=str(checkpoint.day))
        row.amount, row.before = checkpoint.amount, checkpoint.before
        row.save()


def _item_key(part: str, transaction_id: str) -> str:
    return f"ITEM#{part}#{transaction_id}"


def _dies(moment: datetime) -> int:
    return int((moment + _KEPT).timestamp())


def _did(row: ItemRow, changes: Any, condition: Any) -> bool:
    try:
        row.update(changes, condition)
    except UpdateError as error:
        if code_of(error) == _REFUSED:
            return False
        raise
    return True


def _meaning(error: PutError) -> Exception:
    return Contention() if code_of(error) == _REFUSED else error


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _report(row: Any) -> Report:
    parts = {
        name: PartReport(**{**told, "figures": {code: Figures(**some) for code, some in told["figures"].items()}})
        for name, told in json.loads(row.parts).items()
    }
    return Report(date.fromisoformat(row.sk), parse(row.ran_at), parts, bool(row.closed), int(row.version))


def _item(row: Any) -> Item:
    told = json.loads(row.item)
    return Item(**{**told, "since": parse(told["since"]), "waits_for": WaitsFor(told["waits_for"])})


def _case(row: Any) -> Case:
    found = json.loads(row.found)
    return Case(
        found=Difference(**{**found, "kind": CaseKind(found["kind"])}),
        day=date.fromisoformat(row.day),
        opened_at=parse(row.opened_at),
        last_seen_at=parse(row.last_seen_at),
        state=CaseState(row.gsi1pk.removeprefix("STATE#")),
        owner=row.owner,
        resolution=Resolution(row.resolution) if row.resolution else None,
        closed_at=parse_or_none(row.closed_at),
        closed_by=row.closed_by,
        notes=tuple(Note(by, parse(at), text) for by, at, text in json.loads(row.notes)),
        version=int(row.version),
    )
