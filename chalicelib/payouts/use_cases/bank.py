"""Payouts by bank: gathered into a file, and settled when the operator knows what became of them.

A batch is written open, takes what is ready in transactions that each write it and its payouts, and is closed: from
then on it is the same for ever. A payout goes into one batch, because it has to stand ready when it is taken.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from enum import StrEnum

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Forbidden, NotFound, invalid
from chalicelib.kit.idempotency import Once, Replayed
from chalicelib.kit.ids import derived_id
from chalicelib.kit.observability import metric
from chalicelib.kit.transaction import Action, retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import BANK, PAYOUTS, moved
from chalicelib.payouts.messages import payout_ended
from chalicelib.payouts.ports import PayoutPorts, Task, TaskKind
from chalicelib.payouts.rules import (
    MOST_PAYOUTS,
    Batch,
    FileFormat,
    Made,
    NoBankKnown,
    NotClosed,
    NothingToPay,
    Payout,
    PayoutState,
    WrongState,
)
from chalicelib.payouts.rules.documents import bank_csv
from chalicelib.risk import use_cases as risk
from chalicelib.settlement import use_cases as settlement
from chalicelib.settlement.ports import Route

_LATEST = timedelta(days=60)  # what is further away is a slip of the pen
_TAKEN_AT_ONCE = 80  # an action each; the batch is one more


@dataclass(frozen=True)
class BatchWish:
    """What an admin wants: a file of one currency; `execute_on` None is today (UTC)."""

    currency: str
    format: FileFormat
    execute_on: date | None = None


class BankOutcome(StrEnum):
    """What became of a payout by bank."""

    PAID = "paid"
    RETURNED = "returned"


def gather(ports: PayoutPorts, actor: Actor, wish: BatchWish, why: Why, once: Once) -> Batch:
    """Take what is ready in a currency into a new batch. A repeat with the same key goes on with the same one.

    Raises:
        NothingToPay: no payout by bank is ready. Invalid: that day has passed, or is too far away.
        NoBankKnown: the format names the operator's own account, which is not known.
    """
    answered = ports.idempotency.recall(once)
    if answered is not None:
        raise Replayed(answered)
    today = ports.clock.now().astimezone(UTC).date()
    if wish.execute_on is not None and wish.execute_on < today - timedelta(days=1):  # somewhere it is still yesterday
        raise invalid("execute_on", "that date has passed")
    if wish.execute_on is not None and wish.execute_on > today + _LATEST:
        raise invalid("execute_on", f"at most {_LATEST.days} days from now")
    if wish.format == FileFormat.PAIN001 and ports.bank_files is None:
        raise NoBankKnown
    now, id_ = ports.clock.now(), derived_id("bat", once.scope, once.key, once.fingerprint)
    if ports.store.batch(id_) is None:
        if not _ready(ports, wish.currency):
            raise NothingToPay(currency=wish.currency)
        new = Batch(
            id=id_,
            currency=wish.currency,
            format=wish.format,
            created_at=now,
            created_by=actor.account_id,
            execute_on=wish.execute_on or today,
        )
        entry = why.entry(actor, "payouts.batch", f"batch:{id_}", {"currency": wish.currency, "format": wish.format})
        actions = [
            ports.store.save_batch(new),
            ports.store.note(Task(TaskKind.BATCH, id_, now)),
            *audit.noted(ports.audit, entry, now),
        ]
        try:
            retrying(lambda: ports.committer.commit(actions))
        except Made:
            return fill(ports, id_, once)
    return fill(ports, id_, once)


def fill(ports: PayoutPorts, batch_id: str, once: Once | None = None) -> Batch:
    """Take payouts into a batch until none is ready or it is full, and close it. Idempotent."""
    while True:
        batch = retrying(lambda: _fill_some(ports, batch_id, once))
        if batch.closed:
            return batch


def _fill_some(ports: PayoutPorts, batch_id: str, once: Once | None) -> Batch:
    batch, now = ports.store.batch(batch_id), ports.clock.now()
    if batch is None:
        raise NotFound("batch")
    if batch.closed:
        return batch
    room = MOST_PAYOUTS - len(batch.payout_ids)
    taken = _ready(ports, batch.currency)[: min(room, _TAKEN_AT_ONCE)]
    new = replace(
        batch,
        payout_ids=(*batch.payout_ids, *(one.id for one in taken)),
        total=batch.total + sum(one.amount.amount for one in taken),
        closed=not taken,
        version=batch.version + 1,
    )
    actions = [ports.store.save_batch(new)]
    if new.closed:
        actions.append(ports.store.done(TaskKind.BATCH, batch.id))
        if once is not None:
            actions.append(ports.idempotency.remember(once, new))
    for one in taken:
        sent = replace(one, state=PayoutState.SENT, reference=batch.id, sent_at=now, version=one.version + 1)
        actions.append(ports.store.save(sent))
    ports.committer.commit(actions)
    return new


def _ready(ports: PayoutPorts, currency: str) -> list[Payout]:
    """Return some payouts that may go to the bank now, read as they stand: those of merchants under review are left
    out, and those to an account that was named lately.
    """
    now, frozen = ports.clock.now(), dict[str, bool]()

    def may_go(one: Payout) -> bool:
        if one.merchant_id not in frozen:
            frozen[one.merchant_id] = risk.frozen_payouts(ports.risk, one.merchant_id)
        return not frozen[one.merchant_id]

    found: list[Payout] = []
    for some in _chunks(ports.store.ready_for_bank(currency), _TAKEN_AT_ONCE):
        standing = ports.store.payouts(some)
        found += [one for one in standing if one.state == PayoutState.READY and not one.is_held(now) and may_go(one)]
        if len(found) >= _TAKEN_AT_ONCE:
            break
    return found


def _chunks(ids: Iterable[str], size: int) -> Iterable[list[str]]:
    chunk: list[str] = []
    for id_ in ids:
        chunk.append(id_)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def batch(ports: PayoutPorts, batch_id: str) -> Batch:
    """Return a batch.

    Raises:
        NotFound: there is none.
    """
    found = ports.store.batch(batch_id)
    if found is None:
        raise NotFound("batch")
    return found


def bank_file(ports: PayoutPorts, batch_id: str) -> tuple[Batch, bytes]:
    """Return a closed batch and its file: the same bytes, however often.

    Raises:
        NotFound: there is no such batch.
        NotClosed: it is still being gathered.
        NoBankKnown: as `gather`.
    """
    found = batch(ports, batch_id)
    if not found.closed:
        raise NotClosed
    payouts = ports.store.payouts(found.payout_ids)
    if len(payouts) != len(found.payout_ids):
        raise ValueError(f"{batch_id} names a payout that is not there")
    if found.format == FileFormat.CSV:
        return found, bank_csv(payouts).encode()
    if ports.bank_files is None:
        raise NoBankKnown
    return found, ports.bank_files.credit_transfers(found.id, payouts, found.created_at, found.execute_on)


def settled(
    ports: PayoutPorts, actor: Actor, payout_id: str, outcome: BankOutcome, reference: str, why: Why, once: Once
) -> Payout:
    """Write down what the bank did with a payout: paid, or returned, perhaps days after it was paid.

    Raises:
        NotFound: there is no such payout. Forbidden: it is the admin's own money.
        WrongState: no bank has it, or it ended otherwise.
        NotClosed: its file is not complete yet.
    """
    state = PayoutState.PAID if outcome == BankOutcome.PAID else PayoutState.FAILED

    def attempt() -> Payout:
        known, now = _settleable(ports, actor, payout_id, state), ports.clock.now()
        new = replace(
            known,
            state=state,
            reference=reference,
            reason=None if state == PayoutState.PAID else "returned by the bank",
            returned=0 if state == PayoutState.PAID else known.amount.amount,
            version=known.version + 1,
        )
        entry = why.entry(actor, f"payouts.{outcome}", f"payout:{payout_id}", {"reference": reference})
        ports.committer.commit(
            [
                ports.store.save(new),
                *_booked(ports, known, outcome),
                *audit.noted(ports.audit, entry, now),
                ports.outbox.put(payout_ended(new, now)),
                ports.idempotency.remember(once, new),
            ]
        )
        return new

    new = retrying(attempt)
    metric("Payouts", route=new.route, state=new.state)
    return new


def _settleable(ports: PayoutPorts, actor: Actor, payout_id: str, state: PayoutState) -> Payout:
    known = ports.store.payout(payout_id)
    if known is None:
        raise NotFound("payout")
    if actor.has_stake(known.merchant_id):
        raise Forbidden
    if known.route != Route.BANK or known.state not in {PayoutState.SENT, PayoutState.PAID} or not known.may(state):
        raise WrongState(state=known.state)
    gathered = ports.store.batch(known.reference or "")
    if gathered is not None and not gathered.closed:
        raise NotClosed
    return known


def _booked(ports: PayoutPorts, known: Payout, outcome: BankOutcome) -> list[Action]:
    now, was_paid = ports.clock.now(), known.state == PayoutState.PAID
    if outcome == BankOutcome.PAID:
        return ledger.post(ports.ledger, moved(f"bank:{known.id}", known.amount, now, debit=PAYOUTS, credit=BANK))
    back = settlement.came_back(ports.settlement, known.merchant_id, known.id, known.amount, None, now)
    if not was_paid:
        return back
    posted = moved(f"bank-failed:{known.id}", known.amount, now, debit=BANK, credit=PAYOUTS)
    return [*ledger.post(ports.ledger, posted), *back]
