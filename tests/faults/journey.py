"""The journey of five customers, a merchant and their money: coupon, hold, payment, notice, refund, service, review,
settlement, payout, a copy of somebody's data; over the API and the functions, while something goes wrong.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib import wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.wire import rfc3339
from tests.api import Answer
from tests.faults.machine import Machine
from tests.faults.town import BEGINS, MERCHANT, Town
from tests.simulation.timeline import Timeline

ORDER, BOOKING = "/v1/orders/{order_id}", "/v1/bookings/{booking_id}"
COUPONS, DAYS, QUIET = 2, 2, 2
OFF = 2_000


@dataclass
class Life:
    """One customer and what they plan; `refused` has the codes of what was not possible."""

    plan: str
    customer: Actor
    hours: int
    order: dict[str, Any] = field(default_factory=dict)
    coupon: str | None = None
    ref: str | None = None
    refused: list[str] = field(default_factory=list)

    @property
    def start(self) -> datetime:
        """When the service begins."""
        return BEGINS.replace(minute=0) + timedelta(hours=self.hours)


PLANS = {"served": 26, "cancels": 28, "same-time": 26, "late": 32, "given-back": 34}


class Journey:
    """Lives them all, and comes to an end in which nothing goes wrong any more."""

    def __init__(self, town: Town, machine: Machine) -> None:
        self.town, self.machine, self.timeline = town, machine, Timeline(town.real)
        self.lives = [
            Life(plan, Actor(f"acc_c{n}", frozenset({Role.CUSTOMER}), f"ses_c{n}"), hours)
            for n, (plan, hours) in enumerate(PLANS.items())
        ]
        town.welcome(MERCHANT, *(life.customer for life in self.lives))
        self.export: str | None = None

    def live(self) -> None:
        """Everything, from the first coupon to the last payout."""
        town, do = self.town, self.timeline
        do.after(self._coupons, minutes=0)
        for life in self.lives:
            do.after(lambda life=life: self._hold(life), minutes=town.chance.randint(2, 4))
        for minutes in range(1, 40, 6):
            do.after(self.machine.pump, minutes=minutes)
        for minutes in (8, 22, 38):
            do.after(self.machine.often, minutes=minutes)
        for hours in range(1, DAYS * 24, 16):
            do.after(self._moves, hours=hours)
            do.after(self.machine.hourly, hours=hours)
        do.after(self._export, minutes=town.chance.randint(5, 50))
        while do.step():
            pass
        self._come_to_an_end()

    def _moves(self) -> None:
        self.machine.often()
        self.machine.pump()

    def _come_to_an_end(self) -> None:
        self.machine.nightly()  # faults go on, and people have done their part
        self.town.real.move(hours=24)
        self._moves()
        self.machine.hourly()
        self.town.calm()
        for _ in range(QUIET):
            self.town.queues.redrive()
            self.machine.drain()
            for handler in (self.machine.often, self.machine.hourly, self.machine.nightly):
                handler()
                self.machine.drain()
            self.town.real.move(hours=24)

    def _ask(self, life: Life | None, actor: Actor, method: str, route: str, body: Any = None, **path: str) -> Answer:
        answer = self.town.ask(actor, method, route, body, **path)
        if answer.status >= 400 and life is not None:
            life.refused.append(f"{method} {route}: {answer.json['code']}")
        return answer

    def _coupons(self) -> None:
        until = rfc3339(BEGINS + timedelta(days=20))
        terms = {"currency": "CNY", "amount_off": OFF, "minimum_spend": 0}
        draft = {
            "title": "新客立减",
            "terms": terms,
            "number": COUPONS,
            "valid_from": rfc3339(BEGINS - timedelta(hours=1)),  # a clock may be late
            "valid_until": until,
        }
        opened = self._ask(None, MERCHANT, "POST", "/v1/shops/{shop_id}/campaigns", draft, shop_id=self.town.shop["id"])
        for life in self.lives[: COUPONS + 1]:
            claim = "/v1/campaigns/{campaign_id}/claims"
            claimed = self._ask(life, life.customer, "POST", claim, campaign_id=opened.json["id"])
            life.coupon = claimed.json.get("id")

    def _hold(self, life: Life) -> None:
        line = {"kind": "booking", "shop_id": self.town.shop["id"], "offering_id": self.town.shop["offering_id"]}
        for hours in (life.hours, life.hours + 10):
            at = rfc3339(BEGINS.replace(minute=0) + timedelta(hours=hours))
            body = {"lines": [{**line, "start": at}], **({"coupon_id": life.coupon} if life.coupon else {})}
            held = self._ask(life, life.customer, "POST", "/v1/orders", body)
            if held.status == 201:
                life.order, life.hours = held.json, hours
                break
            assert held.json["code"] == "slot-taken", held.text
        else:
            raise AssertionError(f"{life.plan}: nothing could be held: {life.refused}")
        self._goes_on(life)

    def _goes_on(self, life: Life) -> None:
        do, chance = self.timeline, self.town.chance
        if life.plan == "same-time":  # takes another time, and never pays
            return
        do.after(lambda: self._pay(life), minutes=chance.uniform(0, 2))
        do.after(lambda: self._paid(life), minutes=14 if life.plan == "late" else chance.uniform(2, 4))
        if life.plan == "cancels":
            do.after(lambda: self._cancel(life), hours=1)
        do.at(life.start + timedelta(minutes=1), lambda: self._serve(life))
        if life.plan == "given-back":
            do.at(life.start + timedelta(hours=3), lambda: self._give_back(life))

    def _pay(self, life: Life) -> None:
        route, body = ORDER + "/payments", {"method": "card"}
        begun = self._ask(life, life.customer, "POST", route, body, order_id=life.order["id"])
        if begun.status != 201:
            return
        mine = [ref for ref, one in self.town.provider.charges.items() if one.payment_id == begun.json["id"]]
        (life.ref,) = mine

    def _paid(self, life: Life) -> None:
        if life.ref is None:
            return
        self.town.provider.customer_pays(life.ref)
        self.machine.webhook("charge", life.ref, "payment_intent.succeeded")
        if self.town.chance.random() < 0.5:
            self.machine.webhook("charge", life.ref, "charge.succeeded")
        self.machine.pump()

    def _cancel(self, life: Life) -> None:
        self._ask(life, life.customer, "POST", ORDER + "/cancel", {}, order_id=life.order["id"])

    def _serve(self, life: Life) -> None:
        order = self._ask(life, life.customer, "GET", ORDER, order_id=life.order["id"]).json
        if order["state"] != "confirmed":
            return
        booking = {"booking_id": order["lines"][0]["ref"]}
        code = self._ask(life, life.customer, "GET", BOOKING, **booking).json["code"]
        self._ask(life, MERCHANT, "POST", BOOKING + "/check-in", {"code": code}, **booking)
        done = self._ask(life, MERCHANT, "POST", BOOKING + "/complete", **booking)
        if life.plan == "served" and done.status == 200:
            self.timeline.after(lambda: self._review(life), hours=1)

    def _review(self, life: Life) -> None:
        route, opinion = "/v1/orders/{order_id}/lines/{line_id}/review", {"stars": 5, "text": "手艺很好。"}
        path = {"order_id": life.order["id"], "line_id": life.order["lines"][0]["id"]}
        self._ask(life, life.customer, "POST", route, opinion, **path)
        self._ask(life, MERCHANT, "POST", "/v1/orders/{order_id}/lines/{line_id}/guest-review", {"stars": 5}, **path)

    def _give_back(self, life: Life) -> None:
        body = {"lines": [{"line_id": life.order["lines"][0]["id"], "amount": 3_000}], "reason": "迟到"}
        self._ask(life, MERCHANT, "POST", ORDER + "/refunds", body, order_id=life.order["id"])

    def _export(self) -> None:
        asked = self._ask(None, self.lives[-1].customer, "POST", "/v1/me/exports")
        self.export = asked.json["id"]

    def states(self) -> dict[str, str]:
        """Return how the orders stand in the end."""
        from chalicelib.orders import use_cases as orders

        return {life.plan: orders.read(wiring.orders(), life.order["id"]).state.value for life in self.lives}
