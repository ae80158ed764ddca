"""Favourites, and what somebody looked at."""

from chalicelib import wiring
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.profiles import schemas, use_cases
from chalicelib.profiles.problems import TooManyFavourites
from chalicelib.profiles.routes.blueprint import TAG, bp

_FAVOURITE, _HISTORY = "/v1/me/favourites/{shop_id}", "/v1/me/history"


@endpoint(
    bp, "GET", "/v1/me/favourites", summary="My favourite shops, newest first", tag=TAG, needs=Permission.PROFILE_OWN,
    query=PageQuery, returns=schemas.Favourites,
)  # fmt: skip
def favourites(call: Call) -> schemas.Favourites:
    scope, cursors = f"favourites|{call.actor.account_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.favourites(wiring.profiles(), call.actor, after, call.query.limit)
    return schemas.Favourites.of(page, cursors.pack(scope, page.next))


@endpoint(
    bp, "PUT", _FAVOURITE, summary="Make a shop a favourite", tag=TAG, needs=Permission.PROFILE_OWN, status=204,
    errors=(NotFound, TooManyFavourites, Busy),
)  # fmt: skip
def keep_favourite(call: Call, shop_id: str) -> None:
    use_cases.keep_favourite(wiring.profiles(), call.actor, shop_id)


@endpoint(
    bp, "DELETE", _FAVOURITE, summary="Make a shop no favourite", tag=TAG,
    needs=Permission.PROFILE_OWN, status=204, errors=(Busy,)
)  # fmt: skip
def drop_favourite(call: Call, shop_id: str) -> None:
    use_cases.drop_favourite(wiring.profiles(), call.actor, shop_id)


@endpoint(
    bp, "GET", _HISTORY, summary="Shops that I looked at, newest first", tag=TAG,
    needs=Permission.PROFILE_OWN, query=PageQuery,
    returns=schemas.History,
)  # fmt: skip
def history(call: Call) -> schemas.History:
    scope, cursors = f"history|{call.actor.account_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    found = use_cases.history(wiring.profiles(), call.actor, after, call.query.limit)
    return schemas.History.of_history(found, cursors.pack(scope, found.page.next))


@endpoint(
    bp, "PUT", "/v1/me/history/{shop_id}", summary="Note that I look at a shop, unless I keep no history", tag=TAG,
    needs=Permission.PROFILE_OWN, status=204, errors=(NotFound, Busy),
)  # fmt: skip
def saw(call: Call, shop_id: str) -> None:
    use_cases.saw(wiring.profiles(), call.actor, shop_id)


@endpoint(
    bp, "PATCH", _HISTORY, summary="Keep what I look at from now on, or do not", tag=TAG, needs=Permission.PROFILE_OWN,
    body=schemas.HistoryChange, status=204, errors=(Busy,),
)  # fmt: skip
def keep_history(call: Call) -> None:
    use_cases.keep_history(wiring.profiles(), call.actor, kept=call.body.kept)


@endpoint(
    bp, "DELETE", _HISTORY, summary="Forget all that I looked at", tag=TAG, needs=Permission.PROFILE_OWN, status=204
)
def clear_history(call: Call) -> None:
    use_cases.clear_history(wiring.profiles(), call.actor)
