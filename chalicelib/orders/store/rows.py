"""The rows of orders, and what they are as objects."""

import zlib
from typing import Any

from pynamodb.attributes import BooleanAttribute, ListAttribute, MapAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta
from chalicelib.kit.money import Money
from chalicelib.orders.rules import FirstOf, Line, LineState, Order, OrderState, PaidBy, Part, Policy

SHARDS = 8
ORDER = "ORDER"
_ALL = 10_000  # basis points


class PartMap(MapAttribute[str, Any]):
    coupon_id = UnicodeAttribute()
    amount = NumberAttribute()
    platform = NumberAttribute()


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
    discounts = ListAttribute(of=PartMap, null=True)  # of several coupons, or of one that several pay for
    offering_id = UnicodeAttribute(null=True)
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
    altered = BooleanAttribute(null=True)
    sold_at = NumberAttribute(null=True)
    corrections = NumberAttribute(null=True)


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
    coupon_id = UnicodeAttribute(null=True)  # the first
    coupon_paid_by = UnicodeAttribute(null=True)
    coupon_ids: ListAttribute[str] = ListAttribute(null=True)  # where they are several
    first_of: ListAttribute[str] = ListAttribute(null=True)
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


def order_row(order: Order) -> OrderRow:
    created_at = iso(order.created_at)
    found_by = _found_by(order)
    return OrderRow(
        order.id,
        ORDER,
        customer_id=order.customer_id,
        merchant_id=order.merchant_id,
        shop_id=order.shop_id,
        lines=[_line_map(line, order) for line in order.lines],
        currency=order.currency,
        total=order.total,
        discount=order.discount,
        state=order.state,
        hold_until=iso(order.hold_until),
        created_at=created_at,
        coupon_id=order.coupon_ids[0] if order.coupon_ids else None,
        coupon_paid_by=order.paid_by,
        coupon_ids=list(order.coupon_ids) if len(order.coupon_ids) > 1 else None,
        first_of=[str(one) for one in order.first_of] or None,
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


def _part_map(part: Part) -> PartMap:
    return PartMap(coupon_id=part.coupon_id, amount=part.amount, platform=part.platform)  # type: ignore[no-untyped-call] # as above


def _line_map(line: Line, order: Order) -> LineMap:
    plain = _of_one(order.coupon_ids[0] if order.coupon_ids else None, line.discount, order.paid_by)
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
        discounts=None if line.discounts == plain else [_part_map(part) for part in line.discounts],
        offering_id=line.offering_id,
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
        altered=line.altered or None,
        sold_at=line.sold_at,
        corrections=line.corrections or None,
    )


def order_of(row: OrderRow) -> Order:
    return Order(
        id=row.pk,
        customer_id=row.customer_id,
        merchant_id=row.merchant_id,
        shop_id=row.shop_id,
        lines=tuple(_line(line, row) for line in row.lines),
        currency=row.currency,
        total=int(row.total),
        discount=int(row.discount),
        state=OrderState(row.state),
        hold_until=parse(row.hold_until),
        created_at=parse(row.created_at),
        coupon_ids=tuple(row.coupon_ids or ([row.coupon_id] if row.coupon_id else ())),
        first_of=tuple(FirstOf(one) for one in row.first_of or ()),
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


def _discounts(line: LineMap, row: OrderRow) -> tuple[Part, ...]:
    if line.discounts:
        return tuple(Part(part.coupon_id, int(part.amount), int(part.platform)) for part in line.discounts)
    return _of_one(row.coupon_id, int(line.discount), row.coupon_paid_by)


def _of_one(coupon_id: str | None, amount: int, paid_by: str | None) -> tuple[Part, ...]:
    """Return the discounts of a line whose one coupon somebody pays alone: its row says no more than the amount."""
    if not amount or coupon_id is None:
        return ()
    return (Part(coupon_id, amount, amount if paid_by == PaidBy.PLATFORM else 0),)


def _line(line: LineMap, row: OrderRow) -> Line:
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
        discounts=_discounts(line, row),
        offering_id=line.offering_id,
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
        altered=bool(line.altered),
        sold_at=None if line.sold_at is None else int(line.sold_at),
        corrections=int(line.corrections or 0),
    )
