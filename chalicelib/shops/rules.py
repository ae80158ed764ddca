"""Shops as their merchants describe them: types, and what makes a description sound. No I/O.

A shop's address and telephone, and the names of its staff, are what the merchant publishes: they are not sealed.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from chalicelib.kit.errors import Conflict, FieldError
from chalicelib.kit.i18n import Text
from chalicelib.kit.money import Money
from chalicelib.shops.areas import Area

MOST_OFFERINGS = 100
MOST_STAFF = 100  # with the offerings they fit one transaction and one short query
DAY, WEEK = 24 * 60, 7 * 24 * 60  # minutes


class Status(StrEnum):
    """Whether a shop can be found and booked."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Position:
    """Degrees north and east, WGS-84."""

    lat: float
    lon: float


@dataclass(frozen=True)
class Interval:
    """When a shop is open, by its own wall clock.

    Attributes:
        weekday: the day that it begins on; Monday is 0.
        opens: `HH:MM`.
        closes: `HH:MM` or `24:00`; at or before `opens` means on the next day.
    """

    weekday: int
    opens: str
    closes: str


Clocks = tuple[str, str]
"""Opens and closes, as in `Interval`."""


@dataclass(frozen=True)
class HoursException:
    """A date on which a shop keeps other hours than its week says.

    Attributes:
        date: by the shop's own clock. All weekly hours that begin on it are replaced; those that began the evening
            before and run past midnight end as ever.
        intervals: the hours that begin on it instead; none where the shop stays closed.
    """

    date: date
    intervals: tuple[Clocks, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """All that a shop says of its hours."""

    weekly: tuple[Interval, ...]
    exceptions: tuple[HoursException, ...] = ()

    def of(self, day: date) -> tuple[Clocks, ...]:
        """Return the hours that begin on a local date."""
        for exception in self.exceptions:
            if exception.date == day:
                return exception.intervals
        return tuple((one.opens, one.closes) for one in self.weekly if one.weekday == day.weekday())


@dataclass(frozen=True)
class Media:
    """A picture or a film of a shop, which lies elsewhere.

    Attributes:
        url: `https://...`, ASCII alone.
        caption: one line.
    """

    kind: Literal["photo", "video"]
    url: str
    caption: str | None = None


@dataclass(frozen=True)
class Spec:
    """A detail that a merchant states in words of their own: `wifi`, `yes`."""

    name: str
    value: str


@dataclass(frozen=True)
class CancellationPolicy:
    """What cancelling costs the customer.

    Attributes:
        free_until_minutes_before: free until so many minutes before the start.
        late_fee_bps: afterwards the customer pays so many basis points of the price.
    """

    free_until_minutes_before: int = 24 * 60
    late_fee_bps: int = 5000


@dataclass(frozen=True)
class ShopDraft:
    """What a merchant says about a shop; see `Shop` for the fields."""

    name: str
    categories: tuple[str, ...]
    address: str
    position: Position
    zone: str
    currency: str
    hours: tuple[Interval, ...]
    name_en: str | None = None
    phone: str | None = None
    policy: CancellationPolicy = field(default_factory=CancellationPolicy)
    # Not in `repr`: fingerprints of imports are made of it, and those that stand know nothing of these.
    exceptions: tuple[HoursException, ...] = field(default=(), repr=False)
    media: tuple[Media, ...] = field(default=(), repr=False)
    specs: tuple[Spec, ...] = field(default=(), repr=False)
    service_area: Area | None = field(default=None, repr=False)

    @property
    def schedule(self) -> Schedule:
        """Its hours, the exceptions among them."""
        return Schedule(self.hours, self.exceptions)


@dataclass(frozen=True, kw_only=True)
class Shop(ShopDraft):
    """A shop.

    Attributes:
        id: `shp_...`.
        merchant_id: the account that runs it.
        name, name_en: as the merchant writes it, and in English where there is one.
        categories: slugs, 1 to 5.
        address: one line.
        position: where it is.
        zone: IANA time zone of its wall clock.
        currency: ISO 4217, of all its prices.
        hours: the week; empty when it takes nobody.
        phone: as published.
        status: closed shops are neither found nor booked.
        version: rises with every change of the shop, its offerings and its staff.
        created_at: when.
        policy: of cancellation; frozen on each order line when it is sold.
        exceptions: dates with other hours, each once.
        media: in the order to show them in.
        specs: likewise.
        service_area: where it comes to its customers; None where they come to it.
    """

    id: str
    merchant_id: str
    created_at: datetime
    status: Status = Status.OPEN
    version: int = 1


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
    specs: tuple[Spec, ...] = field(default=(), repr=False)  # see `ShopDraft`


@dataclass(frozen=True, kw_only=True)
class Offering(OfferingDraft):
    """Something that can be booked.

    Attributes:
        id: `off_...`.
        shop_id: its shop.
        name, name_en: as the merchant writes it, and in English where there is one.
        minutes: how long it takes the customer.
        price: in the shop's currency.
        buffer_after_minutes: how long the staff is busy afterwards.
        slot_minutes: the grid that starts lie on.
        active: can be booked.
        staff_ids: who can do it; empty is anyone.
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
    """

    id: str
    shop_id: str
    name: str
    active: bool = True


@dataclass(frozen=True)
class Listing:
    """A shop with all that it offers and all who work there, the inactive too."""

    shop: Shop
    offerings: tuple[Offering, ...]
    staff: tuple[Staff, ...]


class ShopChanged(Conflict):
    code = "shop-changed"
    title = Text("The shop has changed in the meantime", "商铺信息已被更新")
    detail = Text(
        "Its version is {version} now; read it and decide again.", "当前版本为 {version}，请重新读取后再修改。"
    )


class ShopFull(Conflict):
    code = "shop-full"
    title = Text("The shop has as many as it can have", "已达到商铺的数量上限")
    detail = Text("A shop has at most {limit} {what}.", "每个商铺最多 {limit} 个 {what}。")


@dataclass(frozen=True)
class ImportRow:
    """A shop as another system lists it.

    Attributes:
        source, external_id: the system, and what it calls the shop: together they are always the same shop here.
        draft: the shop.
        offerings: what it offers, where the list says so; their order is their identity.
        staff: the names of those who work there, likewise; anyone does anything.
    """

    source: str
    external_id: str
    draft: ShopDraft
    offerings: tuple[OfferingDraft, ...] = ()
    staff: tuple[str, ...] = ()


@dataclass(frozen=True)
class Imported:
    """What an import of some rows did.

    Attributes:
        created, updated, unchanged: how many.
        rejected: position of each row that was not taken, and why.
        listings: every shop that was taken as it stands now, unchanged ones too.
    """

    created: int
    updated: int
    unchanged: int
    rejected: tuple[tuple[int, tuple[FieldError, ...]], ...]
    listings: tuple[Listing, ...]


def span(interval: Interval) -> tuple[int, int]:
    """Return when a well-formed interval begins and ends, in minutes of the week's wall clock since Monday 00:00; the
    end is beyond the week's (10,080) when Sunday night reaches into Monday.
    """
    day = interval.weekday * DAY
    opens, closes = _minutes(interval.opens), _minutes(interval.closes)
    return day + opens, day + closes + (DAY if closes <= opens else 0)


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
