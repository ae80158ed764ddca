"""What people look at and decide: alerts and freezes."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.update import Action as UpdateAction

from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, check, delete, put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action
from chalicelib.risk.ports import Alert, AlertKind, Freeze, Frozen

_CLOSED_KEPT = timedelta(days=365)
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


def _frozen(_row: object) -> Exception:
    return Frozen()


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

    def close(self, alert: Alert) -> Action:
        row = AlertRow(
            alert.id,
            _ALERT,
            kind=alert.kind,
            subject=alert.subject,
            about=json.dumps(alert.about),
            since=iso(alert.since),
            last_at=iso(alert.last_at),
            times=alert.times,
            closed_by=alert.closed_by,
            closed_at=iso_or_none(alert.closed_at),
            note=alert.note,
            expires_at=int(((alert.closed_at or alert.last_at) + _CLOSED_KEPT).timestamp()),
        )
        return put(row, AlertRow.closed_by.does_not_exist() & (AlertRow.times == alert.times))

    def open_alerts(self, after: Mapping[str, Any] | None, limit: int) -> Page[Alert]:
        rows = AlertRow.open_ones.query(
            _OPEN, last_evaluated_key=dict(after) if after else None, limit=limit, page_size=limit
        )
        return Page(tuple(_alert(row) for row in rows), rows.last_evaluated_key)

    def freeze(self, subject: str) -> Freeze | None:
        try:
            return _freeze(FreezeRow.get(f"FREEZE#{subject}", _FREEZE, consistent_read=True))
        except FreezeRow.DoesNotExist:
            return None

    def unless_frozen(self, subject: str) -> Action:
        return check(FreezeRow(f"FREEZE#{subject}", _FREEZE), FreezeRow.pk.does_not_exist(), _frozen)

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
        rows = FreezeRow.all_of_them.query(
            _FREEZES,
            scan_index_forward=False,
            last_evaluated_key=dict(after) if after else None,
            limit=limit,
            page_size=limit,
        )
        return Page(tuple(_freeze(row) for row in rows), rows.last_evaluated_key)


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
    )


def _freeze(row: FreezeRow) -> Freeze:
    return Freeze(row.pk.removeprefix("FREEZE#"), is_frozen=True, reason=row.reason, by=row.by, at=parse(row.at))
