"""Privacy over the wire."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field

from chalicelib.kit.endpoints import Wire
from chalicelib.kit.i18n import Language
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Line, Moment, PageQuery
from chalicelib.privacy import ports
from chalicelib.privacy.requests import COOLING_OFF, ErasureState, ExportState
from chalicelib.privacy.rules import current, outstanding
from chalicelib.privacy.use_cases import Shown, Standing

Version = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", description="The date of a version.", examples=["2026-12-01"])
]
Purpose = Annotated[ports.Purpose, Field(description="A text that an account needs, or a choice.")]


class TextQuery(Wire):
    """Which version."""

    version: Version | None = Field(default=None, description="None is the present one.")


class DocumentText(Wire):
    """A text that accounts agree to, in the language of Accept-Language."""

    document: ports.Document
    version: Version
    current: bool = Field(description="Whether this is the version that is asked for now.")
    language: Literal["en", "zh-CN"]
    text: str = Field(description="Markdown.", examples=["# Privacy notice\n..."])


class ConsentChange(Wire):
    """What is said about a purpose."""

    agreed: bool = Field(strict=True, description="False withdraws it.")
    version: Version | None = Field(default=None, description="Of the text that was shown; texts need it.")


class Consent(Wire):
    """What was said about a purpose."""

    purpose: Purpose
    agreed: bool
    version: Version = Field(description="Of the text; for a choice, of the privacy notice that explained it.")
    language: Literal["en", "zh-CN"] = Field(description="The language it was shown in.")
    at: Moment
    how: ports.How

    @classmethod
    def of(cls, one: ports.Consent) -> Self:
        return cls(
            purpose=one.purpose, agreed=one.agreed, version=one.version, language=one.language, at=one.at, how=one.how
        )


class Outstanding(Wire):
    """A text whose present version is still to be agreed to."""

    document: ports.Document
    version: Version


class Consents(Wire):
    """What somebody agrees to now."""

    items: list[Consent] = Field(description="The newest word about each purpose; there is none about others.")
    outstanding: list[Outstanding] = Field(description="What is to be asked for.")

    @classmethod
    def of(cls, consents: Iterable[ports.Consent]) -> Self:
        known = list(consents)
        return cls(
            items=[Consent.of(one) for one in known],
            outstanding=[Outstanding(document=one, version=current(one)) for one in outstanding(known)],
        )


class HistoryQuery(PageQuery):
    """Which part of what was said."""


class ConsentHistory(Wire):
    """All that was ever said, newest first."""

    items: list[Consent]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")

    @classmethod
    def of(cls, page: Page[ports.Consent], cursor: str | None) -> Self:
        return cls(items=[Consent.of(one) for one in page.items], next_cursor=cursor)


class Export(Wire):
    """A copy of what is known of somebody."""

    id: str = Field(examples=["exp_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    state: ExportState
    asked_at: Moment
    ready_at: Moment | None
    size: int = Field(description="Bytes of the ZIP file; 0 until it is ready.")
    link: str | None = Field(
        description="Where it can be fetched, good for minutes; only in the answer about one copy."
    )

    @classmethod
    def of(cls, shown: Shown) -> Self:
        one = shown.export
        return cls(
            id=one.id,
            state=shown.state,
            asked_at=one.asked_at,
            ready_at=one.ready_at,
            size=one.size,
            link=shown.link,
        )


class Exports(Wire):
    """The copies of the last 90 days, newest first."""

    items: list[Export]


class ErasureWish(Wire):
    """Why somebody leaves, if they say so; it is kept in the audit log, so no names in it."""

    reason: Line | None = Field(default=None, max_length=200)


class Matter(Wire):
    """Something that has to end first."""

    code: str = Field(examples=["open-order"])
    text: str = Field(description="In the language of Accept-Language.")
    ids: list[str]


class Erasure(Wire):
    """Where an erasure stands."""

    state: ErasureState | None = Field(description="Null where none was asked for.")
    asked_at: Moment | None
    due_at: Moment | None = Field(description=f"When it begins, {COOLING_OFF.days} days after it was asked for.")
    matters: list[Matter] = Field(description="What is open now.")

    @classmethod
    def of(cls, standing: Standing, language: Language) -> Self:
        one = standing.erasure
        return cls(
            state=one.state if one else None,
            asked_at=one.asked_at if one else None,
            due_at=one.due_at if one else None,
            matters=[
                Matter(code=matter.code, text=matter.text.render(language), ids=list(matter.ids))
                for matter in standing.matters
            ],
        )
