"""What can be done with claims. What is given back is in one transaction with the claim that says so: the claim's
version keeps it from being given twice, the order's from giving what is no longer there.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import UNSAID, Why
from chalicelib.claims import messages, rules
from chalicelib.claims.keys import key_of
from chalicelib.claims.ports import ClaimsPorts
from chalicelib.claims.rules import Claim, Wish
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Forbidden, NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.observability import metric
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, retrying
from chalicelib.orders import use_cases as orders


def ask(ports: ClaimsPorts, actor: Actor, order_id: str, wish: Wish, once: Once) -> Claim:
    """Ask the merchant for money of a line back, and tell them: by the order's customer.

    Raises:
        NotFound: no such order or line that the caller may see. Forbidden: it is not the caller who bought it, or who
            bought it sold it too.
        orders' NotPossible: nothing was paid, or it is on its way back. orders' NothingLeft: more than is kept.
        AlreadyOpen, ClaimedEnough, TooLateToClaim: see `rules.asked`.
    """

    def attempt() -> Claim:
        order, now = orders.get(ports.orders, actor, order_id), ports.clock.now()
        line = order.line(wish.line_id)
        if actor.account_id != order.customer_id or order.is_own:
            raise Forbidden
        if line is None:
            raise NotFound("order line")
        orders.giving(ports.orders, order, {line.id: wish.amount}, now)  # what cannot be given need not be asked for
        earlier = [one for one in ports.store.of_order(order_id) if one.key.line_id == line.id]
        new = rules.asked(order, line, earlier, wish, now)
        _commit(ports, new, ports.store.create(new), messages.ASKED, [], once)
        return new

    return retrying(attempt)


def agree(ports: ClaimsPorts, actor: Actor, claim_id: str, amount: int | None, once: Once, why: Why = UNSAID) -> Claim:
    """Give back what is asked for, or a part of it (minor units), and tell the customer: by the merchant, but none of
    their people who asks for it.

    Raises:
        NotFound, Forbidden: none of the caller's business, or not theirs to decide.
        NotPossible, Invalid: see `rules.agreed`.
        orders' NotPossible: the line's money is on its way back. orders' NothingLeft: more than is kept.
    """

    def attempt() -> Claim:
        claim, now = _claim(ports, actor, claim_id), ports.clock.now()
        _must_be(actor, claim.merchant_id)
        if actor.account_id == claim.customer_id:
            raise Forbidden
        new = rules.agreed(claim, amount, now)
        details = {"given": new.given, "currency": new.amount.currency}
        noted = audit.noted(ports.audit, why.entry(actor, "claims.agree", f"claim:{new.id}", details), now)
        return _replaced(ports, new, messages.AGREED, [*_given(ports, new, now), *noted], once)

    return retrying(attempt)


def decline(ports: ClaimsPorts, actor: Actor, claim_id: str, reason: str, once: Once) -> Claim:
    """Decline a claim, and tell the customer why: by the merchant.

    Raises:
        NotFound, Forbidden: as `agree`. NotPossible: see `rules.declined`.
    """

    def attempt() -> Claim:
        claim = _claim(ports, actor, claim_id)
        _must_be(actor, claim.merchant_id)
        return _replaced(ports, rules.declined(claim, reason, ports.clock.now()), messages.DECLINED, [], once)

    return retrying(attempt)


def escalate(ports: ClaimsPorts, actor: Actor, claim_id: str, text: str | None, once: Once) -> Claim:
    """Ask the platform to decide, and tell the merchant: by the customer.

    Raises:
        NotFound, Forbidden: as `agree`. NotPossible: see `rules.escalated`.
    """

    def attempt() -> Claim:
        claim = _claim(ports, actor, claim_id)
        _must_be(actor, claim.customer_id)
        return _replaced(ports, rules.escalated(claim, text, ports.clock.now()), messages.ESCALATED, [], once)

    return retrying(attempt)


def withdraw(ports: ClaimsPorts, actor: Actor, claim_id: str, once: Once) -> Claim:
    """Ask no more: by the customer.

    Raises:
        NotFound, Forbidden: as `agree`. NotPossible: see `rules.withdrawn`.
    """

    def attempt() -> Claim:
        claim = _claim(ports, actor, claim_id)
        _must_be(actor, claim.customer_id)
        return _replaced(ports, rules.withdrawn(claim, ports.clock.now()), None, [], once)

    return retrying(attempt)


def decide(
    ports: ClaimsPorts, actor: Actor, claim_id: str, amount: int | None, why: Why, once: Once, *, agrees: bool
) -> Claim:
    """Decide an escalated claim, give back what it comes to, note it and tell both sides: by one of the operator's
    people who is neither, and works for neither.

    Raises:
        NotFound: there is none. Forbidden: it is the caller's own.
        NotPossible, Invalid: see `rules.decided`.
        orders' NotPossible, NothingLeft: as `agree`.
    """

    def attempt() -> Claim:
        claim, now = _claim(ports, actor, claim_id), ports.clock.now()
        if actor.has_stake(claim.customer_id, claim.merchant_id):
            raise Forbidden
        new = rules.decided(claim, agrees=agrees, amount=amount, reason=why.reason, now=now)
        given = _given(ports, new, now) if new.given else []
        details = {"outcome": new.state.value, "given": new.given, "currency": new.amount.currency}
        noted = audit.noted(ports.audit, why.entry(actor, "claims.decide", f"claim:{new.id}", details), now)
        return _replaced(ports, new, messages.DECIDED, [*given, *noted], once)

    return retrying(attempt)


def of_order(ports: ClaimsPorts, actor: Actor, order_id: str) -> Sequence[Claim]:
    """Return all claims of an order, line by line, oldest first, to its customer, its merchant and admins.

    Raises:
        NotFound: for everybody else.
    """
    return ports.store.of_order(orders.get(ports.orders, actor, order_id).id)


def of_merchant(ports: ClaimsPorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> Page[Claim]:
    """Return some of what the caller's customers ask for: first what is open, newest first."""
    return ports.store.of_merchant(actor.merchant_id, after, limit)


def escalated(ports: ClaimsPorts, after: Mapping[str, Any] | None, limit: int) -> Page[Claim]:
    """Return some of what the platform is to decide, the longest escalated first."""
    return ports.store.escalated(after, limit)


def _claim(ports: ClaimsPorts, actor: Actor, claim_id: str) -> Claim:
    key = key_of(claim_id)
    found = ports.store.claim(key) if key else None
    if found is None:
        raise NotFound("claim")
    actor.must_be(found.customer_id, "claim", found.merchant_id)
    return found


def _must_be(actor: Actor, side: str) -> None:
    # Not even admins do what is a side's to do: they decide, and that is noted.
    if not actor.speaks_for(side):
        raise Forbidden


def _given(ports: ClaimsPorts, claim: Claim, now: datetime) -> list[Action]:
    order = orders.read(ports.orders, claim.key.order_id)
    return orders.giving(ports.orders, order, {claim.key.line_id: claim.given or 0}, now)[1]


def _replaced(ports: ClaimsPorts, claim: Claim, kind: str | None, more: Sequence[Action], once: Once) -> Claim:
    _commit(ports, claim, ports.store.replace(claim), kind, more, once)
    return claim


def _commit(
    ports: ClaimsPorts, claim: Claim, write: Action, kind: str | None, more: Sequence[Action], once: Once
) -> None:
    told = [ports.outbox.put(messages.told(kind, claim, ports.clock.now()))] if kind else []
    ports.committer.commit([write, *more, *told, ports.idempotency.remember(once, claim)])
    metric("Claims", state=claim.state)
