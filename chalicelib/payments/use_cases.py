"""Taking money and giving it back.

A payment begins (`pay`), the provider's notice is acknowledged (`acknowledge`) and worked later (`work_event`), and the
browser's return reads the payment (`look`): the last two end in the same `settle_charge`, which fetches the charge from
the provider and moves payment, order and books on in one transaction. Every refund, whoever wants it, begins as the
orders' message `order.refund_due` and is made by `refund`, in refunds.py.
"""

from collections.abc import Callable
from dataclasses import replace

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound, Problem
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import derived_id
from chalicelib.kit.money import Money
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import AlreadyPosted
from chalicelib.orders import use_cases as orders
from chalicelib.payments import refunds
from chalicelib.payments.messages import event_received
from chalicelib.payments.ports import PaymentPorts
from chalicelib.payments.rules import (
    AmountMismatch,
    Charge,
    Event,
    Method,
    Moved,
    NotYetKnown,
    Payment,
    PaymentState,
    moves,
)


def pay(ports: PaymentPorts, actor: Actor, order_id: str, method: Method, return_url: str, once: Once) -> Payment:
    """Begin to pay a held order.

    The payment's id follows from the client's Idempotency-Key, and the provider's own key from the payment's id: a
    repeat after a lost answer, even one from a crashed function, finds the same charge and makes no second one.

    Raises:
        NotFound, Conflict: no such order, or it cannot be paid (any more).
        Unavailable: the provider did not answer; nothing is lost, repeat with the same key.
        PaymentRefused: the provider said no.
    """
    ports.idempotency.claim(once)
    try:
        order = orders.payable(ports.orders, actor, order_id)
        payment = Payment(
            id=derived_id("pay", order_id, once.scope, once.key),
            order_id=order.id,
            customer_id=order.customer_id,
            amount=Money(order.total, order.currency),
            method=method,
            state=PaymentState.CREATED,
            created_at=ports.clock.now(),
        )
        ports.store.open(payment)
        charge = ports.provider.charge(payment, return_url)
    except Problem:
        ports.idempotency.release(once)
        raise
    begun = replace(
        payment,
        state=charge.state if charge.state != PaymentState.SUCCEEDED else PaymentState.PROCESSING,
        charge_ref=charge.ref,
        client_secret=charge.client_secret,
        action_url=charge.action_url,
    )
    answer = ports.idempotency.settle(once, begun)
    try:
        retrying(lambda: ports.committer.commit([ports.store.begun(begun), answer]))
    except Moved:
        # The provider's notice overtook its answer: the payment is further on already, only our answer is new.
        retrying(lambda: ports.committer.commit([answer]))
    return begun


def look(ports: PaymentPorts, actor: Actor, order_id: str, payment_id: str) -> Payment:
    """Return a payment as it stands at the provider now: what the browser's return asks for. If the money is there and
    the provider's notice is not, this is what confirms the order.

    Raises:
        NotFound: not the caller's.
        Unavailable: the provider did not answer.
    """
    payment = ports.store.payment(payment_id)
    if payment is None or payment.order_id != order_id:
        raise NotFound("payment")
    actor.must_be(payment.customer_id, "payment")
    if payment.charge_ref is not None and payment.state != PaymentState.SUCCEEDED:
        settle_charge(ports, payment.charge_ref)
        payment = ports.store.payment(payment_id) or payment
    return payment


def acknowledge(ports: PaymentPorts, raw: bytes, signature: str) -> None:
    """Take a provider's notice: verify it, record it, answer.

    One write: the recorded event is the outbox row itself, so there is no moment in which it is recorded and not on
    its way. One that comes again is queued again, and the worker knows whether its work is done.

    Raises:
        BadSignature: nothing is recorded.
    """
    event = ports.provider.read_event(raw, signature, ports.clock.now())
    if event.subject == "other":
        log.info("event of no interest", event_id=event.id, type=event.type)
        return
    told = ports.outbox.put(event_received(event, ports.clock.now()))
    retrying(lambda: ports.committer.commit([told]))


def work_event(ports: PaymentPorts, event: Event) -> None:
    """Do what an event asks for: fetch its object and move on whatever it moves. Idempotent.

    Raises:
        Unavailable, NotYetKnown, AmountMismatch: not done; the queue brings it again, at last to the dead letters.
    """
    if ports.store.worked(event.id):
        return
    work: dict[str, Callable[[PaymentPorts, str], None]] = {
        "charge": settle_charge,
        "refund": refunds.settle_refund,
    }
    work[event.subject](ports, event.ref)
    ports.store.mark_worked(event)


def settle_charge(ports: PaymentPorts, charge_ref: str) -> None:
    """Bring payment, order and books in line with what the provider says of a charge now. Idempotent, in any order."""
    charge = ports.provider.charge_state(charge_ref)
    if charge.payment_id is None:
        log.warning("a charge that is not ours", charge_ref=charge.ref)
        metric("UnknownCharge")
        return
    payment = ports.store.payment(charge.payment_id)
    if payment is None:
        raise NotYetKnown(charge.payment_id)
    if not moves(payment.state, charge.state):
        return
    try:
        if charge.state == PaymentState.SUCCEEDED:
            retrying(lambda: _arrived(ports, payment, charge))
        else:
            retrying(lambda: ports.committer.commit([ports.store.move(payment.id, charge.state, charge.ref)]))
    except (Moved, AlreadyPosted):
        # The browser's return and the notice came at once; the other one did it, all of it.
        return
    metric("Payments", state=charge.state, method=payment.method)


def _arrived(ports: PaymentPorts, payment: Payment, charge: Charge) -> None:
    """The money is there: payment, order, what the order's lines stand for, coupon and books, in one transaction."""
    if charge.received != payment.amount:
        raise AmountMismatch(f"{payment.id} asks for {payment.amount}, received {charge.received}")
    now = ports.clock.now()
    paid = orders.paid(ports.orders, payment.order_id, payment.id, charge.received, now)
    ports.committer.commit(
        [
            ports.store.move(payment.id, PaymentState.SUCCEEDED, charge.ref),
            *ledger.captured(ports.ledger, payment.id, payment.order_id, charge.received, now),
            *paid.actions,
        ]
    )
    if not paid.fulfilled:
        log.warning("paid, but no longer to be had: refunding", order_id=payment.order_id, payment_id=payment.id)
