"""Giving money back: a refund is written and in the books as pending before the provider hears of it, and ends when the
provider says so; what ended well can still come back.
"""

from datetime import datetime

from chalicelib.kit.ids import derived_id
from chalicelib.kit.money import Money
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import Action, Contention, retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import AlreadyPosted, RefundStep
from chalicelib.orders import use_cases as orders
from chalicelib.payments.ports import PaymentPorts
from chalicelib.payments.rules import Moved, NotYetKnown, ProviderRefund, Refund, RefundState


def refund(ports: PaymentPorts, order_id: str, payment_id: str, amount: Money, reason: str, refund_key: str) -> None:
    """Give a payment's money, or a part of it, back. Idempotent by `refund_key`, which says what the refund is for.

    Raises:
        Unavailable: the provider did not answer; the queue brings it again, with the same key.
        PaymentRefused: the provider says no; after its retries a person sees it among the dead letters.
    """
    now = ports.clock.now()
    wanted = Refund(
        id=derived_id("ref", order_id, payment_id, refund_key),
        order_id=order_id,
        payment_id=payment_id,
        amount=amount,
        reason=reason,
        state=RefundState.PENDING,
        created_at=now,
    )
    payment = ports.store.payment(payment_id)
    if payment is None or payment.charge_ref is None:
        raise NotYetKnown(payment_id)
    begun = None
    try:
        retrying(
            lambda: ports.committer.commit(
                [ports.store.open_refund(wanted), *_posted(ports, RefundStep.PENDING, wanted, now)]
            )
        )
    except (Moved, AlreadyPosted):
        known = ports.store.refund(wanted.id)
        if known is None or known.state != RefundState.PENDING:
            return
        wanted = known
        # A repeat, perhaps days later from among the dead letters, when the provider has forgotten our key.
        begun = ports.provider.find_refund(wanted, payment.charge_ref)
    answer = begun or ports.provider.refund(wanted, payment.charge_ref)
    ports.store.note_refund_ref(wanted.id, answer.ref)
    _apply(ports, wanted.id, answer)


def settle_refund(ports: PaymentPorts, refund_ref: str) -> None:
    """Bring a refund, its order and the books in line with what the provider says now. Idempotent, in any order."""
    answer = ports.provider.refund_state(refund_ref)
    if answer.refund_id is None:
        # Somebody refunded by hand at the provider: the books must hear of it from a person.
        log.error("a refund that we did not ask for", refund_ref=refund_ref)
        metric("UnknownRefund")
        return
    _apply(ports, answer.refund_id, answer)


def _apply(ports: PaymentPorts, refund_id: str, answer: ProviderRefund) -> None:
    def attempt() -> bool:
        known = ports.store.refund(refund_id)
        if known is None:
            raise NotYetKnown(refund_id)
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


def _move(ports: PaymentPorts, known: Refund, answer: ProviderRefund, step: RefundStep) -> None:
    now = ports.clock.now()
    actions = [
        ports.store.move_refund(known.id, answer.state, answer.ref, known.state),
        *_posted(ports, step, known, now),
    ]
    if step == RefundStep.DONE:
        actions += orders.refunded(
            ports.orders, known.order_id, known.amount, now, payment_id=known.payment_id, reason=known.reason
        )
    else:
        log.error("a refund failed at the provider", refund_id=known.id, order_id=known.order_id, step=step)
    ports.committer.commit(actions)


# How a refund moves on, and what that is in the books; nothing else moves it.
_STEPS = {
    (RefundState.PENDING, RefundState.SUCCEEDED): RefundStep.DONE,
    (RefundState.PENDING, RefundState.FAILED): RefundStep.FAILED,
    (RefundState.SUCCEEDED, RefundState.FAILED): RefundStep.RETURNED,
}


def _posted(ports: PaymentPorts, step: RefundStep, known: Refund, now: datetime) -> list[Action]:
    return ledger.refund_moved(ports.ledger, step, known.id, known.order_id, known.payment_id, known.amount, now)
