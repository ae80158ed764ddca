"""Copies and erasures."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pynamodb.attributes import ListAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, put, update
from chalicelib.kit.transaction import Action
from chalicelib.privacy.requests import LISTED, Erasure, ErasureState, Export

_EXPORT, _COUNT, _ERASURE = "EXPORT#", "EXPORTS", "ERASURE"
_DUE = "ERASURES"
_WAITING = {ErasureState.COOLING_OFF, ErasureState.CLOSED}


class ExportRow(Row):
    class Meta(TableMeta):
        table = "privacy"

    asked_at = UnicodeAttribute(null=True)
    ready_at = UnicodeAttribute(null=True)
    size = NumberAttribute(null=True)
    number = NumberAttribute(null=True)


class ErasureRow(Row):
    class Meta(TableMeta):
        table = "privacy"

    asked_at = UnicodeAttribute()
    due_at = UnicodeAttribute()
    state = UnicodeAttribute()
    done: ListAttribute[str] = ListAttribute()
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    waiting = Gsi1()


class RequestTable:
    """See `privacy.request_ports.RequestStore`."""

    def exports(self, account_id: str) -> tuple[Sequence[Export], int]:
        rows = list(ExportRow.query(account_id, ExportRow.sk.startswith("EXPORT"), consistent_read=True))
        known = [_export(row) for row in rows if row.sk.startswith(_EXPORT)]
        counts = [int(row.number or 0) for row in rows if row.sk == _COUNT]
        return sorted(known, key=lambda one: one.asked_at, reverse=True), sum(counts)

    def ask_export(self, export: Export, number: int) -> Sequence[Action]:
        row = ExportRow(export.account_id, f"{_EXPORT}{export.id}", asked_at=iso(export.asked_at))
        row.expires_at = int((export.asked_at + LISTED).timestamp())
        is_next = ExportRow.number == number if number else ExportRow.pk.does_not_exist()
        return [
            put(row, ExportRow.pk.does_not_exist()),
            put(ExportRow(export.account_id, _COUNT, number=number + 1), is_next),
        ]

    def export(self, account_id: str, export_id: str) -> Export | None:
        try:
            return _export(ExportRow.get(account_id, f"{_EXPORT}{export_id}", consistent_read=True))
        except ExportRow.DoesNotExist:
            return None

    def finish_export(self, export: Export) -> Action:
        row = ExportRow(export.account_id, f"{_EXPORT}{export.id}")
        ready_at = iso(export.ready_at) if export.ready_at else ""
        changes = [ExportRow.ready_at.set(ready_at), ExportRow.size.set(export.size)]
        return update(row, changes, ExportRow.pk.exists() & ExportRow.ready_at.does_not_exist())

    def erasure(self, account_id: str) -> Erasure | None:
        try:
            return _erasure(ErasureRow.get(account_id, _ERASURE, consistent_read=True))
        except ErasureRow.DoesNotExist:
            return None

    def put_erasure(self, erasure: Erasure) -> Action:
        is_waiting, stood = erasure.state in _WAITING, erasure.version - 1
        row = ErasureRow(
            erasure.account_id,
            _ERASURE,
            asked_at=iso(erasure.asked_at),
            due_at=iso(erasure.due_at),
            state=erasure.state.value,
            done=list(erasure.done),
            version=erasure.version,
            gsi1pk=_DUE if is_waiting else None,
            gsi1sk=f"{iso(erasure.due_at)}#{erasure.account_id}" if is_waiting else None,
        )
        return put(row, ErasureRow.version == stood if stood else ErasureRow.pk.does_not_exist())

    def due(self, now: datetime) -> Iterable[Erasure]:
        return map(_erasure, ErasureRow.waiting.query(_DUE, ErasureRow.gsi1sk < iso(now) + "~"))


def _export(row: Any) -> Export:
    export_id, asked_at = row.sk.removeprefix(_EXPORT), parse(row.asked_at)
    return Export(export_id, row.pk, asked_at, parse_or_none(row.ready_at), int(row.size or 0))


def _erasure(row: Any) -> Erasure:
    return Erasure(
        account_id=row.pk,
        asked_at=parse(row.asked_at),
        due_at=parse(row.due_at),
        state=ErasureState(row.state),
        done=tuple(row.done),
        version=int(row.version),
    )
