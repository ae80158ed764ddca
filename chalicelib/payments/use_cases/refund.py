"""Giving money back: a refund is written and in the books as pending before the provider hears of it, and ends when the
provider says so; what ended well can still come back.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import derived_id
from chalicelib.kit.money import Money
from chalicelib.kit.observability import about, log, metric
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import AlreadyPosted, RefundStep
from chalicelib.orders import use_cases as orders
from chalicelib.payments.ports import PaymentPorts
from chalicelib.payments.rules import (
    BALANCE,
    Moved,
    NothingToRepeat,
    NotYetKnown,
    Payment,
    PaymentRefused,
    ProviderRefund,
    Refund,
    RefundState,
)
from chalicelib.payments.use_cases.account import again_id
from chalicelib.payments.use_cases.refund_books import refund_asked, refund_moved
from chalicelib.payments.use_cases.stand_in import stand_in
from chalicelib.risk import use_cases as risk
from chalicelib.risk.ports import Refunded

REFUSED_FOR = timedelta(days=4)  # until then our account there may be filled up, or whatever else the reason was
_DISPUTED = "charge_disputed"  # the provider's reason where a bank has the money


@dataclass(frozen=True)
class RefundWish:
    """What an order asks for.

    Attributes:
        key: says what the refund is for; the same key is the same refund.
        of_merchant: what of it had fallen due to the merchant and is taken from there; the rest was held.
        by_customer: they wanted it so, without the shop's doing.
    """

    order_id: str
    payment_id: str
    amount: Money
    reason: str
    key: str
    of_merchant: int = 0
    by_customer: bool = False


def refund(ports: PaymentPorts, wish: RefundWish) -> None:
    """Give a payment's money, or a part of it, back. Idempotent by its key.

    Raises:
        Unavailable: the provider did not answer; the queue brings it again, with the same key.
        PaymentRefused: the provider says no; after its retries a person sees it among the dead letters.
    """
    now = ports.clock.now()
    payment = ports.store.payment(wish.payment_id)
    if payment is None or payment.charge_ref is None:
        raise NotYetKnown(wish.payment_id)
    wanted = Refund(
        id=derived_id("ref", wish.order_id, wish.payment_id, wish.key),
        order_id=wish.order_id,
        payment_id=wish.payment_id,
        amount=wish.amount,
        reason=wish.reason,
        state=RefundState.PENDING,
        created_at=now,
        provider=payment.provider,
        by_customer=wish.by_customer,
    )
    pending = ledger.post(ports.ledger, refund_asked(wanted, wish.of_merchant, now))
    fresh = True
    try:
        retrying(lambda: ports.committer.commit([ports.store.open_refund(wanted), *pending]))
    except (Moved, AlreadyPosted):
        known = ports.store.refund(wanted.id)
        if known is None or known.state not in {RefundState.PENDING, RefundState.WAITING}:
            return
        wanted, fresh = known, False
    _make(ports, wanted, payment, fresh=fresh)


def _make(ports: PaymentPorts, wanted: Refund, payment: Payment, *, fresh: bool) -> None:
    """Have the provider pay, once: whoever repeats, perhaps days later from among the dead letters, when the provider
    has forgotten our key, looks first whether it was begun.
    """
    if payment.provider == BALANCE:
        _apply(ports, wanted.id, ProviderRefund(wanted.id, RefundState.SUCCEEDED, wanted.id))
        return
    provider = ports.providers[payment.provider]
    begun = None if fresh else provider.find_refund(wanted, payment)
    try:
        answer = begun or provider.refund(wanted, payment)
    except PaymentRefused as refused:
        if refused.parameters.get("reason") != _DISPUTED:
            raise
        _wait(ports, wanted)
        return
    ports.store.note_refund_ref(wanted.id, answer.ref)
    _apply(ports, wanted.id, answer)


def _wait(ports: PaymentPorts, wanted: Refund) -> None:
    """The customer's bank has the money: what becomes of the refund is decided with the dispute."""
    log.warning("a refund waits for a dispute", refund_id=wanted.id, order_id=wanted.order_id)
    if wanted.state == RefundState.PENDING:
        waiting = ports.store.move_refund(wanted.id, RefundState.WAITING, None)
        try:
            retrying(lambda: ports.committer.commit([waiting]))
        except Moved:
            return
    stand_in(ports, wanted, in_full=False)  # it may be over already: then nobody would come back to it


def look_again(ports: PaymentPorts, wanted: Refund) -> None:
    """Go on with a refund of which nothing was heard for a while; one that was refused all the time has failed.
    Idempotent.
    """
    if wanted.refund_ref is not None:
        settle_refund(ports, wanted.provider, wanted.refund_ref)
        return
    payment = ports.store.payment(wanted.payment_id)
    if payment is None or wanted.state not in {RefundState.PENDING, RefundState.WAITING}:
        return
    try:
        _make(ports, wanted, payment, fresh=False)
    except PaymentRefused:
        if ports.clock.now() - wanted.created_at < REFUSED_FOR:
            raise
        _apply(ports, wanted.id, ProviderRefund("refused", RefundState.FAILED, wanted.id))


def settle_refund(ports: PaymentPorts, provider: str, refund_ref: str) -> None:
    """Bring a refund, its order and the books in line with what the provider says now. Idempotent, in any order."""
    answer = ports.providers[provider].refund_state(refund_ref)
    if answer.refund_id is None:
        # Somebody refunded by hand at the provider: reconciliation makes a case of it, for a person.
        log.error("a refund that we did not ask for", provider=provider, refund_ref=refund_ref)
        metric("UnknownRefund")
        return
    _apply(ports, answer.refund_id, answer)


def dispute_ended(ports: PaymentPorts, payment: Payment, lost: str | None) -> None:
    """Let the refunds go on that waited for a dispute. Idempotent.

    Args:
        ports: what payments need.
        payment: whose money it is.
        lost: the dispute, where the bank keeps what it took: what no line bears of it stands for the refunds; None
            where the money came back: they are paid now.
    """
    for wanted in list(ports.store.refunds_of(payment.order_id)):
        if wanted.payment_id != payment.id or wanted.state != RefundState.WAITING:
            continue
        if lost is None or not stand_in(ports, wanted, in_full=True, dispute_id=lost):
            _make(ports, wanted, payment, fresh=False)


def again(ports: PaymentPorts, actor: Actor, refund_id: str, why: Why, once: Once) -> Refund:
    """Try a refund that failed once more, as a refund of its own: by an admin, when the customer's account is known to
    take it again.

    Raises:
        NotFound: there is no such refund. NothingToRepeat: it has not failed, or was tried again already.
    """
    known = ports.store.refund(refund_id)
    if known is None:
        raise NotFound("refund")
    if known.state != RefundState.FAILED:
        raise NothingToRepeat
    wanted = replace(
        known,
        id=again_id(known.id),
        state=RefundState.PENDING,
        created_at=ports.clock.now(),
        refund_ref=None,
    )
    noted = audit.noted(
        ports.audit, why.entry(actor, "payments.refund_again", f"refund:{refund_id}"), wanted.created_at
    )
    payment = ports.store.payment(known.payment_id)
    if payment is None:
        raise NotFound("payment")
    pending = ledger.post(ports.ledger, refund_asked(wanted, 0, wanted.created_at))
    try:
        retrying(
            lambda: ports.committer.commit(
                [ports.store.open_refund(wanted), *pending, *noted, ports.idempotency.remember(once, wanted)]
            )
        )
    except (Moved, AlreadyPosted) as error:
        raise NothingToRepeat from error
    _make(ports, wanted, payment, fresh=True)
    return ports.store.refund(wanted.id) or wanted


def _apply(ports: PaymentPorts, refund_id: str, answer: ProviderRefund) -> None:
    def attempt() -> bool:
        known = ports.store.refund(refund_id)
        if known is None:
            raise NotYetKnown(refund_id)
        about(order_id=known.order_id, payment_id=known.payment_id, refund_id=refund_id)
        if known.by_customer and known.state == RefundState.SUCCEEDED:
            _count(ports, known)  # anew by whoever repeats what died in between: it counts once
        step = _STEPS.get((known.state, answer.state))
        if step is None:
            return False
        try:
            _move(ports, known, answer, step)
        except (Moved, AlreadyPosted) as error:
            # Somebody else moved it in the meantime, perhaps not as far: looked at again.
            raise Contention from error
        return True

    if retrying(attempt):
        metric("Refunds", state=answer.state)
        if answer.state == RefundState.SUCCEEDED:
            attempt()


def _count(ports: PaymentPorts, known: Refund) -> None:
    payment = ports.store.payment(known.payment_id)
    if payment is not None:
        told = Refunded(known.id, payment.id, known.order_id, payment.customer_id)
        risk.refunded(ports.risk, told, ports.clock.now())


def _move(ports: PaymentPorts, known: Refund, answer: ProviderRefund, step: RefundStep) -> None:
    now = ports.clock.now()
    actions = [
        ports.store.move_refund(known.id, answer.state, answer.ref, known.state),
        *ledger.post(ports.ledger, refund_moved(ports, step, known, now)),
    ]
    if step == RefundStep.DONE:
        actions += orders.refunded(
            ports.orders, known.order_id, known.amount, now, payment_id=known.payment_id, reason=known.reason
        )
    else:
        log.error("a refund failed at the provider", refund_id=known.id, order_id=known.order_id, step=step)
    ports.committer.commit(actions)


# How a refund moves on by what its provider says, and what that is in the books; what moves it else is `stand_in`.
_STEPS = {
    (RefundState.PENDING, RefundState.SUCCEEDED): RefundStep.DONE,
    (RefundState.WAITING, RefundState.SUCCEEDED): RefundStep.DONE,
    (RefundState.PENDING, RefundState.FAILED): RefundStep.FAILED,
    (RefundState.WAITING, RefundState.FAILED): RefundStep.FAILED,
    (RefundState.SUCCEEDED, RefundState.FAILED): RefundStep.RETURNED,
}
