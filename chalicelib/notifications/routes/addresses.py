"""Addresses that nothing arrives at, for support."""

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.notifications import schemas, use_cases
from chalicelib.notifications.routes.blueprint import TAG, bp


@endpoint(
    bp, "GET", "/v1/accounts/{account_id}/notice-addresses", summary="See where somebody is reached", tag=TAG,
    needs=Permission.NOTICE_MEND, returns=schemas.Addresses, errors=(NotFound,),
)  # fmt: skip
def address_book(_call: Call, account_id: str) -> schemas.Addresses:
    found = use_cases.address_book(wiring.notifications(), account_id)
    return schemas.Addresses(items=tuple(map(schemas.Address.of, found)))


@endpoint(
    bp, "POST", "/v1/accounts/{account_id}/notice-addresses/lift", summary="Send to all of somebody's addresses again",
    tag=TAG, needs=Permission.NOTICE_MEND, body=schemas.Lift, returns=schemas.Addresses, errors=(NotFound,),
)  # fmt: skip
def lift(call: Call, account_id: str) -> schemas.Addresses:
    why = Why(call.body.reason, call.source_ip)
    found = use_cases.lift(wiring.notifications(), call.actor, account_id, why)
    return schemas.Addresses(items=tuple(map(schemas.Address.of, found)))
