"""Shops, their offerings and their staff over the wire."""

from typing import Annotated, Any, Self

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Currency, Line, Moment, Position, left_out
from chalicelib.shops import rules
from chalicelib.shops.checks import MOST_CATEGORIES
from chalicelib.shops.schemas.details import (
    Exceptions,
    Hours,
    HoursException,
    Interval,
    Media,
    MediaList,
    Policy,
    ServiceArea,
    Spec,
    Specs,
    Terms,
)
from chalicelib.shops.schemas.serving import Offering, Resource, Staff
from chalicelib.shops.schemas.told import Name, NameEn, ShopId, Slug, Version, told

Address = Annotated[
    Line, Field(min_length=1, max_length=300, description="One line.", examples=["上海市徐汇区梧桐里 8 号"])
]
Slugs = Annotated[list[Slug], Field(min_length=1, max_length=MOST_CATEGORIES, examples=[["barber", "hair-care"]])]
Zone = Annotated[str, Field(max_length=64, description="IANA time zone.", examples=["Asia/Shanghai"])]
Phone = Annotated[str, Field(max_length=32, description="As published.", examples=["+86 21 5555 0100"])]


class ShopIn(Wire):
    """A shop to be made."""

    name: Name
    name_en: NameEn | None = None
    categories: Slugs
    address: Address
    position: Position
    zone: Zone = Field(default_factory=left_out, description="IANA time zone; left out: the region's own.")
    currency: Currency = Field(default_factory=left_out, description="ISO 4217; left out: the region's own.")
    hours: Hours
    phone: Phone | None = None
    policy: Policy = Field(default_factory=left_out, description="Free until a day before, then half the price.")
    exceptions: Exceptions = Field(default_factory=list)
    media: MediaList = Field(default_factory=list)
    specs: Specs = Field(default_factory=list)
    service_area: ServiceArea | None = None
    terms: Terms = Field(default_factory=left_out, description="Up to the start, 90 days ahead.")

    def draft(self, zone: str, currency: str) -> rules.ShopDraft:
        """Return it as the domain knows it, with the region's zone and currency where it names none."""
        return rules.ShopDraft(**{"zone": zone, "currency": currency} | told(self))


class ShopChange(Wire):
    """What to change of a shop; what is left out stays. Its currency cannot be changed."""

    version: Version
    name: Name = Field(default_factory=left_out)
    name_en: NameEn | None = Field(default_factory=left_out, description="null removes it.")
    categories: Slugs = Field(default_factory=left_out)
    address: Address = Field(default_factory=left_out)
    position: Position = Field(default_factory=left_out)
    zone: Zone = Field(default_factory=left_out)
    hours: Hours = Field(default_factory=left_out)
    phone: Phone | None = Field(default_factory=left_out, description="null removes it.")
    policy: Policy = Field(default_factory=left_out)
    exceptions: Exceptions = Field(default_factory=left_out)
    media: MediaList = Field(default_factory=left_out)
    specs: Specs = Field(default_factory=left_out)
    service_area: ServiceArea | None = Field(default_factory=left_out, description="null removes it.")
    terms: Terms = Field(default_factory=left_out)
    status: rules.Status = Field(default_factory=left_out, description="A closed shop is neither found nor booked.")


class Shop(Wire):
    """A shop."""

    id: ShopId
    merchant_id: str = Field(description="The account that runs it.")
    name: str
    name_en: str | None
    categories: list[str]
    address: str
    position: Position
    zone: str = Field(description="IANA time zone of its wall clock.", examples=["Asia/Shanghai"])
    currency: Currency
    hours: list[Interval]
    phone: str | None
    policy: Policy
    exceptions: list[HoursException] = Field(description="Dates with other hours than the week's.")
    media: list[Media] = Field(description="Pictures and films, in order.")
    specs: list[Spec] = Field(description="Details, in order.")
    service_area: ServiceArea | None = Field(description="null where customers come to the shop.")
    terms: Terms
    status: rules.Status
    version: int = Field(description="Rises with every change of the shop, its offerings and its staff.")
    created_at: Moment

    @classmethod
    def of(cls, shop: rules.Shop) -> Self:
        return cls(**cls._fields(shop))

    @staticmethod
    def _fields(shop: rules.Shop) -> dict[str, Any]:
        return vars(shop) | {
            "categories": list(shop.categories),
            "position": Position.of(shop.position),
            "hours": [Interval(**vars(interval)) for interval in shop.hours],
            "policy": Policy(**vars(shop.policy)),
            "exceptions": list(map(HoursException.of, shop.exceptions)),
            "media": list(map(Media.of, shop.media)),
            "specs": list(map(Spec.of, shop.specs)),
            "service_area": shop.service_area and ServiceArea.of(shop.service_area),
            "terms": Terms(**vars(shop.terms)),
        }


class Listing(Shop):
    """A shop with all that it offers and all who work there, the inactive too."""

    offerings: list[Offering]
    staff: list[Staff]
    resources: list[Resource] = Field(description="Rooms and things.")

    @classmethod
    def of_listing(cls, listing: rules.Listing) -> "Listing":
        return cls(
            **cls._fields(listing.shop),
            offerings=[Offering.of(offering) for offering in listing.offerings],
            staff=[Staff.of(staff) for staff in listing.staff],
            resources=[Resource.of(resource) for resource in listing.resources],
        )


class Shops(Wire):
    """A page of a merchant's shops, oldest first."""

    items: list[Shop]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[rules.Shop], next_cursor: str | None) -> "Shops":
        return cls(items=[Shop.of(shop) for shop in page.items], next_cursor=next_cursor)
