"""The customer's bank asks for the money back: followed, booked, borne by the merchant, answered with evidence."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.observability import metric
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Contention, retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import (
    DISPUTES,
    HELD,
    AlreadyPosted,
    Entry,
    Transaction,
    customer_account,
    provider_account,
)
from chalicelib.orders import use_cases as orders
from chalicelib.payments.messages import dispute_told
from chalicelib.payments.ports import PaymentPorts
from chalicelib.payments.rules import (
    Dispute,
    DisputeState,
    EvidenceTooLate,
    NotYetKnown,
    Payment,
    PaymentState,
    ProviderDispute,
    advances,
)
from chalicelib.payments.use_cases.account import dispute_id
from chalicelib.payments.use_cases.charge import settle_charge
from chalicelib.payments.use_cases.refund import dispute_ended


@dataclass(frozen=True)
class Evidence:
    """What speaks for the merchant."""

    text: str


def settle_dispute(ports: PaymentPorts, provider: str, dispute_ref: str) -> None:
    """Bring a dispute, its order and the books in line with what the provider says now. Idempotent, in any order: what
    was withdrawn is booked before what was given back, also where one look shows both.

    Raises:
        Unavailable, NotYetKnown: not now; repeat it.
    """
    told = ports.disputes[provider].dispute_state(dispute_ref)
    payment = _payment(ports, provider, told)
    known = retrying(lambda: _opened(ports, provider, told, payment))
    if told.withdrawn and not known.withdrawn:
        known = retrying(lambda: _withdrawn(ports, known.id))
    if told.reinstated and not known.reinstated:
        known = retrying(lambda: _reinstated(ports, known.id))
    known = retrying(lambda: _advanced(ports, known.id, told))
    if known.state == DisputeState.WON or known.reinstated:
        dispute_ended(ports, payment, None)
    elif known.state == DisputeState.LOST and known.withdrawn:
        dispute_ended(ports, payment, known.id)


def _payment(ports: PaymentPorts, provider: str, told: ProviderDispute) -> Payment:
    known = ports.store.dispute(dispute_id(provider, told.ref))
    payment_id = known.payment_id if known else ports.providers[provider].charge_state(told.charge_ref).payment_id
    payment = ports.store.payment(payment_id) if payment_id else None
    if payment is not None and payment.state != PaymentState.SUCCEEDED:
        # It overtook the charge: nothing of it would lie on the order's lines yet, and nobody would bear it later.
        settle_charge(ports, provider, told.charge_ref)
        payment = ports.store.payment(payment.id)
    if payment is None or payment.state != PaymentState.SUCCEEDED:
        raise NotYetKnown(told.charge_ref)
    return payment


def _opened(ports: PaymentPorts, provider: str, told: ProviderDispute, payment: Payment) -> Dispute:
    id_ = dispute_id(provider, told.ref)
    known = ports.store.dispute(id_)
    if known is not None:
        return known
    now = ports.clock.now()
    order = orders.read(ports.orders, payment.order_id)
    new = Dispute(
        id=id_,
        provider=provider,
        ref=told.ref,
        order_id=payment.order_id,
        payment_id=payment.id,
        merchant_id=order.merchant_id,
        amount=told.amount,
        state=DisputeState.WARNING if told.state == DisputeState.WARNING else DisputeState.OPEN,
        reason=told.reason,
        created_at=now,
        evidence_until=told.evidence_until,
    )
    ports.committer.commit([ports.store.put_dispute(new), ports.outbox.put(dispute_told(new, now))])
    metric("Disputes", state=new.state)
    return new


def _withdrawn(ports: PaymentPorts, dispute_id: str) -> Dispute:
    """The money is gone. Lines that are still to come bear it out of what is held for them; of lines that have ended
    it is taken from the merchant, settled or not, paid out or not.
    """
    known, now = _known(ports, dispute_id), ports.clock.now()
    if known.withdrawn:
        return known
    amount = known.amount.amount
    parts, of_merchant, taken = orders.bank_took(ports.orders, known.order_id, known.payment_id, amount, known.id, now)
    held = sum(parts.values()) - of_merchant
    entries = [
        Entry(DISPUTES, amount - held),
        Entry(HELD, held),
        Entry(provider_account(known.provider), -amount),
    ]
    new = replace(known, withdrawn=True, parts=parts, version=known.version + 1)
    return _commit(ports, new, f"dispute:{known.id}", entries, taken, now)


def _reinstated(ports: PaymentPorts, dispute_id: str) -> Dispute:
    """The bank gave it back: so do we, line by line. What stood for refunds is put on the customer's balance."""
    known, now = _known(ports, dispute_id), ports.clock.now()
    if known.reinstated:
        return known
    if not known.withdrawn:
        raise Contention
    amount = known.amount.amount
    of_merchant, given = (
        orders.bank_gave(ports.orders, known.order_id, known.parts, known.id, now) if known.parts else (0, [])
    )
    held = sum(known.parts.values()) - of_merchant
    entries = [
        Entry(provider_account(known.provider), amount),
        Entry(HELD, -held),
        Entry(DISPUTES, held + known.covered - amount),
    ]
    payment = ports.store.payment(known.payment_id) if known.covered else None
    if payment is not None:
        entries.append(Entry(customer_account(payment.customer_id), -known.covered))
    new = replace(known, reinstated=True, covered=0, version=known.version + 1)
    return _commit(ports, new, f"dispute-returned:{known.id}", entries, given, now)


def _advanced(ports: PaymentPorts, dispute_id: str, told: ProviderDispute) -> Dispute:
    known, now = _known(ports, dispute_id), ports.clock.now()
    if not advances(known.state, told.state) and known.evidence_until == told.evidence_until:
        return known
    state = told.state if advances(known.state, told.state) else known.state
    new = replace(known, state=state, evidence_until=told.evidence_until, version=known.version + 1)
    actions = [ports.store.put_dispute(new)]
    if state != known.state and state in {DisputeState.WON, DisputeState.LOST}:
        actions.append(ports.outbox.put(dispute_told(new, now)))
        metric("Disputes", state=state)
    ports.committer.commit(actions)
    return new


def _commit(
    ports: PaymentPorts, new: Dispute, posted_id: str, entries: list[Entry], more: list[Action], now: datetime
) -> Dispute:
    posted = Transaction(
        posted_id,
        posted_id.partition(":")[0],
        now,
        new.amount.currency,
        tuple(entry for entry in entries if entry.amount),
        new.order_id,
        new.payment_id,
    )
    try:
        ports.committer.commit([ports.store.put_dispute(new), *more, *ledger.post(ports.ledger, posted)])
    except AlreadyPosted as error:
        raise Contention from error  # somebody else did it at once: looked at again
    return new


def _known(ports: PaymentPorts, dispute_id: str) -> Dispute:
    known = ports.store.dispute(dispute_id)
    if known is None:
        raise NotYetKnown(dispute_id)
    return known


def dispute(ports: PaymentPorts, actor: Actor, dispute_id: str) -> Dispute:
    """Return a dispute to its merchant or an admin.

    Raises:
        NotFound: for everybody else.
    """
    known = ports.store.dispute(dispute_id)
    if known is None:
        raise NotFound("dispute")
    actor.must_have(known.merchant_id, "dispute")
    return known


def disputes_of(ports: PaymentPorts, actor: Actor, after: dict[str, Any] | None, limit: int) -> Page[Dispute]:
    """Return some of what the caller's customers dispute, newest first."""
    return ports.store.disputes_of(actor.merchant_id, after, limit)


def give_evidence(ports: PaymentPorts, actor: Actor, dispute_id: str, evidence: Evidence) -> Dispute:
    """Give the bank what speaks for the merchant: once, before its deadline; a repeat changes nothing.

    Raises:
        NotFound: not the caller's. EvidenceTooLate: nobody asks for it any more.
        Unavailable, PaymentRefused: as the provider says.
    """
    known = dispute(ports, actor, dispute_id)
    now = ports.clock.now()
    late = known.evidence_until is not None and now > known.evidence_until
    if late or known.state not in {DisputeState.WARNING, DisputeState.OPEN}:
        raise EvidenceTooLate(state="past its deadline" if late else known.state)
    ports.disputes[known.provider].submit_evidence(known.ref, evidence.text)
    settle_dispute(ports, known.provider, known.ref)
    return _known(ports, dispute_id)
