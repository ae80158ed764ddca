"""Deciding what a merchant is paid: what is carried of all settlements leaves the merchant's account in one
transaction, or stays and is netted with later ones.
"""

from datetime import datetime, timedelta

from chalicelib.kit.money import payable_step
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import PAYOUTS, Overdrawn, merchant_account, moved
from chalicelib.payouts import rules
from chalicelib.payouts.ports import SendingPorts, Task, TaskKind
from chalicelib.payouts.rules import Made, Payout
from chalicelib.payouts.use_cases.reverse import claw_back
from chalicelib.payouts.use_cases.send import carry_out
from chalicelib.risk import use_cases as risk
from chalicelib.settlement import use_cases as settlement
from chalicelib.settlement.ports import Route, Settlement

SOON, SELDOM = timedelta(hours=1), timedelta(days=1)


def consider(ports: SendingPorts, merchant_id: str, currency: str, settlement_id: str | None = None) -> bool:
    """Pay a merchant what is carried in one currency, where it is to be paid now; say whether it has to be looked at
    again without a settlement that asks for it. Safe to repeat, to run twice at once, and to die at any point.

    Args:
        ports: what payouts need.
        merchant_id: whom.
        currency: of which currency.
        settlement_id: the settlement that was just posted; where it leaves a debt, transfers are taken back for it.

    Raises:
        Unavailable, Busy: not now; repeat it.
    """
    if settlement_id is not None:
        for posted in settlement.by_id(ports.settlement, merchant_id, [settlement_id]):
            if posted.payout_id is not None:  # told again: it goes on where it stopped
                carry_out(ports, posted.payout_id)
        claw_back(ports, merchant_id, currency, settlement_id)
    try:
        payout, more = retrying(lambda: _make(ports, merchant_id, currency, settlement_id))
    except Overdrawn:
        # The books have less on the merchant's own account than its settlements say. While a settlement is being
        # posted that is so for a moment; where it stays so, nobody may be paid before a person has looked.
        log.error("what is carried is not covered", merchant_id=merchant_id, currency=currency)
        metric("PayoutsUncovered")
        _later(ports, merchant_id, currency, SOON)
        return True
    if payout is not None:
        carry_out(ports, payout.id)
    return more


def _make(
    ports: SendingPorts, merchant_id: str, currency: str, settlement_id: str | None
) -> tuple[Payout | None, bool]:
    """Return the payout that was made, and whether there is more to come."""
    terms, now = settlement.terms_of(ports.settlement, merchant_id), ports.clock.now()
    carried = settlement.to_pay_out(ports.settlement, merchant_id, currency, settlement_id)
    payable = sum(one.sums.payable for one in carried)
    if payable < max(payable_step(currency), terms.minimum.get(currency, 0)):
        return None, False
    if terms.route == Route.NONE:
        _later(ports, merchant_id, currency, SELDOM)
        return None, True
    if risk.frozen_payouts(ports.risk, merchant_id):
        _later(ports, merchant_id, currency, SOON)
        return None, True
    taken = rules.taken(carried)
    held_until = settlement.held_until(ports.settlement, terms)
    payout = rules.made(merchant_id, currency, taken, terms, ports.limits, now, held_until)
    if payout.amount.amount <= 0:
        log.error("more debts than one payout nets", merchant_id=merchant_id, currency=currency, carried=len(carried))
        return None, False
    more = len(taken) < len(carried)
    try:
        _commit(ports, payout, taken, more=more)
    except Made:
        return ports.store.payout(payout.id), more
    metric("Payouts", route=payout.route, state=payout.state)
    return payout, more


def _commit(ports: SendingPorts, payout: Payout, taken: list[Settlement], *, more: bool) -> None:
    posted = moved(
        f"payout:{payout.id}",
        payout.amount,
        payout.created_at,
        debit=merchant_account(payout.merchant_id),
        credit=PAYOUTS,
        covered=True,
    )
    actions = [
        ports.store.save(payout),
        *settlement.pay_out(ports.settlement, taken, payout.id),
        *ledger.post(ports.ledger, posted),
    ]
    if payout.route == Route.CONNECT:
        actions.append(ports.store.note(Task(TaskKind.PAYOUT, payout.id, payout.created_at + SOON)))
    if more:
        actions.append(ports.store.note(_task(payout.merchant_id, payout.amount.currency, payout.created_at)))
    ports.committer.commit(actions)


def _later(ports: SendingPorts, merchant_id: str, currency: str, after: timedelta) -> None:
    task = _task(merchant_id, currency, ports.clock.now() + after)
    ports.committer.commit([ports.store.note(task)])


def _task(merchant_id: str, currency: str, at: datetime) -> Task:
    return Task(TaskKind.MERCHANT, f"{merchant_id}/{currency}", at)
