"""Orders: their types, what may happen to them, and what cancelling costs. No I/O.

An order stands in the middle: payment, refund, ledger, coupon and review hang on it and on its lines. What a line is
(a booking, later goods, a voucher) only its kind knows; see `ports.LineKind`.
"""

from chalicelib.coupons.ports import PaidBy
from chalicelib.orders.rules.life import (
    TRANSITIONS,
    Happening,
    called_off,
    changed,
    delivered,
    failed,
    going_back,
    money_back,
    move,
    not_possible,
    possible,
    with_lines,
)
from chalicelib.orders.rules.order import (
    HOLD,
    MOST_HOLDS,
    MOST_LINES,
    MOST_MONEY,
    Asked,
    Line,
    LineState,
    Order,
    OrderState,
    Policy,
)
from chalicelib.orders.rules.prices import has_started, is_free, no_show_refund, priced, refund_of
from chalicelib.orders.rules.problems import (
    AlreadyExtended,
    AlreadyStarted,
    CouponBound,
    HoldRanOut,
    NotPossible,
    PaidInAdvance,
    SeveralShops,
    TooDear,
    TooLateToChange,
    TooManyHolds,
)

__all__ = [
    "HOLD",
    "MOST_HOLDS",
    "MOST_LINES",
    "MOST_MONEY",
    "TRANSITIONS",
    "AlreadyExtended",
    "AlreadyStarted",
    "Asked",
    "CouponBound",
    "Happening",
    "HoldRanOut",
    "Line",
    "LineState",
    "NotPossible",
    "Order",
    "OrderState",
    "PaidBy",
    "PaidInAdvance",
    "Policy",
    "SeveralShops",
    "TooDear",
    "TooLateToChange",
    "TooManyHolds",
    "called_off",
    "changed",
    "delivered",
    "failed",
    "going_back",
    "has_started",
    "is_free",
    "money_back",
    "move",
    "no_show_refund",
    "not_possible",
    "possible",
    "priced",
    "refund_of",
    "with_lines",
]
