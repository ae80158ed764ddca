"""The shops table: one partition a shop.

| row | pk | sk | index |
|---|---|---|---|
| shop | shop id | `META` | gsi1: `MERCHANT#<account id>` by `<created at>#<shop id>` |
| offering | shop id | `OFF#<offering id>` | |
| member of staff | shop id | `STF#<staff id>` | |
| room or thing | shop id | `RES#<resource id>` | |

What a merchant says is kept as one JSON document a row; nothing queries inside it. The shop's row alone has a version:
it rises with every change of the partition and is the condition of each.

| pattern | requests | units |
|---|---|---|
| read a shop | 1 GetItem, consistent | 1 read |
| read some shops | 1 BatchGetItem per 100 | half a read each |
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

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.kit.dynamo import put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import paged
from chalicelib.kit.transaction import Action
from chalicelib.shops.rules import Listing, Shop
from chalicelib.shops.serving import Offering, Resource, Staff
from chalicelib.shops.store.rows import (
    META,
    OFFERING,
    RESOURCE,
    STAFF,
    PartRow,
    offering_of,
    offering_row,
    resource_of,
    resource_row,
    shop_body,
    shop_of,
    shop_row,
    staff_of,
    staff_row,
)

_LONGEST_PAGE = 1_000_000  # characters of bodies: at 4 bytes each far below the 6 MB that a function can answer


class ShopsTable:
    """See `ports.ShopStore`."""

    def shop(self, shop_id: str) -> Shop | None:
        try:
            return shop_of(PartRow.get(shop_id, META, consistent_read=True))
        except PartRow.DoesNotExist:
            return None

    def shops(self, shop_ids: Sequence[str]) -> Mapping[str, Shop]:
        rows = PartRow.batch_get([(shop_id, META) for shop_id in shop_ids]) if shop_ids else ()
        return {row.pk: shop_of(row) for row in rows}

    def listing(self, shop_id: str) -> Listing | None:
        rows = list(PartRow.query(shop_id, consistent_read=True))
        shops = [shop_of(row) for row in rows if row.sk == META]
        if not shops:
            return None
        return Listing(
            shops[0],
            offerings=tuple(offering_of(row) for row in rows if row.sk.startswith(OFFERING)),
            staff=tuple(staff_of(row) for row in rows if row.sk.startswith(STAFF)),
            resources=tuple(resource_of(row) for row in rows if row.sk.startswith(RESOURCE)),
        )

    def of_merchant(self, merchant_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Shop]:
        rows = PartRow.of_merchant.query(f"MERCHANT#{merchant_id}", **paged(after, limit))
        shops, size = [], 0
        for row in rows:
            shops.append(shop_of(row))
            size += len(row.body)
            if size >= _LONGEST_PAGE:
                break
        return Page(tuple(shops), rows.last_evaluated_key)

    def create(self, shop: Shop) -> Action:
        return put(shop_row(shop), PartRow.pk.does_not_exist())

    def replace(self, shop: Shop) -> Action:
        changes = [PartRow.body.set(shop_body(shop)), PartRow.version.set(shop.version)]
        return update(PartRow(shop.id, META), changes, PartRow.version == shop.version - 1)

    def put_offering(self, offering: Offering) -> Action:
        return put(offering_row(offering))

    def put_staff(self, staff: Staff) -> Action:
        return put(staff_row(staff))

    def put_resource(self, resource: Resource) -> Action:
        return put(resource_row(resource))

    def imported(self, shop_ids: Sequence[str]) -> Mapping[str, tuple[Shop, str]]:
        rows = PartRow.batch_get([(shop_id, META) for shop_id in shop_ids], consistent_read=True)
        return {row.pk: (shop_of(row), row.fingerprint or "") for row in rows}

    def import_new(self, listings: Sequence[tuple[Listing, str]]) -> None:
        # The parts first: whoever finds the shop finds them; a repeat of half an import finds no shop and begins anew.
        with PartRow.batch_write() as batch:
            for listing, _ in listings:
                for row in (*map(offering_row, listing.offerings), *map(staff_row, listing.staff)):
                    batch.save(row)
        with PartRow.batch_write() as batch:
            for listing, fingerprint in listings:
                batch.save(shop_row(listing.shop, fingerprint))

    def import_again(self, listing: Listing, fingerprint: str) -> Sequence[Action]:
        shop = listing.shop
        return [
            put(shop_row(shop, fingerprint), PartRow.version == shop.version - 1),
            *map(self.put_offering, listing.offerings),
            *map(self.put_staff, listing.staff),
        ]
