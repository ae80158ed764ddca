"""What an order is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.coupons.ports import PaidBy
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
        discount: what a coupon takes off the whole line, minor units.
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
    discount: int = 0
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

    @property
    def gross(self) -> int:
        """The price of all of it before the discount, minor units."""
        return self.price.amount * self.quantity

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

    def subsidy(self, paid_by: PaidBy | None) -> int:
        """What the platform adds for its coupon to what is kept of a delivered line, minor units: in proportion, so
        that what is given back in full leaves nothing of it.
        """
        if paid_by != PaidBy.PLATFORM or self.state != LineState.COMPLETED:
            return 0
        return self.discount * self.kept // self.paid if self.paid else self.discount


@dataclass(frozen=True)
class Order:
    """What a customer buys at once, in one shop.

    Attributes:
        id: `ord_...`.
        lines: at least one.
        currency: of everything in it.
        total: what the customer pays when buying: the lines' net prices, or the deposits on them; minor units.
        discount: what the coupon took off all lines, minor units.
        coupon_id, coupon_paid_by: the coupon that is used, and who bears it.
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
    coupon_id: str | None = None
    coupon_paid_by: PaidBy | None = None
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
