"""Orders over real tables, with a kind of line, a clock and a payments domain that tests own."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chalicelib import wiring
from chalicelib.coupons import use_cases as coupons
from chalicelib.coupons.ports import CampaignDraft, Terms
from chalicelib.kit.idempotency import Answer, Once
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import HELD
from chalicelib.ledger.rules import moved
from chalicelib.orders import use_cases
from chalicelib.orders.rules import Asked
from tests.api import CUSTOMER, told
from tests.fakes.line_kind import FakeLineKind
from tests.fakes.time import FakeClock

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SHOP = "shp_00000000000000000000000001"
OFFERING = "off_00000000000000000000000001"


class World:
    """One stage: `ports` of orders, their `kind` of line, and the `clock` of everything."""

    def __init__(self):
        self.clock = FakeClock(NOW)
        wiring.use_clock(self.clock)
        self.kind = FakeLineKind(shop_id=SHOP)
        wired = wiring.orders()
        self.ports = replace(wired, kinds={"booking": self.kind})

    def wish(self, start=LATER, offering=OFFERING):
        return Asked("booking", {"shop_id": SHOP, "offering_id": offering, "start": start, "staff_id": None})

    def hold(self, *starts, actor=CUSTOMER, coupon_id=None, coupon_ids=(), key=None, offering=OFFERING):
        wishes = [self.wish(start, offering) for start in starts or (LATER,)]
        return use_cases.hold(self.ports, actor, wishes, [coupon_id] if coupon_id else coupon_ids, once(key))

    def pay(self, order, payment_id="pay_1", amount=None):
        """Money arrives, as the payments domain books it: order and ledger in one transaction."""
        money = order.money if amount is None else Money(amount, order.currency)

        def attempt():
            now = self.clock.now()
            paid = use_cases.paid(self.ports, order.id, payment_id, money, now)
            arrived = moved(
                f"capture:{payment_id}", money, now, debit="provider:stripe", credit=HELD, order_id=order.id
            )
            posted = ledger.post(wiring.ledger(), arrived)
            self.ports.committer.commit([*posted, *paid.actions])
            return paid

        return retrying(attempt, attempts=20)

    def bought(self, *starts, **said):
        order = self.hold(*starts, **said)
        assert self.pay(order, f"pay_{order.id}").fulfilled
        return self.read(order)

    def refund(self, order, amount, payment_id=None, reason="cancelled"):
        """A refund reached the customer."""

        def attempt():
            actions = use_cases.refunded(
                self.ports,
                order.id,
                Money(amount, order.currency),
                self.clock.now(),
                payment_id=payment_id or self.read(order).payment_id,
                reason=reason,
            )
            self.ports.committer.commit(actions)

        retrying(attempt, attempts=20)

    def deliver(self, order, line, verb=use_cases.line_completed):
        retrying(lambda: self.ports.committer.commit(verb(self.ports, order.id, line.id, self.clock.now())))

    def cancel(self, order, actor=CUSTOMER, key=None, lines=None):
        chosen = None if lines is None else [line.id for line in lines]
        return use_cases.cancel(self.ports, actor, order.id, None, once(key), chosen)

    def read(self, order):
        return use_cases.read(self.ports, order.id)

    def waiting(self, merchant_id="acc_merchant"):
        return list(self.ports.settlement.store.waiting_of(merchant_id))

    def coupon(self, actor=CUSTOMER, *, days=30, terms=None, **said):
        """A coupon of the platform in the actor's hand."""
        now, terms = self.clock.now(), terms or Terms("CNY", **said)
        draft = CampaignDraft("五月", terms, 10, now, now + timedelta(days=days))
        ports = self.ports.coupons
        campaign = coupons.open_campaign(ports, actor, None, draft, once())
        return coupons.claim(wiring.claiming(), actor, campaign.id, once())

    def coupon_state(self, coupon):
        return self.ports.coupons.store.coupon(coupon.id).standing(self.clock.now())


def refunds():
    """What payments are asked to give back."""
    return [(m.payload["payment_id"], m.payload["amount"], m.payload["reason"]) for m in told("order.refund_due")]


def once(key=None, scope="test"):
    return Once(scope, key or uuid.uuid4().hex, "fingerprint", lambda _result: Answer(201, "{}"))
