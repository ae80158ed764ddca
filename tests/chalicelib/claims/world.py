"""Claims over real tables: an order that was paid and delivered, and everybody who has a say."""

from dataclasses import replace

from chalicelib import wiring
from chalicelib.claims import use_cases
from chalicelib.claims.ports import ReasonCode, Wish
from tests.api import CUSTOMER, MERCHANT
from tests.chalicelib.orders.world import World, once


class Claims:
    """A shop's customer after the sale; `orders` is the world that it was sold in."""

    def __init__(self):
        self.orders = World()
        self.clock = self.orders.clock
        self.ports = replace(wiring.claims(), orders=self.orders.ports)

    def delivered(self, *starts):
        """Return an order that was paid, and delivered a day later."""
        order = self.orders.bought(*starts)
        self.clock.move(days=1, hours=1)
        for line in order.lines:
            self.orders.deliver(order, line)
        return self.orders.read(order)

    def ask(self, order, amount=10_000, line=0, actor=CUSTOMER):
        wish = Wish(order.lines[line].id, amount, ReasonCode.QUALITY, "剪得不齐")
        return use_cases.ask(self.ports, actor, order.id, wish, once())

    def agree(self, claim, amount=None):
        return use_cases.agree(self.ports, MERCHANT, claim.id, amount, once())

    def decline(self, claim):
        return use_cases.decline(self.ports, MERCHANT, claim.id, "已按约定完成", once())

    def escalate(self, claim):
        return use_cases.escalate(self.ports, CUSTOMER, claim.id, None, once())

    def withdraw(self, claim):
        return use_cases.withdraw(self.ports, CUSTOMER, claim.id, once())

    def read(self, claim):
        return self.ports.store.claim(claim.key)

    def given_back(self, order, line=0):
        return self.orders.read(order).lines[line].given_back
