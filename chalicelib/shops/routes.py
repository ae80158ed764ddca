"""Shops over HTTP. Reading a shop is everybody's; changing one is its merchant's and the admins'."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.settings import settings
from chalicelib.shops import rules, schemas, use_cases

bp = Blueprint(__name__)

_LARGEST_SHOP = 160 * 1024  # bytes: all that can be said of one, in JSON that escapes whatever is not ASCII
_CHANGE = (NotFound, rules.ShopChanged, Busy)
_ADD = (NotFound, rules.ShopFull, Busy)


@endpoint(
    bp, "POST", "/v1/shops", summary="Make a shop", tag="shops", needs=Permission.SHOP_MANAGE, body=schemas.ShopIn,
    returns=schemas.Shop, status=201, idempotent=True, errors=(Busy,), max_body=_LARGEST_SHOP,
)  # fmt: skip
def create(call: Call) -> schemas.Shop:
    here = settings()
    draft = call.body.draft(here.zone, here.currency)
    shop = use_cases.create(wiring.shops(), call.actor, draft, call.once(schemas.Shop.of))
    return schemas.Shop.of(shop)


@endpoint(
    bp, "GET", "/v1/shops/{shop_id}", summary="A shop with its offerings and staff", tag="shops", needs=PUBLIC,
    returns=schemas.Listing, errors=(NotFound,),
)  # fmt: skip
def listing(_call: Call, shop_id: str) -> schemas.Listing:
    return schemas.Listing.of_listing(use_cases.listing(wiring.shops(), shop_id))


@endpoint(
    bp, "PATCH", "/v1/shops/{shop_id}", summary="Change or close a shop", tag="shops", needs=Permission.SHOP_MANAGE,
    body=schemas.ShopChange, returns=schemas.Shop, errors=_CHANGE, max_body=_LARGEST_SHOP,
)  # fmt: skip
def change(call: Call, shop_id: str) -> schemas.Shop:
    fields, why = schemas.told(call.body), Why("", call.source_ip)
    return schemas.Shop.of(use_cases.change(wiring.shops(), call.actor, shop_id, call.body.version, fields, why))


@endpoint(
    bp, "GET", "/v1/me/shops", summary="My shops, oldest first", tag="shops", needs=Permission.SHOP_MANAGE,
    query=PageQuery, returns=schemas.Shops,
)  # fmt: skip
def of_merchant(call: Call) -> schemas.Shops:
    scope, cursors = f"shops|{call.actor.merchant_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.of_merchant(wiring.shops(), call.actor, after, call.query.limit)
    return schemas.Shops.of(page, cursors.pack(scope, page.next))


@endpoint(
    bp, "POST", "/v1/shops/{shop_id}/offerings", summary="Add an offering", tag="shops", needs=Permission.SHOP_MANAGE,
    body=schemas.OfferingIn, returns=schemas.Offering, status=201, idempotent=True, errors=_ADD,
)  # fmt: skip
def add_offering(call: Call, shop_id: str) -> schemas.Offering:
    once = call.once(schemas.Offering.of)
    return schemas.Offering.of(use_cases.add_offering(wiring.shops(), call.actor, shop_id, call.body.draft(), once))


@endpoint(
    bp, "PATCH", "/v1/shops/{shop_id}/offerings/{offering_id}", summary="Change an offering", tag="shops",
    needs=Permission.SHOP_MANAGE, body=schemas.OfferingChange, returns=schemas.Offering, errors=_CHANGE,
)  # fmt: skip
def change_offering(call: Call, shop_id: str, offering_id: str) -> schemas.Offering:
    version, fields, why = call.body.version, schemas.told(call.body), Why("", call.source_ip)
    return schemas.Offering.of(
        use_cases.change_offering(wiring.shops(), call.actor, shop_id, offering_id, version, fields, why)
    )


@endpoint(
    bp, "DELETE", "/v1/shops/{shop_id}/offerings/{offering_id}", summary="Take an offering out of sale", tag="shops",
    needs=Permission.SHOP_MANAGE, status=204, errors=(NotFound, Busy),
)  # fmt: skip
def remove_offering(call: Call, shop_id: str, offering_id: str) -> None:
    why = Why("", call.source_ip)
    use_cases.change_offering(wiring.shops(), call.actor, shop_id, offering_id, None, {"active": False}, why)


@endpoint(
    bp, "POST", "/v1/shops/{shop_id}/staff", summary="Add somebody to the staff", tag="shops",
    needs=Permission.SHOP_MANAGE,
    body=schemas.StaffIn, returns=schemas.Staff, status=201, idempotent=True, errors=_ADD,
)  # fmt: skip
def add_staff(call: Call, shop_id: str) -> schemas.Staff:
    once = call.once(schemas.Staff.of)
    return schemas.Staff.of(use_cases.add_staff(wiring.shops(), call.actor, shop_id, call.body.fields(), once))


@endpoint(
    bp, "PATCH", "/v1/shops/{shop_id}/staff/{staff_id}", summary="Change somebody of the staff", tag="shops",
    needs=Permission.SHOP_MANAGE, body=schemas.StaffChange, returns=schemas.Staff, errors=_CHANGE,
)  # fmt: skip
def change_staff(call: Call, shop_id: str, staff_id: str) -> schemas.Staff:
    version, fields = call.body.version, schemas.told(call.body)
    return schemas.Staff.of(use_cases.change_staff(wiring.shops(), call.actor, shop_id, staff_id, version, fields))


@endpoint(
    bp, "DELETE", "/v1/shops/{shop_id}/staff/{staff_id}", summary="Take somebody off the staff", tag="shops",
    needs=Permission.SHOP_MANAGE, status=204, errors=(NotFound, Busy),
)  # fmt: skip
def remove_staff(call: Call, shop_id: str, staff_id: str) -> None:
    use_cases.change_staff(wiring.shops(), call.actor, shop_id, staff_id, None, {"active": False})


@endpoint(
    bp, "POST", "/v1/shops/{shop_id}/resources", summary="Add a room or a thing", tag="shops",
    needs=Permission.SHOP_MANAGE,
    body=schemas.ResourceIn, returns=schemas.Resource, status=201, idempotent=True, errors=_ADD,
)  # fmt: skip
def add_resource(call: Call, shop_id: str) -> schemas.Resource:
    once = call.once(schemas.Resource.of)
    return schemas.Resource.of(use_cases.add_resource(wiring.shops(), call.actor, shop_id, call.body.fields(), once))


@endpoint(
    bp, "PATCH", "/v1/shops/{shop_id}/resources/{resource_id}", summary="Change a room or a thing", tag="shops",
    needs=Permission.SHOP_MANAGE, body=schemas.ResourceChange, returns=schemas.Resource, errors=_CHANGE,
)  # fmt: skip
def change_resource(call: Call, shop_id: str, resource_id: str) -> schemas.Resource:
    version, fields = call.body.version, schemas.told(call.body)
    return schemas.Resource.of(
        use_cases.change_resource(wiring.shops(), call.actor, shop_id, resource_id, version, fields)
    )
