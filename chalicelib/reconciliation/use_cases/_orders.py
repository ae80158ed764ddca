"""The third way: what orders say of their money, held against the books and what fell due to merchants."""

from concurrent.futures import ThreadPoolExecutor

from chalicelib.kit.errors import NotFound
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import HELD, REFUNDS, Transaction
from chalicelib.orders import use_cases as orders
from chalicelib.payments.use_cases.account import again_id
from chalicelib.reconciliation.ports import Item, ReconciliationPorts, WaitsFor
from chalicelib.reconciliation.rules import ORDERS, CaseKind, Difference
from chalicelib.reconciliation.rules import orders as rules
from chalicelib.reconciliation.rules.movements import PENDING
from chalicelib.reconciliation.use_cases._found import Step, journal, posted, unreadable
from chalicelib.reconciliation.use_cases._transit import ends, look_after_transit
from chalicelib.settlement.use_cases.look import dues

_THREADS = 8  # an order takes a few small reads, one after the other
_BATCH = 200  # orders between two looks at the clock


def check_orders(step: Step) -> None:
    """Look at every order that money of the day belongs to, and at the refunds that were asked for on it.

    Raises:
        OutOfTime: it goes on after `step.cursor` with the next run.
    """
    touched: dict[str, str] = {}
    asked: list[Transaction] = []
    came_back: list[Transaction] = []
    for one in journal(step):
        if one.order_id is not None:
            touched[one.order_id] = one.currency
        if one.kind == "refund-pending":
            asked.append(one)
        elif one.kind in {"refund-failed", "refund-returned"}:
            came_back.append(one)
    if step.cursor is None:
        _refunds(step, asked, came_back)
        look_after_transit(step)
    _look_at(step, touched)


def _refunds(step: Step, asked: list[Transaction], came_back: list[Transaction]) -> None:
    for one in asked:
        refund_id = one.id.removeprefix(PENDING)
        if not posted(step, ends(refund_id)):
            amount = _refunded(one)
            step.ports.store.wait(
                Item(ORDERS, one.id, WaitsFor.END, one.at, one.currency, amount, order_id=one.order_id)
            )
    for one in came_back:
        found = refund_failed(one)
        if not posted(step, [_again(found)]):
            step.differs(found)


def refund_failed(one: Transaction) -> Difference:
    """Return the case of a refund that failed, or came back: the customer waits for it."""
    refund_id = one.id.partition(":")[2]
    held = -sum(entry.amount for entry in one.entries if entry.account == HELD)
    return Difference(CaseKind.REFUND_FAILED, ORDERS, refund_id, one.currency, held, 0, one.id, one.order_id)


def _again(found: Difference) -> str:
    return f"{PENDING}{again_id(found.ref)}"


def is_tried_again(ports: ReconciliationPorts, found: Difference) -> bool:
    """Say whether a refund that failed was tried once more."""
    return bool(ledger.transactions(ports.ledger, [_again(found)]))


def _refunded(one: Transaction) -> int:
    return -sum(entry.amount for entry in one.entries if entry.account == REFUNDS)


def _look_at(step: Step, touched: dict[str, str]) -> None:
    """Look at orders in the order of their ids, and once more, at the end, at those that were just being changed."""
    todo = sorted(one for one in touched if step.cursor is None or one > step.cursor)
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="orders") as threads:
        for start in range(0, len(todo), _BATCH):
            some = todo[start : start + _BATCH]
            looked = dict(zip(some, threads.map(lambda one: of_order(step.ports, one), some), strict=True))
            for order_id, found in looked.items():
                step.of(touched[order_id]).checked += 1
                again = of_order(step.ports, order_id) if found else []
                step.of(touched[order_id]).matched += not again
                for one in again:
                    step.differs(one)
            step.cursor = some[-1]
            step.must_have_time()


def of_order(ports: ReconciliationPorts, order_id: str) -> list[Difference]:
    """Return what does not agree about an order now."""
    try:
        of_it = ledger.of_order(ports.ledger, order_id)
    except ValueError:
        return [unreadable(f"order:{order_id}")]
    try:
        order = orders.read(ports.orders, order_id)
    except NotFound:
        held = -sum(entry.amount for one in of_it for entry in one.entries if entry.account == HELD)
        about = "there is no such order"
        return [
            Difference(
                CaseKind.ORDER_DIFFERS, ORDERS, order_id, of_it[0].currency, 0, held, order_id=order_id, about=about
            )
        ]
    return list(rules.differences(order, of_it, dues(ports.settlement, rules.due_ids(order, of_it))))
