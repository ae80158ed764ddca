"""A customer begins to pay, and looks how it stands."""

from dataclasses import dataclass, replace

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import derived_id
from chalicelib.kit.observability import about, log, metric
from chalicelib.kit.transaction import retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import HELD, customer_account, moved
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import Order
from chalicelib.payments.ports import PaymentPorts
from chalicelib.payments.rules import (
    BALANCE,
    AmountMismatch,
    Charge,
    Method,
    Moved,
    Payment,
    PaymentRefused,
    PaymentState,
    Refund,
    Scene,
    Way,
    WayUnknown,
)
from chalicelib.payments.use_cases.charge import settle_charge
from chalicelib.risk import use_cases as risk
from chalicelib.risk.ports import Attempt, PaymentVelocity


@dataclass(frozen=True)
class PayWish:
    """How a customer wants to pay; see `rules.Way`."""

    method: Method
    return_url: str
    scene: Scene = Scene.PAGE
    payer: str | None = None
    client_ip: str = "127.0.0.1"
    device: str | None = None


def pay(ports: PaymentPorts, actor: Actor, order_id: str, wish: PayWish, once: Once) -> Payment:
    """Begin to pay a held order.

    The payment's id follows from the client's Idempotency-Key and what it asked for, and the provider's own key from
    the payment's id: a repeat after a lost answer, even one from a crashed function, finds the same charge and makes no
    second one. Who asks for another way under a key that came to nothing gets a payment of its own.

    Raises:
        NotFound, Conflict: no such order, or it cannot be paid (any more).
        WayUnknown: nobody takes this method here.
        Overdrawn: the customer's balance does not cover it.
        Unavailable: the provider did not answer; nothing is lost, repeat with the same key.
        PaymentRefused: the provider said no.
        Frozen, PaymentVelocity: this account may not pay now, or not so often.
    """
    provider = ports.via.get(wish.method)
    if provider is None:
        raise WayUnknown(method=wish.method, scene=wish.scene)
    if provider == BALANCE:
        return _from_balance(ports, actor, order_id, wish, once)
    ports.idempotency.claim(once)
    try:
        payment, charge = _charged(ports, orders.payable(ports.orders, actor, order_id), wish, once)
    except Exception as error:  # the database's too: the payment's id follows from the key, a repeat is safe at once
        ports.idempotency.release(once)
        if isinstance(error, PaymentRefused):
            metric("PaymentsFailed")
        raise
    about(payment_id=payment.id)
    metric("PaymentsBegun")
    begun = _begun(payment, charge)
    answer = ports.idempotency.settle(once, begun)
    try:
        retrying(lambda: ports.committer.commit([ports.store.begun(begun), answer]))
    except Moved:
        # The provider's notice overtook its answer: the payment is further on already, only our answer is new.
        retrying(lambda: ports.committer.commit([answer]))
    return begun


def _begun(payment: Payment, charge: Charge) -> Payment:
    """Return a payment as its provider has answered; whether it succeeded is for the worker to find."""
    return replace(
        payment,
        state=charge.state if charge.state != PaymentState.SUCCEEDED else PaymentState.PROCESSING,
        charge_ref=charge.ref,
        client_secret=charge.client_secret,
        action_url=charge.action_url,
        action_params=charge.action_params,
    )


def _charged(ports: PaymentPorts, order: Order, wish: PayWish, once: Once) -> tuple[Payment, Charge]:
    payment = _payment(ports, order, wish, once)
    _begin(ports, order, wish, payment.id)
    ports.store.open(payment)
    way = Way(wish.return_url, wish.scene, wish.payer, wish.client_ip, order.hold_until)
    return payment, ports.providers[payment.provider].charge(payment, way)


def _payment(ports: PaymentPorts, order: Order, wish: PayWish, once: Once) -> Payment:
    return Payment(
        id=derived_id("pay", order.id, once.scope, once.key, once.fingerprint),
        order_id=order.id,
        customer_id=order.customer_id,
        amount=order.money,
        method=wish.method,
        state=PaymentState.CREATED,
        created_at=ports.clock.now(),
        provider=ports.via[wish.method],
    )


def _begin(ports: PaymentPorts, order: Order, wish: PayWish, id_: str) -> None:
    """Count a payment; what had begun goes on, though it be one too many by now: its answer may have been lost."""
    try:
        _attempt(ports, order, wish)
    except PaymentVelocity:
        if ports.store.payment(id_) is None:
            raise
        _attempt(ports, order, wish, is_repeat=True)


def _attempt(ports: PaymentPorts, order: Order, wish: PayWish, *, is_repeat: bool = False) -> None:
    told = Attempt(
        order.customer_id,
        order.shop_id,
        wish.device,
        wish.client_ip,
        order.total,
        order.currency,
        order.id,
        is_repeat=is_repeat,
    )
    risk.attempt(ports.risk, told, ports.clock.now())


def _from_balance(ports: PaymentPorts, actor: Actor, order_id: str, wish: PayWish, once: Once) -> Payment:
    """Nobody outside has to be asked: payment, order and books are one transaction."""
    _attempt(ports, orders.payable(ports.orders, actor, order_id), wish)

    def attempt() -> Payment:
        order, now = orders.payable(ports.orders, actor, order_id), ports.clock.now()
        payment = replace(_payment(ports, order, wish, once), state=PaymentState.SUCCEEDED, charge_ref=order.id)
        posted = moved(
            f"capture:{payment.id}",
            payment.amount,
            now,
            debit=customer_account(order.customer_id),
            credit=HELD,
            order_id=order.id,
            payment_id=payment.id,
            covered=True,
        )
        paid = orders.paid(ports.orders, order.id, payment.id, payment.amount, now)
        ports.committer.commit(
            [
                ports.store.opened(payment),
                *ledger.post(ports.ledger, posted),
                *paid.actions,
                ports.idempotency.remember(once, payment),
            ]
        )
        return payment

    paid = retrying(attempt)
    about(payment_id=paid.id)
    metric("PaymentsBegun")
    metric("PaymentsSucceeded")
    return paid


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
        try:
            settle_charge(ports, payment.provider, payment.charge_ref)
        except AmountMismatch:
            # A person sees to it: the notice of it ends among the dead letters.
            log.error("another amount arrived than was asked for", payment_id=payment.id)
        payment = ports.store.payment(payment_id) or payment
    return payment


def of_order(ports: PaymentPorts, order_id: str) -> tuple[list[Payment], list[Refund]]:
    """Return an order's payments and refunds, oldest first; the caller's right to see them is checked by role."""
    return list(ports.store.payments_of(order_id)), list(ports.store.refunds_of(order_id))
