"""What a campaign would have cost on the orders of a month. Each step looks at a bounded number of orders and is kept
with what it found, so a run goes on where it stopped, whenever and by whomever it is asked to.
"""

from dataclasses import replace

from chalicelib.coupons import use_cases as coupons
from chalicelib.coupons.ports import FirstOf, Sale, Simulation, SimulationState
from chalicelib.coupons.use_cases import Plan
from chalicelib.kit.auth import Actor
from chalicelib.kit.idempotency import Once
from chalicelib.kit.transaction import retrying
from chalicelib.orders.ports import Order, OrdersPorts
from chalicelib.orders.use_cases import _firsts
from chalicelib.orders.use_cases._basket import purchase_of

STEP = 200  # orders that one request looks at


def simulate(ports: OrdersPorts, actor: Actor, shop_id: str | None, plan: Plan, once: Once) -> Simulation:
    """Begin to try a campaign on a shop's orders, or on all with None, and take the first step.

    Raises:
        NotFound, Forbidden, Invalid: see `coupons.planned`.
    """
    run = coupons.planned(ports.coupons, actor, shop_id, plan)
    return retrying(lambda: _step(ports, run, once))


def simulate_on(ports: OrdersPorts, actor: Actor, shop_id: str | None, simulation_id: str, once: Once) -> Simulation:
    """Take the next step of a simulation; one that is over stays as it is.

    Raises:
        NotFound, Forbidden: see `coupons.simulation`.
    """

    def attempt() -> Simulation:
        run = coupons.simulation(ports.coupons, actor, shop_id, simulation_id)
        if run.state == SimulationState.RUNNING:
            return _step(ports, run, once)
        ports.committer.commit([ports.idempotency.remember(once, run)])
        return run

    return retrying(attempt)


def _step(ports: OrdersPorts, run: Simulation, once: Once) -> Simulation:
    page = ports.store.sold(run.shop_id, run.since, run.until, run.after, STEP)
    wanted = [one for one in page.items if one.is_bought and one.currency == run.terms.currency]
    sales = [_sale(ports, order, asks=run.terms.conditions.first_of is not None) for order in wanted]
    new, kept = coupons.simulated(ports.coupons, run, sales, page.next)
    ports.committer.commit([kept, ports.idempotency.remember(once, new)])
    return new


def _sale(ports: OrdersPorts, order: Order, *, asks: bool) -> Sale:
    """Return an order as a campaign would have met it when it was made; what it was the first of is a read."""
    bought = purchase_of(order)
    if asks:
        before = _firsts.before_of(ports, order.customer_id, order.shop_id, order.created_at)
        bought = replace(bought, first_of=frozenset(FirstOf) - before)
    return Sale(order.customer_id, bought, sum(line.net for line in order.lines))
