"""What a bank keeps of a dispute that was lost stands for refunds that waited: nobody gets the same money twice."""

from dataclasses import replace

from chalicelib.kit.observability import metric
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import AlreadyPosted
from chalicelib.orders import use_cases as orders
from chalicelib.payments.ports import PaymentPorts
from chalicelib.payments.rules import Dispute, DisputeState, Moved, Refund, RefundState
from chalicelib.payments.use_cases.refund_books import refund_stood_in


def stand_in(ports: PaymentPorts, wanted: Refund, *, in_full: bool, dispute_id: str | None = None) -> bool:
    """End a refund that waits by what banks keep of its payment and no line bears. What they do not cover is put on the
    customer's balance once every dispute is over and one is lost, for then no provider pays it. Idempotent.

    Args:
        ports: what payments need.
        wanted: the refund.
        in_full: only where all of it is covered.
        dispute_id: a dispute of the payment that the index may not show yet.

    Returns:
        Whether it waits no more.
    """

    def attempt() -> bool:
        known = ports.store.refund(wanted.id)
        if known is None or known.state != RefundState.WAITING:
            return True
        disputes = _disputes(ports, known, dispute_id)
        taken = _taken(disputes, known.amount.amount)
        covered = sum(one.covered for one in taken) - sum(one.covered for one in disputes if _is_lost(one))
        is_open = not all(one.is_over for one in disputes) or not taken
        if covered < known.amount.amount and (in_full or is_open):
            return False
        _end(ports, known, covered, [one for one in taken if one not in disputes])
        return True

    return retrying(attempt)


def _disputes(ports: PaymentPorts, known: Refund, dispute_id: str | None) -> list[Dispute]:
    """Return the disputes of a refund's payment as they stand; the index only says which there are."""
    found = {one.id for one in ports.store.disputes_of_order(known.order_id)} | ({dispute_id} if dispute_id else set())
    standing = [ports.store.dispute(id_) for id_ in sorted(found)]
    return [one for one in standing if one is not None and one.payment_id == known.payment_id]


def _is_lost(one: Dispute) -> bool:
    return one.state == DisputeState.LOST and one.withdrawn and not one.reinstated


def _taken(disputes: list[Dispute], amount: int) -> list[Dispute]:
    """Return the lost ones after they covered as much of an amount (minor units) as they can."""
    taken, left = [], amount
    for one in filter(_is_lost, disputes):
        part = min(left, max(0, one.uncovered))
        left -= part
        taken.append(replace(one, covered=one.covered + part, version=one.version + 1) if part else one)
    return taken


def _end(ports: PaymentPorts, known: Refund, covered: int, disputes: list[Dispute]) -> None:
    now = ports.clock.now()
    state = RefundState.COVERED if covered == known.amount.amount else RefundState.CREDITED
    ref = "dispute" if state == RefundState.COVERED else "balance"
    arrived = orders.refunded(
        ports.orders, known.order_id, known.amount, now, payment_id=known.payment_id, reason=known.reason
    )
    try:
        ports.committer.commit(
            [
                ports.store.move_refund(known.id, state, ref, RefundState.WAITING),
                *map(ports.store.put_dispute, disputes),
                *ledger.post(ports.ledger, refund_stood_in(ports, known, covered, now)),
                *arrived,
            ]
        )
    except (Moved, AlreadyPosted) as error:
        raise Contention from error  # somebody else moved it: looked at again
    metric("Refunds", state=state)
