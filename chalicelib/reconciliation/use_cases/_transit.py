"""What one side has and the other may not have yet: followed from night to night, until it is there or late."""

from dataclasses import replace
from datetime import UTC

from chalicelib.kit.errors import Conflict
from chalicelib.ledger.ports import Transaction
from chalicelib.payments import use_cases as payments
from chalicelib.payments.use_cases import account
from chalicelib.reconciliation.ports import Item, WaitsFor
from chalicelib.reconciliation.rules import CaseKind, Difference
from chalicelib.reconciliation.rules.movements import COVERED, CREDITED, DONE, FAILED, PENDING, allowance, on_account
from chalicelib.reconciliation.use_cases._found import Step, posted


def look_after_transit(step: Step) -> None:
    """Look at everything of a part that is in transit: what has arrived leaves, what is late is a case.

    Raises:
        Unavailable: the provider did not answer.
    """
    for known in list(step.ports.store.in_transit(step.part)):
        item: Item | None = known
        if known.waits_for == WaitsFor.BOOKS:
            item = _asked_again(step, known)
        elif known.waits_for == WaitsFor.END and _has_ended(step, known):
            item = None
        if item is None:
            continue
        if step.now - item.since > allowance(item.transaction_id) and not _is_excused(step, item):
            step.differs(_late(item))
        else:
            figures = step.of(item.currency)
            figures.in_transit += 1
            figures.transit_amount += item.amount


def _late(item: Item) -> Difference:
    in_books = item.waits_for == WaitsFor.PROVIDER and item.movement_id is None
    return Difference(
        kind=CaseKind.MISSING_AT_PROVIDER if in_books else CaseKind.OVERDUE_IN_TRANSIT,
        part=item.part,
        ref=item.transaction_id,
        currency=item.currency,
        stated=0 if in_books else item.amount,
        booked=item.amount if in_books else 0,
        transaction_id=item.transaction_id,
        order_id=item.order_id,
        provider_ref=item.provider_ref,
    )


def _asked_again(step: Step, item: Item) -> Item | None:
    """The provider has moved what the books do not have yet. Return what is in transit now."""
    if not item.transaction_id.startswith(DONE):
        there = posted(step, [item.transaction_id])
        return None if any(has_met(step, item, one) for one in there.values()) else item
    return _refund_asked_again(step, item)


def has_met(step: Step, item: Item, transaction: Transaction) -> bool:
    """Say whether a transaction is what the books have of a movement that waited for it; it waits no longer then."""
    if item.movement_id is None or on_account(transaction, step.part) != item.amount:
        return False
    booked_on = transaction.at.astimezone(UTC).date()
    return step.ports.store.take(step.part, transaction.id, booked_on, item.movement_id, must_wait=False)


def _refund_asked_again(step: Step, item: Item) -> Item | None:
    """The provider has paid a refund: ask once more whether it has arrived."""
    store, refund_id = step.ports.store, item.transaction_id.removeprefix(DONE)
    wanted = [f"{DONE}{refund_id}", f"{FAILED}{refund_id}"]
    there = posted(step, wanted)
    if not there and item.provider_ref is not None:
        try:
            payments.settle_refund(step.ports.payments, step.part, item.provider_ref)
        except (account.NotYetKnown, Conflict):
            return item
        there = posted(step, wanted)
    done = there.get(wanted[0])
    if done is not None and item.movement_id is not None:
        booked_on = done.at.astimezone(UTC).date()
        is_taken = store.take(step.part, done.id, booked_on, item.movement_id, must_wait=False)
        return None if is_taken else item
    if wanted[1] in there:  # it failed: what was paid has to come back
        failed = replace(item, transaction_id=wanted[1], waits_for=WaitsFor.PROVIDER)
        store.drop(step.part, item.transaction_id)
        return failed if store.wait(failed) else None
    return item


def _has_ended(step: Step, item: Item) -> bool:
    refund_id = item.transaction_id.removeprefix(PENDING)
    if not posted(step, ends(refund_id)):
        return False
    step.ports.store.drop(step.part, item.transaction_id)
    return True


def _is_excused(step: Step, item: Item) -> bool:
    """A refund that waits for a dispute may take months; of one that a provider has paid its own part tells."""
    if item.waits_for == WaitsFor.PROVIDER:
        return False
    refund_id, ports = item.transaction_id.partition(":")[2], step.ports
    is_told = item.waits_for == WaitsFor.END and any(
        ports.store.waiting(one, f"{DONE}{refund_id}") for one in ports.payments.providers
    )
    return is_told or account.is_waiting(ports.payments, refund_id)


def ends(refund_id: str) -> list[str]:
    """Return the transactions with which a refund that was asked for may end."""
    return [f"{step}{refund_id}" for step in (DONE, FAILED, COVERED, CREDITED)]
