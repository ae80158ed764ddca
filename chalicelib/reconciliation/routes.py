"""Reports and cases over HTTP, for admins."""

from collections.abc import Callable
from datetime import date, timedelta

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, Invalid, invalid
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.reconciliation import schemas, use_cases
from chalicelib.reconciliation.ports import Case
from chalicelib.reconciliation.rules import CaseClosed, NothingToWriteOff

bp = Blueprint(__name__)

_ROOT = "/v1/admin/reconciliation"
_WITHIN = timedelta(seconds=18)  # API Gateway waits for 29


@endpoint(
    bp, "GET", f"{_ROOT}/reports", summary="What the nightly runs found, newest first", tag="reconciliation",
    needs=Permission.RECONCILE, query=PageQuery, returns=schemas.Reports,
)  # fmt: skip
def reports(call: Call) -> schemas.Reports:
    scope, cursors = "reconciliation|reports", wiring.cursors()
    page = use_cases.reports(wiring.reconciliation(), cursors.unpack(scope, call.query.cursor), call.query.limit)
    return schemas.Reports.of(page, cursors.pack(scope, page.next))


@endpoint(
    bp, "GET", f"{_ROOT}/reports/{{day}}", summary="What the run of a UTC date found", tag="reconciliation",
    needs=Permission.RECONCILE, returns=schemas.Report, errors=(Invalid,),
)  # fmt: skip
def report(_call: Call, day: str) -> schemas.Report:
    try:
        asked = date.fromisoformat(day)
    except ValueError as error:
        raise invalid("day", "a date such as 2030-05-01") from error
    return schemas.Report.of(use_cases.report(wiring.reconciliation(), asked))


@endpoint(
    bp, "POST", f"{_ROOT}/runs", summary="Run a UTC date now; repeated, it goes on or runs it again",
    tag="reconciliation",
    needs=Permission.RECONCILE, body=schemas.NewRun, returns=schemas.Report, errors=(Busy, Invalid),
)  # fmt: skip
def run(call: Call) -> schemas.Report:
    until = wiring.clock().now() + _WITHIN
    return schemas.Report.of(use_cases.run(wiring.reconciliation(), call.body.day, until))


@endpoint(
    bp, "GET", f"{_ROOT}/cases", summary="Cases of a state, the oldest first", tag="reconciliation",
    needs=Permission.RECONCILE,
    query=schemas.CasesQuery, returns=schemas.Cases,
)  # fmt: skip
def cases(call: Call) -> schemas.Cases:
    query: schemas.CasesQuery = call.query
    scope, cursors = f"reconciliation|cases|{query.state}", wiring.cursors()
    page = use_cases.cases(wiring.reconciliation(), query.state, cursors.unpack(scope, query.cursor), query.limit)
    show = _shown(call)
    return schemas.Cases(items=[show(one) for one in page.items], next_cursor=cursors.pack(scope, page.next))


@endpoint(
    bp, "POST", f"{_ROOT}/cases/{{case_id}}/assign", summary="Give a case to somebody", tag="reconciliation",
    needs=Permission.RECONCILE, body=schemas.Assignment, returns=schemas.Case, idempotent=True,
    errors=(Busy, CaseClosed),
)  # fmt: skip
def assign(call: Call, case_id: str) -> schemas.Case:
    show, why = _shown(call), Why(call.body.note or "", call.source_ip)
    owner, once = call.body.owner, call.once(show)
    return show(use_cases.assign(wiring.reconciliation(), call.actor, case_id, owner, why, once))


@endpoint(
    bp, "POST", f"{_ROOT}/cases/{{case_id}}/close", summary="End a case, with what was found out",
    tag="reconciliation", needs=Permission.RECONCILE, body=schemas.Closing, returns=schemas.Case, idempotent=True,
    errors=(Busy, CaseClosed, NothingToWriteOff),
)  # fmt: skip
def close(call: Call, case_id: str) -> schemas.Case:
    show, why = _shown(call), Why(call.body.reason, call.source_ip)
    ended = use_cases.close(wiring.reconciliation(), call.actor, case_id, call.body.resolution, why, call.once(show))
    return show(ended)


def _shown(call: Call) -> Callable[[Case], schemas.Case]:
    language, now = call.language, wiring.clock().now()
    return lambda case: schemas.Case.of(case, language, now)
