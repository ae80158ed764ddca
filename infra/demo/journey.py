"""The journey: admitted, found, booked, paid, served, reviewed, settled; and once cancelled and refunded."""

import base64
import random
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyotp

from chalicelib.vetting.rules.licences import credit_check
from infra.demo.stage import Json, Person, Stage, UnexpectedError, picked

# A quiet corner of Shanghai, a little moved at each run so that the demo's shop is the nearest there.
_LAT, _LON = 31.05, 121.30
_PRICE = 12_800  # fen
_COMMISSION_BPS = 800
# A photograph of a licence, as far as anybody here can tell: one pixel.
_LICENCE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Journey:
    """The people of the journey and what they have so far."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        chance = random.SystemRandom()
        self.customer = Person("customer", f"+86139{chance.randrange(10**8):08d}", "zh-CN")
        self.merchant = Person("merchant", f"+86138{chance.randrange(10**8):08d}", "en")
        self.admin = Person("admin", f"+86137{chance.randrange(10**8):08d}", "zh-CN")
        body = f"92310117{chance.randrange(10**9):09d}"
        self.licence_number = body + credit_check(body)
        self.lat = _LAT + chance.uniform(-0.05, 0.05)
        self.lon = _LON + chance.uniform(-0.05, 0.05)
        self.shop: Json = {}
        self.offering: Json = {}

    def walk(self) -> None:
        """Go the whole way; raise `UnexpectedError` at the first step that is not as it must be."""
        self.sign_in(self.merchant)
        self.apply()
        self.appoint()
        self.admit()
        self.open_shop()
        self.sign_in(self.customer)
        self.search()
        served = self.book_and_pay("card")
        coupon = self.claim_coupon()
        self.book_and_pay("alipay", coupon_id=coupon["id"])
        cancelled = self.book_and_pay("wechat_pay")
        self.notices()
        self.serve(served)
        self.review(served)
        self.cancel(cancelled)
        self.settle()
        self.expire_coupon()

    def sign_in(self, person: Person) -> None:
        """A code by SMS, and the account is there."""
        with self.stage.step(f"the {person.part} asks for a code by phone") as say:
            self.stage.api("POST", "/auth/codes", body={"phone": person.phone}, status=202)
            text = self.stage.mail(person, "login_code")
            say(text)
        code = re.search(r"\b\d{6}\b", text)
        if code is None:
            raise UnexpectedError(f"no code in {text!r}")
        with self.stage.step(f"the {person.part} signs in with it"):
            got = self.stage.api("POST", "/auth/tokens", body={"phone": person.phone, "code": code[0]}, status=200)
            person.token, person.refresh_token = got["access_token"], got["refresh_token"]
            person.account_id = got["account"]["id"]
            self.stage.api("PATCH", "/me", person, {"name": "王小明", "language": person.language}, status=200)

    def apply(self) -> None:
        """The merchant says what their business is and uploads their licence; it is checked at once."""
        stage, merchant, at = self.stage, self.merchant, "/me/merchant/application"
        with stage.step("the merchant applies, with an image of the licence"):
            wish = {
                "country": "CN",
                "business_name": "上海松江邻里理发店",
                "licence_kind": "cn-credit-code",
                "licence_number": self.licence_number,
                "licence_expires_on": str(_shanghai() + timedelta(days=3650)),
                "legal_name": "李小红",
                "contact_name": "李小红",
                "contact_phone": merchant.phone,
                "address": "上海市松江区示范路 1 号",
                "position": {"lat": self.lat, "lon": self.lon},
            }
            stage.api("PUT", at, merchant, wish, status=200)
            form = stage.api("POST", f"{at}/uploads", merchant, {"media": "image/png"}, status=201)
            stage.upload(form, _LICENCE)
            wish = {"document_id": form["document_id"]}
            stage.api("POST", f"{at}/documents", merchant, wish, status=201)
        with stage.step("the checks find nothing wrong, it waits for a person") as say:
            found = stage.api("POST", f"{at}/submit", merchant, status=200)
            stage.expect((found["state"], found["reasons"]), ("in_review", []), "the application")
            say(f"licence {self.licence_number}")

    def appoint(self) -> None:
        """The operator makes somebody an admin, who signs in and sets up an app for a second proof."""
        stage, admin = self.stage, self.admin
        with stage.step("the operator makes an admin"):
            stage.call("accounts-grant-role", {"phone": admin.phone, "role": "admin"})
        self.sign_in(admin)
        with stage.step("the admin sets up an authenticator app"):
            offer = stage.api("POST", "/me/totp", admin, status=201)
            code = pyotp.TOTP(offer["secret"]).now()
            got = stage.api("POST", "/me/totp/confirm", admin, {"code": code}, status=200)
            admin.token = got["tokens"]["access_token"]

    def admit(self) -> None:
        """An admin looks at the licence and approves; the merchant hears of it and has the role."""
        stage, at = self.stage, f"/admin/vetting/applications/{self.merchant.account_id}"
        with stage.step("an admin looks at the licence and approves"):
            reason = {"reason": "证照清晰，信息一致"}
            shown = stage.api("POST", f"{at}/links", self.admin, reason, status=200)["items"]
            stage.expect([stage.download(one["url"]) for one in shown], [_LICENCE], "the documents")
            stage.api("POST", f"{at}/decision", self.admin, {"outcome": "approve", **reason}, status=200)
        with stage.step("the merchant hears of it, and has the role in the next token") as say:
            say(stage.mail(self.merchant, "vetting.approved.merchant"))
            wish = {"refresh_token": self.merchant.refresh_token}
            got = stage.api("POST", "/auth/tokens/refresh", body=wish, status=200)
            self.merchant.token = got["access_token"]

    def open_shop(self) -> None:
        """The merchant opens a shop that never closes, with one person and one offering."""
        stage, merchant = self.stage, self.merchant
        with stage.step("the merchant opens a shop"):
            wish = {
                "name": "邻里理发",
                "name_en": "Linli Barber",
                "categories": ["hair"],
                "address": "上海市松江区示范路 1 号",
                "position": {"lat": self.lat, "lon": self.lon},
                "zone": "Asia/Shanghai",
                "currency": "CNY",
                "hours": [{"weekday": day, "opens": "00:00", "closes": "24:00"} for day in range(7)],
            }
            self.shop = stage.api("POST", "/shops", merchant, wish, status=201)
            stage.api("POST", f"/shops/{self.shop['id']}/staff", merchant, {"name": "阿玲"}, status=201)
            offering = {
                "name": "剪发",
                "name_en": "Haircut",
                "minutes": 30,
                "price": {"amount": _PRICE, "currency": "CNY"},
            }
            self.offering = stage.api("POST", f"/shops/{self.shop['id']}/offerings", merchant, offering, status=201)

    def search(self) -> None:
        """The customer finds it nearby, as soon as the index has heard of it."""
        with self.stage.step("the customer finds the shop among the nearest hairdressers") as say:
            found = self.stage.until(lambda: self._found(price_from={"amount": _PRICE, "currency": "CNY"}), "the index")
            say(f"{found['name']}, {found['distance_m']:.0f} m")

    def _found(self, **wanted: Any) -> Json | None:
        found = self.stage.api(
            "GET", "/search/shops", status=200, lat=self.lat + 0.001, lon=self.lon, nearest=20, category="hair"
        )
        items: list[Json] = found["items"]
        return next((item for item in items if picked(item, shop_id=self.shop["id"], **wanted)), None)

    def book_and_pay(self, method: str, **more: Any) -> Json:
        """Free times, a hold, a payment; the provider's signed notice confirms."""
        stage, customer = self.stage, self.customer
        with stage.step("the customer asks for free times") as say:
            times = [time for day in range(2) for time in self._times(day)]
            say(f"{len(times)} in two days")
        # The last ones: a day ahead, so that cancelling is free.
        start = times[-1 if method == "wechat_pay" else 0]["start"]
        line = {"kind": "booking", "shop_id": self.shop["id"], "offering_id": self.offering["id"], "start": start}
        with stage.step("the customer holds one") as say:
            order = stage.api("POST", "/orders", customer, {"lines": [line], **more}, status=201)
            say(f"{order['total']['amount'] / 100:.2f} CNY until {order['hold_until'][11:16]} UTC")
        with stage.step(f"the customer begins to pay by {method}"):
            wish = {"method": method, "return_url": "https://linli.example/return"}
            payment = stage.api("POST", f"/orders/{order['id']}/payments", customer, wish, status=201)
        is_stripes = (payment["action_url"] or stage.addresses.sandbox).startswith(stage.addresses.sandbox)
        teller = "Stripe" if is_stripes else "the wallet"
        with stage.step(f"the customer approves, {teller}'s signed notice confirms ({method})"):
            if is_stripes:
                self._approve(payment)
            else:
                stage.pay_at(payment["action_url"])
            return stage.until(lambda: self._order(order["id"], "confirmed"), "the confirmation")

    def _times(self, day: int) -> list[Json]:
        path = f"/shops/{self.shop['id']}/offerings/{self.offering['id']}/times"
        times: list[Json] = self.stage.api("GET", path, status=200, date=_shanghai() + timedelta(days=day))["times"]
        return times

    def _order(self, order_id: str, state: str) -> Json | None:
        order = self.stage.api("GET", f"/orders/{order_id}", self.customer, status=200)
        return order if order["state"] == state else None

    def _approve(self, payment: Json) -> None:
        """What the customer's app or wallet does, at Stripe."""
        if payment["action_url"] is not None:
            self.stage.outside("POST", payment["action_url"], data={"action": "approve"})
            return
        secret = payment["client_secret"]
        self.stage.outside(
            "POST",
            f"{self.stage.addresses.sandbox}/v1/payment_intents/{secret.partition('_secret_')[0]}/confirm",
            headers={"Authorization": "Bearer pk_test_sandbox"},
            data={"client_secret": secret, "payment_method": "pm_card_visa"},
        )

    def claim_coupon(self) -> Json:
        """The merchant starts a campaign, the customer claims its coupon."""
        stage, now = self.stage, datetime.now(UTC)
        with stage.step("the merchant gives coupons, the customer claims one"):
            wish = {
                "title": "新客立减 20 元",
                "terms": {"currency": "CNY", "amount_off": 2_000},
                "number": 10,
                "valid_from": (now - timedelta(minutes=1)).isoformat(),
                "valid_until": (now + timedelta(days=1)).isoformat(),
            }
            campaign = stage.api("POST", f"/shops/{self.shop['id']}/campaigns", self.merchant, wish, status=201)
            return stage.api("POST", f"/campaigns/{campaign['id']}/claims", self.customer, status=201)

    def notices(self) -> None:
        """Both hear of it, each in their own language."""
        for person in (self.customer, self.merchant):
            with self.stage.step(f"the {person.part} gets the notice through the queue") as say:
                say(self.stage.mail(person, f"order.confirmed.{person.part}"))

    def serve(self, order: Json) -> None:
        """The customer comes and shows the code; the merchant gives the service."""
        stage, booking_id = self.stage, order["lines"][0]["ref"]
        with stage.step("the merchant checks the customer in by code") as say:
            code = stage.api("GET", f"/bookings/{booking_id}", self.customer, status=200)["code"]
            stage.api("POST", f"/bookings/{booking_id}/check-in", self.merchant, {"code": "WRONG1"}, status=422)
            stage.api("POST", f"/bookings/{booking_id}/check-in", self.merchant, {"code": code}, status=200)
            say(f"code {code}")
        with stage.step("the merchant completes the service"):
            stage.api("POST", f"/bookings/{booking_id}/complete", self.merchant, status=200)
            stage.expect(bool(self._order(order["id"], "completed")), True, "the order is completed")

    def review(self, order: Json) -> None:
        """Both sides review, once, neither reading the other's before; the shop's rating changes in the search."""
        stage = self.stage
        path = f"/orders/{order['id']}/lines/{order['lines'][0]['id']}"
        with stage.step("the customer reviews, once, and nobody reads it yet"):
            opinion = {"stars": 5, "text": "手艺很好，下次再来。"}
            stage.api("POST", f"{path}/review", self.customer, opinion, status=201)
            stage.api("POST", f"{path}/review", self.customer, {"stars": 1, "text": "又来了"}, status=409)
            seen = stage.api("GET", f"{path}/reviews", self.merchant, status=200)
            stage.expect(seen["customer"], None, "what the merchant reads")
        with stage.step("the merchant reviews the guest: both are open"):
            stage.api("POST", f"{path}/guest-review", self.merchant, {"stars": 5, "text": "准时到店。"}, status=201)
            seen = stage.api("GET", f"{path}/reviews", self.customer, status=200)
            stage.expect((seen["customer"]["state"], seen["merchant"]["stars"]), ("shown", 5), "what is open")
        with stage.step("the shop's rating changes in the search") as say:
            rating = stage.until(lambda: self._found(rating={"average": 5.0, "count": 1}), "the rating")["rating"]
            say(f"{rating['average']} of {rating['count']}")

    def cancel(self, order: Json) -> None:
        """The customer cancels in time: everything goes back."""
        stage = self.stage
        with stage.step("the customer cancels a booking"):
            wish = {"reason": "我临时有事"}
            cancelled = stage.api("POST", f"/orders/{order['id']}/cancel", self.customer, wish, status=200)
            stage.expect(cancelled["state"], "refunding", "the order's state")
        with stage.step("the refund reaches the customer") as say:
            done = stage.until(lambda: self._order(order["id"], "refunded"), "the refund")
            stage.expect(done["refunded"]["amount"], order["total"]["amount"], "what was refunded")
            say(stage.mail(self.customer, "order.refunded.customer"))

    def settle(self) -> None:
        """The scheduled settlement posts the merchant's money, less commission, when its day is over."""
        stage, as_of = self.stage, datetime.now(UTC) + timedelta(days=2)
        payable = _PRICE - (_PRICE * _COMMISSION_BPS + 5000) // 10000
        with stage.step("the scheduled settlement posts the merchant's money"):
            stage.invoke("settlement-run", as_of)
            items = stage.api("GET", "/me/settlements", self.merchant, status=200)["items"]
            stage.expect([one["payable"] for one in items], [payable], "what is payable")
            balance = stage.api("GET", "/me/balance", self.merchant, status=200)["items"]
            stage.expect([(one["settled"], one["waiting"]) for one in balance], [(payable, 0)], "the balance")
        with stage.step("the merchant hears of it") as say:
            say(stage.mail(self.merchant, "settlement.posted.merchant"))

    def expire_coupon(self) -> None:
        """The scheduled expiry ends a coupon whose time is over."""
        stage = self.stage
        coupon = self.claim_coupon()
        with stage.step("the scheduled expiry ends it") as say:
            stage.invoke("coupons-expire", datetime.now(UTC) + timedelta(days=2))
            mine = stage.api("GET", "/me/coupons", self.customer, status=200)["items"]
            states = {one["id"]: one["state"] for one in mine}
            stage.expect(states[coupon["id"]], "expired", "the coupon's state")
            say(stage.mail(self.customer, "coupon.expired.customer"))


def _shanghai() -> date:
    """Return today's date where the demo's shop is."""
    return (datetime.now(UTC) + timedelta(hours=8)).date()
