import json
from pathlib import Path

from chalicelib import wiring
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call
from tests.chalicelib.coupons.test_use_cases import issued

OF_SHOP, CLAIM, MINE = "/v1/shops/{shop_id}/campaigns", "/v1/campaigns/{campaign_id}/claims", "/v1/me/coupons"
DRAFT = {
    "title": "新客立减",
    "terms": {"currency": "CNY", "amount_off": 2000, "minimum_spend": 10000},
    "number": 2,
    "valid_from": "2030-05-01T08:00:00Z",
    "valid_until": "2030-06-01T00:00:00+08:00",
}


def test_a_merchant_opens_a_campaign_and_customers_claim_from_it(ports, monkeypatch):
    for name in ("coupons", "claiming"):
        monkeypatch.setattr(wiring, name, lambda: ports)
    opened = call("POST", OF_SHOP, actor=MERCHANT, body=DRAFT, key="open-once", shop_id="shp_1")
    assert (opened.status, opened.json["left"], opened.json["paid_by"]) == (201, 2, "merchant")
    assert opened.json["valid_until"] == "2030-05-31T16:00:00Z"
    again = call("POST", OF_SHOP, actor=MERCHANT, body=DRAFT, key="open-once", shop_id="shp_1")
    assert again.text == opened.text
    assert call("POST", OF_SHOP, actor=OTHER, body=DRAFT, shop_id="shp_1").status == 403
    assert call("POST", OF_SHOP, actor=CUSTOMER, body=DRAFT, shop_id="shp_1").status == 403
    claimed = call("POST", CLAIM, actor=CUSTOMER, campaign_id=opened.json["id"])
    assert (claimed.status, claimed.json["state"], claimed.json["order_id"]) == (201, "issued", None)
    assert call("POST", CLAIM, actor=CUSTOMER, campaign_id=opened.json["id"]).json == claimed.json
    assert call("POST", CLAIM, actor=OTHER, campaign_id=opened.json["id"]).status == 201
    sold_out = call("POST", CLAIM, actor=MERCHANT, campaign_id=opened.json["id"])
    assert (sold_out.status, sold_out.json["code"]) == (409, "campaign-sold-out")
    seen = call("GET", OF_SHOP, shop_id="shp_1")
    assert [(one["id"], one["left"]) for one in seen.json["items"]] == [(opened.json["id"], 0)]
    mine = call("GET", MINE, actor=CUSTOMER)
    assert (mine.json["items"], mine.json["next_cursor"]) == ([claimed.json], None)


def test_admins_open_campaigns_of_the_platform(ports):
    route, percent = "/v1/admin/campaigns", {"currency": "EUR", "percent_bps": 1000, "cap": 500}
    opened = call("POST", route, actor=ADMIN, body={**DRAFT, "terms": percent})
    assert (opened.status, opened.json["paid_by"], opened.json["shop_id"]) == (201, "platform", None)
    noted = call("GET", "/v1/admin/audit", actor=ADMIN, query={"object": f"campaign:{opened.json['id']}"}).json["items"]
    assert [(one["action"], one["details"]["number"]) for one in noted] == [("coupons.open", DRAFT["number"])]
    assert call("POST", route, actor=MERCHANT, body=DRAFT).status == 403
    both = call("POST", route, actor=ADMIN, body={**DRAFT, "terms": {**percent, "amount_off": 1}})
    assert (both.status, both.json["errors"][0]["field"]) == (422, "terms")


def test_the_expiry_is_a_handler(ports):
    from chalicelib.coupons import events

    issued(ports)
    event = json.loads(Path("tests/events/coupons-expire.json").read_text()) | {"as_of": "2030-05-03T00:00:00Z"}
    assert events.expire(event, None) == {"expired": 1, "held": 0, "failed": 0, "told": 0, "more": False}
