"""A day's run: every provider, the orders and the books, each by itself, so that one that fails keeps nobody waiting.

Safe to repeat and to die at any point: what is booked is named after the movement, a case after the difference, and a
part that is not done is run again by the next night.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.kit.errors import NotFound, Problem, invalid
from chalicelib.kit.observability import log, metric
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.reconciliation.ports import ReconciliationPorts
from chalicelib.reconciliation.rules import BOOKS, ORDERS, OVER, Figures, PartReport, Report, days, is_ready
from chalicelib.reconciliation.use_cases._books import check_books
from chalicelib.reconciliation.use_cases._found import LOOK_BACK, OutOfTime, Step
from chalicelib.reconciliation.use_cases._orders import check_orders
from chalicelib.reconciliation.use_cases._provider import check_provider
from chalicelib.reconciliation.use_cases.cases import review

FIRST_NIGHTS = 3
"""How many days a stage's first run looks back."""
NOT_YET, OUT_OF_TIME, INTERNAL = "not-yet", "out-of-time", "internal"
"""Why a part is not done, beside the code of a problem: the wallets tell of a day a night later."""


def nightly(ports: ReconciliationPorts, as_of: datetime, within: timedelta | None = None) -> dict[str, bool]:
    """Run yesterday (UTC), and before it what is not done of the days before. Return which days are done now.

    Raises:
        Exception: the first thing that went wrong and is no refusal of somebody else's.
    """
    failures: list[Exception] = []
    yesterday = (as_of.astimezone(UTC) - OVER).date() - timedelta(days=1)
    until = ports.clock.now() + within if within else None
    for day in _not_done(ports, yesterday):
        run(ports, day, until, failures, anew=day == yesterday)
    if failures:
        raise failures[0]
    return {str(day): report.done for day in [yesterday] if (report := ports.store.report(day)) is not None}


def _not_done(ports: ReconciliationPorts, yesterday: date) -> list[date]:
    """Return the days to run, the oldest first: those that were begun, those that no night came to, and yesterday."""
    known = ports.store.reports(None, LOOK_BACK).items
    begun = [one.day for one in known if not one.done and one.day > yesterday - timedelta(days=LOOK_BACK)]
    if known:
        missed = list(days(max(one.day for one in known) + timedelta(days=1), yesterday))
    else:  # a stage's first nights may have failed before they wrote anything
        first = yesterday - timedelta(days=FIRST_NIGHTS)
        missed = [day for day in days(first, yesterday) if any(True for _ in ledger.of_day(ports.ledger, day))]
    return sorted({*begun, *missed, yesterday})


def run(
    ports: ReconciliationPorts,
    day: date,
    until: datetime | None = None,
    failures: list[Exception] | None = None,
    *,
    anew: bool = True,
) -> Report:
    """Run every part of a UTC date; return its report.

    Args:
        ports: what reconciliation needs.
        day: which.
        until: stop then; what is not done goes on with the next run.
        failures: is given what went wrong that is no refusal of somebody else's.
        anew: also what is done.

    Raises:
        Invalid: the day is not over, or so long ago that nights do not look after it any more.
    """
    started = ports.clock.now()
    newest = (started.astimezone(UTC) - OVER).date() - timedelta(days=1)
    if not newest - timedelta(days=LOOK_BACK) < day <= newest:
        raise invalid("day", "a day is run an hour after its end (UTC), and within five weeks")
    report = _read(ports, day)
    for name in (*sorted(ports.payments.providers), ORDERS, BOOKS):
        before = report.part(name)
        if anew or not before.done:
            report = _save(ports, day, name, _part(ports, day, name, before, until, failures))
    _closed(ports, day, review(ports, started if report.part(BOOKS).done else None))
    _close_books(ports, day - timedelta(days=1))
    report = _read(ports, day)
    if any(not part.done and part.reason != NOT_YET for part in report.parts.values()):
        metric("ReconciliationUnfinished")
    else:
        metric("DaysReconciled")
    return report


def _part(
    ports: ReconciliationPorts,
    day: date,
    name: str,
    before: PartReport,
    until: datetime | None,
    failures: list[Exception] | None,
) -> PartReport:
    if not is_ready(name, day, ports.clock.now()):
        return replace(before, done=False, reason=NOT_YET)
    step = Step(ports, name, day, until, cursor=before.cursor)
    if before.cursor is not None:
        step.figures = dict(before.figures)
    work = {ORDERS: check_orders, BOOKS: check_books}.get(name, check_provider)
    done, reason = False, None
    try:
        work(step)
        done = True
    except OutOfTime:
        reason = OUT_OF_TIME
    except Problem as problem:
        log.warning("a part of a day could not be reconciled", part=name, day=str(day), code=problem.code)
        reason = problem.code
    except Exception as error:  # noqa: BLE001 - logged, and raised again when everybody had their turn
        log.exception("a part of a day could not be reconciled", part=name, day=str(day))
        reason = INTERNAL
        if failures is not None:
            failures.append(error)
    for currency, figures in before.figures.items():
        step.of(currency).closed = figures.closed
    return PartReport(step.figures, done, reason, None if done else step.cursor)


def _read(ports: ReconciliationPorts, day: date) -> Report:
    return ports.store.report(day) or Report(day, ports.clock.now())


def _save(ports: ReconciliationPorts, day: date, name: str, part: PartReport) -> Report:
    def attempt() -> Report:
        report = _read(ports, day)
        new = replace(report.with_part(name, part, ports.clock.now()), version=report.version + 1)
        ports.store.put_report(new)
        return new

    return retrying(attempt)


def _closed(ports: ReconciliationPorts, day: date, closed: Counter[tuple[str, str]]) -> None:
    """Add the cases that a run closed to its figures."""
    for (name, currency), number in closed.items():
        report = _read(ports, day)
        part = report.part(name) if name in report.parts else PartReport()
        figures = part.figures.get(currency, Figures())
        changed = replace(figures, closed=figures.closed + number)
        _save(ports, day, name, replace(part, figures={**part.figures, currency: changed}))


def _close_books(ports: ReconciliationPorts, last: date) -> None:
    """Close the books of every day up to one, the oldest first, as far as all is done: a night later than it is, when
    the journal has settled.
    """
    known = sorted(ports.store.reports(None, LOOK_BACK).items, key=lambda one: one.day)
    for report in known:
        if report.day > last or not report.done:
            return
        if report.closed:
            continue
        try:
            ledger.close(ports.ledger, report.day)
        except (Problem, ValueError):  # somebody posts each time that it looks, or a row makes no sense: that is a case
            log.exception("the books of a day could not be closed", day=str(report.day))
            return
        _mark_closed(ports, report.day)


def _mark_closed(ports: ReconciliationPorts, day: date) -> None:
    def attempt() -> None:
        report = _read(ports, day)
        ports.store.put_report(replace(report, closed=True, version=report.version + 1))

    retrying(attempt)


def reports(ports: ReconciliationPorts, after: Mapping[str, Any] | None, limit: int) -> Page[Report]:
    """Return some reports, newest first."""
    return ports.store.reports(after, limit)


def report(ports: ReconciliationPorts, day: date) -> Report:
    """Return the report of a UTC date.

    Raises:
        NotFound: it was not run.
    """
    known = ports.store.report(day)
    if known is None:
        raise NotFound("report")
    return known
