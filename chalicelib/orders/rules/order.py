"""What an order is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.coupons.ports import FirstOf, PaidBy, Part
from chalicelib.kit.money import Money
from chalicelib.settlement.ports import Share

HOLD = timedelta(minutes=10)  # how long an unpaid order keeps what it holds
MOST_HOLDS = 5  # live holds of one customer
MOST_LINES = 8  # of one order; keeps its transactions far below 100 actions
MOST_MONEY = 99_999_999  # minor units; the most that Stripe charges at once


class OrderState(StrEnum):
    """Where an order stands."""

    HELD = "held"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


class LineState(StrEnum):
    """Where a line stands."""

    HELD = "held"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


ENDED = frozenset({LineState.COMPLETED, LineState.NO_SHOW, LineState.CANCELLED, LineState.REFUNDED})
"""What is kept of lines in these states has fallen due to the merchant."""


@dataclass(frozen=True)
class Policy:
    """What cancelling costs the customer, frozen when the line is sold.

    Attributes:
        free_until_minutes_before: free until so many minutes before the start.
        late_fee_bps: afterwards so many basis points of the net price are kept.
        no_show_fee_bps: so many are where the customer does not come.
    """

    free_until_minutes_before: int
    late_fee_bps: int
    no_show_fee_bps: int = 10_000


@dataclass(frozen=True)
class Line:
    """One thing that is bought.

    Attributes:
        id: `lin_...`.
        kind: who knows what it is: `booking`.
        ref: its id in the kind's domain, such as the booking's.
        shop_id, merchant_id: who sells it.
        title: what the customer reads.
        price: of one.
        policy: of cancellation.
        starts_at, ends_at: when it happens, where it happens at a time.
        quantity: how many.
        discounts: what each coupon takes off the whole line, and who bears that, in the order in which they were
            applied.
        offering_id: what is bought; None in what was sold before that was kept.
        commission_bps, fixed_fee, tax_bps, tax_included: the platform's share of what the merchant sells it for; see
            `settlement.rules.Share`.
        deposit_bps: so much of its net price is paid when it is bought, the rest at the shop.
        prepaid: that amount, minor units; None: all of it.
        state: see `LineState`.
        refund: what goes back of what was prepaid, once it is cancelled; minor units.
        refund_round: which of the order's refunds brings that, counted from 1; 0 where none does, or all do.
        given_back: what went back beside that: the merchant gave it, or the customer's bank took it; minor units.
        taken: what of that a bank took and has not given again.
        missed: what would have gone back as well, had no bank had it: it goes back should the bank give it again.
        altered: the shop made it another time, or another thing, or called it off, since it was sold.
        sold_at: what all of it cost when the shop first made it of another price, minor units.
        corrections: how often what is kept of it, or the platform's part, became another after it had fallen due,
            because of a coupon: each is a due of its own, named by the order's version.
    """

    id: str
    kind: str
    ref: str
    shop_id: str
    merchant_id: str
    title: str
    price: Money
    policy: Policy
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    quantity: int = 1
    discounts: tuple[Part, ...] = ()
    offering_id: str | None = None
    commission_bps: int = 0
    fixed_fee: int = 0
    tax_bps: int = 0
    tax_included: bool = False
    deposit_bps: int = 10_000
    prepaid: int | None = None
    state: LineState = LineState.HELD
    refund: int = 0
    refund_round: int = 0
    given_back: int = 0
    taken: int = 0
    missed: int = 0
    altered: bool = False
    sold_at: int | None = None
    corrections: int = 0

    @property
    def gross(self) -> int:
        """The price of all of it before the discount, minor units."""
        return self.price.amount * self.quantity

    @property
    def discount(self) -> int:
        """What coupons take off all of it, minor units."""
        return sum(part.amount for part in self.discounts)

    @property
    def by_platform(self) -> int:
        """What of that the platform bears, minor units; the merchant bears the rest."""
        return sum(part.platform for part in self.discounts)

    @property
    def net(self) -> int:
        """What the customer pays for it, minor units."""
        return self.gross - self.discount

    @property
    def paid(self) -> int:
        """What of that is paid when it is bought, minor units."""
        return self.net if self.prepaid is None else self.prepaid

    @property
    def at_shop(self) -> int:
        """What of that is paid at the shop, minor units."""
        return max(0, self.net - self.paid)  # it became cheaper than what had been paid and was given back already

    @property
    def kept(self) -> int:
        """What of that has not gone back and will not, minor units."""
        return self.paid - self.refund - self.given_back

    @property
    def share(self) -> Share:
        """The platform's share of it."""
        return Share(self.commission_bps, self.fixed_fee, self.tax_bps, self.tax_included)

    @property
    def subsidy(self) -> int:
        """What the platform adds for its part of the coupons to what is kept of a delivered line, minor units: in
        proportion, rounded down, so that what is given back in full leaves nothing of it.
        """
        if self.state != LineState.COMPLETED:
            return 0
        return self.by_platform * self.kept // self.paid if self.paid else self.by_platform


@dataclass(frozen=True)
class Order:
    """What a customer buys at once, in one shop.

    Attributes:
        id: `ord_...`.
        lines: at least one.
        currency: of everything in it.
        total: what the customer pays when buying: the lines' net prices, or the deposits on them; minor units.
        discount: what coupons took off all lines, minor units.
        coupon_ids: the coupons that are used, in the order in which they were applied.
        first_of: what it had to be the customer's first order of, for its coupons.
        state: see `OrderState`.
        hold_until: what is held can be taken by others from this moment on.
        payment_id: the payment that the order lives on; None while unpaid and where nothing was to pay.
        confirmed_at: when it was sold; None where it never was.
        refunded: what has gone back, minor units.
        returned: payments that went back without touching the order (paid twice, wrong amount).
        reason: why it was cancelled, as somebody wrote it.
        extended: its hold was made longer once.
        rounds: how many refunds were asked for, of some of its lines each.
        open: which of them have not reached the customer yet; 0 is one of all that was paid.
        version: rises with every change.
    """

    id: str
    customer_id: str
    merchant_id: str
    shop_id: str
    lines: tuple[Line, ...]
    currency: str
    total: int
    discount: int
    state: OrderState
    hold_until: datetime
    created_at: datetime
    coupon_ids: tuple[str, ...] = ()
    first_of: tuple[FirstOf, ...] = ()
    payment_id: str | None = None
    confirmed_at: datetime | None = None
    refunded: int = 0
    returned: tuple[str, ...] = ()
    reason: str | None = None
    extended: bool = False
    rounds: int = 0
    open: tuple[int, ...] = ()
    version: int = 1

    @property
    def money(self) -> Money:
        """What the customer pays."""
        return Money(self.total, self.currency)

    @property
    def is_own(self) -> bool:
        """Whether the merchant bought it in their own shop, such as for somebody at the counter."""
        return self.customer_id == self.merchant_id

    @property
    def discounts(self) -> tuple[Part, ...]:
        """What each coupon takes off all lines together, and who bears that."""
        parts = [part for line in self.lines for part in line.discounts]
        return tuple(
            Part(
                coupon_id,
                sum(part.amount for part in parts if part.coupon_id == coupon_id),
                sum(part.platform for part in parts if part.coupon_id == coupon_id),
            )
            for coupon_id in self.coupon_ids
        )

    @property
    def paid_by(self) -> PaidBy | None:
        """Who bears the discount; None where there is none."""
        amount, platform = sum(part.amount for part in self.discounts), sum(part.platform for part in self.discounts)
        if not amount:
            return None
        if platform in {0, amount}:
            return PaidBy.PLATFORM if platform else PaidBy.MERCHANT
        return PaidBy.SHARED

    @property
    def is_bought(self) -> bool:
        """Whether it counts as an order that its customer had: it was sold, and not all of it called off with nothing
        kept.
        """
        gone = {LineState.CANCELLED, LineState.REFUNDING, LineState.REFUNDED}
        return self.confirmed_at is not None and any(line.state not in gone or line.kept > 0 for line in self.lines)

    def line(self, line_id: str) -> Line | None:
        """Return one of its lines, None when it has no such line."""
        return next((line for line in self.lines if line.id == line_id), None)

    @property
    def counts_until(self) -> datetime | None:
        """Until when an order of which nothing was paid counts among its customer's holds, because it is paid at the
        shop: nothing else keeps them from taking all there is. None for all others, and where the shop booked it for
        somebody at its counter.
        """
        if self.is_own or self.total or not any(line.at_shop for line in self.lines):
            return None
        return max(line.ends_at or self.created_at + HOLD for line in self.lines)

    def is_live(self, now: datetime) -> bool:
        """Whether what it holds is still kept for it."""
        return self.state == OrderState.HELD and now < self.hold_until


@dataclass(frozen=True)
class Asked:
    """What a customer asks for, before it has an id: the kind of line, and what the kind wants to know."""

    kind: str
    fields: Mapping[str, Any]
