"""What search answers over the wire."""

from datetime import datetime

from pydantic import ConfigDict, Field

from chalicelib.kit.datum import Datum, from_wgs84
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import MoneyOut, Position
from chalicelib.search import opening
from chalicelib.search.ports import Hit
from chalicelib.search.recommend import Why


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
                    "open_now": True,
                    "has_coupon": False,
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
    open_now: bool = Field(description="by its hours")
    has_coupon: bool = Field(description="coupons can be claimed there now")


class FoundShops(Wire):
    """One page in the order asked for; equals by distance, then by id. What one request may read is limited: where that
    ends before the page is full it has fewer items, perhaps none, and still a `next_cursor`.
    """

    items: list[FoundShop]
    facets: dict[str, int] | None = Field(
        default=None, description="shops in each category, most first, where that was asked for", examples=[{"hair": 3}]
    )
    next_cursor: str | None = Field(description="null on the last page, and on no other, empty or not")


class WhyRecommended(Wire):
    """A reason."""

    code: Why
    text: str = Field(description="in the request's language", examples=["Because you booked 剪发"])


class RecommendedShop(Wire):
    """A shop, and why it is recommended: the strongest reason first."""

    shop: FoundShop
    reasons: list[WhyRecommended]


class Recommended(Wire):
    """Shops that you may like, the best first."""

    items: list[RecommendedShop]


class Suggestions(Wire):
    """Names that somebody may be typing, the likeliest first."""

    items: list[str] = Field(examples=[["理发", "小满理发"]])


def found(hit: Hit, now: datetime, datum: Datum = Datum.WGS84) -> FoundShop:
    """Return a hit as it is answered."""
    card, second = hit.card, int(now.timestamp())
    average = round(card.rating_sum / card.rating_count, 2) if card.rating_count else None
    lat, lon = from_wgs84(card.lat, card.lon, datum)
    return FoundShop(
        shop_id=card.shop_id,
        name=card.name,
        name_en=card.name_en,
        categories=list(card.categories),
        position=Position(lat=lat, lon=lon),
        distance_m=round(hit.distance, 1),
        address=card.address,
        rating=FoundRating(average=average, count=card.rating_count),
        price_from=None if card.price_from is None else MoneyOut(amount=card.price_from, currency=card.currency),
        hours=card.hours,
        zone=card.zone,
        open_now=opening.is_open(card.hours, card.zone, now),
        has_coupon=any(since <= second < until for since, until in card.coupons),
    )
