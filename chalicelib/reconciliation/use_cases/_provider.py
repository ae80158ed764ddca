"""A provider's account and the books, held against each other both ways."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date
from itertools import islice
from typing import TypeVar

from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import Transaction
from chalicelib.payments.use_cases import account
from chalicelib.payments.use_cases.account import Movement, MovementKind
from chalicelib.reconciliation.ports import Item, WaitsFor
from chalicelib.reconciliation.rules import CaseKind, Resolution, bounds
from chalicelib.reconciliation.rules.movements import (
    DONE,
    FAILED,
    SUSPENSE,
    booking,
    names,
    on_account,
    touches,
)
from chalicelib.reconciliation.rules.tally import Taken, Tally
from chalicelib.reconciliation.use_cases._found import BATCH, LOOK_BACK, Step, journal, posted, unreadable
from chalicelib.reconciliation.use_cases._heal import caught_up
from chalicelib.reconciliation.use_cases._transit import has_met, look_after_transit

_T = TypeVar("_T")
_SENT = {MovementKind.TRANSFER, MovementKind.TRANSFER_REVERSED}


def check_provider(step: Step) -> None:
    """Hold a day of a provider's account against the books; catch up on what can be, and book the provider's fees and
    its payouts to the operator's bank.

    Raises:
        Unavailable: the provider did not answer. OutOfTime: it goes on with the next run.
    """
    tally = Tally(step.part, step.day, step.figures)
    seen_before = step.ports.store.taken(step.part, step.day)
    for some in _batches(account.movements(step.ports.payments, step.part, *bounds(step.day)), BATCH):
        step.must_have_time()
        _add(step, tally, some)
    _catch_up(step, tally)
    for found in tally.wrong.values():
        step.differs(found)
    for name, taken in tally.taken.items():
        found_out = tally.differs(name, taken, used=_is_used(step, name, taken, seen_before))
        if found_out is None:
            step.of(taken.currency).matched += 1
        else:
            step.differs(found_out)
    for refund_id, moved in tally.failed.items():
        _failed(step, tally, refund_id, moved)
    for transaction in journal(step):
        if touches(transaction, step.part) and not tally.has(transaction.id) and transaction.id not in seen_before:
            _unmet(step, transaction)
    _book(step, tally)
    look_after_transit(step)


def _batches(many: Iterable[_T], size: int) -> Iterator[list[_T]]:
    rest = iter(many)
    while some := list(islice(rest, size)):
        yield some


def _add(step: Step, tally: Tally, some: Iterable[Movement]) -> None:
    some = list(some)
    books = posted(step, (name for one in some for name in names(one)))
    for movement in some:
        broken = step.unreadable.intersection(names(movement))
        if broken:
            step.differs(unreadable(f"transaction:{min(broken)}"))
            tally.ticked |= broken
        else:
            tally.add(movement, books)


def _catch_up(step: Step, tally: Tally) -> None:
    """Look again at what the books do not have; what they have then was missed, what not is a case."""
    for movement in [*tally.missing.values(), *tally.transit.values()]:
        step.must_have_time()
        was_missing = movement.id in tally.missing
        kind = caught_up(step.ports, movement)
        name = next(iter(names(movement)), None)
        found = tally.difference(kind, movement, name, movement.amount.amount)
        if tally.add_again(movement, posted(step, names(movement))):
            step.healed(tally.difference(CaseKind.MISSING_IN_BOOKS, movement, name, movement.amount.amount))
        elif was_missing and movement.id in tally.missing:
            if kind == CaseKind.MISSING_IN_BOOKS and movement.kind in _SENT and name is not None:
                _wait(step, movement, name)  # who sent it died before writing it down: the next run does
            else:
                step.differs(found)
    for movement in tally.transit.values():
        _wait(step, movement, f"{DONE}{movement.own_id}")


def _wait(step: Step, movement: Movement, name: str) -> None:
    """Write down what the provider has moved and the books do not have yet."""
    step.ports.store.wait(
        Item(
            part=step.part,
            transaction_id=name,
            waits_for=WaitsFor.BOOKS,
            since=movement.at,
            currency=movement.amount.currency,
            amount=movement.amount.amount,
            movement_id=movement.id,
            provider_ref=movement.ref,
        )
    )


def _is_used(step: Step, name: str, taken: Taken, seen_before: dict[str, str]) -> bool:
    """Whether another day's movement has this transaction already; where it is another day's, this one takes it."""
    if taken.booked_on == step.day:
        return seen_before.get(name, taken.movement_id) != taken.movement_id
    must_wait = _has_run(step, taken.booked_on)
    return not step.ports.store.take(step.part, name, taken.booked_on, taken.movement_id, must_wait=must_wait)


def _has_run(step: Step, day: date) -> bool:
    if day not in step.ran:
        report = step.ports.store.report(day)
        step.ran[day] = report is not None and report.part(step.part).done
    return step.ran[day]


def _failed(step: Step, tally: Tally, refund_id: str, moved: list[Movement]) -> None:
    """A refund that failed in the books: what the provider had paid has come back, or will."""
    left, store, name = sum(one.amount.amount for one in moved), step.ports.store, f"{FAILED}{refund_id}"
    first = moved[0]
    figures = step.of(first.amount.currency)
    known = store.item(step.part, name)
    if left == 0:
        figures.matched += len(moved)
    elif known is not None and known.amount + left == 0:  # whichever of the two days was run first
        store.take(step.part, name, step.day, first.id, must_wait=True)
        figures.matched += 1
    elif left > 0 and store.waiting(step.part, f"{DONE}{refund_id}"):
        store.drop(step.part, f"{DONE}{refund_id}")
        figures.matched += 1
    elif left < 0 or not all(_has_run(step, one) for one in _days_before(step)):
        store.wait(
            Item(
                part=step.part,
                transaction_id=name,
                waits_for=WaitsFor.PROVIDER,
                since=first.at,
                currency=first.amount.currency,
                amount=left,
                movement_id=first.id,
                provider_ref=first.ref,
            )
        )
    else:
        step.differs(tally.difference(CaseKind.MISSING_IN_BOOKS, first, None, left))


def _days_before(step: Step) -> list[date]:
    """Return the days before this one that nights have come to, and may not have finished."""
    reports = step.ports.store.reports(None, LOOK_BACK).items
    return [one.day for one in reports if one.day < step.day]


def _unmet(step: Step, transaction: Transaction) -> None:
    """A transaction of the day whose movement was not there, or not yet."""
    amount = on_account(transaction, step.part)
    if transaction.kind == SUSPENSE and _is_written_off(step, transaction.id.partition(":")[2], amount):
        return
    known = step.ports.store.item(step.part, transaction.id)
    if known is not None and known.waits_for == WaitsFor.BOOKS and has_met(step, known, transaction):
        return
    step.ports.store.wait(
        Item(
            part=step.part,
            transaction_id=transaction.id,
            waits_for=WaitsFor.PROVIDER,
            since=transaction.at,
            currency=transaction.currency,
            amount=amount,
            order_id=transaction.order_id,
        )
    )


def _is_written_off(step: Step, case_id: str, amount: int) -> bool:
    case = step.ports.store.case(case_id)
    if case is None or case.resolution != Resolution.WRITTEN_OFF:
        return False
    return amount == case.found.stated - case.found.booked


def _book(step: Step, tally: Tally) -> None:
    """Book what only the provider decides, each once, on its own day; later where the day is closed."""
    newest = step.ports.store.reports(None, LOOK_BACK).items
    is_closed = any(one.closed and one.day >= step.day for one in newest)
    for name, (movement, part) in tally.own.items():
        step.must_have_time()
        at = step.now if is_closed else movement.at
        ledger.book(step.ports.ledger, booking(movement, part, at))
        if is_closed:
            booked_on = at.astimezone(UTC).date()
            step.ports.store.take(step.part, name, booked_on, movement.id, must_wait=False)
