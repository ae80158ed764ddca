"""Who wants nothing of whom."""

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, Forbidden, Invalid, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.profiles import schemas, use_cases
from chalicelib.profiles.problems import TooManyBlocked
from chalicelib.profiles.routes.blueprint import TAG, bp

_SHOP, _CUSTOMERS = "/v1/me/blocked-shops/{shop_id}", "/v1/shops/{shop_id}/blocked-customers"
_CUSTOMER = f"{_CUSTOMERS}/{{customer_id}}"


@endpoint(
    bp, "GET", "/v1/me/blocked-shops", summary="Shops that I block", tag=TAG,
    needs=Permission.PROFILE_OWN, query=PageQuery,
    returns=schemas.BlockedShops,
)  # fmt: skip
def blocked_shops(call: Call) -> schemas.BlockedShops:
    scope, cursors = f"blocked-shops|{call.actor.account_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.blocked_shops(wiring.profiles(), call.actor, after, call.query.limit)
    return schemas.BlockedShops.of(page, cursors.pack(scope, page.next))


@endpoint(
    bp, "PUT", _SHOP, summary="Block the merchant of a shop, in all of their shops", tag=TAG,
    needs=Permission.PROFILE_OWN,
    status=204, errors=(NotFound, Invalid, TooManyBlocked, Busy),
)  # fmt: skip
def block_shop(call: Call, shop_id: str) -> None:
    use_cases.block_shop(wiring.profiles(), call.actor, shop_id)


@endpoint(
    bp, "DELETE", _SHOP, summary="Block the merchant of a shop no longer", tag=TAG,
    needs=Permission.PROFILE_OWN, status=204,
    errors=(NotFound, Busy),
)  # fmt: skip
def unblock_shop(call: Call, shop_id: str) -> None:
    use_cases.unblock_shop(wiring.profiles(), call.actor, shop_id)


@endpoint(
    bp, "GET", _CUSTOMERS, summary="Customers whom the merchant of a shop blocks", tag=TAG,
    needs=Permission.CUSTOMER_BLOCK,
    query=PageQuery, returns=schemas.BlockedCustomers, errors=(NotFound, Forbidden),
)  # fmt: skip
def blocked_customers(call: Call, shop_id: str) -> schemas.BlockedCustomers:
    scope, cursors = f"blocked-customers|{shop_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.blocked_customers(wiring.profiles(), call.actor, shop_id, after, call.query.limit)
    return schemas.BlockedCustomers.of(page, cursors.pack(scope, page.next))


@endpoint(
    bp, "PUT", _CUSTOMER, summary="Block a customer, in all shops of the merchant", tag=TAG,
    needs=Permission.CUSTOMER_BLOCK,
    body=schemas.BlockCustomerIn, returns=schemas.BlockedCustomer,
    errors=(NotFound, Forbidden, TooManyBlocked, Busy),
)  # fmt: skip
def block_customer(call: Call, shop_id: str, customer_id: str) -> schemas.BlockedCustomer:
    why = Why(call.body.reason, call.source_ip)
    block = use_cases.block_customer(wiring.profiles(), call.actor, shop_id, customer_id, why)
    return schemas.BlockedCustomer.of(block)


@endpoint(
    bp, "DELETE", _CUSTOMER, summary="Block a customer no longer", tag=TAG, needs=Permission.CUSTOMER_BLOCK, status=204,
    errors=(NotFound, Forbidden, Busy),
)  # fmt: skip
def unblock_customer(call: Call, shop_id: str, customer_id: str) -> None:
    use_cases.unblock_customer(wiring.profiles(), call.actor, shop_id, customer_id, call.source_ip)
