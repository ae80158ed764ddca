"""Orders over HTTP."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.coupons.ports import BudgetSpent, CouponDoesNotFit, CouponUnavailable, CouponWhereOneWorks
from chalicelib.kit.auth import Permission
from chalicelib.kit.dealings import NotAvailable
from chalicelib.kit.errors import Busy, Conflict, NotFound
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.wire import PageQuery
from chalicelib.orders import rules, schemas, use_cases

bp = Blueprint(__name__)


@endpoint(
    bp, "POST", "/v1/orders", summary="Hold things until they are paid", tag="orders", needs=Permission.ORDER_BUY,
    body=schemas.OrderIn, returns=schemas.Order, status=201, idempotent=True,
    errors=(
        NotFound, Conflict, CouponUnavailable, BudgetSpent, CouponDoesNotFit, CouponWhereOneWorks, rules.SeveralShops,
        rules.TooDear, rules.TooManyHolds, NotAvailable, Busy,
    ),
)  # fmt: skip
def hold(call: Call) -> schemas.Order:
    once = call.once(schemas.Order.of)
    order = use_cases.hold(wiring.orders(), call.actor.standing_in(), call.body.asked(), call.body.coupons(), once)
    return schemas.Order.of(order)


@endpoint(
    bp, "POST", "/v1/orders/quote", summary="What an order would cost, and with which of my coupons the least",
    tag="orders", needs=Permission.ORDER_BUY, body=schemas.QuoteIn, returns=schemas.Quote,
    errors=(
        NotFound, Conflict, CouponUnavailable, BudgetSpent, CouponDoesNotFit, CouponWhereOneWorks, rules.SeveralShops,
        rules.TooDear, Busy,
    ),
)  # fmt: skip
def quote(call: Call) -> schemas.Quote:
    body = call.body
    quoted = use_cases.quote(wiring.orders(), call.actor.standing_in(), body.asked(), body.coupon_ids)
    return schemas.Quote.of(quoted.order, quoted.left_out, call.language)


@endpoint(
    bp, "GET", "/v1/orders", summary="My orders, newest first", tag="orders",
    needs=Permission.ORDER_BUY, query=PageQuery,
    returns=schemas.Orders,
)  # fmt: skip
def mine(call: Call) -> schemas.Orders:
    scope, cursors = f"orders|{call.actor.account_id}", wiring.cursors()
    page = use_cases.mine(wiring.orders(), call.actor, cursors.unpack(scope, call.query.cursor), call.query.limit)
    return schemas.Orders.of(page, cursors.pack(scope, page.next))


@endpoint(
    bp, "GET", "/v1/orders/{order_id}", summary="An order, for its customer and its merchant", tag="orders",
    needs=Permission.ORDER_READ, returns=schemas.Order, errors=(NotFound,),
)  # fmt: skip
def get(call: Call, order_id: str) -> schemas.Order:
    return schemas.Order.of(use_cases.get(wiring.orders(), call.actor, order_id))


@endpoint(
    bp, "POST", "/v1/orders/{order_id}/cancel", summary="Cancel an order, or some of its lines", tag="orders",
    needs=Permission.ORDER_CANCEL, body=schemas.CancelIn, returns=schemas.Order, idempotent=True,
    errors=(NotFound, rules.NotPossible, rules.AlreadyStarted, Busy),
)  # fmt: skip
def cancel(call: Call, order_id: str) -> schemas.Order:
    once = call.once(schemas.Order.of)
    reason, line_ids = call.body.reason, call.body.line_ids
    return schemas.Order.of(use_cases.cancel(wiring.orders(), call.actor, order_id, reason, once, line_ids))


@endpoint(
    bp, "POST", "/v1/orders/{order_id}/cancel-quote", tag="orders",
    summary="What cancelling an order, or some of its lines, would bring back",
    needs=Permission.ORDER_CANCEL, body=schemas.CancelQuoteIn, returns=schemas.CancelQuote,
    errors=(NotFound, rules.NotPossible, rules.AlreadyStarted, Busy),
)  # fmt: skip
def cancel_quote(call: Call, order_id: str) -> schemas.CancelQuote:
    before, after = use_cases.cancel_quote(wiring.orders(), call.actor, order_id, call.body.line_ids)
    return schemas.CancelQuote.of(before, after, call.language)


@endpoint(
    bp, "POST", "/v1/orders/{order_id}/refunds", summary="Give money of some lines back, in part or in full",
    tag="orders",
    needs=Permission.ORDER_REFUND, body=schemas.GiveBackIn, returns=schemas.Order, status=201, idempotent=True,
    errors=(NotFound, rules.NotPossible, rules.NothingLeft, Busy),
)  # fmt: skip
def give_back(call: Call, order_id: str) -> schemas.Order:
    once, body = call.once(schemas.Order.of), call.body
    why = Why(body.reason or "", call.source_ip)
    return schemas.Order.of(use_cases.give_back(wiring.orders(), call.actor, order_id, body.parts(), why, once))


@endpoint(
    bp, "POST", "/v1/orders/{order_id}/extend", summary="Hold an order for longer, once", tag="orders",
    needs=Permission.ORDER_EXTEND, returns=schemas.Order, idempotent=True,
    errors=(
        NotFound, rules.NotPossible, rules.HoldRanOut, rules.AlreadyExtended, CouponUnavailable, BudgetSpent, Busy,
    ),
)  # fmt: skip
def extend(call: Call, order_id: str) -> schemas.Order:
    return schemas.Order.of(use_cases.extend(wiring.orders(), call.actor, order_id, call.once(schemas.Order.of)))


@endpoint(
    bp, "GET", "/v1/shops/{shop_id}/orders", summary="What a shop has sold, newest first", tag="orders",
    needs=Permission.ORDER_SERVE, query=PageQuery, returns=schemas.Orders,
)  # fmt: skip
def of_shop(call: Call, shop_id: str) -> schemas.Orders:
    scope, cursors = f"shop-orders|{call.actor.account_id}|{shop_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = use_cases.of_shop(wiring.orders(), call.actor, shop_id, after, call.query.limit)
    return schemas.Orders.of(page, cursors.pack(scope, page.next))


@endpoint(
    bp, "POST", "/v1/shops/{shop_id}/campaign-simulations",
    summary="What a campaign would have cost on a month's orders of a shop; some hundred orders a request",
    tag="coupons",
    needs=Permission.COUPON_MANAGE, body=schemas.SimulationIn, returns=schemas.Simulation, idempotent=True,
    errors=(NotFound, Busy),
)  # fmt: skip
def simulate_of_shop(call: Call, shop_id: str) -> schemas.Simulation:
    return _simulated(call, shop_id)


@endpoint(
    bp, "POST", "/v1/admin/campaign-simulations",
    summary="What a campaign would have cost on a month's orders of all shops; some hundred orders a request",
    tag="coupons",
    needs=Permission.CAMPAIGN_MANAGE, body=schemas.SimulationIn, returns=schemas.Simulation, idempotent=True,
    errors=(NotFound, Busy),
)  # fmt: skip
def simulate_of_platform(call: Call) -> schemas.Simulation:
    return _simulated(call, None)


def _simulated(call: Call, shop_id: str | None) -> schemas.Simulation:
    once, said = call.once(schemas.Simulation.of), call.body.checked()
    if said.plan is not None:
        run = use_cases.simulate(wiring.orders(), call.actor, shop_id, said.plan.plan(), once)
    else:
        run = use_cases.simulate_on(wiring.orders(), call.actor, shop_id, said.simulation_id, once)
    return schemas.Simulation.of(run)
