"""Shops as their merchants describe them: types, and what makes a description sound. No I/O.

A shop's address and telephone, and the names of its staff, are what the merchant publishes: they are not sealed.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from chalicelib.kit.errors import Conflict, FieldError
from chalicelib.kit.i18n import Text
from chalicelib.shops.areas import Area
from chalicelib.shops.hours import HoursException, Interval, Schedule
from chalicelib.shops.serving import Choice, Offering, OfferingDraft, Resource, Spec, Staff

MOST_OFFERINGS = 100
MOST_STAFF = 100  # with the offerings they fit one transaction and one short query
MOST_RESOURCES = 100


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
class CancellationPolicy:
    """What cancelling costs the customer.

    Attributes:
        free_until_minutes_before: free until so many minutes before the start.
        late_fee_bps: afterwards the customer pays so many basis points of the price.
        no_show_fee_bps: who does not come pays so many.
    """

    free_until_minutes_before: int = 24 * 60
    late_fee_bps: int = 5000
    no_show_fee_bps: int = field(default=10_000, repr=False)  # see `ShopDraft`


@dataclass(frozen=True)
class BookingTerms:
    """On what terms a shop can be booked.

    Attributes:
        lead_minutes: no later than so many minutes before the start.
        horizon_days: no more than so many days ahead.
        choice: whom to give to customers who do not mind.
    """

    lead_minutes: int = 0
    horizon_days: int = 90
    choice: Choice = Choice.FAIR


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
    terms: BookingTerms = field(default_factory=BookingTerms, repr=False)

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
        terms: of booking.
    """

    id: str
    merchant_id: str
    created_at: datetime
    status: Status = Status.OPEN
    version: int = 1


@dataclass(frozen=True)
class Listing:
    """A shop with all that it offers, all who work there and all that is used, the inactive too."""

    shop: Shop
    offerings: tuple[Offering, ...]
    staff: tuple[Staff, ...]
    resources: tuple[Resource, ...] = ()


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
