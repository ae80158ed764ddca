"""What outreach needs from outside; also the types of this domain that others may use."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.coupons.ports import CouponsPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.dealings import Dealings
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.notifications.ports import Reached
from chalicelib.orders.ports import OrdersPorts
from chalicelib.outreach.rules.outreach import Draft, Outcome, Outreach, Report, Started, State
from chalicelib.outreach.rules.tags import Tagged, Tally
from chalicelib.outreach.rules.wishes import Heard, Offer, Wish
from chalicelib.privacy.ports import ConsentPorts
from chalicelib.profiles.ports import ChoicePorts
from chalicelib.shops.ports import ShopPorts

__all__ = [
    "CustomerStore",
    "Draft",
    "Heard",
    "Offer",
    "Outcome",
    "Outreach",
    "OutreachPorts",
    "OutreachStore",
    "Report",
    "Started",
    "State",
    "TagPorts",
    "Tagged",
    "Tally",
    "Wish",
]


class CustomerStore(Protocol):
    """What merchants call their customers, and what these want to hear."""

    def tagged(self, merchant_id: str, customer_id: str) -> Tagged | None:
        """Return a customer with the merchant's tags, read consistently; None where there are none."""
        ...

    def put_tagged(self, tagged: Tagged) -> Action:
        """Return the write of the next version of a customer's tags, provided that it follows the one that stands."""
        ...

    def drop_tagged(self, tagged: Tagged) -> Action:
        """Return the removal of a customer's tags, provided that these stand."""
        ...

    def of_merchant(self, merchant_id: str, after: str | None, limit: int) -> Sequence[Tagged]:
        """Return some of the customers whom a merchant tagged, by their ids, those after one; fewer than `limit` are
        the last.
        """
        ...

    def with_tag(self, merchant_id: str, tag: str | None, after: Mapping[str, Any] | None, limit: int) -> Page[Tagged]:
        """Return some of the customers of a merchant who have a tag, any where it is None; a page may be shorter than
        `limit` and not the last.
        """
        ...

    def of_customer(self, customer_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Tagged]:
        """Return some of the tags that merchants gave a customer; an index: a new one may take a moment to show."""
        ...

    def tally(self, merchant_id: str) -> Tally:
        """Return how many customers have which tag, read consistently."""
        ...

    def put_tally(self, tally: Tally) -> Action:
        """Return the write of the next version of a tally, provided that it follows the one that stands."""
        ...

    def wish(self, customer_id: str, merchant_id: str) -> Wish | None:
        """Return what a customer said about a merchant's offers, read consistently; None where nothing."""
        ...

    def put_wish(self, wish: Wish) -> Action:
        """Return the write of the next version of a wish, provided that it follows the one that stands."""
        ...

    def wishes(self, customer_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Wish]:
        """Return some of what a customer said about merchants' offers, read consistently."""
        ...

    def heard(self, customer_id: str) -> Heard:
        """Return what a customer was sent of late, read consistently."""
        ...

    def put_heard(self, heard: Heard, until: datetime) -> Action:
        """Return the write of the next version of it, which dies at `until`, provided that it follows the one that
        stands.
        """
        ...

    def forget(self, customer_id: str) -> None:
        """Remove what a customer said and was sent; harmless to repeat."""
        ...


class OutreachStore(Protocol):
    """What merchants send to many, and to whom it went."""

    def outreach(self, merchant_id: str, outreach_id: str) -> Outreach | None:
        """Return one, read consistently; None where the merchant has no such."""
        ...

    def create(self, outreach: Outreach) -> Action:
        """Return the write of a new one."""
        ...

    def replace(self, outreach: Outreach) -> Action:
        """Return the write of its next version, provided that it follows the one that stands."""
        ...

    def check_sending(self, outreach: Outreach) -> Action:
        """Return the condition that it is still being sent; refused with `NotSending`."""
        ...

    def list_of(self, merchant_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Outreach]:
        """Return some of what a merchant has sent, the newest first."""
        ...

    def due(self, shard: int, now: datetime, limit: int) -> Sequence[Outreach]:
        """Return those of a shard of which something is to be done, the longest due first; an index."""
        ...

    def sent_to(self, outreach_id: str, customer_id: str, at: datetime) -> Action:
        """Return the write that somebody got it; refused with `Contention` where they did before."""
        ...

    def recipients(self, outreach_id: str) -> Sequence[tuple[str, datetime]]:
        """Return who got it, and when."""
        ...

    def started(self, merchant_id: str) -> Started:
        """Return what a merchant began of late, read consistently."""
        ...

    def put_started(self, started: Started) -> Action:
        """Return the write of the next version of it, provided that it follows the one that stands."""
        ...

    @property
    def shards(self) -> int: ...


@dataclass(frozen=True)
class TagPorts:
    """What tags and wishes need."""

    customers: CustomerStore
    store: OutreachStore
    clock: Clock
    committer: Committer
    idempotency: Idempotency
    orders: OrdersPorts
    shops: ShopPorts
    dealings: Dealings
    consents: ConsentPorts


@dataclass(frozen=True)
class OutreachPorts(TagPorts):
    """What sending needs on top of that.

    Attributes:
        reached: what became of notices, told as (message, account).
        hosts: returns those of the platform: links to them may stand in a text. Asked for with the first text, for most
            functions may not read the secret.
    """

    outbox: Outbox
    coupons: CouponsPorts
    profiles: ChoicePorts
    reached: Callable[[Sequence[tuple[str, str]]], Reached]
    hosts: Callable[[], frozenset[str]]
