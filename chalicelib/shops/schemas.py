"""What shops say over the wire."""

from collections.abc import Callable
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field

from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Currency, Line, Moment, MoneyIn, MoneyOut, Position, left_out
from chalicelib.shops import rules
from chalicelib.shops.checks import MOST_BUFFER, MOST_CATEGORIES, MOST_INTERVALS, MOST_MINUTES, MOST_NOTICE, STEP

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


class Interval(Wire):
    """When a shop is open, by its own wall clock."""

    weekday: int = Field(ge=0, le=6, strict=True, description="The day that it begins on; Monday is 0.")
    opens: str = Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["09:00"])
    closes: str = Field(
        pattern="^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$",
        description="At or before `opens` means on the next day.",
        examples=["18:30"],
    )

    def domain(self) -> rules.Interval:
        return rules.Interval(self.weekday, self.opens, self.closes)


Hours = Annotated[list[Interval], Field(max_length=MOST_INTERVALS, description="The week; intervals do not overlap.")]


class Policy(Wire):
    """What cancelling costs the customer."""

    free_until_minutes_before: int = Field(
        ge=0, le=MOST_NOTICE, strict=True, description="Free until then, before the start.", examples=[1440]
    )
    late_fee_bps: int = Field(
        ge=0, le=10_000, strict=True, description="Afterwards: basis points of the price.", examples=[5000]
    )

    def domain(self) -> rules.CancellationPolicy:
        return rules.CancellationPolicy(self.free_until_minutes_before, self.late_fee_bps)


def _position(position: Position) -> rules.Position:
    return rules.Position(position.lat, position.lon)


_DOMAIN: dict[str, Callable[[Any], Any]] = {
    "categories": tuple,
    "position": _position,
    "hours": lambda hours: tuple(interval.domain() for interval in hours),
    "policy": Policy.domain,
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

    @classmethod
    def of(cls, offering: rules.Offering) -> "Offering":
        return cls(**(vars(offering) | {"price": MoneyOut.of(offering.price), "staff_ids": list(offering.staff_ids)}))


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
