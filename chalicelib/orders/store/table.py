"""Reads and writes of orders."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from chalicelib.kit.clock import iso
from chalicelib.kit.dynamo import put
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action
from chalicelib.orders.rules import Order
from chalicelib.orders.store.bought import BoughtTable
from chalicelib.orders.store.holds import HoldTable
from chalicelib.orders.store.rows import ORDER, SHARDS, OrderRow, order_of, order_row


class OrderStore(HoldTable, BoughtTable):
    """See `orders.ports.OrderStore`."""

    shards = SHARDS

    def order(self, order_id: str) -> Order | None:
        try:
            return order_of(OrderRow.get(order_id, ORDER, consistent_read=True))
        except OrderRow.DoesNotExist:
            return None

    def create(self, order: Order) -> Action:
        return put(order_row(order), OrderRow.pk.does_not_exist())

    def replace(self, order: Order) -> Action:
        return put(order_row(order), OrderRow.version == order.version - 1)

    def of_customer(self, customer_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Order]:
        rows = OrderRow.of_customer.query(f"CUSTOMER#{customer_id}", scan_index_forward=False, **paged(after, limit))
        return page_of(rows, order_of)

    def of_shop(self, shop_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Order]:
        rows = OrderRow.by_state.query(f"SHOP#{shop_id}", scan_index_forward=False, **paged(after, limit))
        return page_of(rows, order_of)

    def sold(
        self, shop_id: str | None, since: datetime, until: datetime, after: Mapping[str, Any] | None, limit: int
    ) -> Page[Order]:
        if shop_id is None:
            rows = OrderRow.by_state.scan(**paged(after, limit))
        else:
            made = OrderRow.gsi2sk.between(iso(since), iso(until))  # keys are longer: none of the end is in it
            rows = OrderRow.by_state.query(f"SHOP#{shop_id}", made, **paged(after, limit))
        found = [order_of(row) for row in rows if row.gsi2pk.startswith("SHOP#")]
        return Page(tuple(one for one in found if since <= one.created_at < until), rows.last_evaluated_key)

    def run_out(self, shard: int, before: datetime, limit: int) -> Iterable[str]:
        rows = OrderRow.by_state.query(f"HELD#{shard}", OrderRow.gsi2sk < iso(before), limit=limit)
        return (row.pk for row in rows)
