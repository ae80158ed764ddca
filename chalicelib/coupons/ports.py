"""What coupons need from outside; also the types of this domain that others may use."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.audit.ports import AuditPorts
from chalicelib.coupons.rules import (
    Campaign,
    CampaignDraft,
    Coupon,
    CouponDoesNotFit,
    CouponState,
    CouponUnavailable,
    PaidBy,
    Terms,
)
from chalicelib.kit.clock import Clock
from chalicelib.kit.dealings import Dealings
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.shops.ports import ShopPorts

__all__ = [
    "Campaign",
    "CampaignDraft",
    "ClaimablePorts",
    "Coupon",
    "CouponDoesNotFit",
    "CouponState",
    "CouponStore",
    "CouponUnavailable",
    "CouponsPorts",
    "PaidBy",
    "Reserved",
    "Terms",
]


@dataclass(frozen=True)
class Reserved:
    """What a coupon does to an order, and the writes that reserve it.

    Attributes:
        discount_by_line: minor units off each line; adds up to the whole discount.
        paid_by: who bears it; to be frozen on the order.
    """

    discount_by_line: Mapping[str, int]
    paid_by: PaidBy
    actions: tuple[Action, ...]


class CouponStore(Protocol):
    """Where campaigns and coupons are kept."""

    def campaign(self, campaign_id: str) -> Campaign | None:
        """Return a campaign, read consistently; None where there is none."""
        ...

    def coupon(self, coupon_id: str) -> Coupon | None:
        """Return a coupon, read consistently; None where there is none."""
        ...

    def coupons(self, coupon_ids: Sequence[str]) -> Sequence[Coupon]:
        """Return those of some coupons that exist, read consistently."""
        ...

    def open(self, campaign: Campaign) -> Action:
        """Return the write of a new campaign."""
        ...

    def issue(self, coupon: Coupon, campaign: Campaign) -> Sequence[Action]:
        """Return the writes of a new coupon, counted on its campaign.

        Refused: `Contention` where the customer has it already, `SoldOut` where none is left.
        """
        ...

    def replace(self, coupon: Coupon) -> Action:
        """Return the write of the next version of a coupon, provided that it follows the one that stands."""
        ...

    def campaigns(self, shop_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Campaign]:
        """Return some of a shop's campaigns, newest first."""
        ...

    def of_customer(self, customer_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Coupon]:
        """Return some of a customer's coupons, the one claimed last first."""
        ...

    def over(self, shard: int, before: datetime, limit: int) -> Iterable[str]:
        """Yield ids of coupons of a shard, neither used nor expired, whose time was over before a moment, the
        oldest first.
        """
        ...

    @property
    def shards(self) -> int: ...


@dataclass(frozen=True)
class ClaimablePorts:
    """What reading a shop's campaigns needs."""

    store: CouponStore


@dataclass(frozen=True)
class CouponsPorts(ClaimablePorts):
    """What the use cases are given."""

    clock: Clock
    committer: Committer
    outbox: Outbox
    idempotency: Idempotency
    audit: AuditPorts
    shops: ShopPorts
    dealings: Dealings
