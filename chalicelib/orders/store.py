"""The orders table.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| order, held | order id | `ORDER` | `CUSTOMER#<id>`, `<created at>#<order>` | `HELD#<shard>`, `<hold until>#<order>` |
| order, sold | likewise | | likewise | `SHOP#<id>`, `<created at>#<order>` |
| order, dropped | likewise | | likewise | none |
| live holds of a customer | `CUSTOMER#<id>` | `HOLDS` | | |

The second index is sparse: the sweep finds what is held, the merchant what was sold, and nobody what was dropped. An
order's lines lie in its row: they are read and written with it, and there are few.

| pattern | requests | units (order of one line, under 1 KB) |
|---|---|---|
| read an order | 1 GetItem, consistent | 1 read |
| create | part of the transaction | 4 write |
| replace where it stays in its place of the second index | part of the transaction | 4 write |
| replace where it moves there (paid) | part of the transaction | 5 write |
| take_hold | 1 GetItem, consistent; the rest is part of the transaction | 1 read, 2 write |
| drop_hold | part of the transaction | 2 write |
| a customer's, a shop's orders | 1 Query | 0.5 read per 4 KB |
| run_out | 1 Query a shard, of 8 | 0.5 read per 4 KB |

In a transaction a row costs two units, and one more for each index that it is written to.
"""

import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from pynamodb.attributes import BooleanAttribute, ListAttribute, MapAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.operand import Path

from chalicelib.kit.clock import iso, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta, put, update
from chalicelib.kit.money import Money
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action
from chalicelib.orders.rules import MOST_HOLDS, Line, LineState, Order, OrderState, PaidBy, Policy, TooManyHolds

SHARDS = 8
_ORDER, _HOLDS = "ORDER", "HOLDS"
_ALL = 10_000  # basis points
_KEPT = timedelta(days=1)  # a row of holds that all ran out dies after this


class LineMap(MapAttribute[str, Any]):
    id = UnicodeAttribute()
    kind = UnicodeAttribute()
    ref = UnicodeAttribute()
    shop_id = UnicodeAttribute()
    merchant_id = UnicodeAttribute()
    title = UnicodeAttribute()
    price = NumberAttribute()
    currency = UnicodeAttribute()
    quantity = NumberAttribute()
    discount = NumberAttribute()
    commission_bps = NumberAttribute()
    fixed_fee = NumberAttribute(null=True)
    tax_bps = NumberAttribute(null=True)
    tax_included = BooleanAttribute(null=True)
    free_until = NumberAttribute()
    late_fee_bps = NumberAttribute()
    no_show_fee_bps = NumberAttribute(null=True)  # all of the price, where it was sold before there was a choice
    starts_at = UnicodeAttribute(null=True)
    ends_at = UnicodeAttribute(null=True)
    deposit_bps = NumberAttribute(null=True)
    prepaid = NumberAttribute(null=True)
    state = UnicodeAttribute()
    refund = NumberAttribute()
    refund_round = NumberAttribute(null=True)
    given_back = NumberAttribute(null=True)
    taken = NumberAttribute(null=True)
    missed = NumberAttribute(null=True)


class OrderRow(Row):
    class Meta(TableMeta):
        table = "orders"

    customer_id = UnicodeAttribute()
    merchant_id = UnicodeAttribute()
    shop_id = UnicodeAttribute()
    lines = ListAttribute(of=LineMap)
    currency = UnicodeAttribute()
    total = NumberAttribute()
    discount = NumberAttribute()
    state = UnicodeAttribute()
    hold_until = UnicodeAttribute()
    created_at = UnicodeAttribute()
    coupon_id = UnicodeAttribute(null=True)
    coupon_paid_by = UnicodeAttribute(null=True)
    payment_id = UnicodeAttribute(null=True)
    confirmed_at = UnicodeAttribute(null=True)
    refunded = NumberAttribute()
    returned: ListAttribute[str] = ListAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    extended = BooleanAttribute(null=True)
    rounds = NumberAttribute(null=True)
    open: ListAttribute[int] = ListAttribute(null=True)
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    of_customer = Gsi1()
    by_state = Gsi2()


class HoldsRow(Row):
    class Meta(TableMeta):
        table = "orders"

    holds: MapAttribute[str, str] = MapAttribute()  # type: ignore[no-untyped-call] # hold_until by order; untyped there
    version = NumberAttribute()


def _plain(holds: MapAttribute[str, str]) -> dict[str, str]:
    plain: dict[str, str] = holds.as_dict()  # type: ignore[no-untyped-call] # as above
    return plain


def _hold(order_id: str) -> Path:
    """Return the path of one hold; on the class PynamoDB's maps are paths, which their types do not say."""
    return cast("Path", HoldsRow.holds[order_id])


class OrderStore:
    """See `orders.ports.OrderStore`."""

    shards = SHARDS

    def order(self, order_id: str) -> Order | None:
        try:
            return _order(OrderRow.get(order_id, _ORDER, consistent_read=True))
        except OrderRow.DoesNotExist:
            return None

    def create(self, order: Order) -> Action:
        return put(_row(order), OrderRow.pk.does_not_exist())

    def replace(self, order: Order) -> Action:
        return put(_row(order), OrderRow.version == order.version - 1)

    def take_hold(
        self, customer_id: str, order_id: str, hold_until: datetime, now: datetime, *, limited: bool = True
    ) -> Action:
        row = self._holds(customer_id) or HoldsRow(f"CUSTOMER#{customer_id}", _HOLDS, holds={}, version=0)
        stood = row.version
        live = {held: until for held, until in _plain(row.holds).items() if until > iso(now) and held != order_id}
        if limited and len(live) >= MOST_HOLDS:
            soonest = parse(min(live.values())) - now
            raise TooManyHolds(limit=MOST_HOLDS, retry_after=int(soonest.total_seconds()) + 1)
        row.holds = live | {order_id: iso(hold_until)}
        row.version = stood + 1
        row.expires_at = int((parse(max(_plain(row.holds).values())) + _KEPT).timestamp())
        return put(row, HoldsRow.version == stood if stood else HoldsRow.pk.does_not_exist())

    def forget_hold(self, customer_id: str, order_id: str) -> list[Action]:
        row = self._holds(customer_id)
        return [self.drop_hold(customer_id, order_id)] if row and order_id in _plain(row.holds) else []

    def _holds(self, customer_id: str) -> HoldsRow | None:
        try:
            return HoldsRow.get(f"CUSTOMER#{customer_id}", _HOLDS, consistent_read=True)
        except HoldsRow.DoesNotExist:
            return None

    def extend_hold(self, customer_id: str, order_id: str, hold_until: datetime) -> Action:
        row = HoldsRow(f"CUSTOMER#{customer_id}", _HOLDS)
        return update(row, [_hold(order_id).set(iso(hold_until)), HoldsRow.version.add(1)], HoldsRow.pk.exists())

    def drop_hold(self, customer_id: str, order_id: str) -> Action:
        row = HoldsRow(f"CUSTOMER#{customer_id}", _HOLDS)
        return update(row, [_hold(order_id).remove(), HoldsRow.version.add(1)], HoldsRow.pk.exists())

    def of_customer(self, customer_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Order]:
        rows = OrderRow.of_customer.query(
            f"CUSTOMER#{customer_id}",
            scan_index_forward=False,
            last_evaluated_key=dict(after) if after else None,
            limit=limit,
            page_size=limit,
        )
        return Page(tuple(_order(row) for row in rows), rows.last_evaluated_key)

    def of_shop(self, shop_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Order]:
        rows = OrderRow.by_state.query(
            f"SHOP#{shop_id}",
            scan_index_forward=False,
            last_evaluated_key=dict(after) if after else None,
            limit=limit,
            page_size=limit,
        )
        return Page(tuple(_order(row) for row in rows), rows.last_evaluated_key)

    def run_out(self, shard: int, before: datetime, limit: int) -> Iterable[str]:
        rows = OrderRow.by_state.query(f"HELD#{shard}", OrderRow.gsi2sk < iso(before), limit=limit)
        return (row.pk for row in rows)


def _row(order: Order) -> OrderRow:
    created_at = iso(order.created_at)
    found_by = _found_by(order)
    return OrderRow(
        order.id,
        _ORDER,
        customer_id=order.customer_id,
        merchant_id=order.merchant_id,
        shop_id=order.shop_id,
        lines=[_line_map(line) for line in order.lines],
        currency=order.currency,
        total=order.total,
        discount=order.discount,
        state=order.state,
        hold_until=iso(order.hold_until),
        created_at=created_at,
        coupon_id=order.coupon_id,
        coupon_paid_by=order.coupon_paid_by,
        payment_id=order.payment_id,
        confirmed_at=order.confirmed_at and iso(order.confirmed_at),
        refunded=order.refunded,
        returned=list(order.returned) or None,
        reason=order.reason,
        extended=order.extended or None,
        rounds=order.rounds or None,
        open=list(order.open) or None,
        version=order.version,
        gsi1pk=f"CUSTOMER#{order.customer_id}",
        gsi1sk=f"{created_at}#{order.id}",
        gsi2pk=found_by and found_by[0],
        gsi2sk=found_by and found_by[1],
    )


def _found_by(order: Order) -> tuple[str, str] | None:
    """The order's place in the second index."""
    if order.state == OrderState.HELD:
        return f"HELD#{zlib.crc32(order.id.encode()) % SHARDS}", f"{iso(order.hold_until)}#{order.id}"
    if order.confirmed_at is not None:
        return f"SHOP#{order.shop_id}", f"{iso(order.created_at)}#{order.id}"
    return None


def _line_map(line: Line) -> LineMap:
    return LineMap(  # type: ignore[no-untyped-call] # as above
        id=line.id,
        kind=line.kind,
        ref=line.ref,
        shop_id=line.shop_id,
        merchant_id=line.merchant_id,
        title=line.title,
        price=line.price.amount,
        currency=line.price.currency,
        quantity=line.quantity,
        discount=line.discount,
        commission_bps=line.commission_bps,
        fixed_fee=line.fixed_fee or None,
        tax_bps=line.tax_bps or None,
        tax_included=line.tax_included or None,
        free_until=line.policy.free_until_minutes_before,
        late_fee_bps=line.policy.late_fee_bps,
        no_show_fee_bps=line.policy.no_show_fee_bps,
        starts_at=line.starts_at and iso(line.starts_at),
        ends_at=line.ends_at and iso(line.ends_at),
        deposit_bps=None if line.deposit_bps == _ALL else line.deposit_bps,
        prepaid=line.prepaid,
        state=line.state,
        refund=line.refund,
        refund_round=line.refund_round or None,
        given_back=line.given_back or None,
        taken=line.taken or None,
        missed=line.missed or None,
    )


def _order(row: OrderRow) -> Order:
    return Order(
        id=row.pk,
        customer_id=row.customer_id,
        merchant_id=row.merchant_id,
        shop_id=row.shop_id,
        lines=tuple(_line(line) for line in row.lines),
        currency=row.currency,
        total=int(row.total),
        discount=int(row.discount),
        state=OrderState(row.state),
        hold_until=parse(row.hold_until),
        created_at=parse(row.created_at),
        coupon_id=row.coupon_id,
        coupon_paid_by=PaidBy(row.coupon_paid_by) if row.coupon_paid_by else None,
        payment_id=row.payment_id,
        confirmed_at=parse_or_none(row.confirmed_at),
        refunded=int(row.refunded),
        returned=tuple(row.returned or ()),
        reason=row.reason,
        extended=bool(row.extended),
        rounds=int(row.rounds or 0),
        open=tuple(int(one) for one in row.open or ()),
        version=int(row.version),
    )


def _policy(line: LineMap) -> Policy:
    kept = _ALL if line.no_show_fee_bps is None else int(line.no_show_fee_bps)
    return Policy(int(line.free_until), int(line.late_fee_bps), kept)


def _line(line: LineMap) -> Line:
    return Line(
        id=line.id,
        kind=line.kind,
        ref=line.ref,
        shop_id=line.shop_id,
        merchant_id=line.merchant_id,
        title=line.title,
        price=Money(int(line.price), line.currency),
        policy=_policy(line),
        starts_at=parse_or_none(line.starts_at),
        ends_at=parse_or_none(line.ends_at),
        quantity=int(line.quantity),
        discount=int(line.discount),
        commission_bps=int(line.commission_bps),
        fixed_fee=int(line.fixed_fee or 0),
        tax_bps=int(line.tax_bps or 0),
        tax_included=bool(line.tax_included),
        deposit_bps=_ALL if line.deposit_bps is None else int(line.deposit_bps),
        prepaid=None if line.prepaid is None else int(line.prepaid),
        state=LineState(line.state),
        refund=int(line.refund),
        refund_round=int(line.refund_round or 0),
        given_back=int(line.given_back or 0),
        taken=int(line.taken or 0),
        missed=int(line.missed or 0),
    )
