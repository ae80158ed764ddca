"""Where a customer has bought, and which orders have a coupon for a first one."""

from typing import Any

from pynamodb.attributes import MapAttribute, NumberAttribute

from chalicelib.kit.clock import iso, parse_or_none
from chalicelib.kit.dynamo import Row, TableMeta, put
from chalicelib.kit.transaction import Action
from chalicelib.orders.rules import Bought, Slot

_BOUGHT = "BOUGHT"


class BoughtRow(Row):
    class Meta(TableMeta):
        table = "orders"

    shops: MapAttribute[str, str] = MapAttribute()  # type: ignore[no-untyped-call] # order by shop; untyped there
    slots: MapAttribute[str, Any] = MapAttribute()  # type: ignore[no-untyped-call] # by what it is the first of
    version = NumberAttribute()


class BoughtTable:
    """See `orders.ports.OrderStore`."""

    def bought(self, customer_id: str) -> Bought:
        try:
            row = BoughtRow.get(f"CUSTOMER#{customer_id}", _BOUGHT, consistent_read=True)
        except BoughtRow.DoesNotExist:
            return Bought()
        slots = {
            scope: Slot(one["order_id"], parse_or_none(one.get("until")))
            for scope, one in row.slots.as_dict().items()  # type: ignore[no-untyped-call] # as above
        }
        return Bought(row.shops.as_dict(), slots, int(row.version))  # type: ignore[no-untyped-call] # as above

    def put_bought(self, customer_id: str, bought: Bought) -> Action:
        slots = {
            scope: {"order_id": one.order_id} | ({"until": iso(one.until)} if one.until else {})
            for scope, one in bought.slots.items()
        }
        row = BoughtRow(
            f"CUSTOMER#{customer_id}", _BOUGHT, shops=dict(bought.shops), slots=slots, version=bought.version + 1
        )
        return put(row, BoughtRow.version == bought.version if bought.version else BoughtRow.pk.does_not_exist())
