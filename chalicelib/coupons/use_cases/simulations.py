"""What a campaign would have cost: the coupons' side of it; see `orders.use_cases.simulations`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.coupons.ports import CouponsPorts, Sale, Simulation
from chalicelib.coupons.rules import ALL, Terms, check
from chalicelib.coupons.rules.simulation import stepped
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound, invalid
from chalicelib.kit.ids import new_id
from chalicelib.kit.transaction import Action
from chalicelib.shops import use_cases as shops


@dataclass(frozen=True)
class Plan:
    """A campaign that somebody thinks of, and the month to try it on; for the fields see `Simulation`.

    Attributes:
        month: its year and number by the shop's clock, in UTC for all shops; None: the last one that is over.
    """

    terms: Terms
    number: int | None = None
    per_person: int = 1
    money: int | None = None
    month: tuple[int, int] | None = None


def planned(ports: CouponsPorts, actor: Actor, shop_id: str | None, plan: Plan) -> Simulation:
    """Return a simulation that has not begun: of a shop's orders, or of all with None, which only the operator's people
    reach.

    Raises:
        NotFound: no such shop. Forbidden: somebody else's. Invalid: terms that make no sense, a month to come.
    """
    shop = None if shop_id is None else shops.shop(ports.shops, shop_id)
    if shop is not None:
        actor.must_run(shop.merchant_id)
    terms, now = plan.terms, ports.clock.now()
    check(terms, of_shop=shop is not None)
    if shop is not None and terms.currency != shop.currency:
        raise invalid("terms.currency", f"the shop sells in {shop.currency}")
    if terms.platform_bps is None:
        terms = replace(terms, platform_bps=ALL if shop is None else 0)
    since, until = _month(plan.month, shop.zone if shop else "UTC", now)
    return Simulation(
        new_id("sim"), shop_id, terms, since, until, now, plan.number, plan.per_person, plan.money, version=0
    )


def _month(month: tuple[int, int] | None, zone: str, now: datetime) -> tuple[datetime, datetime]:
    local = now.astimezone(ZoneInfo(zone))
    year, number = month or (local.year - (local.month == 1), local.month - 1 or 12)
    since = datetime(year, number, 1, tzinfo=ZoneInfo(zone))
    if since > now:
        raise invalid("month", "has not begun")
    until = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=ZoneInfo(zone))
    return since.astimezone(now.tzinfo), until.astimezone(now.tzinfo)


def simulation(ports: CouponsPorts, actor: Actor, shop_id: str | None, simulation_id: str) -> Simulation:
    """Return a simulation of a shop, or of all, which only the operator's people reach.

    Raises:
        NotFound: there is none of it, or no more. Forbidden: somebody else's shop.
    """
    if shop_id is not None:
        actor.must_run(shops.shop(ports.shops, shop_id).merchant_id)
    found = ports.simulations.simulation(simulation_id)
    if found is None or found.shop_id != shop_id:
        raise NotFound("simulation")
    return found


def simulated(
    ports: CouponsPorts, run: Simulation, sales: Sequence[Sale], after: Mapping[str, Any] | None
) -> tuple[Simulation, Action]:
    """Return a simulation that has looked at more orders, and its write. What they have to be known for is read here:
    shops as they are now, and when accounts were opened.
    """
    asked, known = run.terms.conditions, {}
    if asked.categories or asked.asks_for_time:
        known = dict(shops.many(ports.shops, sorted({one.purchase.shop_id for one in sales})))
    since: dict[str, datetime] = {}
    if asked.new_for_days is not None:
        people = {one: ports.person(one) for one in {sale.customer_id for sale in sales}}
        since = {one: person.since for one, person in people.items() if person is not None}
    whole = []
    for sale in sales:
        shop, bought = known.get(sale.purchase.shop_id), sale.purchase
        if shop is not None:
            bought = replace(bought, categories=shop.categories, zone=shop.zone)
        whole.append(replace(sale, purchase=replace(bought, customer_since=since.get(sale.customer_id))))
    new = stepped(run, whole, after)
    return new, ports.simulations.put(new)
