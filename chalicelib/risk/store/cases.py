"""What people look at and decide: alerts and freezes."""

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import reduce
from operator import and_
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action as UpdateAction

from chalicelib.kit.clock import iso, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, check, delete, put, update
from chalicelib.kit.errors import Problem
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action
from chalicelib.risk.ports import Alert, AlertKind, Freeze, Frozen, Note, Wanted

_CLOSED_KEPT = timedelta(days=365)
_LOOKED_AT = 100  # alerts a page of the index, where only some are wanted
_ALERT, _FREEZE, _OPEN, _FREEZES = "ALERT", "FREEZE", "OPEN", "FREEZES"


class AlertRow(Row):
    class Meta(TableMeta):
        table = "risk"

    kind = UnicodeAttribute()
    subject = UnicodeAttribute()
    about = UnicodeAttribute()
    since = UnicodeAttribute()
    last_at = UnicodeAttribute()
    times = NumberAttribute()
    closed_by = UnicodeAttribute(null=True)
    closed_at = UnicodeAttribute(null=True)
    note = UnicodeAttribute(null=True)
    assigned_to = UnicodeAttribute(null=True)
    notes = UnicodeAttribute(null=True)  # JSON
    revision = NumberAttribute(null=True)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    open_ones = Gsi1()


class FreezeRow(Row):
    class Meta(TableMeta):
        table = "risk"

    reason = UnicodeAttribute()
    by = UnicodeAttribute()
    at = UnicodeAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    all_of_them = Gsi1()


class CaseTable:
    """The alerts and freezes of `risk.ports.RiskStore`."""

    def alert(self, alert_id: str) -> Alert | None:
        try:
            return _alert(AlertRow.get(alert_id, _ALERT, consistent_read=True))
        except AlertRow.DoesNotExist:
            return None

    def raise_alert(self, alert: Alert) -> Action:
        return update(AlertRow(alert.id, _ALERT), _raised(alert))

    def raise_now(self, alert: Alert) -> None:
        AlertRow(alert.id, _ALERT).update(_raised(alert))

    def take_in_hand(self, alert: Alert) -> Action:
        notes = [[one.by, iso(one.at), one.text] for one in alert.notes]
        changes: list[UpdateAction] = [
            AlertRow.revision.set(alert.revision),
            AlertRow.notes.set(json.dumps(notes, ensure_ascii=False, separators=(",", ":"))),
            AlertRow.assigned_to.set(alert.assigned_to) if alert.assigned_to else AlertRow.assigned_to.remove(),
        ]
        if alert.closed_by is not None and alert.closed_at is not None and alert.note is not None:
            changes += [
                AlertRow.closed_by.set(alert.closed_by),
                AlertRow.closed_at.set(iso(alert.closed_at)),
                AlertRow.note.set(alert.note),
                AlertRow.expires_at.set(int((alert.closed_at + _CLOSED_KEPT).timestamp())),
                AlertRow.gsi1pk.remove(),
                AlertRow.gsi1sk.remove(),
            ]
        stood = alert.revision - 1
        as_read = AlertRow.revision == stood if stood else AlertRow.revision.does_not_exist()
        is_open = AlertRow.closed_by.does_not_exist() & (AlertRow.times == alert.times)
        return update(AlertRow(alert.id, _ALERT), changes, is_open & as_read)

    def open_alerts(self, wanted: Wanted, after: Mapping[str, Any] | None, limit: int) -> Page[Alert]:
        before = AlertRow.gsi1sk < iso(wanted.before) if wanted.before else None
        filters: list[Condition] = []
        if wanted.kind:
            filters.append(AlertRow.kind == wanted.kind.value)
        if wanted.assigned_to:
            filters.append(AlertRow.assigned_to == wanted.assigned_to)
        rows = AlertRow.open_ones.query(
            _OPEN,
            before,
            filter_condition=reduce(and_, filters) if filters else None,
            last_evaluated_key=dict(after) if after else None,
            limit=limit,
            page_size=_LOOKED_AT if filters else limit,
        )
        return page_of(rows, _alert)

    def freeze(self, subject: str) -> Freeze | None:
        try:
            return _freeze(FreezeRow.get(f"FREEZE#{subject}", _FREEZE, consistent_read=True))
        except FreezeRow.DoesNotExist:
            return None

    def unless_frozen(self, subject: str, refusal: type[Problem] = Frozen) -> Action:
        return check(FreezeRow(f"FREEZE#{subject}", _FREEZE), FreezeRow.pk.does_not_exist(), lambda _row: refusal())

    def put_freeze(self, freeze: Freeze) -> Action:
        row = FreezeRow(
            f"FREEZE#{freeze.subject}",
            _FREEZE,
            reason=freeze.reason,
            by=freeze.by,
            at=iso(freeze.at),
            gsi1pk=_FREEZES,
            gsi1sk=f"{iso(freeze.at)}#{freeze.subject}",
        )
        return put(row, FreezeRow.pk.does_not_exist())

    def lift(self, standing: Freeze) -> Action:
        return delete(FreezeRow(f"FREEZE#{standing.subject}", _FREEZE), FreezeRow.at == iso(standing.at))

    def freezes(self, after: Mapping[str, Any] | None, limit: int) -> Page[Freeze]:
        rows = FreezeRow.all_of_them.query(_FREEZES, scan_index_forward=False, **paged(after, limit))
        return page_of(rows, _freeze)


def _raised(alert: Alert) -> list[UpdateAction]:
    now = iso(alert.last_at)
    return [
        AlertRow.kind.set(alert.kind.value),
        AlertRow.subject.set(alert.subject),
        AlertRow.about.set(json.dumps(alert.about)),
        AlertRow.since.set(AlertRow.since | now),
        AlertRow.last_at.set(now),
        AlertRow.gsi1pk.set(_OPEN),
        AlertRow.gsi1sk.set(AlertRow.gsi1sk | f"{now}#{alert.id}"),
        AlertRow.times.add(1),
        AlertRow.closed_by.remove(),
        AlertRow.closed_at.remove(),
        AlertRow.note.remove(),
        AlertRow.expires_at.remove(),
    ]


def _alert(row: AlertRow) -> Alert:
    return Alert(
        id=row.pk,
        kind=AlertKind(row.kind),
        subject=row.subject,
        about=tuple(json.loads(row.about)),
        since=parse(row.since),
        last_at=parse(row.last_at),
        times=int(row.times),
        closed_by=row.closed_by,
        closed_at=parse_or_none(row.closed_at),
        note=row.note,
        assigned_to=row.assigned_to,
        notes=tuple(Note(by, parse(at), text) for by, at, text in json.loads(row.notes or "[]")),
        revision=int(row.revision or 0),
    )


def _freeze(row: FreezeRow) -> Freeze:
    return Freeze(row.pk.removeprefix("FREEZE#"), is_frozen=True, reason=row.reason, by=row.by, at=parse(row.at))
