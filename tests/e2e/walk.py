"""Every operation of the API once, so that it succeeds: the world that random requests are then aimed at."""

import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.kit.auth import Role
from tests.e2e.operations import Operations
from tests.e2e.town import PRICE, Json, Person, Town, notice, slot, soon
from tests.e2e.walk_claims import ClaimWalk
from tests.e2e.walk_coupons import CouponWalk
from tests.e2e.walk_factors import FactorWalk
from tests.e2e.walk_logins import LoginWalk
from tests.e2e.walk_money import MoneyWalk
from tests.e2e.walk_nights import NightWalk
from tests.e2e.walk_notices import NoticeWalk
from tests.e2e.walk_outreach import OutreachWalk
from tests.e2e.walk_payouts import PayoutWalk
from tests.e2e.walk_privacy import PrivacyWalk
from tests.e2e.walk_profile import ProfileWalk
from tests.e2e.walk_reach import ReachWalk
from tests.e2e.walk_reviews import ReviewWalk
from tests.e2e.walk_shop import ShopWalk
from tests.e2e.walk_team import TeamWalk
from tests.e2e.walk_vetting import VettingWalk
from tests.e2e.walk_webhooks import WebhookWalk

ZONE = ZoneInfo("Asia/Shanghai")
Good = Callable[..., Any]


class Walk:
    """Somebody of each role and one of each thing; `ids` are the values of path parameters."""

    def __init__(self, town: Town, operations: Operations) -> None:
        self.town, self.operations, self.good = town, operations, operations.good
        self.seconds = 0.0
        self.customer, self.merchant = town.person(), town.person(Role.MERCHANT)
        self.admin = town.person(Role.ADMIN)
        self.ids: dict[str, str] = {}
        self.webhooks = WebhookWalk(town, self.good, fresh, self.merchant, self.ids)
        self.missed_at = datetime.max.replace(tzinfo=UTC)
        self._missed = ""

    def go(self) -> None:
        """Do everything."""
        began = time.monotonic()
        self._shop()
        self.webhooks.begin()
        self._miss()
        self._account()
        self._read()
        people = (self.merchant, self.admin, self.customer)
        CouponWalk(self.town, self.good, fresh, people, self.ids).go()
        ClaimWalk(self.town, self.good, fresh, self.merchant, self.ids).go()
        self._wait()
        self._serve()
        self._cancel()
        self._answer()
        ShopWalk(self.town, self.good, fresh, self.merchant, self.customer, self.ids).go()
        OutreachWalk(self.town, self.good, fresh, self.merchant, self.ids).go()
        TeamWalk(self.town, self.good, fresh, self.merchant, self.ids).go()
        ProfileWalk(self.good, fresh, self.merchant, self.town.person(), self.ids).go()
        self._books()
        for more in (LoginWalk, FactorWalk, ReachWalk, MoneyWalk, PayoutWalk, NightWalk, PrivacyWalk, VettingWalk):
            walk = more(self.town, self.good, fresh)
            walk.go()
            self.ids = walk.ids | self.ids
        self._finish()
        self.webhooks.end()
        self.seconds = time.monotonic() - began

    def _finish(self) -> None:
        """The customer did not come; the last offering and the last of the staff go."""
        time.sleep(max(0.0, (self.missed_at - datetime.now(UTC)).total_seconds()))
        self.good("booking_no_show", self.merchant, headers=fresh(), booking_id=self._missed)
        shop_id = self.ids["shop_id"]
        spare = self.good("shops_add_staff", self.merchant, {"name": "阿明"}, headers=fresh(), shop_id=shop_id)
        self.good("shops_remove_staff", self.merchant, shop_id=shop_id, staff_id=spare["id"])
        gone = self.good("shops_add_offering", self.merchant, _offering(), headers=fresh(), shop_id=shop_id)
        self.good("shops_remove_offering", self.merchant, shop_id=shop_id, offering_id=gone["id"])

    def _shop(self) -> None:
        shop = self.good("shops_create", self.merchant, _shop("00:00", "24:00"), headers=fresh())
        at = self.ids["shop_id"] = shop["id"]
        staff = self.good("shops_add_staff", self.merchant, {"name": "阿玲"}, headers=fresh(), shop_id=at)
        self.ids["staff_id"] = staff["id"]
        offering = self.good("shops_add_offering", self.merchant, _offering(), headers=fresh(), shop_id=at)
        self.ids["offering_id"] = offering["id"]
        changed = {"name": "阿玲玲"}
        self.good("shops_change_staff", self.merchant, changed, shop_id=at, staff_id=staff["id"])
        self.good("shops_change_offering", self.merchant, {"minutes": 45}, shop_id=at, offering_id=offering["id"])
        version = self.good("shops_listing", shop_id=at)["version"]
        self.good("shops_change", self.merchant, {"version": version, "name": "邻里新店"}, shop_id=at)
        self.good("shops_of_merchant", self.merchant, query={"limit": 5})

    def _miss(self) -> None:
        """Book a time that begins within about a minute, in a shop whose grid of starts begins then."""
        start = (datetime.now(UTC) + timedelta(seconds=65)).replace(second=0, microsecond=0)
        opens = start.astimezone(ZONE)
        closes = opens - timedelta(minutes=1)
        shop = self.town.make("/shops", self.merchant, _shop(f"{opens:%H:%M}", f"{closes:%H:%M}"))
        offering = self.town.make(f"/shops/{shop['id']}/offerings", self.merchant, _offering())
        order = self.town.hold(self.customer, {**shop, "offering_id": offering["id"]}, start)
        self.town.pay(self.customer, order)
        self.town.becomes(self.customer, order["id"], "confirmed")
        self._missed, self.missed_at = order["lines"][0]["ref"], start

    def _code_for(self, **receiver: str) -> dict[str, str]:
        """Have a code sent; return what it is exchanged with."""
        self.good("accounts_request_code", body=receiver)
        [to] = receiver.values()
        somebody = Person("", to, frozenset())
        soon(lambda: bool(self.town.notices(somebody, "login_code")))
        code = re.findall(r"\b\d{6}\b", self.town.notices(somebody, "login_code")[0])[0]
        return receiver | {"code": code}

    def _account(self) -> None:
        by_mail = self._code_for(email=f"walker.{uuid.uuid4().hex}@example.com")
        pair = self.good("accounts_sign_in", body=by_mail)
        wish = {"password": "seven quiet herons"}
        self.good("accounts_set_password", body=wish, headers={"Authorization": f"Bearer {pair['access_token']}"})
        self.good("accounts_sign_in_by_password", body=wish | {"email": by_mail["email"]})
        by_phone = self._code_for(phone=f"+86138{uuid.uuid4().int % 10**8:08d}")
        pair = self.good("accounts_sign_in", body=by_phone)
        pair = self.good("accounts_refresh", body={"refresh_token": pair["refresh_token"]})
        me = {"headers": {"Authorization": f"Bearer {pair['access_token']}"}}
        self.good("accounts_keys")
        listed = self.good("accounts_sessions", **me)["items"]
        self.good("accounts_revoke_session", self.customer, sign_in_id=listed[0]["id"])
        self.ids["sign_in_id"] = listed[0]["id"]
        self.good("accounts_revoke_other_sessions", **me)
        self.good("accounts_sign_out", headers={"Authorization": f"Bearer {pair['access_token']}"})
        self.ids["account_id"] = pair["account"]["id"]
        self.good(
            "accounts_set_roles",
            self.admin,
            {"roles": ["customer"], "reason": "Left."},
            account_id=self.ids["account_id"],
        )
        self.good("accounts_account", self.admin, account_id=self.ids["account_id"])
        self.good("accounts_change_profile", self.customer, {"name": "王小明", "language": "zh-CN"})
        self.good("accounts_me", self.customer)

    def _read(self) -> None:
        for name in ("health_health", "regions_regions", "openapi_document", "openapi_docs"):
            self.good(name)
        place = {"lat": 31.05, "lon": 121.25, "nearest": 5, "category": "hair"}
        self.good("search_search_shops", query=place)
        here = {name: place[name] for name in ("lat", "lon")}
        words = here | {"radius": 9_000, "q": "理发", "sort": "rating", "facets": "true", "datum": "gcj02"}
        self.good("search_search_shops", query=words)
        self.good("search_suggestions", query=here | {"q": "理"})
        self.good("search_serving", query=here)
        window = {"date": f"{slot(0).astimezone(ZONE):%Y-%m-%d}", "from": "00:00", "to": "24:00"}
        self.good("search_free", query=here | window | {"radius": 2_000, "category": "hair"})
        self.good("search_recommendations", self.customer, query=here)
        self.good("search_shop_page", shop_id=self.ids["shop_id"])
        day = {"date": f"{slot(0).astimezone(ZONE):%Y-%m-%d}"}
        at = {name: self.ids[name] for name in ("shop_id", "offering_id")}
        assert self.good("booking_times", query=day, **at)["times"]
        self.good("booking_agenda", self.merchant, query=day, shop_id=at["shop_id"])

    def _wait(self) -> None:
        """One wait at the shop, for a night when it is free: an offer may come and runs out; one nearby that stays."""
        day = f"{(datetime.now(ZONE) + timedelta(days=20)).date()}"
        at = {name: self.ids[name] for name in ("shop_id", "offering_id")}
        wish = {"at_shop": at | {"first_date": day, "last_date": day, "from_time": "03:00", "until_time": "04:00"}}
        gone = self.good("booking_wait", self.town.person(), wish, headers=fresh())
        assert gone["state"] == "waiting"
        near = {"position": {"lat": 31.05, "lon": 121.25}, "radius": 1_000, "category": "spa", "date": day}
        kept = self.good("booking_wait", self.customer, {"nearby": near}, headers=fresh())
        gone = self.good("booking_wait", self.customer, {"nearby": near}, headers=fresh())
        assert {one["id"] for one in self.good("booking_my_waits", self.customer)["items"]} >= {kept["id"]}
        self.good("booking_withdraw_wait", self.customer, wait_id=gone["id"])
        self.ids["wait_id"] = kept["id"]

    def _order(self, number: int) -> Json:
        shop = {"id": self.ids["shop_id"], "offering_id": self.ids["offering_id"]}
        wish = self.town.wish(shop, slot(number))
        order: Json = self.good("orders_hold", self.customer, wish, headers=fresh())
        return order

    def _serve(self) -> None:
        """A time today, since the customer is checked in at once: the last one that a day ahead allows."""
        shop = {"id": self.ids["shop_id"], "offering_id": self.ids["offering_id"]}
        path = f"/shops/{shop['id']}/offerings/{shop['offering_id']}/times"
        days = [datetime.now(ZONE).date() + timedelta(days=day) for day in range(2)]
        start = next(one["start"] for day in days for one in self.town.get(path, date=day)["times"])
        order = self.good(
            "orders_hold",
            self.customer,
            self.town.wish(shop, datetime.fromisoformat(start)),
            headers=fresh(),
        )
        at = self.ids["order_id"] = order["id"]
        line = order["lines"][0]
        self.ids |= {"line_id": line["id"], "booking_id": line["ref"]}
        payment = self.good("payments_pay", self.customer, {"method": "card"}, headers=fresh(), order_id=at)
        self.ids["payment_id"] = payment["id"]
        self.ids["transaction_id"] = f"capture:{payment['id']}"
        self.town.confirm(payment)
        told = notice("payout", "po_1")  # of no interest: a charge that nobody made would end among the dead letters
        self.good("payments_stripe_notice", raw=told, headers=self.town.signature(told))
        self.town.becomes(self.customer, at, "confirmed")
        self.good("payments_look", self.customer, order_id=at, payment_id=payment["id"])
        code = self.good("booking_booking", self.customer, booking_id=line["ref"])["code"]
        self.good("booking_check_in", self.merchant, {"code": code}, headers=fresh(), booking_id=line["ref"])
        self.good("booking_complete", self.merchant, headers=fresh(), booking_id=line["ref"])
        ReviewWalk(self.town, self.good, fresh, self.merchant, self.customer, self.ids).go()

    def _cancel(self) -> None:
        order = self._order(0)
        self.good("orders_get", self.customer, order_id=order["id"])
        self.good("reviews_guest", self.merchant, order_id=order["id"])
        self.good("orders_cancel_quote", self.customer, {}, order_id=order["id"])
        self.good("orders_cancel", self.customer, {"reason": "临时有事"}, headers=fresh(), order_id=order["id"])
        self.good("orders_mine", self.customer)
        self.good("orders_of_shop", self.merchant, shop_id=self.ids["shop_id"])

    def _answer(self) -> None:
        """Bookings that their merchant answers, paid at the shop: one is declined, one moved and redeemed."""
        at = self.ids["shop_id"]
        wish = _offering() | {"approval": True, "deposit_bps": 0, "minutes": 15}
        shop = {"id": at, "offering_id": self.town.make(f"/shops/{at}/offerings", self.merchant, wish)["id"]}
        path = f"/shops/{at}/offerings/{shop['offering_id']}/times"
        first, second = self.town.get(path, date=datetime.now(ZONE).date(), days=2, first=2)["times"]
        asked = [self._requested(shop, one["start"]) for one in (first, second)]
        no = {"reason": "当天已约满"}
        self.good("booking_decline", self.merchant, no, headers=fresh(), booking_id=asked[0])
        self.good("booking_accept", self.merchant, headers=fresh(), booking_id=asked[1])
        self.good("booking_late", self.customer, {"minutes": 5}, headers=fresh(), booking_id=asked[1])
        move = {"start": first["start"]}
        self.good("booking_move", self.merchant, move, headers=fresh(), booking_id=asked[1])
        ticket = self.good("booking_ticket", self.customer, booking_id=asked[1])
        assert "<svg" in self.good("booking_ticket_drawn", self.customer, booking_id=asked[1])
        self.good("booking_ticket_keys")
        self.good("booking_redeem", self.merchant, ticket, headers=fresh(), booking_id=asked[1])
        unanswered = self._requested(shop, second["start"])
        self.town.schedule("booking-answers", datetime.now(UTC) + timedelta(hours=25))
        state = self.town.get(f"/bookings/{unanswered}", self.customer)["state"]
        assert state == "cancelled", "nobody has answered it"
        self.town.schedule("search-free", datetime.now(UTC))
        held = self._order(3)
        self.good("orders_extend", self.customer, headers=fresh(), order_id=held["id"])
        self.good("orders_cancel", self.customer, {}, headers=fresh(), order_id=held["id"])

    def _requested(self, shop: Json, start: str) -> str:
        wish = self.town.wish(shop, datetime.fromisoformat(start))
        order = self.good("orders_hold", self.customer, wish, headers=fresh())
        ref: str = order["lines"][0]["ref"]
        return ref

    def _books(self) -> None:
        self.town.schedule("settlement-run", datetime.now(UTC) + timedelta(days=2))
        [settlement] = self.good("settlement_settlements", self.merchant)["items"]
        self.ids["settlement_id"] = settlement["id"]
        self.good("settlement_statement", self.merchant, settlement_id=settlement["id"])
        self.good("settlement_balance", self.merchant)
        self.good("ledger_trial_balance", self.admin)
        self.good("ledger_transaction", self.admin, transaction_id=self.ids["transaction_id"])
        NoticeWalk(self.town, self.good, self.customer, self.admin, self.ids).go()


def fresh() -> dict[str, str]:
    """Return the header that names what is to happen once."""
    return {"Idempotency-Key": uuid.uuid4().hex}


def _shop(opens: str, closes: str) -> Json:
    return {
        "name": "邻里理发",
        "categories": ["hair"],
        "address": "上海市松江区示范路 2 号",
        "position": {"lat": 31.05, "lon": 121.25},
        "zone": ZONE.key,
        "currency": "CNY",
        "hours": [{"weekday": day, "opens": opens, "closes": closes} for day in range(7)],
    }


def _offering() -> Json:
    return {"name": "剪发", "minutes": 30, "price": {"amount": PRICE, "currency": "CNY"}}
