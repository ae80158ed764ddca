"""What search says over the wire."""

from pydantic import ConfigDict, Field, model_validator

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import MoneyOut, PageQuery, Position
from chalicelib.search.ports import Hit


class SearchQuery(PageQuery):
    """Where, and either how far (`radius`) or how many (`nearest`)."""

    lat: float = Field(ge=-90, le=90, description="degrees north, WGS-84", examples=[31.2304])
    lon: float = Field(ge=-180, le=180, description="degrees east, WGS-84", examples=[121.4737])
    radius: float | None = Field(
        None, gt=0, le=50_000, description="metres, inclusive; or else `nearest`", examples=[1000]
    )
    nearest: int | None = Field(
        None, ge=1, le=100, description="the k nearest, however far; or else `radius`", examples=[20]
    )
    category: str | None = Field(None, min_length=1, max_length=64, description="only this one", examples=["barber"])

    @model_validator(mode="after")
    def _one_of_two(self) -> "SearchQuery":
        if (self.radius is None) == (self.nearest is None):
            raise ValueError("say either radius (metres) or nearest (how many)")
        return self

    @property
    def scope(self) -> str:
        """What a cursor is good for: the same search and no other; the page's size may change."""
        return f"search|{self.lat!r}|{self.lon!r}|{self.radius!r}|{self.nearest}|{self.category or ''}"


class FoundRating(Wire):
    """What customers think."""

    average: float | None = Field(description="1 to 5, two decimals; null before the first review", examples=[4.63])
    count: int = Field(examples=[19])


class FoundShop(Wire):
    """A shop in a list."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "shop_id": "shp_01jd0000000000000000000000",
                    "name": "弄堂理发店",
                    "name_en": "Lane Barbers",
                    "categories": ["barber"],
                    "position": {"lat": 31.2231, "lon": 121.4452},
                    "distance_m": 182.4,
                    "address": "安福路 12 号",
                    "rating": {"average": 4.63, "count": 19},
                    "price_from": {"amount": 6800, "currency": "CNY"},
                    "hours": "Mo-Fr 09:00-18:00; Sa-Su 10:00-20:00",
                    "zone": "Asia/Shanghai",
                }
            ]
        }
    )
    shop_id: str
    name: str
    name_en: str | None
    categories: list[str]
    position: Position
    distance_m: float = Field(description="metres on the sphere (haversine), to the decimetre")
    address: str
    rating: FoundRating
    price_from: MoneyOut | None = Field(description="the cheapest offering")
    hours: str = Field(description="the week by the shop's wall clock, as OpenStreetMap's opening_hours")
    zone: str = Field(description="IANA time zone")


class FoundShops(Wire):
    """One page, nearest first; equal distances by id."""

    items: list[FoundShop]
    next_cursor: str | None = Field(description="null on the last page")


def found(hit: Hit) -> FoundShop:
    """Return a hit as it is answered."""
    card = hit.card
    average = round(card.rating_sum / card.rating_count, 2) if card.rating_count else None
    return FoundShop(
        shop_id=card.shop_id,
        name=card.name,
        name_en=card.name_en,
        categories=list(card.categories),
        position=Position.of(card),
        distance_m=round(hit.distance, 1),
        address=card.address,
        rating=FoundRating(average=average, count=card.rating_count),
        price_from=None if card.price_from is None else MoneyOut(amount=card.price_from, currency=card.currency),
        hours=card.hours,
        zone=card.zone,
    )
