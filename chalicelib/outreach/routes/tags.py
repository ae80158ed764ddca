"""What a merchant calls its customers."""

from chalicelib import wiring
from chalicelib.kit.auth import Permission
from chalicelib.kit.dealings import NotAvailable
from chalicelib.kit.errors import Busy, Invalid, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.outreach import schemas, use_cases
from chalicelib.outreach.routes.blueprint import TAG, bp
from chalicelib.outreach.rules.problems import TooManyTagged, TooManyTags

_CUSTOMERS = "/v1/me/tagged-customers"
_CUSTOMER = f"{_CUSTOMERS}/{{customer_id}}"


@endpoint(
    bp, "GET", _CUSTOMERS, summary="My customers who have tags, and how many have each", tag=TAG,
    needs=Permission.CUSTOMER_TAG,
    query=schemas.TaggedQuery, returns=schemas.TaggedCustomers, errors=(Invalid,),
)  # fmt: skip
def tagged(call: Call) -> schemas.TaggedCustomers:
    query: schemas.TaggedQuery = call.query
    scope, cursors = f"tagged|{call.actor.merchant_id}|{query.tag}", wiring.cursors()
    after = cursors.unpack(scope, query.cursor)
    page = use_cases.tagged(wiring.tagging(), call.actor, query.tag, after, query.limit)
    tally = use_cases.tally(wiring.tagging(), call.actor)
    return schemas.TaggedCustomers.of(page, tally, cursors.pack(scope, page.next))


@endpoint(
    bp, "PATCH", _CUSTOMER, summary="Give a customer tags, and take some away", tag=TAG,
    needs=Permission.CUSTOMER_TAG, body=schemas.TagChange, returns=schemas.TaggedCustomer,
    errors=(NotFound, Invalid, TooManyTags, TooManyTagged, NotAvailable, Busy),
)  # fmt: skip
def change_tags(call: Call, customer_id: str) -> schemas.TaggedCustomer:
    body: schemas.TagChange = call.body
    made = use_cases.change(wiring.tagging(), call.actor, customer_id, body.order_id, body.add, body.remove)
    return schemas.TaggedCustomer.of(made) if made else schemas.TaggedCustomer.none(customer_id)


@endpoint(
    bp, "DELETE", _CUSTOMER, summary="Take all tags of a customer away", tag=TAG, needs=Permission.CUSTOMER_TAG,
    status=204, errors=(Busy,),
)  # fmt: skip
def forget_tags(call: Call, customer_id: str) -> None:
    use_cases.forget(wiring.tagging(), call.actor, customer_id)
