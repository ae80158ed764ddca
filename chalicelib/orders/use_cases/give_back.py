"""Money of a line goes back beside what cancelling brings: the merchant gives it, or the customer's bank takes it."""

from collections.abc import Mapping
from datetime import datetime

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import Forbidden, NotFound
from chalicelib.kit.idempotency import Once
from chalicelib.kit.money import payable_step
from chalicelib.kit.transaction import Action, retrying
from chalicelib.orders import messages
from chalicelib.orders.ports import NothingLeft, Order, OrdersPorts
from chalicelib.orders.rules import (
    ENDED,
    Happening,
    bank_takes,
    given_again,
    given_back,
    less_taken_back,
    move,
    not_possible,
    unsubsidised,
)
from chalicelib.orders.use_cases import _lines
from chalicelib.orders.use_cases.read import read
from chalicelib.settlement.ports import DueKind


def give_back(ports: OrdersPorts, actor: Actor, order_id: str, parts: Mapping[str, int], why: Why, once: Once) -> Order:
    """Give money of some lines back to the customer, in part or in full, as often as something is left of it: by the
    merchant or an admin. What had fallen due to the merchant is taken back, settled or not, paid out or not.

    Args:
        ports: what orders need.
        actor: the merchant, or an admin.
        order_id: the order.
        parts: by line id, minor units. Of a line on which nothing was paid it is what the platform added for a coupon:
            that goes back to the platform, and the customer has nothing of it.
        why: for the people involved, and for the audit log.
        once: the request.

    Raises:
        NotFound: no such order of this merchant, or no such line. Forbidden: an admin's own order at somebody else's.
        NotPossible: nothing was paid or added, or it is on its way back. NothingLeft: more than is left.
    """

    def attempt() -> Order:
        order = read(ports, order_id)
        actor.must_have(order.merchant_id, "order")
        if actor.account_id != order.merchant_id and actor.account_id == order.customer_id:
            raise Forbidden
        now = ports.clock.now()
        entry = why.entry(actor, "orders.give_back", f"order:{order.id}", {"amount": sum(parts.values())})
        noted = audit.noted(ports.audit, entry, now)
        new, actions = given_or_added(ports, order, parts, now, why.reason or None)
        ports.committer.commit([*actions, *noted, ports.idempotency.remember(once, new)])
        return new

    return retrying(attempt)


def given_or_added(
    ports: OrdersPorts, order: Order, parts: Mapping[str, int], now: datetime, reason: str | None
) -> tuple[Order, list[Action]]:
    """As `giving`, also of what the platform added to lines on which nothing was paid."""
    added = {line.id: parts[line.id] for line in order.lines if line.id in parts and line.subsidy and not line.paid}
    stands = unsubsidised(order, added)
    if len(added) < len(parts):
        paid = {one: part for one, part in parts.items() if one not in added}
        new, actions = giving(ports, stands, paid, now, reason=reason)
    else:
        new = move(stands, Happening.GIVE_BACK, stands.state, reason=reason or stands.reason)
        actions = [ports.store.replace(new)]
    return new, [*actions, *_lines.corrected(ports, order, new, now)]


def giving(
    ports: OrdersPorts, order: Order, parts: Mapping[str, int], now: datetime, *, reason: str | None = None
) -> tuple[Order, list[Action]]:
    """Return an order of whose lines some money goes back, and all writes of that; raises as `give_back`."""
    if any(order.line(line_id) is None for line_id in parts):
        raise NotFound("order line")
    if order.payment_id is None:
        raise not_possible(order)
    step = payable_step(order.currency)
    if any(part % step for part in parts.values()):
        raise NothingLeft(left=step)
    new = given_back(order, parts, by_refund=True, reason=reason)
    cause = messages.numbered(messages.GIVEN_BACK, new.rounds)
    of_merchant = sum(part for line in order.lines if line.state in ENDED and (part := parts.get(line.id, 0)))
    refund = messages.refund_due(new, order.payment_id, sum(parts.values()), cause, now, of_merchant=of_merchant)
    taken = _lines.back(ports, order, new, DueKind.REFUND, f"{order.id}:{cause}", now)
    return new, [ports.store.replace(new), *taken, ports.outbox.put(refund)]


def bank_took(
    ports: OrdersPorts, order_id: str, payment_id: str, amount: int, dispute_id: str, now: datetime
) -> tuple[dict[str, int], int, list[Action]]:
    """Return what it does to an order that the customer's bank took money of its payment (minor units): by line, how
    much of that has fallen due to the merchant, who bears it from now on; and the writes. What no line has any more
    is not among it. Nothing happens to an order that lives on another payment.
    """
    order = read(ports, order_id)
    parts = bank_takes(order, amount) if order.payment_id == payment_id else {}
    if not parts:
        return {}, 0, []
    new = given_back(order, parts, by_refund=False)
    taken = _lines.back(ports, order, new, DueKind.DISPUTE, f"dispute:{dispute_id}", now)
    return parts, _of_merchant(order, parts), [ports.store.replace(new), *taken]


def bank_gave(
    ports: OrdersPorts, order_id: str, parts: Mapping[str, int], dispute_id: str, now: datetime
) -> tuple[int, list[Action]]:
    """Return what it does to an order that the bank gave again what it had taken: how much of it the merchant gets, and
    the writes. The customer gets what would have gone back in the meantime, less what coupons would have taken of it.
    """
    order = read(ports, order_id)
    came, goes_on = given_again(order, parts)
    new, goes_on = less_taken_back(order, came, _lines.used(ports, order)) if goes_on else (came, 0)
    actions = [ports.store.replace(new), *_lines.corrected(ports, came, new, now)]
    actions += _lines.back(ports, order, came, DueKind.DISPUTE_RETURNED, f"dispute-returned:{dispute_id}", now)
    if goes_on and order.payment_id is not None:
        cause = messages.numbered(messages.GIVEN_BACK, new.rounds)
        actions.append(ports.outbox.put(messages.refund_due(new, order.payment_id, goes_on, cause, now)))
    again = {old.id: old.given_back - one.given_back for old, one in zip(order.lines, came.lines, strict=True)}
    return _of_merchant(order, again), actions


def _of_merchant(order: Order, parts: Mapping[str, int]) -> int:
    return sum(parts.get(line.id, 0) for line in order.lines if line.state in ENDED)
