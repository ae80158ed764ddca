"""Whose offers somebody wants."""

from chalicelib import wiring
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.outreach import schemas, use_cases
from chalicelib.outreach.routes.blueprint import TAG, bp

_PATH = "/v1/me/offers"


@endpoint(
    bp, "GET", _PATH, summary="Whose offers I want, and whose I do not", tag=TAG, needs=Permission.PROFILE_OWN,
    query=PageQuery, returns=schemas.OffersWishes,
)  # fmt: skip
def offers(call: Call) -> schemas.OffersWishes:
    scope, cursors = f"offers|{call.actor.account_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.my_wishes(wiring.tagging(), call.actor, after, call.query.limit)
    return schemas.OffersWishes.of(page, cursors.pack(scope, page.next))


@endpoint(
    bp, "PUT", f"{_PATH}/{{shop_id}}", summary="Say whether I want offers of a shop's merchant", tag=TAG,
    needs=Permission.PROFILE_OWN, body=schemas.OffersIn, returns=schemas.OffersWish, errors=(NotFound, Busy),
)  # fmt: skip
def say_offers(call: Call, shop_id: str) -> schemas.OffersWish:
    return schemas.OffersWish.of(use_cases.say(wiring.tagging(), call.actor, shop_id, wanted=call.body.wanted))
