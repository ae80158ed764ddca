"""Privacy over the wire."""

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field

from chalicelib.kit.endpoints import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Moment, PageQuery
from chalicelib.privacy import ports
from chalicelib.privacy.rules import current, outstanding

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
