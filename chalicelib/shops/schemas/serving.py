"""What a shop sells, and who and what serves it, over the wire."""

from typing import Annotated, Any

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import MoneyIn, MoneyOut, left_out
from chalicelib.shops import serving
from chalicelib.shops.checks import MOST_BUFFER, MOST_INTERVALS, MOST_MINUTES, MOST_NEEDS, MOST_SEATS, MOST_SKILLS, STEP
from chalicelib.shops.schemas.details import Exceptions, HoursException, Interval, OfferingSpecs, Spec
from chalicelib.shops.schemas.told import Name, NameEn, ShopId, Slug, Version, told

Minutes = Annotated[int, Field(ge=STEP, le=MOST_MINUTES, multiple_of=STEP, strict=True, examples=[45])]
Buffer = Annotated[int, Field(ge=0, le=MOST_BUFFER, multiple_of=STEP, strict=True, examples=[10])]
Id = Annotated[str, Field(max_length=128)]
StaffIds = Annotated[list[Id], Field(max_length=100, description="Who can do it; empty is anyone with the skills.")]
SlotMinutes = Annotated[Minutes, Field(description="The grid that starts lie on.")]
Skills = Annotated[list[Slug], Field(max_length=MOST_SKILLS, examples=[["hair-colour"]])]
Needs = Annotated[
    list[Annotated[list[Id], Field(min_length=1, max_length=100)]],
    Field(max_length=MOST_NEEDS, description="Groups of resources: one of each is needed beside the staff."),
]
Seats = Annotated[
    int,
    Field(
        ge=1,
        le=MOST_SEATS,
        strict=True,
        description="Of a class: it is held in sessions and sold by the seat; 1 for all else.",
    ),
]
Deposit = Annotated[
    int,
    Field(
        ge=0,
        le=10_000,
        strict=True,
        description="Basis points of the price that are paid when it is booked: all, a "
        "deposit, or nothing; the rest is paid at the shop.",
    ),
]
StaffHours = Annotated[
    list[Interval] | None,
    Field(max_length=MOST_INTERVALS, description="The week, breaks left out; null: as long as the shop is open."),
]


class OfferingIn(Wire):
    """Something that can be booked."""

    name: Name
    name_en: NameEn | None = None
    minutes: Minutes
    price: MoneyIn
    buffer_before_minutes: Buffer = Field(default=0, description="All that serve are busy so much earlier.")
    buffer_after_minutes: Buffer = Field(default=0, description="All that serve are busy so much longer.")
    slot_minutes: SlotMinutes = 15
    staff_ids: StaffIds = Field(default_factory=list)
    skills: Skills = Field(default_factory=list)
    needs: Needs = Field(default_factory=list)
    staffed: bool = Field(default=True, strict=True, description="false: the resources alone serve.")
    deposit_bps: Deposit = 10_000
    approval: bool = Field(default=False, strict=True, description="The merchant accepts each booking, or declines it.")
    seats: Seats = 1
    specs: OfferingSpecs = Field(default_factory=list)

    def draft(self) -> serving.OfferingDraft:
        """Return it as the domain knows it."""
        return serving.OfferingDraft(**told(self))


class OfferingChange(Wire):
    """What to change of an offering; what is left out stays."""

    version: Version = Field(default_factory=left_out)
    name: Name = Field(default_factory=left_out)
    name_en: NameEn | None = Field(default_factory=left_out, description="null removes it.")
    minutes: Minutes = Field(default_factory=left_out)
    price: MoneyIn = Field(default_factory=left_out)
    buffer_before_minutes: Buffer = Field(default_factory=left_out)
    buffer_after_minutes: Buffer = Field(default_factory=left_out)
    slot_minutes: SlotMinutes = Field(default_factory=left_out)
    staff_ids: StaffIds = Field(default_factory=left_out)
    skills: Skills = Field(default_factory=left_out)
    needs: Needs = Field(default_factory=left_out)
    staffed: bool = Field(default_factory=left_out, strict=True)
    deposit_bps: Deposit = Field(default_factory=left_out)
    approval: bool = Field(default_factory=left_out, strict=True)
    seats: Seats = Field(default_factory=left_out)
    specs: OfferingSpecs = Field(default_factory=left_out)
    active: bool = Field(default_factory=left_out, strict=True, description="It can be booked.")


class StaffIn(Wire):
    """Somebody who works in a shop."""

    name: Name = Field(max_length=80, examples=["阿玲"])
    skills: Skills = Field(default_factory=list)
    hours: StaffHours = None
    exceptions: Exceptions = Field(default_factory=list)

    def fields(self) -> dict[str, Any]:
        """Return it as the domain knows it."""
        return told(self)


class StaffChange(Wire):
    """What to change of somebody; what is left out stays."""

    version: Version = Field(default_factory=left_out)
    name: Name = Field(default_factory=left_out, max_length=80)
    skills: Skills = Field(default_factory=left_out)
    hours: StaffHours = Field(default_factory=left_out)
    exceptions: Exceptions = Field(default_factory=left_out)
    active: bool = Field(default_factory=left_out, strict=True, description="They can be booked.")


class ResourceIn(Wire):
    """A room or a thing that offerings need."""

    kind: serving.ResourceKind
    name: Name = Field(max_length=80, examples=["1 号包间"])

    def fields(self) -> dict[str, Any]:
        """Return it as the domain knows it."""
        return told(self)


class ResourceChange(Wire):
    """What to change of a room or a thing; what is left out stays."""

    version: Version = Field(default_factory=left_out)
    name: Name = Field(default_factory=left_out, max_length=80)
    active: bool = Field(default_factory=left_out, strict=True, description="It can be used.")


class Offering(Wire):
    """Something that can be booked while it is active."""

    id: str = Field(examples=["off_01jd3x9k5r8m2q7w4t6y0z1abc"])
    shop_id: ShopId
    name: str
    name_en: str | None
    minutes: int = Field(description="How long it takes the customer.")
    price: MoneyOut
    buffer_before_minutes: int
    buffer_after_minutes: int
    slot_minutes: int = Field(description="The grid that starts lie on.")
    active: bool
    staff_ids: list[str] = Field(description="Who can do it; empty is anyone.")
    skills: list[str] = Field(description="All of which whoever does it has.")
    needs: list[list[str]] = Field(description="Groups of resources: one of each is needed too.")
    staffed: bool = Field(description="false: the resources alone serve.")
    deposit_bps: int = Field(description="Basis points of the price that are paid when it is booked.")
    approval: bool = Field(description="The merchant accepts each booking, or declines it.")
    seats: int = Field(description="Of a class, which is booked by its sessions; 1 for all else.")
    specs: list[Spec]

    @classmethod
    def of(cls, offering: serving.Offering) -> "Offering":
        own = {
            "price": MoneyOut.of(offering.price),
            "staff_ids": list(offering.staff_ids),
            "skills": list(offering.skills),
            "needs": list(map(list, offering.needs)),
            "specs": list(map(Spec.of, offering.specs)),
        }
        return cls(**(vars(offering) | own))


class Staff(Wire):
    """Somebody who works in a shop, and can be booked while active."""

    id: str = Field(examples=["stf_01jd3x9k5r8m2q7w4t6y0z1abc"])
    shop_id: ShopId
    name: str
    active: bool
    skills: list[str]
    hours: list[Interval] | None = Field(description="null: as long as the shop is open.")
    exceptions: list[HoursException] = Field(description="Dates with other hours than the week's.")

    @classmethod
    def of(cls, staff: serving.Staff) -> "Staff":
        own = {
            "skills": list(staff.skills),
            "hours": None if staff.hours is None else [Interval(**vars(one)) for one in staff.hours],
            "exceptions": list(map(HoursException.of, staff.exceptions)),
        }
        return cls(**(vars(staff) | own))


class Resource(Wire):
    """A room or a thing, which is used by one booking at a time while active."""

    id: str = Field(examples=["res_01jd3x9k5r8m2q7w4t6y0z1abc"])
    shop_id: ShopId
    kind: serving.ResourceKind
    name: str
    active: bool

    @classmethod
    def of(cls, resource: serving.Resource) -> "Resource":
        return cls(**vars(resource))
