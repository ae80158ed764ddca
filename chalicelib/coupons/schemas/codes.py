"""Batches of codes, and codes, over the wire."""

from typing import Self

from pydantic import Field

from chalicelib.coupons.rules.codes import MOST_CODES, BatchState, CodeBatch
from chalicelib.coupons.use_cases import Exported
from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Moment


class CodesIn(Wire):
    """How many codes."""

    number: int = Field(ge=1, le=MOST_CODES, strict=True, examples=[10_000])


class Codes(Wire):
    """A batch of codes."""

    id: str = Field(examples=["cdb_01jd3x9k5r8m2q7w4t6y0z1abc"])
    campaign_id: str
    number: int = Field(description="How many codes it is to have.")
    made: int = Field(description="How many there are.")
    state: BatchState = Field(
        description="`making`: ask for the next ones; `ready`: they can be exported, once; `exported`: they can be "
        "used; `revoked`: those that nobody used are good for nothing."
    )
    created_at: Moment
    exported_at: Moment | None

    @classmethod
    def of(cls, batch: CodeBatch) -> Self:
        return cls(
            id=batch.id,
            campaign_id=batch.campaign_id,
            number=batch.number,
            made=batch.made,
            state=batch.state,
            created_at=batch.created_at,
            exported_at=batch.exported_at,
        )


class CodeBatches(Wire):
    """Some batches, newest first."""

    items: list[Codes]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, page: Page[CodeBatch], cursor: str | None) -> Self:
        return cls(items=[Codes.of(one) for one in page.items], next_cursor=cursor)


class ExportedCodes(Wire):
    """A batch, and where its file is."""

    batch: Codes
    link: str = Field(description="A CSV file of all codes, good for minutes. Nobody can make it again.")

    @classmethod
    def of(cls, exported: Exported) -> Self:
        return cls(batch=Codes.of(exported.batch), link=exported.link)


class ProofIn(Wire):
    """What lets somebody claim: a code, or what they scanned."""

    code: str | None = Field(
        default=None, min_length=1, max_length=64, examples=["7K3M-9QXA-2RTV-P0W5H"],
        description="As somebody typed it: case, spaces and hyphens do not matter, and O, I and L are 0 and 1.",
    )  # fmt: skip
    scanned: str | None = Field(
        default=None, min_length=1, max_length=500, description="What the QR code says, or the token alone."
    )
