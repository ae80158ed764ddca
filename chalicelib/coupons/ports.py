"""What coupons need from outside; also the types of this domain that others may use."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.audit.ports import AuditPorts
from chalicelib.coupons.purse_ports import PurseStore
from chalicelib.coupons.rules import (
    MOST_TOGETHER,
    WORDS,
    Applied,
    Best,
    BudgetSpent,
    Campaign,
    CampaignDraft,
    Conditions,
    Coupon,
    CouponDoesNotFit,
    CouponState,
    CouponUnavailable,
    CouponWhereOneWorks,
    Earned,
    Ending,
    FirstOf,
    Item,
    Misfit,
    PaidBy,
    Part,
    Purchase,
    Returned,
    Taken,
    Terms,
    Tier,
)
from chalicelib.coupons.rules.simulation import Sale, Simulation, SimulationState
from chalicelib.coupons.simulation_ports import SimulationStore
from chalicelib.kit.clock import Clock
from chalicelib.kit.dealings import Dealings
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.shops.ports import ShopPorts

__all__ = [
    "MOST_TOGETHER",
    "WORDS",
    "Applied",
    "Best",
    "BudgetSpent",
    "Campaign",
    "CampaignDraft",
    "ClaimablePorts",
    "Conditions",
    "Counted",
    "Coupon",
    "CouponDoesNotFit",
    "CouponState",
    "CouponStore",
    "CouponUnavailable",
    "CouponWhereOneWorks",
    "CouponsPorts",
    "Earned",
    "Ending",
    "FirstOf",
    "Firsts",
    "Item",
    "Misfit",
    "PaidBy",
    "Part",
    "Person",
    "Purchase",
    "Reserved",
    "Returned",
    "Sale",
    "Simulation",
    "SimulationState",
    "Taken",
    "Terms",
    "Tier",
]


@dataclass(frozen=True)
class Person:
    """What is to be known of a customer.

    Attributes:
        since: when their account was opened.
        works_for: the merchants for whom they work at this moment.
    """

    since: datetime
    works_for: frozenset[str]


@dataclass(frozen=True)
class Firsts:
    """What an order would be the first of.

    Attributes:
        of: the platform's, the shop's: the customer has no order there that was sold and not called off.
        in_use: where another order of theirs has a coupon for a first order, paid, or unpaid and still held.
    """

    of: frozenset[FirstOf]
    in_use: frozenset[FirstOf]


@dataclass(frozen=True)
class Reserved:
    """What coupons do to an order, and the writes that reserve them.

    Attributes:
        taken: what each takes off which line, and who bears it, in the order in which they are applied.
        first_of: what the order has to be the first of, for the orders domain to hold on to in the same transaction.
    """

    taken: tuple[Taken, ...]
    first_of: frozenset[FirstOf]
    actions: tuple[Action, ...]

    def parts(self, line_id: str) -> tuple[Part, ...]:
        """What they take off one line."""
        return tuple(one.parts[line_id] for one in self.taken if line_id in one.parts)


@dataclass(frozen=True)
class Counted:
    """What stands of a campaign.

    Attributes:
        taken: how many, by bucket.
        coupons: ids of those that were asked for and exist.
    """

    taken: Mapping[int, int]
    coupons: frozenset[str]


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

    def with_claimed(self, campaign: Campaign) -> Campaign:
        """Return a campaign with how many are claimed from all of its buckets, which its own row does not say; as it
        was a moment ago, perhaps.

        Raises:
            Contention: the database is too busy to answer.
        """
        ...

    def claimant(self, campaign_id: str, coupon_id: str) -> tuple[Campaign | None, Coupon | None]:
        """Return a campaign and a coupon, read consistently in one request."""
        ...

    def counted(self, campaign: Campaign, buckets: Sequence[int], coupon_ids: Sequence[str]) -> Counted:
        """Return how many are taken from some of several buckets, and which of some coupons exist, read consistently
        in one request.
        """
        ...

    def issue(self, coupon: Coupon) -> Action:
        """Return the write of a new coupon; refused with `Contention` where there is one."""
        ...

    def count(self, campaign: Campaign, bucket: int, *, is_last: bool) -> Sequence[Action]:
        """Return the writes that take one from a bucket, and where it is the last one say so on the campaign; refused
        with `Contention` where it is the last and should not be, or the other way round: so nobody takes the last one
        and does not know.
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

    def over(self, shard: int, before: datetime, limit: int, after: Coupon | None = None) -> Sequence[Coupon]:
        """Return coupons of a shard, neither used nor expired, whose time was over before a moment, the oldest first,
        from after one of them on; as the index shows them, perhaps as they were a moment ago.
        """
        ...

    def ending(self, shard: int, after: str, until: datetime, limit: int) -> Sequence[Coupon]:
        """Return coupons of a shard likewise that end until a moment, from after a place (`end_of`) in the index on."""
        ...

    def end_of(self, coupon: Coupon) -> str:
        """Return a coupon's place in the index."""
        ...

    def told_until(self, shard: int) -> str | None:
        """Return up to where owners of a shard's coupons were told that these end, read consistently."""
        ...

    def tell_until(self, shard: int, reached: str, before: str | None) -> Action:
        """Return the write that moves this on; refused with `Contention` where it does not stand at `before`."""
        ...

    def join(self, campaign_id: str, shop_id: str, at: datetime) -> Action:
        """Return the write that a shop takes part in a campaign; where it does so already it is refused with
        `Contention`.
        """
        ...

    def joined(self, campaign_ids: Sequence[str], shop_id: str) -> Collection[str]:
        """Return the ids of those campaigns that a shop takes part in, read consistently; at most 100."""
        ...

    @property
    def shards(self) -> int: ...


@dataclass(frozen=True)
class ClaimablePorts:
    """What reading a shop's campaigns needs."""

    store: CouponStore


@dataclass(frozen=True)
class CouponsPorts(ClaimablePorts):
    """What the use cases are given.

    Attributes:
        person: a customer, read consistently; None where there is no such account.
    """

    clock: Clock
    committer: Committer
    outbox: Outbox
    idempotency: Idempotency
    audit: AuditPorts
    shops: ShopPorts
    dealings: Dealings
    purses: PurseStore
    person: Callable[[str], Person | None]
    simulations: SimulationStore
