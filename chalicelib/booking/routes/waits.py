"""Waiting for a time that is taken."""

from chalicelib import wiring
from chalicelib.booking.routes.blueprint import TAG, bp
from chalicelib.booking.rules.problems import TooManyWaits, WaitNotPossible
from chalicelib.booking.schemas import waits as schemas
from chalicelib.booking.use_cases import wait as use_cases
from chalicelib.kit.auth import Permission
from chalicelib.kit.dealings import NotAvailable
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery


@endpoint(
    bp, "POST", "/v1/waits", summary="Wait for a time at a shop, or nearby", tag=TAG, needs=Permission.BOOKING_OWN,
    body=schemas.WaitIn, returns=schemas.Wait, status=201, idempotent=True,
    errors=(NotFound, TooManyWaits, NotAvailable, Busy),
)  # fmt: skip
def wait(call: Call) -> schemas.Wait:
    once, show = call.once(schemas.Wait.of), schemas.Wait.of
    return show(use_cases.ask(wiring.waiting(), call.actor, call.body.ask(), once))


@endpoint(
    bp, "GET", "/v1/me/waits", summary="My waits, newest first", tag=TAG, needs=Permission.BOOKING_OWN, query=PageQuery,
    returns=schemas.Waits,
)  # fmt: skip
def my_waits(call: Call) -> schemas.Waits:
    query: PageQuery = call.query
    scope, cursors = f"waits|{call.actor.account_id}", wiring.cursors()
    page = use_cases.mine(wiring.waiting(), call.actor, cursors.unpack(scope, query.cursor), query.limit)
    items = [schemas.Wait.of(one) for one in page.items]
    return schemas.Waits(items=items, next_cursor=cursors.pack(scope, page.next))


@endpoint(
    bp, "DELETE", "/v1/waits/{wait_id}", summary="Wait no longer", tag=TAG, needs=Permission.BOOKING_OWN, status=204,
    errors=(NotFound, WaitNotPossible, Busy),
)  # fmt: skip
def withdraw_wait(call: Call, wait_id: str) -> None:
    use_cases.withdraw(wiring.waiting(), call.actor, wait_id)
