"""What a search may say over the wire, and the wish that it comes to."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, model_validator

from chalicelib.kit.datum import Datum, to_wgs84
from chalicelib.kit.errors import invalid
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Currency, Moment, PageQuery
from chalicelib.search import text
from chalicelib.search.boxes import Box
from chalicelib.search.distance import FARTHEST_M, haversine
from chalicelib.search.filters import Filters, Sort
from chalicelib.search.geohash import Bounds
from chalicelib.search.nearest import LOCAL_M
from chalicelib.search.use_cases.find import Wish

MOST_BOX_M = 2 * LOCAL_M  # from corner to corner

Lat = Annotated[float, Field(ge=-90, le=90, description="Degrees north.", examples=[31.2304])]
Lon = Annotated[float, Field(ge=-180, le=180, description="Degrees east.", examples=[121.4737])]
Slug = Annotated[str, Field(min_length=1, max_length=64, description="Only this one.", examples=["barber"])]
Words = Annotated[str, Field(min_length=1, max_length=64, examples=["理发"])]
Stars = Annotated[float, Field(ge=1, le=5, description="At least so many stars on average.", examples=[4.5])]
Price = Annotated[int, Field(ge=0, le=99_999_999, description="Of the cheapest offering, minor units of `currency`.")]
_DATUM = "What positions refer to, those of the answer too: `gcj02` for AMap and Tencent, `bd09` for Baidu."


class Placed(Wire):
    """A position, and the datum that it is in."""

    lat: Lat
    lon: Lon
    datum: Datum = Field(default=Datum.WGS84, description=_DATUM)

    @property
    def place(self) -> tuple[float, float]:
        """Latitude and longitude, WGS-84."""
        return to_wgs84(self.lat, self.lon, self.datum)


class FilterQuery(PageQuery):
    """What a shop must be."""

    category: Slug | None = None
    open_now: bool = Field(default=False, description="Open at the moment of the first page.")
    open_at: Moment | None = Field(default=None, description="Open at that moment; or else `open_now`.")
    price_min: Price | None = None
    price_max: Price | None = None
    currency: Currency | None = Field(default=None, description="Of the prices; needed to filter or sort by them.")
    min_rating: Stars | None = None
    has_coupon: bool = Field(default=False, description="Coupons can be claimed there now.")

    @model_validator(mode="after")
    def _sound(self) -> "FilterQuery":
        if self.open_now and self.open_at is not None:
            raise ValueError("say either open_now or open_at")
        if (self.price_min is not None or self.price_max is not None) and self.currency is None:
            raise ValueError("prices need a currency")
        if self.price_min is not None and self.price_max is not None and self.price_min > self.price_max:
            raise ValueError("price_min is more than price_max")
        return self

    def filters(self, now: datetime) -> Filters:
        """Return them as the domain knows them; `now` is when the first page was asked for."""
        return Filters(
            category=self.category,
            open_at=now if self.open_now else self.open_at,
            price_min=self.price_min,
            price_max=self.price_max,
            currency=self.currency,
            min_rating=self.min_rating,
            coupon_at=now if self.has_coupon else None,
        )

    def scope(self, name: str) -> str:
        """What a cursor is good for: the same search and no other; the page's size may change."""
        asked = self.model_dump(mode="json", exclude={"limit", "cursor"}, exclude_defaults=True)
        return f"{name}|{sorted(asked.items())!r}"


class SearchQuery(FilterQuery):
    """Where: around a position, how far (`radius`) or how many (`nearest`); or in a box (`south`, `west`, `north`,
    `east`). And what.
    """

    lat: Lat | None = Field(default=None, description="Degrees north; in a box: from where distances are told.")
    lon: Lon | None = Field(default=None, description="Degrees east; likewise.")
    radius: float | None = Field(
        default=None, gt=0, le=LOCAL_M, description="Metres, inclusive; or else `nearest`.", examples=[1000]
    )
    nearest: int | None = Field(
        default=None,
        ge=1,
        le=100,
        description="The k nearest, however far; within 50 km where more than a category is asked for.",
    )
    south: Lat | None = None
    west: Lon | None = Field(default=None, description="More than `east` where the box crosses the antimeridian.")
    north: Lat | None = None
    east: Lon | None = None
    q: Words | None = Field(
        default=None,
        description="Words in names, offerings or addresses, Chinese or Latin, all of them; of Latin ones the beginning"
        " is enough.",
    )
    sort: Sort = Field(
        default=Sort.DISTANCE,
        description="`rating` is the average in which late reviews weigh more, with ten of 4.2 stars added; "
        "`popularity` the number of reviews."
        " Equals come by distance. Only `distance` goes on over any number of shops: the others need all in reach"
        " at once.",
    )
    facets: bool = Field(
        default=False,
        description="Count the shops of each category, too; with `radius` or a box that can be read at once.",
    )
    datum: Datum = Field(default=Datum.WGS84, description=_DATUM)

    @model_validator(mode="after")
    def _one_way(self) -> "SearchQuery":
        corners = (self.south, self.west, self.north, self.east)
        is_box = any(corner is not None for corner in corners)
        if is_box and (None in corners or self.radius is not None or self.nearest is not None):
            raise ValueError("a box has south, west, north and east, and neither radius nor nearest")
        if not is_box and (self.radius is None) == (self.nearest is None):
            raise ValueError("say either radius (metres) or nearest (how many), or a box")
        if self.facets and self.nearest is not None:
            raise ValueError("facets are of all in a radius or a box")
        if self.sort is Sort.PRICE and self.currency is None:
            raise ValueError("prices need a currency")
        return self

    def wish(self, now: datetime) -> Wish:
        """Return it as the domain knows it.

        Raises:
            Invalid: names the field at fault.
        """
        box = self._box()
        origin = self._origin()
        centre = _middle(box.hull) if box else origin
        if centre is None:
            raise invalid("lat", "say lat and lon, or a box")
        return Wish(
            *centre,
            reach=_reach(box.hull) if box else FARTHEST_M if self.radius is None else self.radius,
            most=self.nearest,
            box=box,
            origin=origin if box else None,
            filters=self.filters(now),
            words=None if self.q is None else wanted(self.q),
            sort=self.sort,
            with_facets=self.facets,
        )

    def _origin(self) -> tuple[float, float] | None:
        if self.lat is None or self.lon is None:
            if self.lat != self.lon:
                raise invalid("lon" if self.lon is None else "lat", "is missing")
            return None
        return to_wgs84(self.lat, self.lon, self.datum)

    def _box(self) -> Box | None:
        if self.south is None or self.west is None or self.north is None or self.east is None:
            return None
        if self.south > self.north:
            raise invalid("south", "is more than north")
        east = self.east + 360 if self.east < self.west else self.east
        bounds = Bounds(self.south, self.west, self.north, east)
        if 2 * _reach(bounds) > MOST_BOX_M:
            raise invalid("north", f"a box is at most {MOST_BOX_M / 1000:.0f} km from corner to corner")
        return Box(bounds, self.datum)


class ServingQuery(FilterQuery, Placed):
    """An address that somebody is to come to."""


class SuggestQuery(Placed):
    """What somebody is typing, and where."""

    q: Words
    limit: int = Field(default=8, ge=1, le=20)


class RecommendQuery(Placed):
    """Where somebody is."""

    limit: int = Field(default=20, ge=1, le=50)


def wanted(q: str) -> text.Wanted:
    """Return the words of a query.

    Raises:
        Invalid: nothing in it can be looked for.
    """
    words = text.wanted(q)
    if not words.tokens:
        raise invalid("q", "has no word to look for: two letters or digits, or a Chinese character")
    return words


def _middle(box: Bounds) -> tuple[float, float]:
    lon = (box.west + box.east) / 2
    return (box.south + box.north) / 2, lon - 360 if lon > 180 else lon  # noqa: PLR2004 - the antimeridian


def _reach(box: Bounds) -> float:
    """Return how far a box reaches from its middle, metres; rounded up."""
    corners = ((lat, lon) for lat in (box.south, box.north) for lon in (box.west, box.east))
    return max(haversine(*_middle(box), *corner) for corner in corners) * (1 + 1e-9) + 1e-3
