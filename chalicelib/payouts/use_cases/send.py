"""Sending a payout by transfers: its legs are written, then each is sent once, whatever crashes.

One run at a time sends a payout: it claims it by a version of its row, with a moment after which that run must be dead.
Only who goes on with another run's work has to ask the provider what became of it.
"""

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.kit.errors import NotFound
from chalicelib.kit.money import Money, payable_step
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import Action, Contention, retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import PAYOUTS, moved, provider_account
from chalicelib.payments import use_cases as payments
from chalicelib.payments.use_cases import PaymentRefused, Transfer
from chalicelib.payouts import rules
from chalicelib.payouts.messages import payout_due, payout_ended
from chalicelib.payouts.ports import PayoutPorts, SendingPorts, TaskKind
from chalicelib.payouts.rules import LEASE, Leg, LegState, Made, Payout, PayoutState
from chalicelib.risk import use_cases as risk
from chalicelib.settlement import use_cases as settlement
from chalicelib.settlement.ports import Route

MOST_LEGS = 50  # sent by one message: a second each, within the function's two minutes
_WRITTEN_AT_ONCE, _RETURNED_AT_ONCE = 90, 40  # legs of one transaction, of one and two actions each


def carry_out(ports: SendingPorts, payout_id: str, most: int = MOST_LEGS) -> None:
    """Take a payout as far as it goes without anybody else. Idempotent; while another run is at it, nothing happens.

    Raises:
        Unavailable, Busy: not now; repeat it.
        NotFound: there is no such payout.
    """
    payout = ports.store.payout(payout_id)
    if payout is None:
        raise NotFound("payout")
    if payout.route != Route.CONNECT:
        return
    if payout.state == PayoutState.PREPARING:
        payout = _prepare(ports, payout)
    if payout.state in {PayoutState.READY, PayoutState.SENT}:
        _send(ports, payout, most)
    elif payout.state == PayoutState.FAILED:
        give_up_legs(ports, payout)


def _prepare(ports: SendingPorts, payout: Payout) -> Payout:
    """Write the legs, from dues that stand fast, so that a repeat writes the same; then it is ready, or needs approval.

    What is no whole step of the currency nobody pays: it falls due again, and waits for more.
    """
    amount, step = payout.amount, payable_step(payout.amount.currency)
    left_over = amount.amount % step
    dues = settlement.dues_in(ports.settlement, payout.merchant_id, payout.settlement_ids)
    legs = rules.legs(payout.id, amount.amount, dues, step)
    retrying(lambda: _write_missing(ports, payout, legs, amount.amount - left_over))

    def attempt() -> Payout:
        known = ports.store.payout(payout.id)
        if known is None or known.state != PayoutState.PREPARING:
            return known or payout
        state = rules.prepared(amount, ports.limits)
        new = replace(known, state=state, returned=left_over, version=known.version + 1)
        actions = [ports.store.save(new)]
        if left_over:
            key, money = f"{payout.id}:left", replace(amount, amount=left_over)
            actions += settlement.came_back(ports.settlement, payout.merchant_id, key, money, None, ports.clock.now())
        ports.committer.commit(actions)
        return new

    return retrying(attempt)


def _write_missing(ports: SendingPorts, payout: Payout, legs: Sequence[Leg], amount: int) -> None:
    known = {leg.id for leg in ports.store.legs(payout.id)}
    missing = [leg for leg in legs if leg.id not in known]
    for start in range(0, len(missing), _WRITTEN_AT_ONCE):
        try:
            ports.committer.commit(ports.store.put_legs(missing[start : start + _WRITTEN_AT_ONCE]))
        except Made as error:
            raise Contention from error  # another run is at it: looked at again
    if sum(leg.amount for leg in ports.store.legs(payout.id)) != amount:
        raise ValueError(f"the transfers of {payout.id} do not add up to it")


def _send(ports: SendingPorts, payout: Payout, most: int) -> None:
    now = ports.clock.now()
    if payout.busy_until is not None and payout.busy_until > now:
        return
    if risk.frozen_payouts(ports.risk, payout.merchant_id):
        log.warning("a payout waits for a review", payout_id=payout.id, merchant_id=payout.merchant_id)
        return
    is_first = payout.state == PayoutState.READY
    claimed = replace(
        payout,
        state=PayoutState.SENT,
        sent_at=payout.sent_at or now,
        busy_until=now + LEASE,
        version=payout.version + 1,
    )
    try:
        ports.committer.commit([ports.store.save(claimed)])
    except Contention:
        return
    try:
        for leg in [one for one in ports.store.legs(payout.id) if one.state == LegState.READY][:most]:
            _send_leg(ports, claimed, leg, is_first=is_first)
    except Exception:
        _release(ports, claimed, [])
        raise
    _end(ports, claimed)


def _send_leg(ports: SendingPorts, payout: Payout, leg: Leg, *, is_first: bool) -> None:
    now, money = ports.clock.now(), Money(leg.amount, payout.amount.currency)
    try:
        sent = _transferred(ports, payout, leg, money, is_first=is_first)
    except PaymentRefused as refused:
        reason = str(refused.parameters.get("reason", "refused"))
        log.error("a transfer was refused", payout_id=payout.id, leg_id=leg.id, reason=reason)
        metric("TransfersRefused")
        # Not as money of its charge: that may be what was refused, and would be again.
        actions = _returned(ports, payout, replace(leg, state=LegState.FAILED, reason=reason), None)
    else:
        posted = moved(
            f"transfer:{leg.id}",
            money,
            now,
            debit=PAYOUTS,
            credit=provider_account(ports.provider),
            payment_id=leg.payment_id,
        )
        actions = [
            ports.store.end_leg(replace(leg, state=LegState.SENT, transfer_ref=sent.ref)),
            *ledger.post(ports.ledger, posted),
        ]
    retrying(lambda: ports.committer.commit(actions))


def _transferred(ports: SendingPorts, payout: Payout, leg: Leg, money: Money, *, is_first: bool) -> Transfer:
    charge = payments.charge_ref_of(ports.payments, leg.payment_id, ports.provider) if leg.payment_id else None
    wanted = Transfer(leg.id, payout.destination or "", money, charge)
    known = None if is_first else ports.transfers.find_transfer(wanted)
    return known or ports.transfers.transfer(wanted)


def _end(ports: SendingPorts, claimed: Payout) -> None:
    """Say how it stands when all legs that this run could send have been."""
    now, legs = ports.clock.now(), ports.store.legs(claimed.id)
    state = rules.outcome(legs)
    if state == PayoutState.SENT:
        _release(ports, claimed, [ports.outbox.put(payout_due(replace(claimed, version=claimed.version + 1), now))])
        return
    reasons = sorted({leg.reason for leg in legs if leg.reason})
    ended = replace(
        claimed,
        state=state,
        returned=claimed.returned + rules.came_back(legs),
        reason=", ".join(reasons) or None,
        busy_until=None,
        version=claimed.version + 1,
    )
    actions = [
        ports.store.save(ended),
        ports.store.done(TaskKind.PAYOUT, ended.id),
        ports.outbox.put(payout_ended(ended, now)),
    ]
    retrying(lambda: ports.committer.commit(actions))
    metric("Payouts", route=ended.route, state=ended.state)


def _release(ports: SendingPorts, claimed: Payout, more: Sequence[Action]) -> None:
    free = replace(claimed, busy_until=None, version=claimed.version + 1)
    ports.committer.commit([ports.store.save(free), *more])


def give_up_legs(ports: PayoutPorts, payout: Payout) -> None:
    """Give the merchant back what a payout that was declined would have sent, leg by leg. Idempotent."""
    left = [leg for leg in ports.store.legs(payout.id) if leg.state == LegState.READY]
    for start in range(0, len(left), _RETURNED_AT_ONCE):
        failed = [replace(leg, state=LegState.FAILED) for leg in left[start : start + _RETURNED_AT_ONCE]]
        actions = [action for leg in failed for action in _returned(ports, payout, leg, leg.payment_id)]
        retrying(lambda actions=actions: ports.committer.commit(actions))  # type: ignore[misc]
    ports.committer.commit([ports.store.done(TaskKind.PAYOUT, payout.id)])


def _returned(ports: PayoutPorts, payout: Payout, failed: Leg, payment_id: str | None) -> list[Action]:
    """What a leg did not bring is due to the merchant again."""
    money = Money(failed.amount, payout.amount.currency)
    back = settlement.came_back(ports.settlement, payout.merchant_id, failed.id, money, payment_id, ports.clock.now())
    return [ports.store.end_leg(failed), *back]
