"""The shops table: one partition a shop.

| row | pk | sk | index |
|---|---|---|---|
| shop | shop id | `META` | gsi1: `MERCHANT#<account id>` by `<created at>#<shop id>` |
| offering | shop id | `OFF#<offering id>` | |
| member of staff | shop id | `STF#<staff id>` | |

What a merchant says is kept as one JSON document a row; nothing queries inside it. The shop's row alone has a version:
it rises with every change of the partition and is the condition of each.

| pattern | requests | units |
|---|---|---|
| read a shop | 1 GetItem, consistent | 1 read |
| read a listing | 1 Query, consistent | 1 read per 4 KB of the partition |
| a merchant's shops | 1 Query of gsi1 | half a read per 4 KB |
| create a shop | 1 transaction of 3: shop, message, answer | 8 write |
| change a shop | 1 Query, 1 transaction of 2: shop, message | 6 write, read as a listing |
| add an offering or staff | 1 Query, 1 transaction of 4: shop, part, message, answer | 10 write, read alike |
| change one | 1 Query, 1 transaction of 3: shop, part, message | 8 write, read alike |
| import new shops | 1 BatchGetItem per 100, 1 BatchWriteItem per 25 rows | 2 write a shop, 1 a part |
| import changed rows without offerings | and 1 transaction per 60 | 3 write a shop |
| import them again unchanged | 1 BatchGetItem per 100 | 1 read a shop |

Rows of at most 1 KB; a write in a transaction is 2 units and 1 for the index that the row is in. A shop told to all
limits is a row of 60 KB, an offering of 25 KB; DynamoDB takes 400.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, put, update
from chalicelib.kit.money import Money
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action
from chalicelib.shops.areas import Area, Circle, Polygon
from chalicelib.shops.rules import (
    CancellationPolicy,
    HoursException,
    Interval,
    Listing,
    Media,
    Offering,
    Position,
    Shop,
    Spec,
    Staff,
    Status,
)

_META, _OFFERING, _STAFF = "META", "OFF#", "STF#"
_LONGEST_PAGE = 1_000_000  # characters of bodies: at 4 bytes each far below the 6 MB that a function can answer


class PartRow(Row):
    """Any row of a shop's partition; what only the shop's own has is null elsewhere."""

    class Meta(TableMeta):
        table = "shops"

    body = UnicodeAttribute()
    version = NumberAttribute(null=True)
    fingerprint = UnicodeAttribute(null=True)  # of the row that an import brought
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    of_merchant = Gsi1()


class ShopsTable:
    """See `ports.ShopStore`."""

    def shop(self, shop_id: str) -> Shop | None:
        try:
            return _shop(PartRow.get(shop_id, _META, consistent_read=True))
        except PartRow.DoesNotExist:
            return None

    def listing(self, shop_id: str) -> Listing | None:
        rows = list(PartRow.query(shop_id, consistent_read=True))
        shops = [_shop(row) for row in rows if row.sk == _META]
        if not shops:
            return None
        return Listing(
            shops[0],
            offerings=tuple(_offering(row) for row in rows if row.sk.startswith(_OFFERING)),
            staff=tuple(_staff(row) for row in rows if row.sk.startswith(_STAFF)),
        )

    def of_merchant(self, merchant_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Shop]:
        rows = PartRow.of_merchant.query(
            f"MERCHANT#{merchant_id}", last_evaluated_key=dict(after) if after else None, limit=limit, page_size=limit
        )
        shops, size = [], 0
        for row in rows:
            shops.append(_shop(row))
            size += len(row.body)
            if size >= _LONGEST_PAGE:
                break
        return Page(tuple(shops), rows.last_evaluated_key)

    def create(self, shop: Shop) -> Action:
        return put(_shop_row(shop), PartRow.pk.does_not_exist())

    def replace(self, shop: Shop) -> Action:
        changes = [PartRow.body.set(_shop_body(shop)), PartRow.version.set(shop.version)]
        return update(PartRow(shop.id, _META), changes, PartRow.version == shop.version - 1)

    def put_offering(self, offering: Offering) -> Action:
        return put(_offering_row(offering))

    def put_staff(self, staff: Staff) -> Action:
        return put(_staff_row(staff))

    def imported(self, shop_ids: Sequence[str]) -> Mapping[str, tuple[Shop, str]]:
        rows = PartRow.batch_get([(shop_id, _META) for shop_id in shop_ids], consistent_read=True)
        return {row.pk: (_shop(row), row.fingerprint or "") for row in rows}

    def import_new(self, listings: Sequence[tuple[Listing, str]]) -> None:
        # The parts first: whoever finds the shop finds them; a repeat of half an import finds no shop and begins anew.
        with PartRow.batch_write() as batch:
            for listing, _ in listings:
                for row in (*map(_offering_row, listing.offerings), *map(_staff_row, listing.staff)):
                    batch.save(row)
        with PartRow.batch_write() as batch:
            for listing, fingerprint in listings:
                batch.save(_shop_row(listing.shop, fingerprint))

    def import_again(self, listing: Listing, fingerprint: str) -> Sequence[Action]:
        shop = listing.shop
        return [
            put(_shop_row(shop, fingerprint), PartRow.version == shop.version - 1),
            *map(self.put_offering, listing.offerings),
            *map(self.put_staff, listing.staff),
        ]


def _shop_row(shop: Shop, fingerprint: str | None = None) -> PartRow:
    return PartRow(
        shop.id,
        _META,
        body=_shop_body(shop),
        version=shop.version,
        fingerprint=fingerprint,
        gsi1pk=f"MERCHANT#{shop.merchant_id}",
        gsi1sk=f"{iso(shop.created_at)}#{shop.id}",
    )


def _shop_body(shop: Shop) -> str:
    body = {
        "merchant_id": shop.merchant_id,
        "name": shop.name,
        "name_en": shop.name_en,
        "categories": shop.categories,
        "address": shop.address,
        "position": [shop.position.lat, shop.position.lon],
        "zone": shop.zone,
        "currency": shop.currency,
        "hours": [[one.weekday, one.opens, one.closes] for one in shop.hours],
        "phone": shop.phone,
        "policy": vars(shop.policy),
        "status": shop.status,
        "created_at": iso(shop.created_at),
        **_said(
            exceptions=[[one.date.isoformat(), one.intervals] for one in shop.exceptions],
            media=[[one.kind, one.url, one.caption] for one in shop.media],
            specs=[[one.name, one.value] for one in shop.specs],
            service_area=shop.service_area and _area_body(shop.service_area),
        ),
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _said(**parts: Any) -> dict[str, Any]:
    """Return the parts that say something: most shops say little, and rows are paid by their size."""
    return {name: part for name, part in parts.items() if part}


def _area_body(area: Area) -> dict[str, Any]:
    return {"radius_m": area.radius_m} if isinstance(area, Circle) else {"polygon": area.vertices}


def _shop(row: PartRow) -> Shop:
    body: dict[str, Any] = json.loads(row.body)
    body |= {
        "categories": tuple(body["categories"]),
        "position": Position(*body["position"]),
        "hours": tuple(Interval(*one) for one in body["hours"]),
        "policy": CancellationPolicy(**body["policy"]),
        "status": Status(body["status"]),
        "created_at": parse(body["created_at"]),
        "exceptions": tuple(_exception(*one) for one in body.get("exceptions", ())),
        "media": tuple(Media(*one) for one in body.get("media", ())),
        "specs": _specs(body),
        "service_area": _area(**body["service_area"]) if "service_area" in body else None,
    }
    return Shop(id=row.pk, version=int(row.version), **body)


def _exception(day: str, intervals: Sequence[Sequence[str]]) -> HoursException:
    return HoursException(date.fromisoformat(day), tuple((opens, closes) for opens, closes in intervals))


def _specs(body: Mapping[str, Any]) -> tuple[Spec, ...]:
    return tuple(Spec(*one) for one in body.get("specs", ()))


def _area(radius_m: int = 0, polygon: Sequence[Sequence[float]] = ()) -> Area:
    return Polygon(tuple((lat, lon) for lat, lon in polygon)) if polygon else Circle(radius_m)


def _offering_row(offering: Offering) -> PartRow:
    body = {
        "name": offering.name,
        "name_en": offering.name_en,
        "minutes": offering.minutes,
        "price": [offering.price.amount, offering.price.currency],
        "buffer_after_minutes": offering.buffer_after_minutes,
        "slot_minutes": offering.slot_minutes,
        "active": offering.active,
        "staff_ids": offering.staff_ids,
        **_said(specs=[[one.name, one.value] for one in offering.specs]),
    }
    return PartRow(
        offering.shop_id,
        f"{_OFFERING}{offering.id}",
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
    )


def _offering(row: PartRow) -> Offering:
    body: dict[str, Any] = json.loads(row.body)
    body |= {"price": Money(*body["price"]), "staff_ids": tuple(body["staff_ids"]), "specs": _specs(body)}
    return Offering(id=row.sk.removeprefix(_OFFERING), shop_id=row.pk, **body)


def _staff_row(staff: Staff) -> PartRow:
    body = json.dumps({"name": staff.name, "active": staff.active}, ensure_ascii=False)
    return PartRow(staff.shop_id, f"{_STAFF}{staff.id}", body=body)


def _staff(row: PartRow) -> Staff:
    return Staff(row.sk.removeprefix(_STAFF), row.pk, **json.loads(row.body))
