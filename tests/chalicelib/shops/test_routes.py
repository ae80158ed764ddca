import json
from datetime import UTC, datetime

import pytest

from chalicelib.shops import routes, schemas
from chalicelib.shops.rules import Shop
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call, working_for
from tests.chalicelib.shops.examples import CUT_BODY, SHOP_BODY, SQUARE, TOLD_BODY, most
from tests.conftest import forget

SHOP, OFFERINGS, STAFF = "/v1/shops/{shop_id}", "/v1/shops/{shop_id}/offerings", "/v1/shops/{shop_id}/staff"
RESOURCES = f"{SHOP}/resources"
OFFERING, PERSON = f"{OFFERINGS}/{{offering_id}}", f"{STAFF}/{{staff_id}}"


def make(**body):
    return call("POST", "/v1/shops", actor=MERCHANT, body=SHOP_BODY | body)


def test_a_merchant_opens_a_shop_and_everybody_sees_it(tables):
    made = make()
    assert made.status == 201
    shop = made.json
    assert (shop["merchant_id"], shop["status"], shop["version"]) == (MERCHANT.account_id, "open", 1)
    assert shop["policy"] == {"free_until_minutes_before": 1440, "late_fee_bps": 5000, "no_show_fee_bps": 10_000}
    assert {name: shop[name] for name in SHOP_BODY} == SHOP_BODY

    person = call("POST", STAFF, actor=MERCHANT, body={"name": "阿玲"}, shop_id=shop["id"])
    assert (person.status, person.json["active"]) == (201, True)
    body = CUT_BODY | {"staff_ids": [person.json["id"]]}
    offering = call("POST", OFFERINGS, actor=MERCHANT, body=body, shop_id=shop["id"])
    assert offering.status == 201
    assert (offering.json["slot_minutes"], offering.json["active"]) == (15, True)

    seen = call("GET", SHOP, shop_id=shop["id"])
    assert seen.status == 200
    assert seen.json == shop | {"version": 3, "offerings": [offering.json], "staff": [person.json], "resources": []}


def test_a_merchant_says_who_and_what_serves(tables):
    terms = {"lead_minutes": 60, "horizon_days": 30, "choice": "compact"}
    shop = make(terms=terms).json
    assert shop["terms"] == terms
    room = call("POST", RESOURCES, actor=MERCHANT, body={"kind": "room", "name": "1 号间"}, shop_id=shop["id"])
    assert (room.status, room.json["active"]) == (201, True)
    shift = [{"weekday": 0, "opens": "10:00", "closes": "14:00"}]
    body = {"name": "阿玲", "skills": ["cut"], "hours": shift}
    person = call("POST", STAFF, actor=MERCHANT, body=body, shop_id=shop["id"]).json
    assert {name: person[name] for name in body} == body
    wish = {"hours": None, "exceptions": [{"date": "2030-05-01", "intervals": []}]}
    changed = call("PATCH", PERSON, actor=MERCHANT, body=wish, shop_id=shop["id"], staff_id=person["id"])
    assert {name: changed.json[name] for name in wish} == wish
    needs = {"needs": [[room.json["id"]]], "skills": ["cut"], "buffer_before_minutes": 5}
    offering = call("POST", OFFERINGS, actor=MERCHANT, body=CUT_BODY | needs, shop_id=shop["id"])
    assert {name: offering.json[name] for name in needs} == needs
    shut = call(
        "PATCH", f"{RESOURCES}/{{resource_id}}", actor=MERCHANT, body={"active": False}, shop_id=shop["id"],
        resource_id=room.json["id"],
    )  # fmt: skip
    assert (shut.status, shut.json["active"]) == (200, False)
    assert call("GET", SHOP, shop_id=shop["id"]).json["resources"] == [shut.json]
    assert call("POST", RESOURCES, actor=OTHER, body={"kind": "room", "name": "x"}, shop_id=shop["id"]).status == 403


POLYGON = {"polygon": [{"lat": lat, "lon": lon} for lat, lon in SQUARE.vertices]}
NOTHING = {"exceptions": [], "media": [], "specs": [], "service_area": None}


@pytest.mark.parametrize("area", [{"radius_m": 5000}, POLYGON])
def test_all_that_a_shop_tells_is_seen_changed_and_taken_back(tables, area):
    told = TOLD_BODY | {"service_area": area}
    shop = make(**told).json
    assert {name: shop[name] for name in told} == told
    seen = call("GET", SHOP, shop_id=shop["id"]).json
    assert seen == shop | {"offerings": [], "staff": [], "resources": []}
    bare = call("PATCH", SHOP, actor=MERCHANT, body={"version": 1} | NOTHING, shop_id=shop["id"])
    assert (bare.status, bare.json) == (200, shop | NOTHING | {"version": 2})
    again = call("PATCH", SHOP, actor=MERCHANT, body={"version": 2} | told, shop_id=shop["id"])
    assert again.json == shop | {"version": 3}
    assert call("GET", "/v1/me/shops", actor=MERCHANT).json["items"] == [again.json]
    assert {name: make().json[name] for name in NOTHING} == NOTHING


def test_an_offering_tells_details(tables):
    shop_id, specs = make().json["id"], [{"name": "room size", "value": "45 m2"}]
    offering = call("POST", OFFERINGS, actor=MERCHANT, body=CUT_BODY | {"specs": specs}, shop_id=shop_id)
    assert (offering.status, offering.json["specs"]) == (201, specs)
    place = {"shop_id": shop_id, "offering_id": offering.json["id"]}
    assert call("PATCH", OFFERING, actor=MERCHANT, body={"specs": []}, **place).json["specs"] == []
    for wish, field in (({"specs": specs * 21}, "specs"), ({"specs": [{"name": "wifi"}]}, "specs.0.value")):
        refused = call("PATCH", OFFERING, actor=MERCHANT, body=wish, **place)
        assert (refused.status, refused.json["errors"][0]["field"]) == (422, field)


def test_all_that_can_be_said_fits_one_request(tables):
    made = schemas.Shop.of(Shop(**vars(most()), id="shp_1", merchant_id="acc_1", created_at=datetime.now(UTC)))
    body = made.model_dump(mode="json", include=set(schemas.ShopIn.model_fields))
    assert len(json.dumps(body)) < routes._LARGEST_SHOP
    answer = call("POST", "/v1/shops", actor=MERCHANT, body=body)
    assert answer.status == 201
    wish = body | {"version": 1}
    del wish["currency"]
    assert call("PATCH", SHOP, actor=MERCHANT, body=wish, shop_id=answer.json["id"]).status == 200


def test_a_shop_that_names_neither_has_the_currency_and_the_clock_of_its_region(tables, monkeypatch):
    monkeypatch.setenv("CURRENCY", "EUR")
    monkeypatch.setenv("ZONE", "Europe/Berlin")
    forget()
    wish = {name: value for name, value in SHOP_BODY.items() if name not in {"zone", "currency"}}
    made = call("POST", "/v1/shops", actor=MERCHANT, body=wish).json
    assert (made["currency"], made["zone"]) == ("EUR", "Europe/Berlin")
    other = call("POST", "/v1/shops", actor=MERCHANT, body=wish | {"currency": "CHF", "zone": "Europe/Zurich"}).json
    assert (other["currency"], other["zone"]) == ("CHF", "Europe/Zurich")


def test_a_repeat_of_a_post_makes_nothing_new(tables):
    first = call("POST", "/v1/shops", actor=MERCHANT, body=SHOP_BODY, key="key-0001")
    again = call("POST", "/v1/shops", actor=MERCHANT, body=SHOP_BODY, key="key-0001")
    assert (again.status, again.text, again.headers["Idempotent-Replayed"]) == (201, first.text, "true")
    other = call("POST", "/v1/shops", actor=MERCHANT, body=SHOP_BODY | {"name": "x"}, key="key-0001")
    assert (other.status, other.json["code"]) == (422, "idempotency-key-reused")
    for _ in range(2):
        call("POST", OFFERINGS, actor=MERCHANT, body=CUT_BODY, key="key-0002", shop_id=first.json["id"])
        call("POST", STAFF, actor=MERCHANT, body={"name": "阿玲"}, key="key-0003", shop_id=first.json["id"])
    seen = call("GET", SHOP, shop_id=first.json["id"]).json
    assert (len(seen["offerings"]), len(seen["staff"]), seen["version"]) == (1, 1, 3)
    assert len(call("GET", "/v1/me/shops", actor=MERCHANT).json["items"]) == 1


def test_a_shop_says_what_cancelling_costs(tables):
    policy = {"free_until_minutes_before": 60, "late_fee_bps": 10_000}
    made = make(policy=policy).json
    assert made["policy"] == policy | {"no_show_fee_bps": 10_000}
    wish = {"version": 1, "policy": {"free_until_minutes_before": 0, "late_fee_bps": 0}}
    changed = call("PATCH", SHOP, actor=MERCHANT, body=wish, shop_id=made["id"]).json["policy"]
    assert changed == wish["policy"] | {"no_show_fee_bps": 10_000}


def test_a_post_wants_a_key(tables):
    refused = call("POST", "/v1/shops", actor=MERCHANT, body=SHOP_BODY, headers={"Idempotency-Key": ""})
    assert (refused.status, refused.json["code"]) == (400, "idempotency-key-required")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": "yuan"}, "currency"),
        ({"position": {"lat": 91, "lon": 0}}, "position.lat"),
        ({"categories": []}, "categories"),
        ({"categories": ["Hair Care"]}, "categories.0"),
        ({"hours": [{"weekday": 0, "opens": "9", "closes": "18:00"}]}, "hours.0.opens"),
        ({"hours": SHOP_BODY["hours"] + SHOP_BODY["hours"][:1]}, "hours.6"),
        ({"name": "a\tb"}, "name"),
        ({"name": None}, "name"),
        ({"policy": {"free_until_minutes_before": 1, "late_fee_bps": 10_001}}, "policy.late_fee_bps"),
        ({"merchant_id": "acc_other"}, "merchant_id"),
        ({"exceptions": [{"date": "2030-02-30", "intervals": []}]}, "exceptions.0.date"),
        ({"exceptions": [{"date": 1924300800, "intervals": []}]}, "exceptions.0.date"),
        ({"exceptions": [{"date": "2030-12-24T00:00:00Z", "intervals": []}]}, "exceptions.0.date"),
        ({"exceptions": [{"date": "20301224", "intervals": []}]}, "exceptions.0.date"),
        ({"exceptions": [{"date": "1999-12-24", "intervals": []}]}, "exceptions.0.date"),
        ({"exceptions": [{"date": "2030-12-24"}]}, "exceptions.0.intervals"),
        ({"exceptions": [{"date": "2030-12-24", "intervals": []}] * 2}, "exceptions.1.date"),
        (
            {"exceptions": [{"date": "2030-12-24", "intervals": [{"opens": "24:00", "closes": "24:00"}]}]},
            "exceptions.0.intervals.0.opens",
        ),
        (
            {"exceptions": [{"date": "2030-12-24", "intervals": [{"opens": "09:00", "closes": "10:00"}] * 2}]},
            "exceptions.0.intervals.1",
        ),
        ({"media": [{"kind": "sound", "url": "https://example.com/"}]}, "media.0.kind"),
        ({"media": [{"kind": "photo", "url": "http://example.com/"}]}, "media.0.url"),
        ({"media": [{"kind": "photo", "url": "https://me:secret@example.com/"}]}, "media.0.url"),
        ({"media": [{"kind": "photo", "url": "https://example.com:65536/"}]}, "media.0.url"),
        ({"media": [{"kind": "photo", "url": "https:///x"}]}, "media.0.url"),
        ({"media": [{"kind": "photo", "url": "https://example.com/", "caption": ""}]}, "media.0.caption"),
        ({"media": [TOLD_BODY["media"][0]] * 21}, "media"),
        ({"specs": [{"name": "", "value": "yes"}]}, "specs.0.name"),
        ({"specs": [{"name": "wifi", "value": "a" * 201}]}, "specs.0.value"),
        ({"specs": None}, "specs"),
        ({"service_area": {}}, "service_area"),
        ({"service_area": {"radius_m": 5000} | POLYGON}, "service_area"),
        ({"service_area": {"radius_m": None} | POLYGON}, "service_area.radius_m"),
        ({"service_area": {"radius_m": 5000.5}}, "service_area.radius_m"),
        ({"service_area": {"radius_m": 50_001}}, "service_area.radius_m"),
        ({"service_area": {"polygon": POLYGON["polygon"][:2]}}, "service_area.polygon"),
        ({"service_area": {"polygon": [{"lat": 91, "lon": 0}] * 3}}, "service_area.polygon.0.lat"),
        ({"service_area": {"polygon": [{"lat": 0, "lon": 0}, *POLYGON["polygon"]]}}, "service_area.polygon.0"),
    ],
)
def test_what_is_wrong_with_a_shop_is_said(tables, change, field):
    refused = make(**change)
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, field)


def test_a_shop_is_changed_from_the_version_that_was_seen(tables):
    shop = make().json
    body = {
        "version": 1,
        "name": "大满理发",
        "phone": "+86 21 5555 0100",
        "hours": [],
        "position": {"lat": 1, "lon": 2},
    }
    changed = call("PATCH", SHOP, actor=MERCHANT, body=body, shop_id=shop["id"])
    assert changed.status == 200
    assert changed.json == shop | body | {"version": 2}
    late = call("PATCH", SHOP, actor=MERCHANT, body=body, shop_id=shop["id"])
    assert (late.status, late.json["code"]) == (409, "shop-changed")
    assert "2" in late.json["detail"]
    without = call("PATCH", SHOP, actor=MERCHANT, body={"name": "x"}, shop_id=shop["id"])
    assert (without.status, without.json["errors"][0]["field"]) == (422, "version")
    for wish in ({"currency": "EUR"}, {"name": None}, {"zone": None}, {"zone": "Nowhere"}):
        assert call("PATCH", SHOP, actor=MERCHANT, body={"version": 2} | wish, shop_id=shop["id"]).status == 422
    bare = call("PATCH", SHOP, actor=MERCHANT, body={"version": 2, "phone": None}, shop_id=shop["id"])
    assert bare.json["phone"] is None
    closed = call("PATCH", SHOP, actor=ADMIN, body={"version": 3, "status": "closed"}, shop_id=shop["id"])
    assert (closed.json["status"], closed.json["merchant_id"]) == ("closed", MERCHANT.account_id)


def test_offerings_and_staff_are_changed_and_taken_away(tables):
    shop_id = make().json["id"]
    offering = call("POST", OFFERINGS, actor=MERCHANT, body=CUT_BODY, shop_id=shop_id).json
    person = call("POST", STAFF, actor=MERCHANT, body={"name": "阿玲"}, shop_id=shop_id).json
    place = {"shop_id": shop_id, "offering_id": offering["id"]}
    desk = {"shop_id": shop_id, "staff_id": person["id"]}

    wish = {"price": {"amount": 9900, "currency": "CNY"}, "staff_ids": [person["id"]], "name_en": None}
    changed = call("PATCH", OFFERING, actor=MERCHANT, body=wish, **place)
    assert changed.json == offering | wish
    assert call("PATCH", PERSON, actor=MERCHANT, body={"name": "小林", "version": 4}, **desk).json["name"] == "小林"
    late = call("PATCH", OFFERING, actor=MERCHANT, body={"minutes": 60, "version": 4}, **place)
    assert (late.status, late.json["code"]) == (409, "shop-changed")
    assert call("PATCH", OFFERING, actor=MERCHANT, body={"minutes": 7}, **place).status == 422
    assert call("PATCH", OFFERING, actor=MERCHANT, body={"price": None}, **place).status == 422

    assert call("DELETE", OFFERING, actor=MERCHANT, **place).status == 204
    assert call("DELETE", PERSON, actor=MERCHANT, **desk).status == 204
    seen = call("GET", SHOP, shop_id=shop_id).json
    assert [one["active"] for one in (*seen["offerings"], *seen["staff"])] == [False, False]
    assert call("PATCH", OFFERING, actor=MERCHANT, body={"active": True}, **place).json["active"] is True


def test_who_may_do_what(tables):
    shop_id = make().json["id"]
    wish = {"version": 1, "name": "mine"}
    assert call("POST", "/v1/shops", body=SHOP_BODY).status == 401
    assert call("POST", "/v1/shops", actor=CUSTOMER, body=SHOP_BODY).status == 403
    assert call("PATCH", SHOP, actor=CUSTOMER, body=wish, shop_id=shop_id).status == 403
    assert call("PATCH", SHOP, actor=OTHER, body=wish, shop_id=shop_id).status == 403
    assert call("POST", OFFERINGS, actor=OTHER, body=CUT_BODY, shop_id=shop_id).status == 403
    assert call("POST", STAFF, actor=OTHER, body={"name": "me"}, shop_id=shop_id).status == 403
    assert call("DELETE", OFFERING, actor=OTHER, shop_id=shop_id, offering_id="off_1").status == 403
    assert call("DELETE", PERSON, actor=MERCHANT, shop_id=shop_id, staff_id="stf_1").status == 404
    assert call("PATCH", SHOP, actor=MERCHANT, body=wish, shop_id="shp_none").status == 404
    assert call("GET", SHOP, shop_id="shp_none").status == 404
    assert call("GET", "/v1/me/shops", actor=CUSTOMER).status == 403


def test_who_manages_anothers_shops_makes_none_of_their_own(tables):
    manager = working_for(MERCHANT, CUSTOMER)
    assert call("POST", "/v1/shops", actor=manager, body=SHOP_BODY).status == 403
    made = call("POST", "/v1/shops", actor=manager, body=SHOP_BODY, headers={"X-Merchant-Id": MERCHANT.account_id})
    assert [one["id"] for one in call("GET", "/v1/me/shops", actor=MERCHANT).json["items"]] == [made.json["id"]]


def test_my_shops_page_by_page(tables):
    names = [make(name=f"No {number}").json["name"] for number in range(3)]
    first = call("GET", "/v1/me/shops", actor=MERCHANT, query={"limit": 2}).json
    second = call("GET", "/v1/me/shops", actor=MERCHANT, query={"limit": 2, "cursor": first["next_cursor"]}).json
    assert [shop["name"] for shop in first["items"] + second["items"]] == names
    assert second["next_cursor"] is None
    stolen = call("GET", "/v1/me/shops", actor=OTHER, query={"cursor": first["next_cursor"]})
    assert (stolen.status, stolen.json["errors"][0]["field"]) == (422, "cursor")


def test_what_changes_money_and_what_others_change_is_noted(tables):
    """Prices, deposits, policies and whether it is open, by whom ever; all else where it is not the merchant's doing."""
    shop = make().json
    offering = call("POST", OFFERINGS, actor=MERCHANT, body=CUT_BODY, shop_id=shop["id"]).json
    place = {"shop_id": shop["id"], "offering_id": offering["id"]}
    dearer = {"amount": 9_900, "currency": "CNY"}
    for wish in ({"name": "剪发"}, {"price": dearer}, {"price": dearer}):
        assert call("PATCH", OFFERING, actor=MERCHANT, body=wish, **place).status == 200
    assert call("PATCH", SHOP, actor=ADMIN, body={"version": 5, "name": "改名"}, shop_id=shop["id"]).status == 200
    assert (
        call("PATCH", SHOP, actor=MERCHANT, body={"version": 6, "status": "closed"}, shop_id=shop["id"]).status == 200
    )
    noted = call("GET", "/v1/admin/audit", actor=ADMIN, query={"object": f"shop:{shop['id']}"}).json["items"]
    assert [(one["actor_id"], one["action"], one["details"]) for one in reversed(noted)] == [
        (
            MERCHANT.account_id,
            "shops.change",
            {
                "part": offering["id"],
                "changed": "price",
                "price": 9_900,
                "price_before": offering["price"]["amount"],
            },
        ),
        (ADMIN.account_id, "shops.change", {"part": shop["id"], "changed": "name"}),
        (MERCHANT.account_id, "shops.change", {"part": shop["id"], "changed": "status"}),
    ]
