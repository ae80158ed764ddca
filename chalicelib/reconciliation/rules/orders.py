"""What an order says of its money, held against what the books have of it and against what fell due to its merchant.

The order is right about what was sold, what goes back and what is kept; the books are right about what came and went.
All of it in minor units of the order's currency, and of the payment that the order lives on.
"""

from collections.abc import Iterator, Mapping, Sequence

from chalicelib.ledger.ports import HELD, REFUNDS, Transaction
from chalicelib.orders.messages import GIVEN_BACK, numbered
from chalicelib.orders.ports import Line, LineState, Order
from chalicelib.payments.use_cases.account import again_id
from chalicelib.reconciliation.rules.case import ORDERS, CaseKind, Difference
from chalicelib.settlement.ports import Due, DueKind

_ENDED = {LineState.COMPLETED, LineState.NO_SHOW, LineState.CANCELLED, LineState.REFUNDED}
_ARRIVED = {"refund-done", "refund-covered", "refund-credited"}
_STILL_HELD = {LineState.CONFIRMED, LineState.REFUNDING}


def due_ids(order: Order, posted: Sequence[Transaction]) -> list[str]:
    """Return the ids of everything that can have fallen due of an order's lines, or been taken back of them."""
    ids: list[str] = []
    for line in order.lines:
        if line.state not in _ENDED:
            continue
        ids.append(line.id)
        if order.coupon_ids and line.state == LineState.COMPLETED:
            ids += [f"coupon-{n}:{line.id}" for n in range(1, order.version + 1)]
        ids += [f"{order.id}:{numbered(GIVEN_BACK, n)}:{line.id}" for n in range(1, order.rounds + 1)]
        ids += [f"{one.id}:{line.id}" for one in posted if one.kind in {"dispute", "dispute-returned"}]
    return ids


def differences(order: Order, posted: Sequence[Transaction], dues: Mapping[str, Due]) -> Iterator[Difference]:
    """Yield what does not agree.

    Args:
        order: as it stands.
        posted: what the ledger has of the order.
        dues: those of `due_ids` that are there, by id.
    """
    if order.payment_id is None:
        return
    own = [one for one in posted if one.payment_id == order.payment_id]
    for about, stated, booked, transaction_id in [
        ("capture", order.total, _held_by(own, "capture"), f"capture:{order.payment_id}"),
        ("refunded", order.refunded, _refunded(own), None),
        *_due_pairs(order, posted, dues),
        ("held", _should_be_held(order, own, dues), -_on(own, HELD), None),
        *_returned(order, posted),
    ]:
        if stated != booked:
            yield Difference(
                kind=CaseKind.ORDER_DIFFERS,
                part=ORDERS,
                ref=f"{order.id}:{about}",
                currency=order.currency,
                stated=stated,
                booked=booked,
                transaction_id=transaction_id,
                order_id=order.id,
                about=about,
            )


def _on(posted: Sequence[Transaction], account: str) -> int:
    return sum(entry.amount for one in posted for entry in one.entries if entry.account == account)


def _held_by(posted: Sequence[Transaction], kind: str) -> int:
    return -_on([one for one in posted if one.kind == kind], HELD)


def _refunded(own: Sequence[Transaction]) -> int:
    """What reached the customer, each refund counted once: one that came back had counted, however often it was tried
    again since.
    """
    tried = {again_id(_id(one)): _id(one) for one in own if one.kind == "refund-pending"}
    arrived = {_id(one): one for one in own if one.kind in _ARRIVED}

    def had_counted(refund_id: str) -> bool:
        before = tried.get(refund_id)
        return before is not None and (before in arrived or had_counted(before))

    return _on([one for refund_id, one in arrived.items() if not had_counted(refund_id)], REFUNDS)


def _id(one: Transaction) -> str:
    return one.id.partition(":")[2]


def _due_pairs(
    order: Order, posted: Sequence[Transaction], dues: Mapping[str, Due]
) -> Iterator[tuple[str, int, int, None]]:
    """What is kept of each line that ended has fallen due, and what the platform adds for its coupon."""
    ids = due_ids(order, posted)
    for line in order.lines:
        if line.state in _ENDED:
            mine = [dues[one] for one in ids if one in dues and dues[one].line_id == line.id]
            due = sum(one.gross + one.platform_discount for one in mine)
            yield f"due of {line.id}", line.kept + line.subsidy, due, None


def _should_be_held(order: Order, own: Sequence[Transaction], dues: Mapping[str, Due]) -> int:
    """What lines that are to come, or on their way back, keep; what fell due of those that ended, settled or not, for
    settlements are not among the order's transactions; and what came back to us of refunds that failed.
    """
    again = {due.line_id for due in dues.values() if due.kind == DueKind.DISPUTE_RETURNED}
    due = [one for one in dues.values() if one.kind == DueKind.COUPON or one.id == one.line_id]
    lines = sum(
        _held_of(line, [one for one in due if one.line_id == line.id], given_again=line.id in again)
        for line in order.lines
    )
    tried = {_id(one) for one in own if one.kind == "refund-pending"}
    failed = [
        one for one in own if one.kind in {"refund-failed", "refund-returned"} and again_id(_id(one)) not in tried
    ]
    return lines - _on(failed, HELD)


def _held_of(line: Line, due: Sequence[Due], *, given_again: bool) -> int:
    if line.state in _ENDED and due:
        return sum(one.gross for one in due)  # what went back after that was the merchant's
    if line.state in _ENDED and given_again:
        return 0  # a bank had all of it when the line ended: what it gave again went to the merchant
    return line.kept if line.state in _ENDED | _STILL_HELD else 0


def _returned(order: Order, posted: Sequence[Transaction]) -> Iterator[tuple[str, int, int, str]]:
    """Money of a payment that the order does not live on went back, or is on its way."""
    others = {one.payment_id for one in posted if one.payment_id not in {None, order.payment_id}}
    for payment_id in sorted(one for one in others if one is not None):
        of_it = [one for one in posted if one.payment_id == payment_id]
        came = _held_by(of_it, "capture")
        asked = sum(-_on([one], REFUNDS) for one in of_it if one.kind == "refund-pending" and not _again(one, of_it))
        taken = sum(_on([one], HELD) for one in of_it if one.kind in {"dispute", "dispute-returned"})
        yield f"payment {payment_id} goes back", came - taken, asked, f"capture:{payment_id}"


def _again(one: Transaction, among: Sequence[Transaction]) -> bool:
    return _id(one) in {again_id(_id(other)) for other in among if other.kind == "refund-pending"}
