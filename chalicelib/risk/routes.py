"""Alerts and freezes over HTTP, for admins."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import ADMINS
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.risk import problems, schemas, use_cases

bp = Blueprint(__name__)

_RISK = "/v1/admin/risk"


@endpoint(
    bp, "GET", f"{_RISK}/alerts", summary="Open alerts, the one that has waited longest first", tag="risk",
    roles=ADMINS, query=PageQuery, returns=schemas.Alerts,
)  # fmt: skip
def alerts(call: Call) -> schemas.Alerts:
    scope, cursors = "risk|alerts", wiring.cursors()
    page = use_cases.alerts(wiring.risk(), cursors.unpack(scope, call.query.cursor), call.query.limit)
    return schemas.Alerts.of(page, cursors.pack(scope, page.next))


@endpoint(
    bp, "POST", f"{_RISK}/alerts/{{alert_id}}/close", summary="Close an alert with what was found", tag="risk",
    roles=ADMINS, body=schemas.CloseIn, returns=schemas.Alert, idempotent=True,
    errors=(NotFound, problems.AlertClosed, Busy),
)  # fmt: skip
def close(call: Call, alert_id: str) -> schemas.Alert:
    once, show = call.once(schemas.Alert.of), schemas.Alert.of
    return show(use_cases.close(wiring.risk(), call.actor, alert_id, _why(call), once))


@endpoint(
    bp, "GET", f"{_RISK}/freezes", summary="What is frozen, newest first", tag="risk", roles=ADMINS, query=PageQuery,
    returns=schemas.Freezes,
)  # fmt: skip
def freezes(call: Call) -> schemas.Freezes:
    scope, cursors = "risk|freezes", wiring.cursors()
    page = use_cases.freezes(wiring.risk(), cursors.unpack(scope, call.query.cursor), call.query.limit)
    return schemas.Freezes.of(page, cursors.pack(scope, page.next))


@endpoint(
    bp, "POST", f"{_RISK}/freezes", summary="Freeze an account or a merchant's payouts, pending review", tag="risk",
    roles=ADMINS, body=schemas.FreezeIn, returns=schemas.Freeze, idempotent=True, errors=(Busy,),
)  # fmt: skip
def freeze(call: Call) -> schemas.Freeze:
    once, show = call.once(schemas.Freeze.of), schemas.Freeze.of
    return show(use_cases.freeze(wiring.risk(), call.actor, call.body.subject, _why(call), once))


@endpoint(
    bp, "POST", f"{_RISK}/freezes/lift", summary="Let go on what was frozen", tag="risk", roles=ADMINS,
    body=schemas.FreezeIn, returns=schemas.Freeze, idempotent=True, errors=(Busy,),
)  # fmt: skip
def unfreeze(call: Call) -> schemas.Freeze:
    once, show = call.once(schemas.Freeze.of), schemas.Freeze.of
    return show(use_cases.unfreeze(wiring.risk(), call.actor, call.body.subject, _why(call), once))


def _why(call: Call) -> Why:
    return Why(call.body.reason, call.source_ip)
