"""The parts of a shop's description over the wire."""

import re
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Line, Position, left_out
from chalicelib.shops import hours, rules, serving
from chalicelib.shops.areas import LEAST_RADIUS_M, LEAST_VERTICES, MOST_RADIUS_M, MOST_VERTICES, Area, Circle, Polygon
from chalicelib.shops.checks import (
    LONGEST_CAPTION,
    LONGEST_SPEC,
    LONGEST_SPEC_NAME,
    LONGEST_URL,
    MOST_EXCEPTIONS,
    MOST_HORIZON,
    MOST_INTERVALS,
    MOST_INTERVALS_A_DAY,
    MOST_MEDIA,
    MOST_NOTICE,
    MOST_OFFERING_SPECS,
    MOST_SPECS,
    URL,
)

_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _only_dates(value: Any) -> Any:
    # Numbers would pass as seconds since 1970, and so would moments at midnight: no client means those.
    if isinstance(value, date) or (isinstance(value, str) and _DATE.fullmatch(value)):
        return value
    raise ValueError("a date is text such as 2030-12-25")


Opens = Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["09:00"])]
Closes = Annotated[
    str,
    Field(
        pattern="^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        description="At or before `opens` means on the next day.",
        examples=["18:30"],
    ),
]
LocalDate = Annotated[
    date, BeforeValidator(_only_dates), Field(description="By the shop's own clock.", examples=["2030-12-24"])
]


class Interval(Wire):
    """When a shop is open, by its own wall clock."""

    weekday: int = Field(ge=0, le=6, strict=True, description="The day that it begins on; Monday is 0.")
    opens: Opens
    closes: Closes

    def domain(self) -> hours.Interval:
        return hours.Interval(self.weekday, self.opens, self.closes)


class DayInterval(Wire):
    """When a shop is open on one date, by its own wall clock."""

    opens: Opens
    closes: Closes


class HoursException(Wire):
    """A date with other hours: they replace all weekly hours that begin on it. What began the evening before and runs
    past midnight ends as ever.
    """

    date: LocalDate
    intervals: list[DayInterval] = Field(
        max_length=MOST_INTERVALS_A_DAY, description="They do not overlap; none: closed on that date."
    )

    def domain(self) -> hours.HoursException:
        return hours.HoursException(self.date, tuple((one.opens, one.closes) for one in self.intervals))

    @classmethod
    def of(cls, exception: hours.HoursException) -> "HoursException":
        intervals = [DayInterval(opens=opens, closes=closes) for opens, closes in exception.intervals]
        return cls(date=exception.date, intervals=intervals)


class Media(Wire):
    """A picture or a film of a shop, which lies elsewhere."""

    kind: Literal["photo", "video"]
    url: str = Field(
        max_length=LONGEST_URL,
        pattern=f"^{URL}$",
        description="ASCII alone; other characters percent-encoded.",
        examples=["https://media.example.com/xiaoman/front.jpg"],
    )
    caption: Annotated[Line, Field(min_length=1, max_length=LONGEST_CAPTION, examples=["门面"])] | None = None

    def domain(self) -> rules.Media:
        return rules.Media(self.kind, self.url, self.caption)

    @classmethod
    def of(cls, media: rules.Media) -> "Media":
        return cls(**vars(media))


class Spec(Wire):
    """A detail that a merchant states in words of their own."""

    name: Line = Field(min_length=1, max_length=LONGEST_SPEC_NAME, examples=["wifi"])
    value: Line = Field(min_length=1, max_length=LONGEST_SPEC, examples=["yes"])

    def domain(self) -> serving.Spec:
        return serving.Spec(self.name, self.value)

    @classmethod
    def of(cls, spec: serving.Spec) -> "Spec":
        return cls(**vars(spec))


def _is_left_out(value: Any) -> bool:
    return value is None


class ServiceArea(Wire):
    """Where a shop comes to its customers: a radius around its position, or a polygon; one of the two."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["radius_m"]}, {"required": ["polygon"]}],
            "examples": [{"radius_m": 5000}],
        }
    )

    radius_m: int = Field(
        ge=LEAST_RADIUS_M,
        le=MOST_RADIUS_M,
        strict=True,
        default_factory=left_out,
        exclude_if=_is_left_out,
        description="Metres.",
        examples=[5000],
    )
    polygon: list[Position] = Field(
        min_length=LEAST_VERTICES,
        max_length=MOST_VERTICES,
        default_factory=left_out,
        exclude_if=_is_left_out,
        description="Its vertices in either direction, each once; no edge crosses another.",
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("either radius_m or polygon")
        return self

    def domain(self) -> Area:
        if "radius_m" in self.model_fields_set:
            return Circle(self.radius_m)
        return Polygon(tuple((vertex.lat, vertex.lon) for vertex in self.polygon))

    @classmethod
    def of(cls, area: Area) -> "ServiceArea":
        if isinstance(area, Circle):
            return cls(radius_m=area.radius_m)
        return cls(polygon=[Position(lat=lat, lon=lon) for lat, lon in area.vertices])


class Policy(Wire):
    """What cancelling costs the customer."""

    free_until_minutes_before: int = Field(
        ge=0, le=MOST_NOTICE, strict=True, description="Free until then, before the start.", examples=[1440]
    )
    late_fee_bps: int = Field(
        ge=0, le=10_000, strict=True, description="Afterwards: basis points of the price.", examples=[5000]
    )
    no_show_fee_bps: int = Field(
        default=10_000, ge=0, le=10_000, strict=True, description="Who does not come pays so many.", examples=[10_000]
    )

    def domain(self) -> rules.CancellationPolicy:
        return rules.CancellationPolicy(**vars(self))


class Terms(Wire):
    """On what terms a shop can be booked."""

    lead_minutes: int = Field(
        default=0, ge=0, le=MOST_NOTICE, strict=True, description="No later than so long before the start."
    )
    horizon_days: int = Field(default=90, ge=1, le=MOST_HORIZON, strict=True, description="No further ahead.")
    choice: serving.Choice = Field(
        default=serving.Choice.FAIR,
        description="Whom customers get who do not mind: whoever has the least to do, is left with the fewest gaps, or "
        "served them the last time.",
    )

    def domain(self) -> rules.BookingTerms:
        return rules.BookingTerms(**vars(self))


Hours = Annotated[list[Interval], Field(max_length=MOST_INTERVALS, description="The week; intervals do not overlap.")]
Exceptions = Annotated[
    list[HoursException],
    Field(max_length=MOST_EXCEPTIONS, description="Dates with other hours than the week's, each once."),
]
MediaList = Annotated[list[Media], Field(max_length=MOST_MEDIA, description="Pictures and films, in order.")]
Specs = Annotated[list[Spec], Field(max_length=MOST_SPECS, description="Details, in order.")]
OfferingSpecs = Annotated[list[Spec], Field(max_length=MOST_OFFERING_SPECS, description="Details, in order.")]
