"""What a shop sells, and who and what it takes to serve it. No I/O.

An offering takes one member of the staff, unless it needs none, and one of each further group that it names: one of
these rooms, one of those machines. All of them are taken for its minutes and the buffers around them.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from chalicelib.kit.money import Money
from chalicelib.shops.hours import HoursException, Interval


@dataclass(frozen=True)
class Spec:
    """A detail that a merchant states in words of their own: `wifi`, `yes`."""

    name: str
    value: str


class ResourceKind(StrEnum):
    """What a thing is that can be taken."""

    ROOM = "room"
    EQUIPMENT = "equipment"


class Choice(StrEnum):
    """Whom to give to customers who do not mind: whoever has the least to do that day, whoever is left with the fewest
    gaps, or whom the customer had the last time, and else as FAIR.
    """

    FAIR = "fair"
    COMPACT = "compact"
    LAST = "last"


@dataclass(frozen=True)
class OfferingDraft:
    """What a merchant says about an offering; see `Offering` for the fields."""

    name: str
    minutes: int
    price: Money
    name_en: str | None = None
    buffer_after_minutes: int = 0
    slot_minutes: int = 15
    active: bool = True
    staff_ids: tuple[str, ...] = ()
    # Not in `repr`: fingerprints of imports are made of it, and those that stand know nothing of these.
    specs: tuple[Spec, ...] = field(default=(), repr=False)
    buffer_before_minutes: int = field(default=0, repr=False)
    skills: tuple[str, ...] = field(default=(), repr=False)
    needs: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    staffed: bool = field(default=True, repr=False)
    deposit_bps: int = field(default=10_000, repr=False)
    approval: bool = field(default=False, repr=False)
    seats: int = field(default=1, repr=False)


@dataclass(frozen=True, kw_only=True)
class Offering(OfferingDraft):
    """Something that can be booked.

    Attributes:
        id: `off_...`.
        shop_id: its shop.
        name, name_en: as the merchant writes it, and in English where there is one.
        minutes: how long it takes the customer.
        price: in the shop's currency.
        buffer_before_minutes, buffer_after_minutes: how long all that serve are busy before and afterwards.
        slot_minutes: the grid that starts lie on.
        active: can be booked.
        staff_ids: who can do it; empty is anyone who has the skills.
        skills: all of which whoever does it has.
        needs: groups of resources; one of each group is needed beside the staff.
        staffed: False where the resources alone serve, such as a court or a karaoke room.
        deposit_bps: so many basis points of the price are paid when it is booked, the rest at the shop.
        approval: the merchant accepts each booking, or declines it.
        seats: of a class: it is held in sessions that the merchant plans, and sold by the seat; 1 for all else.
        specs: details, in the order to show them in.
    """

    id: str
    shop_id: str


@dataclass(frozen=True)
class Staff:
    """Somebody who works in a shop.

    Attributes:
        id: `stf_...`.
        shop_id: the shop.
        name: as customers see it.
        active: can be booked.
        skills: slugs; offerings ask for them.
        hours: the week, breaks left out; None where they work as long as the shop is open.
        exceptions: dates with other hours: holidays, a late shift.
    """

    id: str
    shop_id: str
    name: str
    active: bool = True
    skills: tuple[str, ...] = ()
    hours: tuple[Interval, ...] | None = None
    exceptions: tuple[HoursException, ...] = ()


@dataclass(frozen=True)
class Resource:
    """A room, or a thing that is used: one booking at a time.

    Attributes:
        id: `res_...`.
        shop_id: the shop.
        kind: what it is.
        name: one line.
        active: can be used.
    """

    id: str
    shop_id: str
    kind: ResourceKind
    name: str
    active: bool = True
