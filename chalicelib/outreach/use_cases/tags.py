"""Merchants give tags to customers who bought from them."""

from collections.abc import Collection, Mapping
from typing import Any

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound, invalid
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import retrying
from chalicelib.orders import use_cases as orders
from chalicelib.outreach.ports import Tagged, TagPorts, Tally
from chalicelib.outreach.rules import tags as rules


def change(
    ports: TagPorts,
    actor: Actor,
    customer_id: str,
    order_id: str | None,
    add: Collection[str],
    remove: Collection[str],
) -> Tagged | None:
    """Give a customer tags and take some away; of two changes at once each takes effect. Returns what they have then,
    None when it is nothing.

    Args:
        ports: what tags need.
        actor: the merchant, or who works there.
        customer_id: whom.
        order_id: by which they bought from the merchant; needed for the first tag.
        add, remove: tags, as people write them.

    Raises:
        NotFound: they have no tags yet, and no such order was sold to them by the merchant.
        Invalid: one is no tag, or the order is missing. TooManyTags, TooManyTagged: see `rules`.
        NotAvailable: customer and merchant have nothing to do with each other.
    """
    merchant, plus, minus = actor.merchant_id, rules.read(add, "add"), rules.read(remove, "remove")

    def attempt() -> Tagged | None:
        before, tally = ports.customers.tagged(merchant, customer_id), ports.customers.tally(merchant)
        had = before.tags if before else ()
        after = rules.changed(had, plus, minus)
        if after == had:
            return before
        proof = before.order_id if before else _bought(ports, merchant, customer_id, order_id)
        counted = ports.customers.put_tally(rules.counted(tally, had, after))
        if before is not None and not after:
            ports.committer.commit([ports.customers.drop_tagged(before), counted])
            return None
        version = before.version + 1 if before else 1
        new = Tagged(merchant, customer_id, proof, after, ports.clock.now(), version)
        allowed = ports.dealings.may_begin(customer_id, merchant) if set(after) - set(had) else ()
        ports.committer.commit([*allowed, ports.customers.put_tagged(new), counted])
        return new

    return retrying(attempt)


def forget(ports: TagPorts, actor: Actor, customer_id: str) -> None:
    """Take all tags of a customer away; nothing happens where there are none."""
    drop(ports, actor.merchant_id, customer_id)


def drop(ports: TagPorts, merchant_id: str, customer_id: str) -> None:
    """Take all tags away that a merchant gave a customer, whoever wants it so."""

    def attempt() -> None:
        before = ports.customers.tagged(merchant_id, customer_id)
        if before is None:
            return
        counted = rules.counted(ports.customers.tally(merchant_id), before.tags, ())
        ports.committer.commit([ports.customers.drop_tagged(before), ports.customers.put_tally(counted)])

    retrying(attempt)


def tally(ports: TagPorts, actor: Actor) -> Tally:
    """Return how many of the caller's customers have which tag."""
    return ports.customers.tally(actor.merchant_id)


def tagged(ports: TagPorts, actor: Actor, tag: str | None, after: Mapping[str, Any] | None, limit: int) -> Page[Tagged]:
    """Return some of the caller's customers who have a tag, any where it is None.

    Raises:
        Invalid: it is no tag.
    """
    name = None if tag is None else rules.read([tag], "tag")[0]
    return ports.customers.with_tag(actor.merchant_id, name, after, limit)


def _bought(ports: TagPorts, merchant_id: str, customer_id: str, order_id: str | None) -> str:
    if order_id is None:
        raise invalid("order_id", "needed for a customer's first tag")
    order = orders.read(ports.orders, order_id)
    sides = (order.merchant_id, order.customer_id)
    if sides != (merchant_id, customer_id) or order.is_own or order.confirmed_at is None:
        raise NotFound("order")
    return order.id
