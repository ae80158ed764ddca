"""What must be true when everything has come through, computed anew from the providers' accounts and the orders alone."""

from collections import Counter
from typing import Any

from chalicelib import wiring
from chalicelib.ledger import use_cases as ledger
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import LineState, Order, OrderState
from chalicelib.payments.rules import STRIPE, DisputeState, Movement, MovementKind, RefundState
from chalicelib.reconciliation import use_cases as reconciliation
from chalicelib.reconciliation.ports import CaseState
from chalicelib.settlement.rules import Terms
from tests.simulation.lives import METHODS, Life
from tests.simulation.stage import Seller, Stage

# How a life may end. Money that comes when the time is gone goes back; a bank may have taken it before that.
ENDS = {
    "served": {OrderState.COMPLETED},
    "no-show": {OrderState.COMPLETED},
    "by-balance": {OrderState.COMPLETED},
    "cancels-early": {OrderState.REFUNDED, OrderState.COMPLETED},
    "cancels-late": {OrderState.REFUNDED, OrderState.CANCELLED, OrderState.COMPLETED},
    "merchant-cancels": {OrderState.REFUNDED, OrderState.COMPLETED},
    "never-pays": {OrderState.EXPIRED},
    "pays-late": {OrderState.COMPLETED, OrderState.REFUNDED},
    "pays-twice": {OrderState.COMPLETED, OrderState.REFUNDED},
    "lets-go": {OrderState.REFUNDED, OrderState.CANCELLED, OrderState.COMPLETED},
    "disputes-early": {OrderState.COMPLETED, OrderState.REFUNDED, OrderState.CANCELLED},
}


def violations(stage: Stage, lives: list[Life]) -> list[str]:
    """Return everything that is not as it must be."""
    return [
        *books(),
        *movements(stage),
        *_lives(stage, lives),
        *_merchants(stage, lives),
        *cases(),
    ]


def books() -> list[str]:
    sheet = ledger.trial_balance(wiring.ledger())
    wrong = [
        f"{currency} does not balance: {sum(all_.values())}" for currency, all_ in sheet.items() if sum(all_.values())
    ]
    over = ("refunds:pending", "payouts:pending", "merchants:clawback", "disputes:open", "customers:held", "suspense")
    wrong += [
        f"{account} has {all_[account]} {currency} left" for currency, all_ in sheet.items() for account in over
        if all_.get(account)
    ]  # fmt: skip
    return wrong


def movements(stage: Stage) -> list[str]:
    """Every movement has exactly one transaction, and the books say of each provider's account what it says itself."""
    wrong: list[str] = []
    sheet = ledger.trial_balance(wiring.ledger())
    for provider in stage.providers.values():
        theirs: Counter[str] = Counter()
        for one in provider.account:
            theirs[one.amount.currency] += one.amount.amount - one.fee
        for currency, amount in theirs.items():
            ours = sheet.get(currency, {}).get(f"provider:{provider.name}", 0)
            if ours != amount:
                wrong.append(f"provider:{provider.name} has {ours} {currency} in the books, {amount} at the provider")
    posted = _posted(stage)
    for provider in stage.providers.values():
        for one in provider.account:
            found = posted[_about(one)]
            if found != 1:
                wrong.append(f"{one.kind} {one.ref} of {provider.name} has {found} transactions")
    return wrong


def _about(one: Movement) -> tuple[Any, ...]:
    """What a movement is about; of a transfer that came back, how much."""
    return one.provider, one.kind, one.own_id or one.ref, abs(one.amount.amount), one.amount.currency


def _posted(stage: Stage) -> Counter[tuple[Any, ...]]:
    """Return the transactions that move a provider's account, by what they are about; read from the whole journal."""
    kinds = {
        "capture": MovementKind.CHARGE, "refund-done": MovementKind.REFUND,
        "refund-returned": MovementKind.REFUND_RETURNED, "dispute": MovementKind.DISPUTE,
        "dispute-returned": MovementKind.DISPUTE_RETURNED, "transfer": MovementKind.TRANSFER,
        "reversal": MovementKind.TRANSFER_REVERSED,
    }  # fmt: skip
    disputes = {dispute_id(ref): ref for ref in stage.providers[STRIPE].disputes}
    found: Counter[tuple[Any, ...]] = Counter()
    for day in stage.days():
        for one in ledger.of_day(wiring.ledger(), day):
            kind = kinds.get(one.kind)
            moved = [entry for entry in one.entries if entry.account.startswith("provider:")]
            if kind is None or not moved:
                continue
            name = one.id.partition(":")[2]
            name = disputes.get(name, name)
            (entry,) = moved
            found[entry.account.partition(":")[2], kind, name, abs(entry.amount), one.currency] += 1
    # A refund that never was done and came back has two movements, and in the books only that it failed.
    for provider in stage.providers.values():
        for made in provider.refunds.values():
            if made.state == RefundState.FAILED:
                _failed(found, provider, made)
    return found


def _failed(found: Counter[tuple[Any, ...]], provider: Any, made: Any) -> None:
    currency = next(one.amount.currency for one in provider.account if one.ref == made.ref)
    amount = provider.amounts[made.ref]
    for kind in (MovementKind.REFUND, MovementKind.REFUND_RETURNED):
        about = (provider.name, kind, made.refund_id, amount, currency)
        found[about] = max(found[about], 1)


def dispute_id(ref: str) -> str:
    """Return our id of a dispute."""
    from chalicelib.kit.ids import derived_id

    return derived_id("dis", STRIPE, ref)


def _lives(stage: Stage, lives: list[Life]) -> list[str]:
    """Every booking is in one right final state, and the customer paid what the order says is kept."""
    wrong: list[str] = []
    for life in lives:
        order = orders.read(wiring.orders(), life.order_id)
        (line,) = order.lines
        label = f"life {life.number} ({life.plan}) is {order.state}, its line {line.state}"
        came_too_late = order.state == OrderState.REFUNDED and order.confirmed_at is None and life.paid
        if order.state not in ENDS[life.plan] and not came_too_late:
            wrong.append(f"{label}: {life.refused}")
        if life.plan == "no-show" and line.state != LineState.NO_SHOW and not came_too_late:
            wrong.append(f"{label}: a no-show")
        net = net_paid(stage, life, order)
        if net != (line.kept if order.payment_id else 0):
            wrong.append(f"{label}: {net} was paid in the end, {line.kept} is kept")
        if order.open:
            wrong.append(f"{label}: refunds {order.open} are still to come")
    return wrong


def net_paid(stage: Stage, life: Life, order: Order) -> int:
    """Return what the customer's payments of an order came to in the end, as the providers say."""
    if life.plan == "by-balance":
        held = ledger.balance(wiring.ledger(), f"customer:{life.customer.account_id}")
        return (life.seller.price + held.get(order.currency, 0)) if life.paid else 0
    bank = stage.providers[METHODS[life.method]]
    # What no provider pays any more is on the customer's balance.
    credited = -ledger.balance(wiring.ledger(), f"customer:{life.customer.account_id}").get(order.currency, 0)
    return sum(bank.left_of(payment_id) for payment_id in life.paid) - credited


def _merchants(stage: Stage, lives: list[Life]) -> list[str]:
    """What each merchant was sent, and still has in the books, is what their lines earned; nobody is paid twice."""
    wrong: list[str] = []
    for seller in stage.sellers:
        mine = [life for life in lives if life.seller == seller]
        earned = sum(earning(life) for life in mine) - _subscriptions(stage, seller)
        bank = stage.providers[STRIPE]
        sent = [one for one in bank.transfers.values() if one.destination == seller.terms.connect_account]
        paid_out = sum(one.amount.amount - one.reversed for one in sent)
        merchant = seller.actor.account_id
        left = -ledger.balance(wiring.ledger(), f"merchant:{merchant}").get(seller.currency, 0)
        kept_back = -ledger.balance(wiring.ledger(), f"reserve:{merchant}").get(seller.currency, 0)
        waiting = sum(due.payable for due in wiring.settlement().store.waiting_of(merchant))
        # What is kept back waits, too, to be released.
        if paid_out + left + kept_back + waiting - _released(merchant) != earned:
            wrong.append(
                f"{merchant} earned {earned}; was sent {paid_out}, has {left} and {kept_back} back, {waiting} waits"
            )
        by_charge: Counter[str] = Counter()
        for one in sent:
            if one.charge_ref is not None:
                by_charge[one.charge_ref] += one.amount.amount - one.reversed
        over = [ref for ref, amount in by_charge.items() if amount > bank.charges[ref].received.amount]
        wrong += [f"{merchant} was paid more than {ref} brought" for ref in over]
    return wrong


def _released(merchant: str) -> int:
    """Return what of the waiting dues only releases what is kept back: it is counted there."""
    return sum(-due.reserved for due in wiring.settlement().store.waiting_of(merchant))


def earning(life: Life) -> int:
    """Return what a line brought its merchant, from what is kept of it alone, and what the platform bears of that."""
    order = orders.read(wiring.orders(), life.order_id)
    (line,) = order.lines
    kept = line.kept if order.payment_id else 0
    if kept <= 0:
        return 0
    if line.state == LineState.COMPLETED:
        kept += sum(part.platform for part in line.discounts) * kept // line.paid
    commission = (kept * line.commission_bps + 5000) // 10000
    fixed = min(line.fixed_fee, kept - commission)
    if line.tax_included:
        return kept - commission - fixed
    tax = min(((commission + fixed) * line.tax_bps + 5000) // 10000, kept - commission - fixed)
    return kept - commission - fixed - tax


def _subscriptions(stage: Stage, seller: Seller) -> int:
    terms: Terms = seller.terms
    amount = terms.subscription.get(seller.currency, 0)
    if not amount:
        return 0
    months = {
        one.period[:7] for one in wiring.settlement().store.settlements(seller.actor.account_id, None, 1000).items
    }
    if terms.tax_included:
        return len(months) * amount
    return len(months) * (amount + (amount * terms.tax_bps + 5000) // 10000)


def cases() -> list[str]:
    """Reconciliation finds nothing that it cannot explain."""
    return [
        f"case {case.found}"
        for state in CaseState
        if state != CaseState.CLOSED
        for case in reconciliation.cases(wiring.reconciliation(), state, None, 100).items
    ]


def lost_disputes(stage: Stage) -> int:
    """Return how many disputes were lost."""
    return sum(one.state == DisputeState.LOST for one in stage.providers[STRIPE].disputes.values())
