"""What customers, merchants, banks and wallets do with one booking, drawn once and then done, whatever goes wrong."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.booking import use_cases as booking
from chalicelib.booking.rules.problems import NotOffered, SlotTaken
from chalicelib.coupons import use_cases as coupons
from chalicelib.coupons.rules import coupon_id
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.errors import Problem
from chalicelib.kit.idempotency import Once
from chalicelib.kit.money import Money
from chalicelib.orders import use_cases as orders
from chalicelib.orders.rules import Asked
from chalicelib.payments import use_cases as payments
from chalicelib.payments.rules import ALIPAY, STRIPE, WECHAT, Method, PaymentState
from tests.simulation.stage import ADMIN, BEGINS, Seller, Stage, _why
from tests.simulation.timeline import Timeline

PLANS = {
    "served": 46, "no-show": 5, "cancels-early": 9, "cancels-late": 6, "merchant-cancels": 6, "never-pays": 5,
    "pays-late": 6, "pays-twice": 5, "lets-go": 4, "by-balance": 4, "disputes-early": 4,
}  # fmt: skip
METHODS = {Method.CARD: STRIPE, Method.ALIPAY: ALIPAY, Method.WECHAT_PAY: WECHAT}


@dataclass
class Life:
    """One booking, from the wish to the last movement of its money."""

    number: int
    plan: str
    seller: Seller
    customer: Actor
    method: Method
    order_id: str = ""
    start: datetime = BEGINS
    paid: list[str] = field(default_factory=list)  # payment ids
    refused: list[str] = field(default_factory=list)  # what was no longer possible


class Lives:
    """Begins lives and does what each has planned."""

    def __init__(self, stage: Stage, timeline: Timeline, size: int, days: int) -> None:
        self.stage, self.timeline, self.chance = stage, timeline, stage.chance
        self.all: list[Life] = []
        self.disputes = 0
        for number in range(size):
            plan = self.chance.choices(list(PLANS), list(PLANS.values()))[0]
            seller = self.chance.choice(stage.sellers)
            customer = Actor(f"acc_c{number}", frozenset({Role.CUSTOMER}), f"ses_c{number}")
            method = self.chance.choice(list(METHODS)) if seller.currency == "CNY" else Method.CARD
            life = Life(number, plan, seller, customer, Method.BALANCE if plan == "by-balance" else method)
            self.all.append(life)
            timeline.after(lambda life=life: self.begin(life), minutes=number * days * 24 * 60 / size)

    def _tried(self, life: Life, what: str, work: Any, once: Once) -> Any:
        """Do something as a client; a refusal is an answer, too."""
        try:
            return self.stage.client(work, once)
        except Problem as problem:
            life.refused.append(f"{what}: {problem.code}")
            return None

    def begin(self, life: Life) -> None:
        """Order a time that is free."""
        ports, coupon_ids = wiring.orders(), self._coupon(life) if life.number % 2 else []
        for _ in range(20):
            hours = self.chance.randint(30, 80)
            start = self.stage.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)
            at = {"shop_id": life.seller.shop["id"], "offering_id": life.seller.shop["offering_id"], "start": start}
            once = self.stage.once()
            try:
                made = self.stage.client(
                    lambda at=at, once=once: orders.hold(
                        ports, life.customer, [Asked("booking", {**at, "staff_id": None})], coupon_ids, once
                    ),
                    once,
                )
            except (SlotTaken, NotOffered):
                continue
            life.order_id, life.start = getattr(made, "id", made), start
            return self._plan(life)
        raise AssertionError("no time is free")

    def _coupon(self, life: Life) -> list[str]:
        """Claim what the shop takes part in: every second order has it."""
        campaign, once = self.stage.campaigns[life.seller.shop["id"]], self.stage.once()
        self.stage.client(lambda: coupons.claim(wiring.claiming(), life.customer, campaign, once), once)
        return [coupon_id(campaign, life.customer.account_id)]

    def _plan(self, life: Life) -> None:
        minutes, hold = self.chance.randint(0, 5), 10
        do = self.timeline.after
        match life.plan:
            case "never-pays":
                return
            case "pays-late":
                do(lambda: self.pay(life, wait=hold + self.chance.randint(1, 60)), minutes=minutes)
            case "pays-twice":
                do(lambda: self.pay(life), minutes=minutes)
                do(lambda: self.pay(life, wait=self.chance.randint(1, 30)), minutes=minutes)
            case "lets-go":
                do(lambda: self.pay(life, wait=8), minutes=1)
                do(lambda: self.cancel(life, life.customer), minutes=4)
            case "by-balance":
                do(lambda: self.pay_from_balance(life), minutes=minutes)
            case _:
                do(lambda: self.pay(life), minutes=minutes)
        self._later(life)

    def _later(self, life: Life) -> None:
        at, start, chance = self.timeline.at, life.start, self.chance
        match life.plan:
            case "no-show":
                at(start + timedelta(minutes=30), lambda: self.no_show(life))
            case "cancels-early":
                self.timeline.after(lambda: self.cancel(life, life.customer), hours=1)
            case "cancels-late":
                at(start - timedelta(hours=2), lambda: self.cancel(life, life.customer))
            case "merchant-cancels":
                at(start - timedelta(hours=5), lambda: self.cancel(life, life.seller.actor))
            case _:
                at(start + timedelta(minutes=1), lambda: self.serve(life))
        if life.plan == "disputes-early":
            at(start - timedelta(hours=4), lambda: self.dispute(life))
            if chance.random() < 0.4:
                at(start - timedelta(hours=3), lambda: self.cancel(life, life.customer))
        if life.plan == "served":
            for _ in range(chance.choice((0, 0, 0, 1, 2, 3))):
                at(start + timedelta(hours=chance.randint(-3, 240)), lambda: self.give_back(life))
            if chance.random() < 0.12:
                at(start + timedelta(hours=chance.randint(3, 240)), lambda: self.dispute(life))

    def pay(self, life: Life, wait: float = 1) -> None:
        """Begin to pay; the customer does their part at the provider some minutes later."""
        wish, once = payments.PayWish(life.method, "https://linli.example/return"), self.stage.once()
        begun = self._tried(
            life, "pay", lambda: payments.pay(wiring.payments(), life.customer, life.order_id, wish, once), once
        )
        if begun is not None:
            payment_id = getattr(begun, "id", begun)
            self.timeline.after(lambda: self._pays(life, payment_id), minutes=wait)

    def _pays(self, life: Life, payment_id: str) -> None:
        provider = self.stage.providers[METHODS[life.method]]
        ref = next(ref for ref, charge in provider.charges.items() if charge.payment_id == payment_id)
        if self.chance.random() < 0.1:
            provider.becomes(ref, PaymentState.FAILED)
            self.stage.tell(provider.name, "charge", ref)
        provider.customer_pays(ref)
        life.paid.append(payment_id)
        if self.chance.random() < 0.9:
            self.stage.tell(provider.name, "charge", ref)

    def pay_from_balance(self, life: Life) -> None:
        """A gift, and the order is paid with it."""
        ports, amount = wiring.payments(), Money(life.seller.price, life.seller.currency)
        gift, once = self.stage.once(), self.stage.once()
        self.stage.client(lambda: payments.give(ports, ADMIN, life.customer.account_id, amount, _why(), gift), gift)
        wish = payments.PayWish(Method.BALANCE, "https://linli.example/return")
        paid = self._tried(life, "pay", lambda: payments.pay(ports, life.customer, life.order_id, wish, once), once)
        if paid is not None:
            life.paid.append(getattr(paid, "id", paid))

    def cancel(self, life: Life, actor: Actor) -> None:
        """By the customer or the merchant; whose payment has not reached us yet comes instead."""
        once = self.stage.once()
        done = self._tried(
            life, "cancel", lambda: orders.cancel(wiring.orders(), actor, life.order_id, None, once), once
        )
        if done is None:
            self.timeline.at(life.start + timedelta(minutes=1), lambda: self.serve(life))

    def serve(self, life: Life) -> None:
        """The customer comes, and is served."""
        (line,) = orders.read(wiring.orders(), life.order_id).lines
        ports, seller = wiring.booking(), life.seller.actor
        code = booking.get(ports, life.customer, line.ref).code
        come, done = self.stage.once(), self.stage.once()
        self._tried(life, "check-in", lambda: booking.check_in(ports, seller, line.ref, code, come), come)
        self._tried(life, "complete", lambda: booking.complete(ports, seller, line.ref, done), done)

    def no_show(self, life: Life) -> None:
        """Nobody comes."""
        (line,) = orders.read(wiring.orders(), life.order_id).lines
        once = self.stage.once()
        self._tried(life, "no-show", lambda: booking.no_show(wiring.booking(), life.seller.actor, line.ref, once), once)

    def give_back(self, life: Life) -> None:
        """The merchant gives a part of what is left back, or all of it."""
        (line,) = orders.read(wiring.orders(), life.order_id).lines
        if line.kept < 10:
            return
        part = line.kept if self.chance.random() < 0.2 else self.chance.randint(1, line.kept // 10) * 10
        part -= part % (10 if life.seller.currency == "KWD" else 1)
        once, seller = self.stage.once(), life.seller.actor
        self._tried(
            life,
            "give back",
            lambda: orders.give_back(wiring.orders(), seller, life.order_id, {line.id: part}, Why("迟到"), once),
            once,
        )

    def dispute(self, life: Life) -> None:
        """The customer's bank takes what has not gone back yet, or a part of it; and decides later."""
        order = orders.read(wiring.orders(), life.order_id)
        if life.method != Method.CARD or order.payment_id is None:
            return
        bank = self.stage.providers[STRIPE]
        left = bank.left_of(order.payment_id)
        if left <= 0:
            return
        amount = left if self.chance.random() < 0.7 else max(1, left // 3)
        payment = wiring.payments().store.payment(order.payment_id)
        assert payment is not None
        ref = bank.disputes_charge(payment.charge_ref, amount, fee=1_500)
        self.disputes += 1
        self.stage.tell(STRIPE, "dispute", ref)
        won = self.chance.random() < 0.4
        self.timeline.after(lambda: self._decided(ref, won=won), days=self.chance.randint(1, 8))

    def _decided(self, ref: str, *, won: bool) -> None:
        self.stage.providers[STRIPE].dispute_ends(ref, won=won)
        self.stage.tell(STRIPE, "dispute", ref)
