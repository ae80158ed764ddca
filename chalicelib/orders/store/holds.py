"""The live holds of a customer."""

from datetime import datetime, timedelta
from typing import cast

from pynamodb.attributes import MapAttribute, NumberAttribute
from pynamodb.expressions.operand import Path

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Row, TableMeta, put, update
from chalicelib.kit.transaction import Action
from chalicelib.orders.rules import MOST_HOLDS, TooManyHolds

_HOLDS = "HOLDS"
_KEPT = timedelta(days=1)  # a row of holds that all ran out dies after this


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


class HoldTable:
    """See `orders.ports.OrderStore`."""

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
