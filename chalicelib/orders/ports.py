"""What orders need from outside; also the types of this domain that others may use."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chalicelib.audit.ports import AuditPorts
from chalicelib.coupons.ports import CouponsPorts, PaidBy
from chalicelib.kit.auth import Actor
from chalicelib.kit.clock import Clock
from chalicelib.kit.dealings import Dealings
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.orders.rules import (
    AlreadyExtended,
    AlreadyStarted,
    Asked,
    Bought,
    CouponBound,
    HoldRanOut,
    Line,
    LineState,
    NothingLeft,
    NotPossible,
    Order,
    OrderState,
    PaidInAdvance,
    Policy,
    TooLateToChange,
    TooManyHolds,
)
from chalicelib.settlement.ports import SettlementPorts, Share

__all__ = [
    "AlreadyExtended",
    "AlreadyStarted",
    "Asked",
    "Bought",
    "CannotFulfil",
    "CouponBound",
    "HoldRanOut",
    "Line",
    "LineKind",
    "LineState",
    "NotPossible",
    "NothingLeft",
    "Order",
    "OrderState",
    "OrderStore",
    "OrdersPorts",
    "PaidBy",
    "PaidInAdvance",
    "Policy",
    "Reservation",
    "Shares",
    "TooLateToChange",
    "TooManyHolds",
    "Wish",
]


@dataclass(frozen=True)
class Wish:
    """One line that a customer asks for.

    Attributes:
        line_id: the id that the line will have.
        fields: what the client said (`shop_id`, `offering_id`, `start` as an aware datetime, ...), checked by the
            schema of the kind.
    """

    line_id: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Reservation:
    """Lines that can be had, and the writes that hold them.

    Attributes:
        lines: one for each wish, in their order; without discount and commission, which the order puts on them.
        actions: conditional writes; a refused one means `Contention`, after which `reserve` is asked again.
    """

    lines: tuple[Line, ...]
    actions: tuple[Action, ...]


class CannotFulfil(Exception):  # noqa: N818 - an answer that turns a late payment into a refund
    """The hold ran out and somebody else has the thing now."""


class LineKind(Protocol):
    """Sells one kind of line. Every method reads fresh rows at each call and returns writes without committing them;
    it is given all lines of its kind in an order at once, because a transaction can write a row once only.
    """

    def reserve(
        self, actor: Actor, order_id: str, wishes: Sequence[Wish], hold_until: datetime | None, now: datetime
    ) -> Reservation:
        """Hold what is wished for until `hold_until`; with None it is the customer's for good at once, because there is
        nothing to pay.

        Raises:
            Problem: the kind's own: there is no such thing, or it is taken.
        """
        ...

    def confirm(self, lines: Sequence[Line], order: Order, now: datetime) -> Sequence[Action]:
        """Make held lines the customer's for good; take them again where their hold ran out and they are still free.

        Raises:
            CannotFulfil: one of them is somebody else's, or over.
        """
        ...

    def free_to_cancel(self, lines: Sequence[Line], now: datetime) -> Collection[str]:
        """Return the ids of those lines that can be cancelled at no cost whatever their policy says, such as those that
        nobody has accepted yet.
        """
        ...

    def extend(self, lines: Sequence[Line], order: Order, until: datetime, now: datetime) -> Sequence[Action]:
        """Hold lines that are held until a later moment.

        Raises:
            CannotFulfil: their hold ran out.
        """
        ...

    def release(self, lines: Sequence[Line], order: Order, state: LineState, now: datetime) -> Sequence[Action]:
        """Give up held or confirmed lines, which become `state` (cancelled or expired). What is no longer theirs,
        because the hold ran out, is left alone.
        """
        ...


class Shares(Protocol):
    """What the platform takes."""

    def of(self, merchant_id: str, currency: str) -> Share:
        """Return the platform's share of what a merchant sells now."""
        ...


class OrderStore(Protocol):
    """Where orders are kept."""

    def order(self, order_id: str) -> Order | None:
        """Return an order, read consistently; None where there is none."""
        ...

    def create(self, order: Order) -> Action:
        """Return the write of a new order."""
        ...

    def replace(self, order: Order) -> Action:
        """Return the write of the next version of an order, provided that it follows the one that stands."""
        ...

    def take_hold(
        self, customer_id: str, order_id: str, hold_until: datetime, now: datetime, *, limited: bool = True
    ) -> Action:
        """Return the write that counts a live hold of the customer, anew where it was counted before; holds that ran
        out are overwritten.

        Raises:
            TooManyHolds: the customer has `MOST_HOLDS` other live holds, and it is `limited` to so many.
        """
        ...

    def forget_hold(self, customer_id: str, order_id: str) -> Sequence[Action]:
        """Return the write that counts a hold no longer; none where it is not counted."""
        ...

    def extend_hold(self, customer_id: str, order_id: str, hold_until: datetime) -> Action:
        """Return the write that counts a live hold for longer."""
        ...

    def drop_hold(self, customer_id: str, order_id: str) -> Action:
        """Return the write that counts a hold no longer; only for holds that have not run out."""
        ...

    def bought(self, customer_id: str) -> Bought:
        """Return where a customer has bought, read consistently."""
        ...

    def put_bought(self, customer_id: str, bought: Bought) -> Action:
        """Return the write of it, provided that its version is the one that stands."""
        ...

    def of_customer(self, customer_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Order]:
        """Return some of a customer's orders, newest first."""
        ...

    def of_shop(self, shop_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Order]:
        """Return some of the orders that a shop has sold, newest first; what is only held is not among them."""
        ...

    def sold(
        self, shop_id: str | None, since: datetime, until: datetime, after: Mapping[str, Any] | None, limit: int
    ) -> Page[Order]:
        """Return some of what a shop sold that was ordered in a time, oldest first; with None of what all shops sold,
        in no order: then at most `limit` rows are looked at, and fewer may be among those that are asked for.
        """
        ...

    def run_out(self, shard: int, before: datetime, limit: int) -> Iterable[str]:
        """Yield ids of held orders of a shard whose hold ran out before a moment, the oldest first."""
        ...

    @property
    def shards(self) -> int: ...


@dataclass(frozen=True)
class OrdersPorts:
    """What the use cases are given.

    Attributes:
        kinds: who sells which kind of line.
        shares: the platform's share, frozen on each line.
        dealings: whether customer and merchant may begin something.
    """

    store: OrderStore
    clock: Clock
    committer: Committer
    outbox: Outbox
    idempotency: Idempotency
    coupons: CouponsPorts
    settlement: SettlementPorts
    audit: AuditPorts
    kinds: Mapping[str, LineKind]
    shares: Shares
    dealings: Dealings
