"""Claiming by scanning over HTTP."""

import io

from chalicelib import wiring
from chalicelib.coupons import schemas, use_cases
from chalicelib.coupons.routes.blueprint import bp
from chalicelib.coupons.rules.problems import NotByScan
from chalicelib.coupons.rules.scans import Poster
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, Forbidden, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import PageQuery

_TAG = "coupons"
_CAMPAIGN = "/v1/campaigns/{campaign_id}"


@endpoint(
    bp, "GET", f"{_CAMPAIGN}/screen", summary="What a screen at the shop shows now, with its QR code", tag=_TAG,
    needs=Permission.COUPON_SHOW, returns=schemas.Screen, errors=(NotFound, Forbidden, NotByScan),
)  # fmt: skip
def screen(call: Call, campaign_id: str) -> schemas.Screen:
    token, following = use_cases.screen(wiring.claiming(), call.actor, campaign_id)
    return schemas.Screen(token=token, svg=_drawn(token, "m"), next_at=following)


@endpoint(
    bp, "POST", f"{_CAMPAIGN}/posters", summary="Make a code to be printed", tag=_TAG,
    needs=Permission.COUPON_MANAGE, body=schemas.PosterIn, returns=schemas.Poster, status=201, idempotent=True,
    errors=(NotFound, Forbidden, NotByScan, Busy),
)  # fmt: skip
def open_poster(call: Call, campaign_id: str) -> schemas.Poster:
    body = call.body
    made = use_cases.open_poster(
        wiring.claiming(), call.actor, campaign_id, body.name, body.per_day, body.until, call.once(_poster)
    )
    return _poster(made)


@endpoint(
    bp, "GET", f"{_CAMPAIGN}/posters", summary="A campaign's printed codes, newest first", tag=_TAG,
    needs=Permission.COUPON_MANAGE, query=PageQuery, returns=schemas.Posters, errors=(NotFound, Forbidden),
)  # fmt: skip
def posters(call: Call, campaign_id: str) -> schemas.Posters:
    scope, cursors = f"posters|{campaign_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.posters(wiring.claiming(), call.actor, campaign_id, after, call.query.limit)
    shown = Page(tuple(_poster(one) for one in page.items), page.next)
    return schemas.Posters.of(shown, cursors.pack(scope, page.next))


@endpoint(
    bp, "GET", f"{_CAMPAIGN}/posters/{{poster_id}}", summary="A printed code, with its QR code", tag=_TAG,
    needs=Permission.COUPON_MANAGE, returns=schemas.Poster, errors=(NotFound, Forbidden),
)  # fmt: skip
def poster(call: Call, campaign_id: str, poster_id: str) -> schemas.Poster:
    found = _poster(use_cases.poster(wiring.claiming(), call.actor, campaign_id, poster_id))
    # What hangs in a shop gets dirty: a quarter of it may be lost.
    return found.model_copy(update={"svg": _drawn(found.token, "q")})


@endpoint(
    bp, "DELETE", f"{_CAMPAIGN}/posters/{{poster_id}}", summary="Make a printed code good for nothing", tag=_TAG,
    needs=Permission.COUPON_MANAGE, status=204, errors=(NotFound, Forbidden, Busy),
)  # fmt: skip
def revoke_poster(call: Call, campaign_id: str, poster_id: str) -> None:
    use_cases.revoke_poster(wiring.claiming(), call.actor, campaign_id, poster_id)


def _poster(poster: Poster) -> schemas.Poster:
    return schemas.Poster.of(poster, wiring.claiming().scans.poster(poster.id))


def _drawn(token: str, error: str) -> str:
    # Most requests draw nothing.
    import segno

    text, drawn = wiring.claiming().scans.drawn(token), io.BytesIO()
    segno.make(text, error=error, micro=False).save(drawn, kind="svg", xmldecl=False, scale=4, border=4)
    return drawn.getvalue().decode()
