"""What many schemas share: money, positions and moments as they go over the wire."""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from chalicelib.kit.endpoints import Wire
from chalicelib.kit.money import Money

_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
MOST_MONEY = 99_999_999  # minor units: the most that Stripe charges at once


def rfc3339(moment: datetime) -> str:
    """Write a moment in UTC with a `Z`; fractions of a second only where there are any."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _only_text(value: Any) -> Any:
    # Numbers would pass as seconds since 1970: no client means that.
    if isinstance(value, str) and not value.lstrip("+-").replace(".", "", 1).isdigit():
        return value
    if isinstance(value, datetime):
        return value
    raise ValueError("a moment is RFC 3339 text such as 2030-05-01T09:30:00Z")


def _in_range(moment: datetime) -> datetime:
    # The ends of the calendar have no UTC: turning one of them there would overflow.
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError("the year must lie between 1970 and 2199")
    return moment


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the moment is out of range") from error


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_only_text),
    AfterValidator(_in_utc),
    AfterValidator(_in_range),
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2030-05-01T09:30:00Z"]}),
]
"""A moment: aware when read, RFC 3339 in UTC when written."""

Currency = Annotated[
    str, Field(pattern="^[A-Z]{3}$", description="ISO 4217 code of the currency.", examples=["CNY", "EUR"])
]


class MoneyOut(Wire):
    """An amount of money; refunds and debts may be negative."""

    amount: int = Field(description="Whole minor units: fen, cents, yen.", examples=[12800])
    currency: Currency

    @classmethod
    def of(cls, money: Money) -> "MoneyOut":
        return cls(amount=money.amount, currency=money.currency)


class MoneyIn(Wire):
    """A price that a client sets."""

    amount: int = Field(ge=1, le=MOST_MONEY, strict=True, description="Whole minor units.", examples=[12800])
    currency: Currency

    def money(self) -> Money:
        """Return it as the domains know it."""
        return Money(self.amount, self.currency)


class _Placed(Protocol):
    @property
    def lat(self) -> float: ...

    @property
    def lon(self) -> float: ...


class Position(Wire):
    """A place on the earth, WGS-84."""

    lat: float = Field(ge=-90, le=90, description="Degrees north.", examples=[31.2304])
    lon: float = Field(ge=-180, le=180, description="Degrees east.", examples=[121.4737])

    @classmethod
    def of(cls, position: _Placed) -> "Position":
        """Return a domain's position (anything with `lat` and `lon`) for the wire."""
        return cls(lat=position.lat, lon=position.lon)


class PageQuery(Wire):
    """Which part of a list."""

    limit: int = Field(default=20, ge=1, le=100, description="The most items in one answer.")
    cursor: str | None = Field(
        default=None, max_length=2000, description="`next_cursor` of the previous answer; none for the first page."
    )


# Overrides and isolates of direction: they let a name read as another, and reach into the text around it.
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _one_line(text: str) -> str:
    if any(c in _DIRECTION or unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in text):
        raise ValueError("control characters are not allowed")
    return text


Line = Annotated[str, AfterValidator(_one_line)]
"""One line of text, in any script, without control characters."""


def _lines(text: str) -> str:
    _one_line(re.sub(r"[\r\n\t]", " ", text))
    return text


Lines = Annotated[str, AfterValidator(_lines)]
"""Text of several lines, likewise: nothing in it reaches into what stands around it."""


def left_out() -> Any:
    """Return what an optional field of a PATCH holds when the client leaves it out: see `model_fields_set`.

    As a `default_factory` it keeps null from being accepted, and from standing in the API document, where a field can
    be changed but not removed.
    """
    return None
