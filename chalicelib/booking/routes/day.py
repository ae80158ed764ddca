"""The merchant's day: time that is kept free, and notes."""

from chalicelib import wiring
from chalicelib.booking import schemas, use_cases
from chalicelib.booking.ports import Claim
from chalicelib.booking.routes.blueprint import TAG, bp
from chalicelib.booking.rules.blocks import TimeBooked
from chalicelib.kit.auth import Permission
from chalicelib.kit.errors import Busy, Forbidden, NotFound
from chalicelib.kit.http import Call, endpoint

_MINE = (NotFound, Forbidden)


@endpoint(
    bp, "POST", "/v1/shops/{shop_id}/blocks", summary="Keep time of somebody or something free of bookings", tag=TAG,
    needs=Permission.DIARY_PLAN, body=schemas.BlockIn, returns=schemas.Block, status=201, idempotent=True,
    errors=(*_MINE, TimeBooked, Busy),
)  # fmt: skip
def block(call: Call, shop_id: str) -> schemas.Block:
    body, once = call.body, call.once(schemas.Block.of)
    claim = Claim(body.resource_id, body.start, body.end)
    return schemas.Block.of(use_cases.block(wiring.booking(), call.actor, shop_id, claim, body.reason, once))


@endpoint(
    bp, "GET", "/v1/shops/{shop_id}/blocks", summary="What is kept free on a date", tag=TAG,
    needs=Permission.DIARY_WORK,
    query=schemas.DayQuery, returns=schemas.Blocks, errors=_MINE,
)  # fmt: skip
def blocks(call: Call, shop_id: str) -> schemas.Blocks:
    found = use_cases.blocks(wiring.booking(), call.actor, shop_id, call.query.date)
    return schemas.Blocks(items=list(map(schemas.Block.of, found)))


@endpoint(
    bp, "DELETE", "/v1/blocks/{block_id}", summary="Let the time be booked again", tag=TAG, needs=Permission.DIARY_PLAN,
    status=204, errors=(*_MINE, Busy),
)  # fmt: skip
def unblock(call: Call, block_id: str) -> None:
    use_cases.unblock(wiring.booking(), call.actor, block_id)


@endpoint(
    bp, "GET", "/v1/shops/{shop_id}/note", summary="What was written down for a date", tag=TAG,
    needs=Permission.DIARY_WORK,
    query=schemas.DayQuery, returns=schemas.Note, errors=_MINE,
)  # fmt: skip
def note(call: Call, shop_id: str) -> schemas.Note:
    return schemas.Note.of(use_cases.note(wiring.booking(), call.actor, shop_id, call.query.date))


@endpoint(
    bp, "PUT", "/v1/shops/{shop_id}/note", summary="Write something down for a date", tag=TAG,
    needs=Permission.DIARY_WORK,
    query=schemas.DayQuery, body=schemas.NoteIn, returns=schemas.Note, errors=(*_MINE, Busy),
)  # fmt: skip
def write_note(call: Call, shop_id: str) -> schemas.Note:
    day, text = call.query.date, call.body.text
    return schemas.Note.of(use_cases.write_note(wiring.booking(), call.actor, shop_id, day, text))
