"""What the audit log says over the wire."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.audit import ports
from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Line, Moment, PageQuery

Object = Annotated[
    Line,
    Field(min_length=1, max_length=200, description="What was touched.", examples=["account:acc_01jd8x2n7v4k9x3c6z"]),
]
ActorId = Annotated[
    Line,
    Field(min_length=1, max_length=200, description="Who did it.", examples=["acc_01jd8x2n7v4k9x3c6z0b8d1f2g"]),
]


class EntriesQuery(PageQuery):
    """Whose entries: of an object, or of an actor."""

    object: Object | None = None
    actor: ActorId | None = None


class Entry(Wire):
    """Something that somebody did."""

    id: str = Field(examples=["aud_01jd3x9k5r8m2q7w4t6y0z1abc"])
    at: Moment
    actor_id: str = Field(description="An account, or `system:` and a domain.")
    action: str = Field(examples=["risk.freeze"])
    object: str
    reason: str = Field(description="Why, in the actor's words.")
    source_ip: str | None = Field(description="Where the request came from; null where there was none.")
    details: dict[str, ports.Detail] = Field(description="A few figures and ids beside.", examples=[{"times": 3}])

    @classmethod
    def of(cls, noted: ports.Noted) -> Self:
        entry = noted.entry
        return cls(
            id=entry.id,
            at=noted.at,
            actor_id=entry.actor_id,
            action=entry.action,
            object=entry.object,
            reason=entry.reason,
            source_ip=entry.source_ip,
            details=dict(entry.details),
        )


class Entries(Wire):
    """Some entries, newest first."""

    items: list[Entry]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, page: Page[ports.Noted], cursor: str | None) -> Self:
        return cls(items=[Entry.of(one) for one in page.items], next_cursor=cursor)
