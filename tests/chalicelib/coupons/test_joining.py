"""Campaigns of which shops bear a part, and what terms are kept."""

from datetime import time, timedelta

import pytest

from chalicelib import wiring
from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.coupons import use_cases
from chalicelib.coupons.ports import CampaignDraft, Conditions, FirstOf, Returned, Terms, Tier
from chalicelib.coupons.rules import NotToJoin
from chalicelib.kit.errors import Forbidden, Invalid, NotFound
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call
from tests.chalicelib.orders.world import NOW, once

DAY = timedelta(days=1)
WHY = Why("", "127.0.0.1")
EVERYTHING = Terms(
    "CNY",
    minimum_spend=100,
    tiers=(Tier(10_000, 2_000), Tier(20_000, 5_000)),
    conditions=Conditions(
        shop_ids=("shp_1", "shp_2"),
        categories=("hair", "nails"),
        offering_ids=("off_1",),
        weekdays=(1, 2, 7),
        from_time=time(22),
        until_time=time(2, 30),
        first_of=FirstOf.SHOP,
        new_for_days=30,
    ),
    stacks_as="season",
    returned=Returned.NEVER,
    platform_bps=2_500,
)


def opened(ports, terms, until=DAY):
    return use_cases.open_campaign(ports, ADMIN, None, CampaignDraft("五月", terms, 10, NOW, NOW + until), once())


@pytest.mark.store
def test_terms_come_back_as_they_were(ports):
    campaign = opened(ports, EVERYTHING)
    assert (ports.store.campaign(campaign.id), campaign.terms, campaign.paid_by) == (campaign, EVERYTHING, "shared")
    coupon = use_cases.claim(ports, CUSTOMER, campaign.id, once())
    assert ports.store.coupon(coupon.id) == coupon
    assert (coupon.terms, coupon.platform_bps) == (EVERYTHING, 2_500)


@pytest.mark.store
def test_a_shop_joins_once_and_its_merchant_alone_lets_it(ports):
    campaign = opened(ports, Terms("CNY", amount_off=100, platform_bps=5_000))
    with pytest.raises(Forbidden):
        use_cases.join(ports, OTHER, "shp_1", campaign.id, WHY, once())
    with pytest.raises(NotFound):
        use_cases.join(ports, MERCHANT, "shp_1", "cmp_none", WHY, once())
    assert ports.store.joined([campaign.id], "shp_1") == set()
    for _ in range(2):
        assert use_cases.join(ports, MERCHANT, "shp_1", campaign.id, WHY, once()).shop_id == "shp_1"
    assert ports.store.joined([campaign.id, "cmp_none"], "shp_1") == {campaign.id}
    assert ports.store.joined([campaign.id], "shp_2") == set()
    noted = audit.read(wiring.audit(), f"campaign:{campaign.id}", None, None, 10).items
    assert [one.entry.action for one in noted].count("coupons.join") == 1


def test_what_there_is_nothing_to_join_of(ports, clock):
    half = {"amount_off": 100, "platform_bps": 5_000}
    for terms in (
        Terms("CNY", amount_off=100),  # the platform pays all of it
        Terms("EUR", **half),
        Terms("CNY", **half, conditions=Conditions(shop_ids=("shp_2",))),
    ):
        campaign = opened(ports, terms)
        with pytest.raises(NotToJoin):
            use_cases.join(ports, MERCHANT, "shp_1", campaign.id, WHY, once())
    over = opened(ports, Terms("CNY", **half))
    clock.move(days=1)
    with pytest.raises(NotToJoin):
        use_cases.join(ports, MERCHANT, "shp_1", over.id, WHY, once())


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"platform_bps": 1}, "terms.platform_bps"),
        ({"conditions": Conditions(categories=("hair",))}, "terms.conditions"),
        ({"conditions": Conditions(from_time=time(1))}, "terms.conditions.from_time"),
        ({"conditions": Conditions(from_time=time(1), until_time=time(1))}, "terms.conditions.until_time"),
        ({"amount_off": None, "tiers": (Tier(100, 101),)}, "terms.tiers.0.off"),
        ({"amount_off": None, "tiers": (Tier(200, 20), Tier(100, 30))}, "terms.tiers.1"),
        ({"amount_off": None, "tiers": (Tier(100, 20), Tier(200, 20))}, "terms.tiers.1"),
        ({"tiers": (Tier(100, 20),)}, "terms"),
    ],
)
def test_terms_of_a_shop_that_make_no_sense(ports, said, field):
    draft = CampaignDraft("x", Terms(**{"currency": "CNY", "amount_off": 10, **said}), 10, NOW, NOW + DAY)
    with pytest.raises(Invalid) as refused:
        use_cases.open_campaign(ports, MERCHANT, "shp_1", draft, once())
    assert refused.value.errors[0].field == field


def test_over_http(ports, monkeypatch):
    monkeypatch.setattr(wiring, "coupons", lambda: ports)
    terms = {
        "currency": "CNY",
        "tiers": [{"spend": 10_000, "off": 2_000}, {"spend": 20_000, "off": 5_000}],
        "conditions": {"weekdays": [7, 1, 1], "from_time": "22:00", "until_time": "02:30", "first_of": "platform"},
        "stacks_as": "season",
        "returned": "always",
        "platform_bps": 4_000,
    }
    body = {
        "title": "满100减20", "terms": terms, "number": 5,
        "valid_from": NOW.isoformat(), "valid_until": (NOW + DAY).isoformat(),
    }  # fmt: skip
    made = call("POST", "/v1/admin/campaigns", actor=ADMIN, body=body)
    assert (made.status, made.json["paid_by"]) == (201, "shared")
    said = call("GET", "/v1/campaigns/{campaign_id}", campaign_id=made.json["id"]).json["terms"]
    assert said["conditions"] | {"weekdays": [1, 7], "from_time": "22:00", "until_time": "02:30"} == said["conditions"]
    assert (said["tiers"], said["returned"], said["platform_bps"]) == (terms["tiers"], "always", 4_000)
    path = {"shop_id": "shp_1", "campaign_id": made.json["id"]}
    joined = call("POST", "/v1/shops/{shop_id}/campaigns/{campaign_id}/join", actor=MERCHANT, **path)
    assert (joined.status, joined.json["campaign_id"]) == (201, made.json["id"])
    wrong = {**body, "terms": {**terms, "conditions": {"from_time": "24:00"}}}
    assert call("POST", "/v1/admin/campaigns", actor=ADMIN, body=wrong).status == 422
