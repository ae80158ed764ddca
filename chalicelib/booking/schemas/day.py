"""The merchant's day over the wire."""

from typing import Annotated

from pydantic import Field

from chalicelib.booking.ports import Block as _Block
from chalicelib.booking.ports import Note as _Note
from chalicelib.booking.rules.blocks import LONGEST_NOTE
from chalicelib.booking.schemas.bookings import LocalDate
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Line, Moment


class BlockIn(Wire):
    """Time to be kept free."""

    resource_id: str = Field(max_length=64, description="A member of the staff, a room, a thing; or the shop itself.")
    start: Moment
    end: Moment = Field(description="At most 14 days later.")
    reason: Annotated[Line, Field(max_length=200, examples=["盘点"])] | None = None


class Block(Wire):
    """Time that nobody can book."""

    id: str = Field(examples=["blk_01jd5w8z3k0c9m2v7q4t6y8x1a"])
    shop_id: str
    resource_id: str
    start: Moment
    end: Moment
    reason: str | None

    @classmethod
    def of(cls, block: _Block) -> "Block":
        claim = block.claim
        return cls(
            id=block.id,
            shop_id=block.shop_id,
            resource_id=claim.resource_id,
            start=claim.start,
            end=claim.end,
            reason=block.reason,
        )


class DayQuery(Wire):
    """Which date."""

    date: LocalDate


class Blocks(Wire):
    """What is kept free on a date, by start."""

    items: list[Block]


class NoteIn(Wire):
    """What the shop's people are to know of a date."""

    text: str = Field(max_length=LONGEST_NOTE, examples=["下午两点有老顾客带朋友来"])


class Note(Wire):
    """What was written down for a date."""

    shop_id: str
    date: LocalDate
    text: str

    @classmethod
    def of(cls, note: _Note) -> "Note":
        return cls(shop_id=note.shop_id, date=note.day, text=note.text)
