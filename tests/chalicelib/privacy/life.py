"""Somebody who does everything that leaves something behind, over the API and with a provider in memory."""

from datetime import timedelta

from chalicelib import wiring
from chalicelib.accounts import use_cases as accounts
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.wire import rfc3339
from chalicelib.notifications import events as notifications
from chalicelib.search import events as search
from tests.api import MERCHANT, call, deliver, told
from tests.chalicelib.payments.flow import ORDER, PAY, notice
from tests.world import open_shop, wish

PHONE, NAME = "+8613900004711", "欧阳修"
REVIEW_TEXT, CLAIM_TEXT, REASON = "欧阳家的人都说剪得好", "欧阳修本人认为剪得不齐", "欧阳修要搬家"
GUEST_TEXT = "欧阳修准时到店"
LAT, LON = 31.23041, 121.47371
VALUES = (PHONE, PHONE[3:], NAME, NAME[:2], "欧*", str(LAT), str(LON))


class Life:
    """A customer of a shop of MERCHANT's."""

    def __init__(self, clock, provider):
        self.clock, self.provider = clock, provider
        account = accounts.grant_role(wiring.accounts(), Role.CUSTOMER, phone_text=PHONE)
        accounts.change_profile(wiring.accounts(), Actor(account.id, account.roles, "ses_1"), name=NAME)
        self.id, self.me = account.id, Actor(account.id, account.roles, "ses_1")
        self.shop = open_shop()

    def send(self, method, route, body=None, status=(200, 201, 202), actor=None, **more):
        answer = call(method, route, actor=actor or self.me, body=body, **more)
        assert answer.status in status, (route, answer.text)
        return answer.json if answer.text else None

    def order(self, hours=24):
        return self.send("POST", "/v1/orders", {"lines": [wish(self.shop, hours)]})

    def pay(self, order):
        begun = self.send("POST", PAY, {"method": "card"}, order_id=order["id"])
        payment = wiring.payments().store.payment(begun["id"])
        self.provider.customer_pays(payment.charge_ref)
        notice(payment.charge_ref)

    def visit(self, order):
        (line,) = order["lines"]
        at = {"booking_id": line["ref"]}
        code = self.send("GET", "/v1/bookings/{booking_id}", **at)["code"]
        self.clock.move(hours=24)
        self.send("POST", "/v1/bookings/{booking_id}/check-in", {"code": code}, actor=MERCHANT, **at)
        self.send("POST", "/v1/bookings/{booking_id}/complete", actor=MERCHANT, **at)

    def live(self):
        """Do all of it; everything is over at the end but a wait, which needs no end."""
        done, changed = self.order(24), self.order(26)
        self.pay(done)
        self.visit(done)
        cancelled = {"reason": REASON}
        self.send("POST", f"{ORDER}/cancel", cancelled, order_id=changed["id"])
        line = done["lines"][0]["id"]
        review = {"stars": 3, "text": REVIEW_TEXT, "language": "zh-CN"}
        at = {"order_id": done["id"], "line_id": line}
        said = self.send("POST", "/v1/orders/{order_id}/lines/{line_id}/review", review, **at)
        self.send("PUT", "/v1/reviews/{review_id}", review | {"stars": 4}, review_id=said["id"])
        guest = {"stars": 5, "text": GUEST_TEXT}
        self.send("POST", "/v1/orders/{order_id}/lines/{line_id}/guest-review", guest, actor=MERCHANT, **at)
        claim = {"line_id": line, "amount": 500, "reason_code": "quality", "text": CLAIM_TEXT}
        asked = self.send("POST", "/v1/orders/{order_id}/claims", claim, order_id=done["id"])
        day = self.clock.now() + timedelta(days=1)
        wished = {"nearby": {"position": {"lat": LAT, "lon": LON}, "radius": 3000, "category": "hair"}}
        wished["nearby"]["date"] = f"{day:%Y-%m-%d}"
        self.send("POST", "/v1/waits", wished)
        self.send("PUT", "/v1/me/feed")
        self._coupon()
        ticket = self._line()
        privacy_version = {"agreed": True, "version": "2026-12-01"}
        self.send("PUT", "/v1/me/consents/{purpose}", privacy_version, purpose="privacy")
        self.deliver()
        return asked, ticket

    def _coupon(self):
        now = self.clock.now()
        campaign = {
            "title": "新客立减", "number": 5,
            "terms": {"currency": "CNY", "minimum_spend": 1000, "amount_off": 100},
            "valid_from": rfc3339(now), "valid_until": rfc3339(now + timedelta(days=3)),
        }  # fmt: skip
        made = self.send("POST", "/v1/shops/{shop_id}/campaigns", campaign, actor=MERCHANT, shop_id=self.shop["id"])
        self.send("POST", "/v1/campaigns/{campaign_id}/claims", campaign_id=made["id"])

    def _line(self):
        queue = {"name": "两人桌", "prefix": "A", "minutes": 10, "max_party": 2}
        made = self.send("POST", "/v1/shops/{shop_id}/queues", queue, actor=MERCHANT, shop_id=self.shop["id"])
        at = {"shop_id": self.shop["id"], "queue_id": made["id"]}
        return self.send("POST", "/v1/shops/{shop_id}/queues/{queue_id}/tickets", {"party": 2}, **at)

    def deliver(self):
        """Have consumers work what waits."""
        waiting = told()
        for queue, handler in (("notifications", notifications.deliver), ("search", search.index)):
            heard = [one for one in waiting if queue in one.queues]
            if heard:
                deliver(handler, *heard)
        wiring.outbox().remove([one.id for one in waiting])

    def leave_everything(self, asked, ticket):
        """End what is open."""
        self.send("POST", "/v1/claims/{claim_id}/withdraw", claim_id=asked["id"])
        at = {"shop_id": self.shop["id"], "ticket_id": ticket["id"]}
        self.send("POST", "/v1/shops/{shop_id}/tickets/{ticket_id}/leave", **at)
