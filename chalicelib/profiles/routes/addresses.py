"""The address book, and filling addresses in. What is looked up is in the body: addresses are not for logs."""

from chalicelib import wiring
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.profiles import schemas, use_cases
from chalicelib.profiles.ports import Position
from chalicelib.profiles.problems import AddressChanged, AskedEnough, GeocoderDown, TooManyAddresses
from chalicelib.profiles.routes.blueprint import TAG, bp

_ADDRESS = "/v1/me/addresses/{address_id}"


@endpoint(
    bp, "GET", "/v1/me/addresses", summary="My addresses", tag=TAG,
    needs=Permission.PROFILE_OWN, returns=schemas.Addresses
)  # fmt: skip
def addresses(call: Call) -> schemas.Addresses:
    return schemas.Addresses.of(use_cases.addresses(wiring.profiles(), call.actor))


@endpoint(
    bp, "POST", "/v1/me/addresses", summary="Add an address", tag=TAG,
    needs=Permission.PROFILE_OWN, body=schemas.AddressIn,
    returns=schemas.AddressMade, status=201, idempotent=True, errors=(TooManyAddresses, Busy),
)  # fmt: skip
def add_address(call: Call) -> schemas.AddressMade:
    once, body = call.once(schemas.AddressMade.of), call.body
    made = use_cases.add_address(wiring.profiles(), call.actor, body.draft(), once, default=body.default)
    return schemas.AddressMade.of(made)


@endpoint(
    bp, "PATCH", _ADDRESS, summary="Change an address, or make it the default", tag=TAG, needs=Permission.PROFILE_OWN,
    body=schemas.AddressChange, returns=schemas.Address, errors=(NotFound, AddressChanged, Busy),
)  # fmt: skip
def change_address(call: Call, address_id: str) -> schemas.Address:
    body: schemas.AddressChange = call.body
    changed = use_cases.change_address(
        wiring.profiles(), call.actor, address_id, body.version, body.fields(), default=bool(body.default)
    )
    return schemas.Address.of(changed)


@endpoint(
    bp, "DELETE", _ADDRESS, summary="Remove an address", tag=TAG,
    needs=Permission.PROFILE_OWN, status=204, errors=(NotFound, Busy)
)  # fmt: skip
def remove_address(call: Call, address_id: str) -> None:
    use_cases.remove_address(wiring.profiles(), call.actor, address_id)


@endpoint(
    bp, "POST", "/v1/me/address-suggestions", summary="What an address that is being typed may be", tag=TAG,
    needs=Permission.PROFILE_OWN, body=schemas.SuggestIn, returns=schemas.Suggestions,
    errors=(AskedEnough, GeocoderDown),
)  # fmt: skip
def suggest_address(call: Call) -> schemas.Suggestions:
    body: schemas.SuggestIn = call.body
    near = Position(body.near.lat, body.near.lon) if body.near else None
    return schemas.Suggestions.of(use_cases.suggest(wiring.profiles(), call.actor, body.text, near, call.language))


@endpoint(
    bp, "POST", "/v1/me/address-at", summary="The address at a position", tag=TAG, needs=Permission.PROFILE_OWN,
    body=schemas.LocateIn, returns=schemas.FoundAddress, errors=(NotFound, AskedEnough, GeocoderDown),
)  # fmt: skip
def address_at(call: Call) -> schemas.FoundAddress:
    place = call.body.position
    found = use_cases.locate(wiring.profiles(), call.actor, Position(place.lat, place.lon), call.language)
    return schemas.FoundAddress.of(found)
