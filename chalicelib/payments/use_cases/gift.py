"""The platform gives a customer a balance, to pay with."""

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Forbidden
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import derived_id
from chalicelib.kit.money import Money
from chalicelib.kit.observability import log
from chalicelib.kit.transaction import retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import GIFTS, AlreadyPosted, customer_account, moved
from chalicelib.payments.ports import PaymentPorts


def give(ports: PaymentPorts, actor: Actor, customer_id: str, amount: Money, why: Why, once: Once) -> Money:
    """Put a gift on a customer's balance: by an admin. Returns what was given; a repeat, however late, gives nothing.

    Raises:
        Forbidden: it is the admin's own balance.
    """
    if actor.account_id == customer_id:
        raise Forbidden
    id_, now = derived_id("gift", once.scope, once.key, once.fingerprint), ports.clock.now()
    posted = moved(f"gift:{id_}", amount, now, debit=GIFTS, credit=customer_account(customer_id))
    entry = why.entry(actor, "payments.gift", f"account:{customer_id}", {"amount": amount.amount, "gift": id_})
    noted = audit.noted(ports.audit, entry, now)
    answer = ports.idempotency.remember(once, amount)
    try:
        retrying(lambda: ports.committer.commit([*ledger.post(ports.ledger, posted), *noted, answer]))
    except AlreadyPosted:
        log.info("a gift was given before", gift=id_)  # its answer is forgotten, it is not
    return amount


def balances(ports: PaymentPorts, actor: Actor) -> list[Money]:
    """Return what the caller has on their balance, by currency."""
    there = ledger.balance(ports.ledger, customer_account(actor.account_id))
    return [Money(-amount, currency) for currency, amount in sorted(there.items()) if amount]
