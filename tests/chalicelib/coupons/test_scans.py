"""What a shop shows, and who scans it."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import wiring
from chalicelib.coupons import use_cases
from chalicelib.coupons.rules import Limits, OtherwiseClaimed
from chalicelib.coupons.rules.problems import NotByScan, ScanOver, ScanUsedUp
from chalicelib.coupons.rules.scans import PER_WINDOW, Scanned, Scans
from chalicelib.kit.auth import Role
from chalicelib.kit.dynamo import meter
from chalicelib.kit.errors import Forbidden, NotFound
from tests.api import CUSTOMER, MERCHANT, OTHER, call, working_for
from tests.chalicelib.coupons.test_rush import at_once
from tests.chalicelib.coupons.test_use_cases import campaign, customer
from tests.chalicelib.orders.world import NOW, once
from tests.emulators import DYNOXIDE

BY_SCAN = Limits(access="scan")
SCANS = Scans(lambda: "a key of the tests", "test")


@pytest.fixture
def ports(ports):
    shop = SimpleNamespace(merchant_id=MERCHANT.account_id, currency="CNY", zone="Asia/Shanghai")
    store = SimpleNamespace(shop=lambda shop_id: shop if shop_id == "shp_1" else None)
    return replace(ports, shops=replace(ports.shops, store=store))


def scan(ports, actor, token):
    return use_cases.claim_scanned(ports, actor, token, once())


def shown(ports, opened):
    return use_cases.screen(ports, MERCHANT, opened.id)[0]


moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - has one


@given(at=moments, later=st.integers(0, 120))
def test_a_screens_code_is_good_for_its_window_and_the_next(at, later):
    token, following = SCANS.screen("cmp_1", at)
    assert at < following <= at + timedelta(seconds=30)
    read = SCANS.read(token, at + timedelta(seconds=later))
    assert (read is not None) == (at + timedelta(seconds=later) < following + timedelta(seconds=30))
    assert read is None or read.campaign_id == "cmp_1"
    assert SCANS.read(token, at - timedelta(seconds=61)) is None


@given(token=st.text(max_size=60))
def test_what_is_not_ours_is_read_as_nothing(token):
    assert SCANS.read(token, NOW) is None


def test_a_telephones_own_camera_leads_to_the_app_where_there_is_one():
    token = SCANS.poster("pst_1")
    drawn = replace(SCANS, pages="https://app.example.com/").drawn(token)
    assert drawn == f"https://app.example.com/coupons/claim?scanned={token}"
    assert (SCANS.drawn(token), SCANS.read(drawn, NOW)) == (token, SCANS.read(token, NOW))


def test_codes_of_others_and_changed_ones_are_read_as_nothing():
    token, _ = SCANS.screen("cmp_1", NOW)
    poster = SCANS.poster("pst_1")
    assert SCANS.read(poster, NOW) == Scanned(poster_id="pst_1")
    for wrong in (token.replace("cmp_1", "cmp_2"), token[:-1], poster.replace("P1", "S1"), poster + "a", "é.x"):
        assert SCANS.read(wrong, NOW) is None
    for other in (Scans(lambda: "another key of tests", "test"), Scans(lambda: "a key of the tests", "prod")):
        assert other.read(token, NOW) is None


@pytest.mark.store
def test_what_is_shown_is_claimed_by_so_many_and_then_another_is_shown(ports, clock):
    opened = campaign(ports, "shp_1", number=100, limits=BY_SCAN)
    token = shown(ports, opened)
    coupon = scan(ports, customer(0), token)
    assert (coupon.campaign_id, scan(ports, customer(0), token)) == (opened.id, coupon)
    outcomes = at_once([partial(scan, ports, customer(n), token) for n in range(1, 20)])
    assert Counter(type(one).__name__ for one in outcomes) == {"Coupon": PER_WINDOW - 1, "ScanUsedUp": 20 - PER_WINDOW}
    clock.move(seconds=30)
    fresh = shown(ports, opened)
    assert fresh != token
    with pytest.raises(ScanUsedUp):  # the one before is good still, and used up
        scan(ports, customer(30), token)
    assert scan(ports, customer(30), fresh)
    clock.move(seconds=30)
    with pytest.raises(ScanOver):
        scan(ports, customer(31), token)
    with pytest.raises(OtherwiseClaimed):
        use_cases.claim(ports, customer(31), opened.id, once())


def test_a_poster_is_claimed_so_often_a_day_of_the_shop_until_it_is_taken_back(ports, clock):
    opened = campaign(ports, "shp_1", number=100, valid_until=NOW + timedelta(days=9), limits=BY_SCAN)
    poster = use_cases.open_poster(ports, MERCHANT, opened.id, "收银台", 3, None, once())
    token = ports.scans.poster(poster.id)
    assert poster.until == opened.valid_until
    outcomes = at_once([partial(scan, ports, customer(n), token) for n in range(8)])
    assert Counter(type(one).__name__ for one in outcomes) == {"Coupon": 3, "ScanUsedUp": 5}
    with pytest.raises(ScanUsedUp) as refused:
        scan(ports, customer(10), token)
    assert refused.value.retry_after == 7 * 3600  # 17:00 in Shanghai
    clock.move(hours=7)
    assert scan(ports, customer(10), token)
    brief = use_cases.open_poster(ports, MERCHANT, opened.id, "门口", 3, clock.now() + timedelta(hours=1), once())
    assert [one.id for one in use_cases.posters(ports, MERCHANT, opened.id, None, 9).items] == [brief.id, poster.id]
    clock.move(hours=1)
    with pytest.raises(ScanOver):
        scan(ports, customer(11), ports.scans.poster(brief.id))
    use_cases.revoke_poster(ports, MERCHANT, opened.id, poster.id)
    with pytest.raises(ScanOver):
        scan(ports, customer(11), token)
    assert use_cases.poster(ports, MERCHANT, opened.id, poster.id).is_revoked


def test_who_may_show_and_print(ports):
    opened, plain = campaign(ports, "shp_1", limits=BY_SCAN), campaign(ports, "shp_1")
    poster = use_cases.open_poster(ports, MERCHANT, opened.id, "x", 1, None, once())
    for work in (
        lambda actor: use_cases.screen(ports, actor, opened.id),
        lambda actor: use_cases.open_poster(ports, actor, opened.id, "x", 1, None, once()),
        lambda actor: use_cases.posters(ports, actor, opened.id, None, 9),
        lambda actor: use_cases.revoke_poster(ports, actor, opened.id, poster.id),
    ):
        with pytest.raises(Forbidden):
            work(OTHER)
    with pytest.raises(NotByScan):
        use_cases.screen(ports, MERCHANT, plain.id)
    with pytest.raises(NotByScan):
        use_cases.open_poster(ports, MERCHANT, plain.id, "x", 1, None, once())
    for wrong in ((opened.id, "pst_none"), (plain.id, poster.id)):
        with pytest.raises(NotFound):
            use_cases.poster(ports, MERCHANT, *wrong)
    with pytest.raises(ScanOver):
        scan(ports, CUSTOMER, ports.scans.poster("pst_none"))


def test_scanning_over_http(ports, monkeypatch):
    for name in ("coupons", "claiming"):
        monkeypatch.setattr(wiring, name, lambda: ports)
    opened = campaign(ports, "shp_1", limits=BY_SCAN)
    at = {"campaign_id": opened.id}
    staff = working_for(MERCHANT, OTHER, Role.STAFF)
    screen = call("GET", "/v1/campaigns/{campaign_id}/screen", actor=staff, **at)
    assert (screen.status, screen.json["next_at"]) == (200, "2030-05-01T09:00:30Z")
    assert screen.json["svg"].startswith("<svg")
    claimed = call("POST", "/v1/me/coupons", actor=CUSTOMER, body={"scanned": screen.json["token"]})
    assert (claimed.status, claimed.json["campaign_id"]) == (201, opened.id)
    over = call("POST", "/v1/me/coupons", actor=CUSTOMER, body={"scanned": "x"})
    assert (over.status, over.json["code"]) == (422, "coupon-scan-over")
    route = "/v1/campaigns/{campaign_id}/posters"
    poster = call("POST", route, actor=MERCHANT, body={"name": "收银台", "per_day": 1}, **at)
    assert (poster.status, poster.json["revoked"]) == (201, False)
    assert call("GET", route, actor=MERCHANT, **at).json["items"] == [poster.json]
    assert call("POST", route, actor=staff, body={"name": "收银台"}, **at).status == 403
    one = {**at, "poster_id": poster.json["id"]}
    drawn = call("GET", f"{route}/{{poster_id}}", actor=MERCHANT, **one).json
    assert drawn["svg"].startswith("<svg")
    assert drawn | {"svg": None} == poster.json
    scanned = call("POST", "/v1/me/coupons", actor=OTHER, body={"scanned": poster.json["token"]})
    assert scanned.status == 201
    more = call("POST", "/v1/me/coupons", actor=MERCHANT, body={"scanned": poster.json["token"]})
    assert (more.status, more.json["code"]) == (429, "coupon-scan-used-up")
    assert call("DELETE", f"{route}/{{poster_id}}", actor=MERCHANT, **one).status == 204


def test_what_a_scan_costs(ports, tables, record_property):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    opened = campaign(ports, "shp_1", limits=BY_SCAN)
    poster = ports.scans.poster(use_cases.open_poster(ports, MERCHANT, opened.id, "x", 9, None, once()).id)
    costs = {}
    for name, token, who in (("screen", shown(ports, opened), 0), ("poster", poster, 1)):
        with meter.measure() as usage:
            scan(ports, customer(who), token)
        costs[name] = (usage.requests, usage.read_units, usage.write_units)
    # As a claim at a shop, 13, and 2 for what counts the code; a poster is read.
    assert costs == {"screen": (2, 2, 15), "poster": (3, 3, 15)}
    record_property("figure", f"a scan (requests, read, write units): {costs}")
