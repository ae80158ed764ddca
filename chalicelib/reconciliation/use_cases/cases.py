"""Cases: looking at them, looking after them, and how they end."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import SUSPENSE, Entry, Transaction, provider_account
from chalicelib.reconciliation import rules
from chalicelib.reconciliation.ports import ReconciliationPorts
from chalicelib.reconciliation.rules import (
    BOOKS,
    ORDERS,
    Case,
    CaseClosed,
    CaseKind,
    CaseState,
    Difference,
    Note,
    NothingToWriteOff,
    Resolution,
)
from chalicelib.reconciliation.rules.movements import on_account
from chalicelib.reconciliation.use_cases._found import is_readable
from chalicelib.reconciliation.use_cases._orders import is_tried_again, of_order

_UNREADABLE = ("journal:", "order:", "transaction:")


def cases(ports: ReconciliationPorts, state: CaseState, after: Mapping[str, Any] | None, limit: int) -> Page[Case]:
    """Return some cases of a state, the oldest first."""
    return ports.store.cases(state, after, limit)


def case(ports: ReconciliationPorts, case_id: str) -> Case:
    """Return a case.

    Raises:
        NotFound: there is none.
    """
    known = ports.store.case(case_id)
    if known is None:
        raise NotFound("case")
    return known


def assign(ports: ReconciliationPorts, actor: Actor, case_id: str, owner: str, why: Why, once: Once) -> Case:
    """Give a case to somebody, or to somebody else; a reason is a note on it.

    Raises:
        NotFound: there is none. CaseClosed: it has ended.
    """

    def attempt() -> Case:
        known, now = case(ports, case_id), ports.clock.now()
        if known.state == CaseState.CLOSED:
            raise CaseClosed(resolution=known.resolution)
        notes = (*known.notes, Note(actor.account_id, now, why.reason)) if why.reason else known.notes
        new = replace(known, state=CaseState.ASSIGNED, owner=owner, notes=notes, version=known.version + 1)
        entry = why.entry(actor, "reconciliation.assign", f"case:{case_id}", {"owner": owner})
        noted = audit.noted(ports.audit, entry, now)
        ports.committer.commit([ports.store.put_case(new), *noted, ports.idempotency.remember(once, new)])
        return new

    return retrying(attempt)


def close(ports: ReconciliationPorts, actor: Actor, case_id: str, resolution: Resolution, why: Why, once: Once) -> Case:
    """End a case. Written off, what the provider's account and the books differ by is booked to `suspense`.

    Raises:
        NotFound: there is none. CaseClosed: it has ended. NothingToWriteOff: it is not about a provider's account.
    """

    def attempt() -> Case:
        known, now = case(ports, case_id), ports.clock.now()
        new = rules.closed(known, resolution, now, actor.account_id)
        new = replace(new, notes=(*new.notes, Note(actor.account_id, now, why.reason)))
        details = {"resolution": resolution.value, "difference": known.found.stated - known.found.booked}
        entry = why.entry(actor, "reconciliation.close", f"case:{case_id}", details)
        actions = [ports.store.put_case(new), *audit.noted(ports.audit, entry, now)]
        if resolution == Resolution.WRITTEN_OFF:
            actions += _written_off(ports, known, now)
        ports.committer.commit([*actions, ports.idempotency.remember(once, new)])
        return new

    return retrying(attempt)


def _written_off(ports: ReconciliationPorts, known: Case, now: datetime) -> list[Action]:
    found = known.found
    amount = found.stated - found.booked
    if found.part in {ORDERS, BOOKS} or not amount:
        raise NothingToWriteOff
    entries = (Entry(provider_account(found.part), amount), Entry(SUSPENSE, -amount))
    posted = Transaction(f"suspense:{known.id}", "suspense", now, found.currency, entries, found.order_id)
    return ledger.post(ports.ledger, posted)


def review(ports: ReconciliationPorts, books_since: datetime | None) -> Counter[tuple[str, str]]:
    """Look at every case that is not closed; close those whose difference is gone. Return how many, by part and
    currency.

    Args:
        ports: what reconciliation needs.
        books_since: since when the books were looked at as a whole, None where they were not: what was not found
            again is gone.
    """
    closed: Counter[tuple[str, str]] = Counter()
    for one in list(ports.store.unresolved()):
        try:
            if not _is_gone(ports, one, books_since):
                continue
        except ValueError:  # a row of the books makes no sense; there is a case of that
            continue

        def attempt(case_id: str = one.id) -> bool:
            known = case(ports, case_id)
            if known.state == CaseState.CLOSED:
                return False
            end = rules.closed(known, Resolution.EXPLAINED, ports.clock.now())
            ports.committer.commit([ports.store.put_case(end)])
            return True

        closed[one.found.part, one.found.currency] += retrying(attempt)
    return closed


def _is_gone(ports: ReconciliationPorts, one: Case, books_since: datetime | None) -> bool:
    """A customer who was charged twice, or a merchant paid twice, is for people."""
    found = one.found
    match found.kind:
        case CaseKind.DOUBLE_CAPTURE | CaseKind.MOVED_TWICE:
            is_gone = False
        case CaseKind.ORDER_DIFFERS:
            is_gone = found.ref not in {again.ref for again in of_order(ports, found.order_id or "")}
        case CaseKind.REFUND_FAILED:
            is_gone = is_tried_again(ports, found)
        case CaseKind.BOOKS_DIFFER if found.ref.startswith(_UNREADABLE):
            is_gone = is_readable(ports, found.ref)
        case CaseKind.BOOKS_DIFFER:
            is_gone = books_since is not None and one.last_seen_at < books_since
        case CaseKind.MISSING_AT_PROVIDER | CaseKind.OVERDUE_IN_TRANSIT:
            is_gone = found.transaction_id is not None and not ports.store.waiting(found.part, found.transaction_id)
        case _:
            is_gone = _agrees(ports, found)
    return is_gone


def _agrees(ports: ReconciliationPorts, found: Difference) -> bool:
    if found.transaction_id is None:
        return False
    posted = ledger.transactions(ports.ledger, [found.transaction_id]).get(found.transaction_id)
    return posted is not None and on_account(posted, found.part) == found.stated
