"""A kind of line that sells single things: what `chalicelib.orders.ports.LineKind` promises, on real rows."""

from datetime import timedelta

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kit.clock import iso
from chalicelib.kit.dynamo import Row, TableMeta, put
from chalicelib.kit.errors import Conflict
from chalicelib.kit.money import Money
from chalicelib.orders.ports import CannotFulfil, Line, LineState, Policy, Reservation

_SK = "THING"
FOR_GOOD = "9999"


class Taken(Conflict):
    """The kind's own refusal; its code is one that every endpoint of orders documents."""


class ThingRow(Row):
    class Meta(TableMeta):
        table = "booking"

    holder = UnicodeAttribute(null=True)  # an order
    until = UnicodeAttribute(null=True)
    stamp = UnicodeAttribute()  # another one with every write


class FakeLineKind:
    """Sells whatever `offering_id` and `start` name, once.

    `price`, `policy`, `deposit_bps`, `shop_id` and `merchant_id` are those of the next line.
    """

    def __init__(self, price=10_000, policy=None, shop_id=None, merchant_id="acc_merchant", currency="CNY"):
        self.price = price
        self.policy = policy or Policy(free_until_minutes_before=120, late_fee_bps=3000)
        self.shop_id = shop_id
        self.merchant_id = merchant_id
        self.currency = currency
        self.deposit_bps = 10_000
        self.unanswered = set()
        self._writes = 0

    def reserve(self, _actor, order_id, wishes, hold_until, now):
        lines, actions = [], []
        for wish in wishes:
            fields = wish.fields
            name = f"{fields['offering_id']}@{iso(fields['start'])}"
            row = _row(name)
            if not _is_free(row, now):
                raise Taken
            actions.append(self._write(name, row, order_id, iso(hold_until) if hold_until else FOR_GOOD))
            lines.append(
                Line(
                    id=wish.line_id,
                    kind="booking",
                    ref=name,
                    shop_id=self.shop_id or fields["shop_id"],
                    merchant_id=self.merchant_id,
                    title="剪发",
                    price=Money(self.price, self.currency),
                    policy=self.policy,
                    deposit_bps=self.deposit_bps,
                    offering_id=fields["offering_id"],
                    starts_at=fields["start"],
                    ends_at=fields["start"] + timedelta(hours=1),
                )
            )
        return Reservation(tuple(lines), tuple(actions))

    def confirm(self, lines, order, now):
        actions = []
        for line in lines:
            row = _row(line.ref)
            if row.holder != order.id and not _is_free(row, now):
                raise CannotFulfil
            actions.append(self._write(line.ref, row, order.id, FOR_GOOD))
        return actions

    def free_to_cancel(self, lines, now):
        return [line.id for line in lines if line.id in self.unanswered]

    def extend(self, lines, order, until, now):
        actions = []
        for line in lines:
            row = _row(line.ref)
            if row.holder != order.id or row.until <= iso(now):
                raise CannotFulfil
            actions.append(self._write(line.ref, row, order.id, iso(until)))
        return actions

    def release(self, lines, order, state, _now):
        assert state in {LineState.CANCELLED, LineState.EXPIRED}
        rows = [(line.ref, _row(line.ref)) for line in lines]
        return [self._write(name, row, None, None) for name, row in rows if row.holder == order.id]

    def _write(self, name, row, holder, until):
        self._writes += 1
        free = ThingRow.stamp == row.stamp if row.stamp else ThingRow.pk.does_not_exist()
        new = ThingRow(f"THING#{name}", _SK, holder=holder, until=until, stamp=f"{id(self)}#{id(row)}#{self._writes}")
        return put(new, free)


def holder(ref):
    """Return the order that stands in a thing's row."""
    return _row(ref).holder


def _row(name):
    try:
        return ThingRow.get(f"THING#{name}", _SK, consistent_read=True)
    except ThingRow.DoesNotExist:
        return ThingRow(f"THING#{name}", _SK)


def _is_free(row, now):
    return row.holder is None or row.until <= iso(now)
