"""Alerts and freezes over HTTP, for admins."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.risk import problems, schemas, use_cases

bp = Blueprint(__name__)

_RISK = "/v1/admin/risk"
_ALERT = _RISK + "/alerts/{alert_id}"


@endpoint(
    bp, "GET", f"{_RISK}/alerts", summary="Open alerts, the one that has waited longest first", tag="risk",
    needs=Permission.RISK_DECIDE, query=schemas.AlertsQuery, returns=schemas.Alerts,
)  # fmt: skip
def alerts(call: Call) -> schemas.Alerts:
    query: schemas.AlertsQuery = call.query
    scope = f"risk|alerts|{query.kind}|{query.older_than_hours}|{query.assigned_to}"
    cursors, wanted = wiring.cursors(), query.wanted(wiring.clock().now())
    page = use_cases.alerts(wiring.risk(), wanted, cursors.unpack(scope, query.cursor), query.limit)
    return schemas.Alerts.of(page, cursors.pack(scope, page.next))


@endpoint(
    bp, "GET", _ALERT, summary="An alert, open or closed", tag="risk",
    needs=Permission.RISK_DECIDE, returns=schemas.Alert,
)  # fmt: skip
def alert(_call: Call, alert_id: str) -> schemas.Alert:
    return schemas.Alert.of(use_cases.alert(wiring.risk(), alert_id))


@endpoint(
    bp, "POST", f"{_ALERT}/assign", summary="Give an alert to somebody to look at, or back to everybody", tag="risk",
    needs=Permission.RISK_DECIDE, body=schemas.AssignIn, returns=schemas.Alert, idempotent=True,
    errors=(NotFound, problems.AlertClosed, Busy),
)  # fmt: skip
def assign(call: Call, alert_id: str) -> schemas.Alert:
    once, show, to = call.once(schemas.Alert.of), schemas.Alert.of, call.body.assigned_to
    return show(use_cases.assign(wiring.risk(), call.actor, alert_id, to, _why(call), once))


@endpoint(
    bp, "POST", f"{_ALERT}/notes", summary="Write down something about an alert", tag="risk",
    needs=Permission.RISK_DECIDE, body=schemas.NoteIn, returns=schemas.Alert, idempotent=True,
    errors=(NotFound, problems.AlertClosed, Busy),
)  # fmt: skip
def note(call: Call, alert_id: str) -> schemas.Alert:
    once, show = call.once(schemas.Alert.of), schemas.Alert.of
    why = Why(call.body.text, call.source_ip)
    return show(use_cases.note(wiring.risk(), call.actor, alert_id, why, once))


@endpoint(
    bp, "POST", f"{_ALERT}/close", summary="Close an alert with what was found", tag="risk",
    needs=Permission.RISK_DECIDE, body=schemas.CloseIn, returns=schemas.Alert, idempotent=True,
    errors=(NotFound, problems.AlertClosed, Busy),
)  # fmt: skip
def close(call: Call, alert_id: str) -> schemas.Alert:
    once, show = call.once(schemas.Alert.of), schemas.Alert.of
    return show(use_cases.close(wiring.risk(), call.actor, alert_id, _why(call), once))


@endpoint(
    bp, "GET", f"{_RISK}/freezes", summary="What is frozen, newest first", tag="risk",
    needs=Permission.RISK_DECIDE, query=PageQuery,
    returns=schemas.Freezes,
)  # fmt: skip
def freezes(call: Call) -> schemas.Freezes:
    scope, cursors = "risk|freezes", wiring.cursors()
    page = use_cases.freezes(wiring.risk(), cursors.unpack(scope, call.query.cursor), call.query.limit)
    return schemas.Freezes.of(page, cursors.pack(scope, page.next))


@endpoint(
    bp, "POST", f"{_RISK}/freezes", summary="Freeze an account, its sign-ins or a merchant's payouts", tag="risk",
    needs=Permission.RISK_DECIDE, body=schemas.FreezeIn, returns=schemas.Freeze, idempotent=True, errors=(Busy,),
)  # fmt: skip
def freeze(call: Call) -> schemas.Freeze:
    once, show = call.once(schemas.Freeze.of), schemas.Freeze.of
    return show(use_cases.freeze(wiring.freezing(), call.actor, call.body.subject, _why(call), once))


@endpoint(
    bp, "POST", f"{_RISK}/freezes/lift", summary="Let go on what was frozen", tag="risk", needs=Permission.RISK_DECIDE,
    body=schemas.FreezeIn, returns=schemas.Freeze, idempotent=True, errors=(Busy,),
)  # fmt: skip
def unfreeze(call: Call) -> schemas.Freeze:
    once, show = call.once(schemas.Freeze.of), schemas.Freeze.of
    return show(use_cases.unfreeze(wiring.risk(), call.actor, call.body.subject, _why(call), once))


def _why(call: Call) -> Why:
    return Why(call.body.reason, call.source_ip)
