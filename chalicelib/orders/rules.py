"""Orders: their types, what may happen to them, and what cancelling costs. No I/O.

An order stands in the middle: payment, refund, ledger, coupon and review hang on it and on its lines. What a line is
(a booking, later goods, a voucher) only its kind knows; see `ports.LineKind`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.coupons.ports import PaidBy
from chalicelib.kit.errors import Conflict, Invalid, TooMany
from chalicelib.kit.i18n import Text
from chalicelib.kit.money import Money, fee

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


class Happening(StrEnum):
    """What can happen to an order."""

    PAY = "pay"
    EXPIRE = "expire"
    CANCEL = "cancel"
    FAIL = "fail"  # money came, but what it pays for is gone
    COMPLETE = "complete"  # one line, or its no-show
    REFUND = "refund"


# What may happen in which state, and the states that it may lead to. Everything else is refused.
TRANSITIONS: Mapping[OrderState, Mapping[Happening, frozenset[OrderState]]] = {
    OrderState.HELD: {
        Happening.PAY: frozenset({OrderState.CONFIRMED}),
        Happening.EXPIRE: frozenset({OrderState.EXPIRED}),
        Happening.CANCEL: frozenset({OrderState.CANCELLED}),
        Happening.FAIL: frozenset({OrderState.REFUNDING}),
    },
    OrderState.CONFIRMED: {
        Happening.COMPLETE: frozenset({OrderState.CONFIRMED, OrderState.COMPLETED}),
        Happening.CANCEL: frozenset({OrderState.REFUNDING, OrderState.CANCELLED}),
    },
    # Money that arrives late takes the thing again where it is still free, or goes back.
    OrderState.EXPIRED: {
        Happening.PAY: frozenset({OrderState.CONFIRMED}),
        Happening.FAIL: frozenset({OrderState.REFUNDING}),
    },
    OrderState.CANCELLED: {Happening.FAIL: frozenset({OrderState.REFUNDING})},
    OrderState.REFUNDING: {Happening.REFUND: frozenset({OrderState.REFUNDED})},
    OrderState.COMPLETED: {},
    OrderState.REFUNDED: {},
}


class NotPossible(Conflict):
    """The order's state does not allow it; says what it does allow."""

    code = "order-state"
    title = Text("Not possible in the order's present state", "订单当前状态不允许此操作")
    detail = Text("The order is {state}. Possible now: {possible}.", "订单状态为 {state}，当前可执行：{possible}。")


class HoldRanOut(Conflict):
    code = "hold-ran-out"
    title = Text("The hold has run out", "预留已过期")
    detail = Text("Order again: what is still free can be held anew.", "请重新下单；仍可预订的项目可再次预留。")


class AlreadyStarted(Conflict):
    code = "already-started"
    title = Text("It has started already", "服务已开始")
    detail = Text("Only the shop can cancel it now.", "现在只能由商家取消。")


class TooManyHolds(TooMany):
    code = "too-many-holds"
    title = Text("Too many unpaid orders", "待支付订单过多")
    detail = Text(
        "Pay or cancel one of your {limit} unpaid orders first.", "请先支付或取消 {limit} 个待支付订单中的一个。"
    )


class SeveralShops(Invalid):
    code = "several-shops"
    title = Text("One order is for one shop", "一个订单只能包含一家商铺")
    detail = Text("Order the lines of each shop by themselves.", "请为每家商铺分别下单。")


class TooDear(Invalid):
    code = "too-dear"
    title = Text("The order is too dear", "订单金额过大")
    detail = Text("At most {limit} minor units can be paid at once.", "单次最多支付 {limit}（最小货币单位）。")


@dataclass(frozen=True)
class Policy:
    """What cancelling costs the customer, frozen when the line is sold.

    Attributes:
        free_until_minutes_before: free until so many minutes before the start.
        late_fee_bps: afterwards so many basis points of the net price are kept.
    """

    free_until_minutes_before: int
    late_fee_bps: int


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
        commission_bps: the platform's share of what the merchant sells it for.
        state: see `LineState`.
        refund: what goes back of its net price, once it is cancelled; minor units.
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
    state: LineState = LineState.HELD
    refund: int = 0

    @property
    def gross(self) -> int:
        """The price of all of it before the discount, minor units."""
        return self.price.amount * self.quantity

    @property
    def net(self) -> int:
        """What the customer pays for it, minor units."""
        return self.gross - self.discount

    @property
    def kept(self) -> int:
        """What stays paid of a line that was cancelled, minor units."""
        return self.net - self.refund


@dataclass(frozen=True)
class Order:
    """What a customer buys at once, in one shop.

    Attributes:
        id: `ord_...`.
        lines: at least one.
        currency: of everything in it.
        total: what the customer pays: the lines' net prices, minor units.
        discount: what the coupon took off all lines, minor units.
        coupon_id, coupon_paid_by: the coupon that is used, and who bears it.
        state: see `OrderState`.
        hold_until: what is held can be taken by others from this moment on.
        payment_id: the payment that the order lives on; None while unpaid and where nothing was to pay.
        refunded: what has gone back, minor units.
        returned: payments that went back without touching the order (paid twice, wrong amount).
        reason: why it was cancelled, as somebody wrote it.
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
    refunded: int = 0
    returned: tuple[str, ...] = ()
    reason: str | None = None
    version: int = 1

    @property
    def money(self) -> Money:
        """What the customer pays."""
        return Money(self.total, self.currency)

    def line(self, line_id: str) -> Line | None:
        """Return one of its lines, None when it has no such line."""
        return next((line for line in self.lines if line.id == line_id), None)

    def is_live(self, now: datetime) -> bool:
        """Whether what it holds is still kept for it."""
        return self.state == OrderState.HELD and now < self.hold_until


@dataclass(frozen=True)
class Asked:
    """What a customer asks for, before it has an id: the kind of line, and what the kind wants to know."""

    kind: str
    fields: Mapping[str, Any]


_ASKED_BY_PEOPLE = (Happening.PAY, Happening.CANCEL, Happening.COMPLETE)


def possible(order: Order) -> str:
    """Return what people can do with an order as it stands: `pay, cancel`, or `-`."""
    if order.state == OrderState.EXPIRED:
        return "-"  # only money that is already on its way still counts
    return ", ".join(one for one in _ASKED_BY_PEOPLE if one in TRANSITIONS[order.state]) or "-"


def not_possible(order: Order) -> NotPossible:
    """Return the refusal of something that the order's state does not allow."""
    return NotPossible(state=order.state, possible=possible(order))


def move(order: Order, happening: Happening, to: OrderState, **changes: Any) -> Order:
    """Return the order's next version in another state.

    Raises:
        NotPossible: the state machine has no such transition.
    """
    if to not in TRANSITIONS[order.state].get(happening, frozenset()):
        raise not_possible(order)
    return replace(order, state=to, version=order.version + 1, **changes)


def with_lines(lines: Iterable[Line], state: LineState) -> tuple[Line, ...]:
    """Return the lines in another state."""
    return tuple(replace(line, state=state) for line in lines)


def priced(lines: Sequence[Line], discount_by_line: Mapping[str, int], commission_bps: int) -> tuple[Line, ...]:
    """Return the lines with what is frozen when they are sold: discount and commission.

    Raises:
        SeveralShops: they are not of one shop. TooDear: they cost more than can be paid at once.
    """
    if len({(line.shop_id, line.merchant_id, line.price.currency) for line in lines}) != 1:
        raise SeveralShops
    if sum(line.gross for line in lines) > MOST_MONEY:
        raise TooDear(limit=MOST_MONEY)
    return tuple(
        replace(line, discount=discount_by_line.get(line.id, 0), commission_bps=commission_bps) for line in lines
    )


def refund_of(line: Line, now: datetime, *, in_full: bool) -> int:
    """Return what goes back of a confirmed line that is cancelled now, minor units."""
    if in_full or is_free(line, now):
        return line.net
    return line.net - fee(line.net, line.policy.late_fee_bps)


def is_free(line: Line, now: datetime) -> bool:
    """Whether the customer can cancel a line at no cost."""
    notice = timedelta(minutes=line.policy.free_until_minutes_before)
    return line.starts_at is None or now <= line.starts_at - notice


def has_started(line: Line, now: datetime) -> bool:
    """Whether a line's time has begun."""
    return line.starts_at is not None and line.starts_at <= now


def called_off(order: Order, now: datetime, *, in_full: bool, reason: str | None) -> Order:
    """Return a confirmed order that is cancelled: what goes back is fixed line by line, under each line's own policy.
    Lines that were delivered stay as they are.
    """
    lines = tuple(_called_off(line, now, in_full=in_full) for line in order.lines)
    goes_back = any(line.state == LineState.REFUNDING for line in lines)
    to = OrderState.REFUNDING if goes_back else OrderState.CANCELLED
    return move(order, Happening.CANCEL, to, lines=lines, reason=reason)


def _called_off(line: Line, now: datetime, *, in_full: bool) -> Line:
    if line.state != LineState.CONFIRMED:
        return line
    refund = refund_of(line, now, in_full=in_full)
    return replace(line, refund=refund, state=LineState.REFUNDING if refund else LineState.CANCELLED)


def failed(order: Order, payment_id: str) -> Order:
    """Return an order whose money came when what it pays for was gone: all of it goes back."""
    lines = tuple(
        replace(line, refund=line.net, state=LineState.REFUNDING if line.net else LineState.CANCELLED)
        for line in order.lines
    )
    return move(order, Happening.FAIL, OrderState.REFUNDING, lines=lines, payment_id=payment_id)


def going_back(order: Order) -> int:
    """Return what is to be refunded of an order, minor units."""
    return sum(line.refund for line in order.lines)


def money_back(order: Order, amount: int) -> Order:
    """Return an order after a refund of its own payment reached the customer; it ends when all of it has."""
    refunded = order.refunded + amount
    if refunded < going_back(order):
        return replace(order, refunded=refunded, version=order.version + 1)
    lines = tuple(
        replace(line, state=LineState.REFUNDED) if line.state == LineState.REFUNDING else line for line in order.lines
    )
    return move(order, Happening.REFUND, OrderState.REFUNDED, lines=lines, refunded=refunded)


def delivered(order: Order, line: Line, state: LineState) -> Order:
    """Return an order after one of its confirmed lines ended (completed, no-show).

    Raises:
        NotPossible: the line is not confirmed.
    """
    if line.state != LineState.CONFIRMED:
        raise not_possible(order)
    lines = tuple(replace(one, state=state) if one.id == line.id else one for one in order.lines)
    more = any(one.state == LineState.CONFIRMED for one in lines)
    return move(order, Happening.COMPLETE, OrderState.CONFIRMED if more else OrderState.COMPLETED, lines=lines)
