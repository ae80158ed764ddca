"""A charge moves on: payment, order and books follow what the provider says of it now."""

from chalicelib.kit.observability import about, log, metric
from chalicelib.kit.transaction import retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import HELD, AlreadyPosted, moved, provider_account
from chalicelib.orders import use_cases as orders
from chalicelib.payments.ports import PaymentPorts
from chalicelib.payments.rules import AmountMismatch, Charge, Moved, NotYetKnown, Payment, PaymentState, moves
from chalicelib.risk import use_cases as risk
from chalicelib.risk.ports import Paid


def settle_charge(ports: PaymentPorts, provider: str, charge_ref: str) -> None:
    """Bring payment, order and books in line with what the provider says of a charge now. Idempotent, in any order.

    Raises:
        Unavailable, NotYetKnown: not now; repeat it.
        AmountMismatch: another amount arrived than was asked for.
    """
    apply(ports, provider, ports.providers[provider].charge_state(charge_ref))


def apply(ports: PaymentPorts, provider: str, charge: Charge) -> None:
    """Do what `settle_charge` does with what the provider has just said."""
    if charge.payment_id is None:
        log.warning("a charge that is not ours", provider=provider, charge_ref=charge.ref)
        metric("UnknownCharge")
        return
    payment = ports.store.payment(charge.payment_id)
    if payment is None or payment.provider != provider:
        raise NotYetKnown(charge.payment_id)
    about(order_id=payment.order_id, payment_id=payment.id)
    if payment.state == charge.state == PaymentState.SUCCEEDED:
        _count(ports, payment, charge)  # anew by whoever repeats what died in between: it counts once
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
    if charge.state == PaymentState.FAILED:
        metric("PaymentsFailed")
    if charge.state == PaymentState.SUCCEEDED:
        metric("PaymentsSucceeded")
        _count(ports, payment, charge)


def _count(ports: PaymentPorts, payment: Payment, charge: Charge) -> None:
    order = orders.read(ports.orders, payment.order_id)
    amount = payment.amount
    told = Paid(payment.id, order.id, payment.customer_id, order.shop_id, charge.payer, amount.amount, amount.currency)
    risk.paid(ports.risk, told, ports.clock.now())


def _arrived(ports: PaymentPorts, payment: Payment, charge: Charge) -> None:
    """The money is there: payment, order, what the order's lines stand for, coupon and books, in one transaction."""
    if charge.received != payment.amount:
        raise AmountMismatch(f"{payment.id} asks for {payment.amount}, received {charge.received}")
    now = ports.clock.now()
    paid = orders.paid(ports.orders, payment.order_id, payment.id, charge.received, now)
    posted = moved(
        f"capture:{payment.id}",
        charge.received,
        now,
        debit=provider_account(payment.provider),
        credit=HELD,
        order_id=payment.order_id,
        payment_id=payment.id,
    )
    ports.committer.commit(
        [
            ports.store.move(payment.id, PaymentState.SUCCEEDED, charge.ref),
            *ledger.post(ports.ledger, posted),
            *paid.actions,
        ]
    )
    if not paid.fulfilled:
        log.warning("paid, but no longer to be had: refunding", order_id=payment.order_id, payment_id=payment.id)
