"""Shops, their offerings and their staff over the wire."""

from collections.abc import Callable
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Currency, Line, Moment, MoneyIn, MoneyOut, Position, left_out
from chalicelib.shops import rules
from chalicelib.shops.checks import MOST_BUFFER, MOST_CATEGORIES, MOST_MINUTES, STEP
from chalicelib.shops.schemas.details import (
    Exceptions,
    Hours,
    HoursException,
    Interval,
    Media,
    MediaList,
    OfferingSpecs,
    Policy,
    ServiceArea,
    Spec,
    Specs,
)

Name = Annotated[Line, Field(min_length=1, max_length=100, description="One line.", examples=["小满理发"])]
NameEn = Annotated[Line, Field(min_length=1, max_length=100, description="In English.", examples=["Xiaoman Barbers"])]
Address = Annotated[
    Line, Field(min_length=1, max_length=300, description="One line.", examples=["上海市徐汇区梧桐里 8 号"])
]
Slug = Annotated[str, Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40, examples=["hair-care"])]
Slugs = Annotated[list[Slug], Field(min_length=1, max_length=MOST_CATEGORIES, examples=[["barber", "hair-care"]])]
Zone = Annotated[str, Field(max_length=64, description="IANA time zone.", examples=["Asia/Shanghai"])]
Phone = Annotated[str, Field(max_length=32, description="As published.", examples=["+86 21 5555 0100"])]
Minutes = Annotated[int, Field(ge=STEP, le=MOST_MINUTES, multiple_of=STEP, strict=True, examples=[45])]
Buffer = Annotated[int, Field(ge=0, le=MOST_BUFFER, multiple_of=STEP, strict=True, examples=[10])]
Version = Annotated[int, Field(ge=1, strict=True, description="The shop's version that the change is based on.")]
ShopId = Annotated[str, Field(examples=["shp_01jd3x9k5r8m2q7w4t6y0z1abc"])]
StaffIds = Annotated[list[str], Field(max_length=100, description="Who can do it; empty is anyone.")]
SlotMinutes = Annotated[Minutes, Field(description="The grid that starts lie on.")]


def _position(position: Position) -> rules.Position:
    return rules.Position(position.lat, position.lon)


def _each(parts: list[Any]) -> tuple[Any, ...]:
    return tuple(part.domain() for part in parts)


_DOMAIN: dict[str, Callable[[Any], Any]] = {
    "categories": tuple,
    "position": _position,
    "hours": _each,
    "policy": Policy.domain,
    "exceptions": _each,
    "media": _each,
    "specs": _each,
    "service_area": lambda area: area and area.domain(),
    "price": MoneyIn.money,
    "staff_ids": tuple,
}


def told(wish: BaseModel) -> dict[str, Any]:
    """Return the fields that a client sent, as the domain knows them; without `version`, which is about the change."""
    names = wish.model_fields_set - {"version"}
    return {name: _DOMAIN.get(name, lambda value: value)(getattr(wish, name)) for name in names}


class ShopIn(Wire):
    """A shop to be made."""

    name: Name
    name_en: NameEn | None = None
    categories: Slugs
    address: Address
    position: Position
    zone: Zone
    currency: Currency
    hours: Hours
    phone: Phone | None = None
    policy: Policy = Field(default_factory=left_out, description="Free until a day before, then half the price.")
    exceptions: Exceptions = Field(default_factory=list)
    media: MediaList = Field(default_factory=list)
    specs: Specs = Field(default_factory=list)
    service_area: ServiceArea | None = None

    def draft(self) -> rules.ShopDraft:
        """Return it as the domain knows it."""
        return rules.ShopDraft(**told(self))


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
    status: rules.Status = Field(default_factory=left_out, description="A closed shop is neither found nor booked.")


class OfferingIn(Wire):
    """Something that can be booked."""

    name: Name
    name_en: NameEn | None = None
    minutes: Minutes
    price: MoneyIn
    buffer_after_minutes: Buffer = Field(default=0, description="The staff is busy so much longer.")
    slot_minutes: SlotMinutes = 15
    staff_ids: StaffIds = Field(default_factory=list)
    specs: OfferingSpecs = Field(default_factory=list)

    def draft(self) -> rules.OfferingDraft:
        """Return it as the domain knows it."""
        return rules.OfferingDraft(**told(self))


class OfferingChange(Wire):
    """What to change of an offering; what is left out stays."""

    version: Version = Field(default_factory=left_out)
    name: Name = Field(default_factory=left_out)
    name_en: NameEn | None = Field(default_factory=left_out, description="null removes it.")
    minutes: Minutes = Field(default_factory=left_out)
    price: MoneyIn = Field(default_factory=left_out)
    buffer_after_minutes: Buffer = Field(default_factory=left_out)
    slot_minutes: SlotMinutes = Field(default_factory=left_out)
    staff_ids: StaffIds = Field(default_factory=left_out)
    specs: OfferingSpecs = Field(default_factory=left_out)
    active: bool = Field(default_factory=left_out, strict=True, description="It can be booked.")


class StaffIn(Wire):
    """Somebody who works in a shop."""

    name: Name = Field(max_length=80, examples=["阿玲"])


class StaffChange(Wire):
    """What to change of somebody; what is left out stays."""

    version: Version = Field(default_factory=left_out)
    name: Name = Field(default_factory=left_out, max_length=80)
    active: bool = Field(default_factory=left_out, strict=True, description="They can be booked.")


class Offering(Wire):
    """Something that can be booked while it is active."""

    id: str = Field(examples=["off_01jd3x9k5r8m2q7w4t6y0z1abc"])
    shop_id: ShopId
    name: str
    name_en: str | None
    minutes: int = Field(description="How long it takes the customer.")
    price: MoneyOut
    buffer_after_minutes: int
    slot_minutes: int = Field(description="The grid that starts lie on.")
    active: bool
    staff_ids: list[str] = Field(description="Who can do it; empty is anyone.")
    specs: list[Spec]

    @classmethod
    def of(cls, offering: rules.Offering) -> "Offering":
        own = {
            "price": MoneyOut.of(offering.price),
            "staff_ids": list(offering.staff_ids),
            "specs": list(map(Spec.of, offering.specs)),
        }
        return cls(**(vars(offering) | own))


class Staff(Wire):
    """Somebody who works in a shop, and can be booked while active."""

    id: str = Field(examples=["stf_01jd3x9k5r8m2q7w4t6y0z1abc"])
    shop_id: ShopId
    name: str
    active: bool

    @classmethod
    def of(cls, staff: rules.Staff) -> "Staff":
        return cls(**vars(staff))


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
        }


class Listing(Shop):
    """A shop with all that it offers and all who work there, the inactive too."""

    offerings: list[Offering]
    staff: list[Staff]

    @classmethod
    def of_listing(cls, listing: rules.Listing) -> "Listing":
        return cls(
            **cls._fields(listing.shop),
            offerings=[Offering.of(offering) for offering in listing.offerings],
            staff=[Staff.of(staff) for staff in listing.staff],
        )


class Shops(Wire):
    """A page of a merchant's shops, oldest first."""

    items: list[Shop]
    next_cursor: str | None

    @classmethod
    def of(cls, page: Page[rules.Shop], next_cursor: str | None) -> "Shops":
        return cls(items=[Shop.of(shop) for shop in page.items], next_cursor=next_cursor)
