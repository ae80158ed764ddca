"""Taking transfers back: where a settlement leaves a merchant in debt, for money that customers got back after the
merchant had it, and the terms say so.

What comes back lies in `payouts:pending` and falls due like what a payout did not bring: the next settlement nets it
with the debt. So what is carried and what the books hold on the merchant's account stay the same figure.
"""

from dataclasses import replace

from chalicelib.kit.money import Money, payable_step
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import Contention, retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import PAYOUTS, moved, provider_account
from chalicelib.payments.use_cases import PaymentRefused, Transfer
from chalicelib.payouts import rules
from chalicelib.payouts.ports import SendingPorts, Task, TaskKind
from chalicelib.payouts.rules import Leg, Made, Reversal, ReversalState
from chalicelib.settlement import use_cases as settlement
from chalicelib.settlement.ports import Route


def claw_back(ports: SendingPorts, merchant_id: str, currency: str, settlement_id: str) -> None:
    """Take back what a settlement leaves a merchant owing, of the transfers whose charges it gave back. Idempotent.

    Raises:
        Unavailable: the provider did not answer; repeat it.
    """
    terms = settlement.terms_of(ports.settlement, merchant_id)
    if not terms.reverse or terms.route != Route.CONNECT:
        return
    finish_reversals(ports, merchant_id, settlement_id)
    debt = _debt(ports, merchant_id, currency, settlement_id)
    if debt <= 0:
        return
    known = ports.store.reversals(merchant_id, settlement_id)
    owed = rules.given_back(settlement.dues_in(ports.settlement, merchant_id, [settlement_id]), known)
    sent = {payment_id: list(ports.store.legs_of(payment_id)) for payment_id in owed}
    parts = rules.clawed_back(debt, owed, sent, [one.leg_id for one in known], payable_step(currency))
    for leg, amount in parts:
        _plan(ports, leg, Money(amount, currency), merchant_id, settlement_id)
    if parts:
        finish_reversals(ports, merchant_id, settlement_id)


def _debt(ports: SendingPorts, merchant_id: str, currency: str, settlement_id: str) -> int:
    """What is carried below zero, less what is on its way back already."""
    carried = settlement.to_pay_out(ports.settlement, merchant_id, currency, settlement_id)
    owing = -sum(one.sums.payable for one in carried)
    return owing - settlement.coming_back(ports.settlement, merchant_id, currency) if owing > 0 else 0


def _plan(ports: SendingPorts, leg: Leg, money: Money, merchant_id: str, settlement_id: str) -> None:
    """Write a reversal, and count it against its transfer, before the provider hears of it."""
    if leg.payment_id is None:
        return
    reversal = Reversal(
        id=f"rev:{leg.id}:{settlement_id}",
        merchant_id=merchant_id,
        settlement_id=settlement_id,
        payout_id=leg.payout_id,
        leg_id=leg.id,
        payment_id=leg.payment_id,
        amount=money,
    )
    task = Task(TaskKind.REVERSALS, f"{merchant_id}/{settlement_id}", ports.clock.now())
    try:
        ports.committer.commit(
            [ports.store.plan(reversal), ports.store.take_back(leg, money.amount), ports.store.note(task)]
        )
    except (Made, Contention):
        # Another run did it, or takes back of the same transfer at this moment: what is left is carried.
        log.info("a reversal was planned by somebody else", reversal_id=reversal.id)


def finish_reversals(ports: SendingPorts, merchant_id: str, settlement_id: str) -> None:
    """Have the provider take back what is planned for a settlement. Idempotent."""
    planned = ports.store.reversals(merchant_id, settlement_id)
    for one in planned:
        if one.state == ReversalState.READY:
            _undo(ports, one)
    if planned:
        ports.committer.commit([ports.store.done(TaskKind.REVERSALS, f"{merchant_id}/{settlement_id}")])


def _undo(ports: SendingPorts, reversal: Reversal) -> None:
    leg = ports.store.leg(reversal.payout_id, reversal.leg_id)
    payout = ports.store.payout(reversal.payout_id)
    if leg is None or payout is None:
        raise ValueError(f"{reversal.id} is of a transfer that is not there")
    transfer = Transfer(
        leg.id, payout.destination or "", Money(leg.amount, reversal.amount.currency), None, leg.transfer_ref
    )
    try:
        ports.transfers.reverse(transfer, reversal.id, reversal.amount.amount)
    except PaymentRefused as refused:
        _refused(ports, reversal, str(refused.parameters.get("reason", "refused")))
        return
    now = ports.clock.now()
    posted = moved(
        f"reversal:{reversal.id}",
        reversal.amount,
        now,
        debit=provider_account(ports.provider),
        credit=PAYOUTS,
        payment_id=reversal.payment_id,
    )
    back = settlement.came_back(
        ports.settlement, reversal.merchant_id, reversal.id, reversal.amount, reversal.payment_id, now
    )
    done = ports.store.end_reversal(replace(reversal, state=ReversalState.DONE))
    try:
        retrying(lambda: ports.committer.commit([done, *ledger.post(ports.ledger, posted), *back]))
    except Made:
        return
    metric("TransfersReversed")


def _refused(ports: SendingPorts, reversal: Reversal, reason: str) -> None:
    """The merchant's account does not have it: the debt is carried, and the transfer keeps what was counted."""
    log.warning("a reversal was refused", reversal_id=reversal.id, reason=reason)
    metric("ReversalsRefused")
    failed = replace(reversal, state=ReversalState.FAILED, reason=reason)

    def attempt() -> None:
        leg = ports.store.leg(reversal.payout_id, reversal.leg_id)
        counted = [ports.store.take_back(leg, -reversal.amount.amount)] if leg else []
        ports.committer.commit([ports.store.end_reversal(failed), *counted])

    try:
        retrying(attempt)
    except Made:
        return
