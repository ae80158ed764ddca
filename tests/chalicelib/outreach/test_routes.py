"""From a tag to a report over HTTP, over real tables and the functions' own handlers."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from chalicelib import settings, wiring
from chalicelib.kit.auth import Role
from chalicelib.kit.clock import iso
from chalicelib.kit.dynamo import meter
from chalicelib.notifications.events import deliver as notify
from chalicelib.outreach.events import run
from chalicelib.outreach.rules.outreach import MOST_STARTED
from tests import racing
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call, deliver, told, working_for
from tests.chalicelib.booking.shop import Town
from tests.chalicelib.booking.test_routes import clock as clock  # noqa: PLC0414 - a fixture
from tests.chalicelib.booking.world import at
from tests.chalicelib.outreach.world import TEXT

EVENT = json.loads(Path("tests/events/outreach-run.json").read_text())
TAGGED, CUSTOMERS = "/v1/me/tagged-customers", "/v1/me/tagged-customers/{customer_id}"
BEGIN, MINE, ONE = "/v1/shops/{shop_id}/outreach", "/v1/me/outreach", "/v1/me/outreach/{outreach_id}"
OFFERS, OFFER = "/v1/me/offers", "/v1/me/offers/{shop_id}"


class Shop:
    """A shop with two customers who bought there."""

    def __init__(self, clock):
        self.clock, self.town = clock, Town(clock, staff=1)
        made = self.town.offer()
        self.orders = {
            actor.account_id: self.town.buy(self.town.wish(made, time, days=3), actor=actor)[0]["order_id"]
            for actor, time in ((CUSTOMER, "10:00"), (OTHER, "12:00"))
        }
        clock.moment = at("11:00")

    def tag(self, customer, *tags, actor=MERCHANT, **more):
        body = {"add": tags, "order_id": self.orders[customer.account_id], **more}
        return call("PATCH", CUSTOMERS, actor=actor, body=body, customer_id=customer.account_id)

    def want(self, customer, wanted=True):
        return call("PUT", OFFER, actor=customer, body={"wanted": wanted}, shop_id=self.town.id)

    def begin(self, actor=MERCHANT, **more):
        body = {"name": "五月", "tags": ["regular"], "text": TEXT, "per_hour": 600, **more}
        return call("POST", BEGIN, actor=actor, body=body, shop_id=self.town.id)

    def run(self, **later):
        self.clock.moment += timedelta(**later)
        return run({**EVENT, "as_of": iso(self.clock.moment)}, None)

    def stands(self, begun):
        return wiring.outreach().store.outreach(MERCHANT.account_id, begun.json["id"])

    def report(self, outreach_id, actor=MERCHANT):
        return call("GET", ONE, actor=actor, outreach_id=outreach_id)


@pytest.fixture
def shop(clock):
    return Shop(clock)


def test_from_a_tag_to_a_report(shop):
    for one in (CUSTOMER, OTHER):
        assert shop.tag(one, "Regular", "烫染").status == 200
    listed = call("GET", TAGGED, actor=MERCHANT, query={"tag": "regular"}).json
    assert listed["tags"] == [{"tag": "regular", "customers": 2}, {"tag": "烫染", "customers": 2}]
    assert listed["customers"] == 2
    assert {one["customer_id"] for one in listed["items"]} == {CUSTOMER.account_id, OTHER.account_id}
    assert shop.want(CUSTOMER).json["wanted"] is True
    assert [one["wanted"] for one in call("GET", OFFERS, actor=CUSTOMER).json["items"]] == [True]
    begun = shop.begin()
    assert begun.status == 201, begun.text
    assert shop.run() == {"sent": 1, "worked": 1, "failed": 0}
    (offer,) = told("outreach.offer")
    assert deliver(notify, offer) == []
    (notice,) = [n for n in call("GET", "/v1/me/notices", actor=CUSTOMER).json["items"] if "outreach" in n["kind"]]
    assert TEXT["en"] in notice["body"] or TEXT["zh"] in notice["body"]
    assert (shop.stands(begun).state, shop.stands(begun).tagged, shop.stands(begun).sent) == ("done", 2, 1)
    report = shop.report(begun.json["id"]).json
    assert (report["outreach"]["state"], report["outreach"]["sent"], report["excluded"]) == ("done", None, None)
    made = shop.town.offer()
    shop.town.buy(shop.town.wish(made, "15:00", days=4))
    shop.want(CUSTOMER, wanted=False)
    shop.run(hours=49)  # what was bought is told two days after the end
    counted = shop.stands(begun).report
    assert (counted.buyers, counted.orders, counted.unsubscribed, counted.revenue) == (1, 1, 1, 12_800)
    report = shop.report(begun.json["id"]).json
    assert (report["orders"], report["unsubscribed"], report["revenue"]) == (None, None, None), "of one person"
    assert report["counted_at"] is not None
    assert [one["id"] for one in call("GET", MINE, actor=MERCHANT).json["items"]] == [begun.json["id"]]


def test_what_is_stopped_goes_to_nobody(shop):
    shop.tag(CUSTOMER, "regular")
    shop.want(CUSTOMER)
    begun = shop.begin(starts_at=at("12:00").isoformat()).json
    stopped = call("DELETE", ONE, actor=MERCHANT, outreach_id=begun["id"])
    assert (stopped.status, stopped.json["state"]) == (200, "stopped")
    assert call("DELETE", ONE, actor=MERCHANT, outreach_id=begun["id"]).json["code"] == "outreach-state"
    assert shop.run(hours=2)["sent"] == 0


def test_whose_it_is_and_who_may(shop):
    staff = working_for(MERCHANT, OTHER, Role.STAFF)
    manager = working_for(MERCHANT, OTHER, Role.MANAGER)
    working = {"X-Merchant-Id": MERCHANT.account_id}
    body = {"add": ["regular"], "order_id": shop.orders[CUSTOMER.account_id]}
    tagged = call("PATCH", CUSTOMERS, actor=staff, body=body, customer_id=CUSTOMER.account_id, headers=working)
    assert tagged.status == 200, tagged.text
    assert call("GET", MINE, actor=staff, headers=working).status == 403
    assert call("GET", MINE, actor=manager, headers=working).status == 200
    assert call("GET", MINE, actor=CUSTOMER).status == 403
    assert shop.begin(actor=OTHER).status == 403
    assert shop.begin(actor=ADMIN).status == 403, "a merchant's own word"
    begun = shop.begin().json
    assert call("DELETE", ONE, actor=ADMIN, outreach_id=begun["id"]).status == 404
    assert call("DELETE", ONE, actor=ADMIN, outreach_id=begun["id"], headers=working).json["state"] == "stopped"
    assert shop.report(begun["id"], OTHER).status == 404
    assert shop.tag(CUSTOMER, "vip", actor=OTHER).status == 404
    gone = call("DELETE", CUSTOMERS, actor=MERCHANT, customer_id=CUSTOMER.account_id)
    assert gone.status == 204


def test_what_is_wrong_is_told_field_by_field(shop):
    refused = shop.begin(text={"en": "See evil.com, the best in town", "zh": "加微信领红包"})
    assert (refused.status, refused.json["code"]) == (422, "text-not-allowed")
    assert {one["field"] for one in refused.json["errors"]} == {"text.en", "text.zh"}
    assert shop.tag(CUSTOMER, "#").json["errors"][0]["field"] == "add.0"
    body = {"add": ["regular"]}
    missing = call("PATCH", CUSTOMERS, actor=MERCHANT, body=body, customer_id=CUSTOMER.account_id)
    assert missing.json["errors"][0]["field"] == "order_id"
    assert shop.begin(coupon_campaign_id="cmp_00000000000000000000000001").status == 404


def test_of_many_that_are_begun_at_once_over_http_so_many_are(shop, record_property):
    answers = racing.race([shop.begin for _ in range(6)], ())
    statuses = sorted(one.status for one in answers)
    assert statuses == [201] * MOST_STARTED + [429] * (6 - MOST_STARTED)
    assert {one.json["code"] for one in answers if one.status == 429} == {"outreach-limit"}
    record_property("outreach", f"6 begun at once over HTTP, {MOST_STARTED} taken")


def test_what_it_costs_to_write_to_one(shop):
    """See docs/costs.md; the messages' rows, 3 units each, are among them."""
    for one in (CUSTOMER, OTHER):
        shop.tag(one, "regular")
        shop.want(one)
    shop.begin()
    costs = []
    for _ in range(2):
        with meter.measure() as used:
            shop.run()
        costs.append((used.requests, used.read_units, used.write_units))
    first, nothing = costs
    assert nothing == (4, 2, 0)
    # Looking what is due, and how it stands; two offers; how far it came, with a first count of two.
    looks, offers, turn, count = (
        (4 + 2, 2 + 1 + 0.5, 0),
        (8, 2 * 3, 2 * (8 + 3)),
        (1, 0, 4),
        (7, 0.5 + 0.5 + 2 * 2.5, 0),
    )
    assert first == tuple(map(sum, zip(looks, offers, turn, count, strict=True)))


def test_the_function_that_sends_opens_no_secret(shop, monkeypatch):
    shop.tag(CUSTOMER, "regular")
    shop.want(CUSTOMER)
    shop.begin()
    with monkeypatch.context() as without:
        without.setattr(settings, "secrets", lambda: pytest.fail("its role may not read them"))
        wiring.use_clock(shop.clock)
        assert shop.run() == {"sent": 1, "worked": 1, "failed": 0}
        assert shop.run(hours=1) == {"sent": 0, "worked": 1, "failed": 0}


def test_a_link_to_the_app_may_stand_in_a_text(shop, monkeypatch):
    monkeypatch.setenv("APP_LINK", "https://app.linli.example/")
    settings.reset()
    wiring.use_clock(shop.clock)
    assert shop.begin(text={**TEXT, "en": "More at https://app.linli.example/shops today"}).status == 201
    assert shop.begin(text={**TEXT, "en": "More at https://app.linli.example.cc/shops today"}).status == 422
