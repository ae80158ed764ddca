"""Looking at orders."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.pagination import Page
from chalicelib.kit.personal import every
from chalicelib.orders.ports import Line, LineState, Order, OrdersPorts
from chalicelib.orders.rules import not_possible


def read(ports: OrdersPorts, order_id: str) -> Order:
    """Return an order; for consumers, which act for nobody.

    Raises:
        NotFound: there is none.
    """
    order = ports.store.order(order_id)
    if order is None:
        raise NotFound("order")
    return order


def get(ports: OrdersPorts, actor: Actor, order_id: str) -> Order:
    """Return an order to its customer, its merchant or whoever of the operator's people may see it.

    Raises:
        NotFound: for everybody else.
    """
    order = read(ports, order_id)
    actor.must_be(order.customer_id, "order", order.merchant_id)
    return order


def mine(ports: OrdersPorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> Page[Order]:
    """Return some of the caller's orders, newest first."""
    return ports.store.of_customer(actor.account_id, after, limit)


def of_shop(ports: OrdersPorts, actor: Actor, shop_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Order]:
    """Return some of what a shop has sold, newest first, to the merchant who sold it and to admins.

    Raises:
        Forbidden: somebody else sold it.
    """
    page = ports.store.of_shop(shop_id, after, limit)
    for order in page.items:
        actor.must_run(order.merchant_id)
    return page


def sold_since(ports: OrdersPorts, shop_id: str, since: datetime) -> Iterator[Order]:
    """Yield what a shop has sold that was ordered at a moment or later, newest first; for consumers, which act for
    nobody. An index: one of a moment ago may not show.
    """
    for order in every(lambda after, limit: ports.store.of_shop(shop_id, after, limit)):
        if order.created_at < since:
            return
        yield order


def reviewable(ports: OrdersPorts, actor: Actor, order_id: str, line_id: str) -> tuple[Order, Line]:
    """Return the caller's own completed line and its order; nothing of what they bought in their own shop or
    where they work.

    Raises:
        NotFound: not the caller's own. NotPossible: the line is not completed.
    """
    order = read(ports, order_id)
    line = order.line(line_id)
    if order.customer_id != actor.account_id or actor.has_stake(order.merchant_id) or line is None:
        raise NotFound("order line")
    if line.state != LineState.COMPLETED:
        raise not_possible(order)
    return order, line


def served(ports: OrdersPorts, actor: Actor, order_id: str, line_id: str) -> tuple[Order, Line]:
    """Return a completed line and its order to those who run the shop that sold it.

    Raises:
        NotFound: no such line, or somebody else's shop. NotPossible: the line is not completed.
    """
    order = read(ports, order_id)
    line = order.line(line_id)
    if line is None:
        raise NotFound("order line")
    actor.must_have(order.merchant_id, "order line")
    if line.state != LineState.COMPLETED:
        raise not_possible(order)
    return order, line
