"""What was agreed with merchants."""

from dataclasses import replace
from datetime import datetime

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Detail, Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Conflict, Forbidden, invalid
from chalicelib.kit.transaction import Contention
from chalicelib.settlement import rules
from chalicelib.settlement.messages import account_changed
from chalicelib.settlement.ports import SettlementPorts
from chalicelib.settlement.rules import Route, Share, Terms


def terms_of(ports: SettlementPorts, merchant_id: str) -> Terms:
    """Return a merchant's terms: their own, or those of everybody."""
    return ports.store.terms(merchant_id) or ports.standard


def conditions_of(ports: SettlementPorts, merchant_id: str) -> Terms:
    """Return a merchant's terms without the bank account, which stays sealed: for what pays nobody, and has no key."""
    return ports.store.conditions(merchant_id) or ports.standard


def set_terms(ports: SettlementPorts, actor: Actor, merchant_id: str, terms: Terms, why: Why) -> Terms:
    """Agree on new terms with a merchant: by an admin. They hold for what is sold and settled from then on; what was
    sold keeps its share.

    Raises:
        Forbidden: they are the admin's own, or of whom they work for.
        Conflict: somebody changed them in the meantime.
        Invalid: they do not go together, or the bank account's number is masked and not the one that stands.
    """
    if actor.has_stake(merchant_id):
        raise Forbidden
    if terms.route == Route.CONNECT and not terms.connect_account:
        raise invalid("connect_account", "needed to be paid through the payment provider")
    if terms.route == Route.BANK and terms.bank is None:
        raise invalid("bank", "needed to be paid by bank")
    if any(len({tier.volume for tier in some}) < len(some) for some in terms.tiers.values()):
        raise invalid("tiers", "one commission for each volume")
    now, before = ports.clock.now(), terms_of(ports, merchant_id)
    try:
        bank = rules.whole(terms.bank, before.bank)
    except ValueError as error:
        raise invalid("bank.number", "the whole number, or as it was shown") from error
    new = replace(terms, bank=bank, subscribed=rules.subscribed(terms, before, now), version=terms.version + 1)
    new = rules.named(new, before, actor.account_id, now)
    told = {name: value for name, value in vars(new).items() if not name.endswith("_named")}  # the entry's own actor
    changed = " ".join(name for name, value in told.items() if value != getattr(before, name))
    details: dict[str, Detail] = {"version": new.version, "changed": changed}  # no values: a bank account is a person's
    entry = why.entry(actor, "settlement.terms", f"merchant:{merchant_id}", details)
    actions = [ports.store.put_terms(merchant_id, new), *audit.noted(ports.audit, entry, now)]
    if new.named is not None and (new.route, new.named) != (before.route, before.named):
        actions.append(ports.outbox.put(account_changed(merchant_id, new, held_until(ports, new), now)))
    try:
        ports.committer.commit(actions)
    except Contention as error:
        raise Conflict from error
    return new


def held_until(ports: SettlementPorts, terms: Terms) -> datetime | None:
    """Return until when nothing is paid to the account of some terms; None where nothing keeps it."""
    return rules.held_until(terms, ports.cooling)


def share_of(ports: SettlementPorts, merchant_id: str, currency: str) -> Share:
    """Return the platform's share of what a merchant sells now. What was sold last month counts from the first day of
    the new one on, settled or still waiting.
    """
    terms = conditions_of(ports, merchant_id)
    volume = 0
    if terms.tiers.get(currency):
        today = rules.today(terms, ports.clock.now())
        sold = ports.store.of_month(merchant_id, rules.month_before(today))
        waiting = ports.store.waiting_until(merchant_id, currency, rules.volume_until(terms, today))
        volume = sum(one.sums.gross for one in sold if one.currency == currency) + sum(due.gross for due in waiting)
    return rules.share(terms, currency, volume)
