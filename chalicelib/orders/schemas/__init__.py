"""What orders say over the wire."""

from chalicelib.orders.schemas.changes import (
    CancelIn,
    CancelQuote,
    CancelQuoteIn,
    GiveBackIn,
    GoesBack,
    Part,
    TakenBack,
)
from chalicelib.orders.schemas.orders import Discount, Line, Order, Orders, Policy
from chalicelib.orders.schemas.quotes import LeftOut, Quote, QuotedLine, QuoteIn
from chalicelib.orders.schemas.simulations import PlanIn, Simulation, SimulationIn
from chalicelib.orders.schemas.wishes import (
    MOST_STEPS,
    BookingWish,
    CouponId,
    LineId,
    OfferingId,
    OrderIn,
    SeatWish,
    SessionId,
    ShopId,
    StaffId,
    Step,
)

__all__ = [
    "MOST_STEPS",
    "BookingWish",
    "CancelIn",
    "CancelQuote",
    "CancelQuoteIn",
    "CouponId",
    "Discount",
    "GiveBackIn",
    "GoesBack",
    "LeftOut",
    "Line",
    "LineId",
    "OfferingId",
    "Order",
    "OrderIn",
    "Orders",
    "Part",
    "PlanIn",
    "Policy",
    "Quote",
    "QuoteIn",
    "QuotedLine",
    "SeatWish",
    "SessionId",
    "ShopId",
    "Simulation",
    "SimulationIn",
    "StaffId",
    "Step",
    "TakenBack",
]
