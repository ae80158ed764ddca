"""What shops need from outside; also the types of this domain that others may use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.shops.areas import Area, Circle, Polygon
from chalicelib.shops.hours import HoursException, Interval, Schedule
from chalicelib.shops.rules import (
    BookingTerms,
    CancellationPolicy,
    Imported,
    ImportRow,
    Listing,
    Media,
    Position,
    Shop,
    ShopDraft,
    Status,
)
from chalicelib.shops.serving import Choice, Offering, OfferingDraft, Resource, ResourceKind, Spec, Staff

__all__ = [
    "Area",
    "BookingTerms",
    "CancellationPolicy",
    "Choice",
    "Circle",
    "HoursException",
    "ImportRow",
    "Imported",
    "Interval",
    "Listing",
    "Media",
    "Offering",
    "OfferingDraft",
    "Polygon",
    "Position",
    "Resource",
    "ResourceKind",
    "Schedule",
    "Shop",
    "ShopDraft",
    "ShopPorts",
    "ShopStore",
    "Spec",
    "Staff",
    "Status",
]


class ShopStore(Protocol):
    """Where shops are kept."""

    def shop(self, shop_id: str) -> Shop | None:
        """Return a shop, read consistently; None where there is none."""
        ...

    def shops(self, shop_ids: Sequence[str]) -> Mapping[str, Shop]:
        """Return those of some shops that exist, by id; what happened a moment ago may not show."""
        ...

    def listing(self, shop_id: str) -> Listing | None:
        """Return a shop with its offerings and staff, read consistently; None where there is none."""
        ...

    def of_merchant(self, merchant_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Shop]:
        """Return some of a merchant's shops, oldest first; an index: a change may take a moment to show."""
        ...

    def create(self, shop: Shop) -> Action:
        """Return the write of a new shop."""
        ...

    def replace(self, shop: Shop) -> Action:
        """Return the write of the next version of a shop, provided that it follows the one that stands."""
        ...

    def put_offering(self, offering: Offering) -> Action: ...

    def put_staff(self, staff: Staff) -> Action: ...

    def put_resource(self, resource: Resource) -> Action: ...

    def imported(self, shop_ids: Sequence[str]) -> Mapping[str, tuple[Shop, str]]:
        """Return those shops that exist, each with the fingerprint of the row that it was imported from."""
        ...

    def import_new(self, listings: Sequence[tuple[Listing, str]]) -> None:
        """Write new shops with the fingerprints of their rows; a shop that is there is whole, whenever this ends."""
        ...

    def import_again(self, listing: Listing, fingerprint: str) -> Sequence[Action]:
        """Return the writes of the next version of a shop that was imported before."""
        ...


@dataclass(frozen=True)
class ShopPorts:
    """What the use cases are given."""

    store: ShopStore
    clock: Clock
    committer: Committer
    outbox: Outbox
    idempotency: Idempotency
    audit: AuditPorts
