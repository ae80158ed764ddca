"""Agreeing to a payout above the limit of its currency, or declining one that has not left."""

from dataclasses import replace

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Forbidden, NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.transaction import retrying
from chalicelib.payouts.messages import payout_due, payout_ended
from chalicelib.payouts.ports import PayoutPorts
from chalicelib.payouts.rules import ApprovalNeeded, NamedByYou, Payout, PayoutState, WrongState
from chalicelib.settlement import use_cases as settlement
from chalicelib.settlement.ports import Route

APPROVERS = 2


def approve(ports: PayoutPorts, actor: Actor, payout_id: str, why: Why, once: Once) -> Payout:
    """Agree to a payout: the second of two different admins lets it go. Nobody agrees to what they get themselves, or
    whom they work for gets, nor to what goes where they have said that it goes.

    Raises:
        NotFound: there is no such payout. WrongState: it waits for nobody.
        ApprovalNeeded: the same person agreed before: somebody else has to. Forbidden: it is the admin's own money.
        NamedByYou: the admin named the account that it goes to, or changed it.
    """

    def attempt() -> Payout:
        known, now = _known(ports, payout_id), ports.clock.now()
        if known.state != PayoutState.APPROVAL:
            raise WrongState(state=known.state)
        if actor.has_stake(known.merchant_id):
            raise Forbidden
        if actor.account_id in known.named_by:
            raise NamedByYou
        if actor.account_id in known.approvers:
            raise ApprovalNeeded
        approvers = (*known.approvers, actor.account_id)
        state = PayoutState.READY if len(approvers) >= APPROVERS else known.state
        new = replace(known, approvers=approvers, state=state, version=known.version + 1)
        entry = why.entry(actor, "payouts.approve", f"payout:{payout_id}", {"approvers": len(approvers)})
        actions = [
            ports.store.save(new),
            *audit.noted(ports.audit, entry, now),
            ports.idempotency.remember(once, new),
        ]
        if new.state == PayoutState.READY and new.route == Route.CONNECT:
            actions.append(ports.outbox.put(payout_due(new, now)))
        ports.committer.commit(actions)
        return new

    return retrying(attempt)


def decline(ports: PayoutPorts, actor: Actor, payout_id: str, why: Why, once: Once) -> Payout:
    """Keep a payout from leaving that waits for approval, for the bank, or for its first transfer: its money is due to
    the merchant again.

    Raises:
        NotFound: there is no such payout. WrongState: it has left, or ended.
    """

    def attempt() -> Payout:
        known, now = _known(ports, payout_id), ports.clock.now()
        if known.state not in {PayoutState.APPROVAL, PayoutState.READY}:
            raise WrongState(state=known.state)
        new = replace(
            known,
            state=PayoutState.FAILED,
            reason="declined",  # why is for the audit log alone
            returned=known.amount.amount,
            version=known.version + 1,
        )
        entry = why.entry(actor, "payouts.decline", f"payout:{payout_id}")
        actions = [
            ports.store.save(new),
            *audit.noted(ports.audit, entry, now),
            ports.outbox.put(payout_ended(new, now)),
            ports.idempotency.remember(once, new),
        ]
        if new.route == Route.CONNECT:  # leg by leg: there may be more than one transaction takes
            actions.append(ports.outbox.put(payout_due(new, now)))
        else:
            actions += settlement.came_back(ports.settlement, new.merchant_id, new.id, new.amount, None, now)
        ports.committer.commit(actions)
        return new

    return retrying(attempt)


def _known(ports: PayoutPorts, payout_id: str) -> Payout:
    known = ports.store.payout(payout_id)
    if known is None:
        raise NotFound("payout")
    return known
