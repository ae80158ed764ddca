"""Feeds as their owners and as calendar programs see them."""

import sys
from dataclasses import replace
from datetime import timedelta

import icalendar
import pytest
import vobject

from chalicelib import wiring
from chalicelib.booking.rules.booking import State
from chalicelib.calendars.rules import feed as rules
from chalicelib.calendars.use_cases import feeds
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call
from tests.chalicelib.booking.rules.test_booking import SOLD
from tests.chalicelib.booking.test_routes import Shop
from tests.chalicelib.booking.world import NOW, StoppedClock

READ, OWN = "/v1/calendars/{token}/feed.ics", "/v1/me/feed"
SHOP, STAFF, FEEDS = (
    "/v1/shops/{shop_id}/feed",
    "/v1/shops/{shop_id}/staff/{staff_id}/feed",
    "/v1/shops/{shop_id}/feeds",
)


@pytest.fixture
def clock(tables):
    stopped = StoppedClock()
    wiring.use_clock(stopped)
    return stopped


@pytest.fixture
def world(clock):
    return Shop(clock)


def opened(route, actor, **path):
    answer = call("PUT", route, actor=actor, **path)
    assert answer.status == 200, answer.text
    return answer.json["path"].removeprefix("/v1/calendars/").removesuffix("/feed.ics")


def read(token, **headers):
    return call("GET", READ, token=token, headers={name.replace("_", "-"): text for name, text in headers.items()})


def events(token):
    return icalendar.Calendar.from_ical(read(token).text).walk("VEVENT")


def sell(**other):
    booking = replace(SOLD, **other)
    store = wiring.booking().store
    wiring.committer().commit([store.create(booking)])
    return booking


def test_a_shops_feed_says_what_and_when_and_nobodys_name(world):
    booking = world.sell("10:00")
    token = opened(SHOP, MERCHANT, shop_id=world.id)
    answer = read(token)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, max-age=300"
    [event] = icalendar.Calendar.from_ical(answer.text).walk("VEVENT")
    assert event["UID"] == f"{booking['id']}@linli"
    assert (str(event["SUMMARY"]), str(event["LOCATION"])) == ("剪发", "剪发屋, 衡山路 1 号")
    assert (str(event["STATUS"]), event["SEQUENCE"]) == ("CONFIRMED", 2)
    assert event["DTSTART"].dt.isoformat() == "2030-05-02T02:00:00+00:00"
    assert vobject.readOne(answer.text).vevent.uid.value == event["UID"]
    for hidden in (CUSTOMER.account_id, booking["code"], booking["order_id"]):
        assert hidden not in answer.text


def test_who_has_it_already_is_told_so(world):
    token = opened(SHOP, MERCHANT, shop_id=world.id)
    tag = read(token).headers["ETag"]
    for said in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = read(token, if_none_match=said)
        assert (again.status, again.text, again.headers["ETag"]) == (304, "", tag)
    assert read(token, if_none_match='"other"').status == 200
    world.sell()
    assert read(token, if_none_match=tag).status == 200


def test_staff_see_their_own(world):
    mine = sell(id="bkg_mine", shop_id=world.id, staff_id=world.staff_id)
    sell(id="bkg_other", shop_id=world.id, staff_id="stf_other")
    token = opened(STAFF, MERCHANT, shop_id=world.id, staff_id=world.staff_id)
    assert [event["UID"] for event in events(token)] == [f"{mine.id}@linli"]
    assert call("PUT", STAFF, actor=MERCHANT, shop_id=world.id, staff_id="stf_none").status == 404


def test_customers_see_what_they_bought_and_where(world):
    world.sell("10:00")
    sell(
        id="bkg_past",
        customer_id=CUSTOMER.account_id,
        shop_id="shp_gone",
        starts_at=NOW - timedelta(days=2),
        ends_at=NOW - timedelta(days=1),
    )
    sell(id="bkg_not_mine")
    past, ahead = events(opened(OWN, CUSTOMER))
    assert (past["UID"], "LOCATION" in past) == ("bkg_past@linli", False)
    assert str(ahead["LOCATION"]) == "剪发屋, 衡山路 1 号"


def test_what_was_cancelled_is_told(world):
    booking = world.sell()
    store = wiring.booking().store
    standing = store.booking(booking["id"])
    wiring.committer().commit([store.replace(replace(standing, state=State.CANCELLED, version=standing.version + 1))])
    [event] = events(opened(SHOP, MERCHANT, shop_id=world.id))
    assert (str(event["STATUS"]), event["SEQUENCE"]) == ("CANCELLED", 3)


def test_only_the_present_address_opens(world):
    first = opened(SHOP, MERCHANT, shop_id=world.id)
    second = opened(SHOP, MERCHANT, shop_id=world.id)
    feed_id = rules.id_in(first)
    assert feed_id == rules.id_in(second)
    assert read(second).status == 200
    assert call("DELETE", SHOP, actor=MERCHANT, shop_id=world.id).status == 204
    refused = [read(token) for token in (first, second, feed_id, f"{feed_id}.", "cfd_none.x", "x")]
    told = {(one.status, one.json["code"], one.json["detail"]) for one in refused}
    assert told == {(404, "not-found", "There is no such calendar.")}
    assert call("DELETE", SHOP, actor=MERCHANT, shop_id=world.id).status == 404
    assert read(opened(SHOP, MERCHANT, shop_id=world.id)).status == 200


def test_the_secret_is_kept_nowhere(world, tables):
    secret = opened(SHOP, MERCHANT, shop_id=world.id).partition(".")[2]
    assert len(secret) == 43
    for name in tables.dynamodb.list_tables()["TableNames"]:
        assert secret not in str(tables.dynamodb.scan(TableName=name)["Items"])


def test_feeds_are_listed_without_what_opens_them(world):
    assert call("GET", OWN, actor=CUSTOMER).status == 404
    opened(OWN, CUSTOMER)
    assert call("GET", OWN, actor=CUSTOMER).json["kind"] == "customer"
    opened(SHOP, MERCHANT, shop_id=world.id)
    opened(STAFF, ADMIN, shop_id=world.id, staff_id=world.staff_id)
    first = call("GET", FEEDS, actor=MERCHANT, query={"limit": 1}, shop_id=world.id).json
    rest = call("GET", FEEDS, actor=MERCHANT, query={"cursor": first["next_cursor"]}, shop_id=world.id).json
    found = [*first["items"], *rest["items"]]
    assert {one["staff_id"] for one in found} == {None, world.staff_id}
    assert all("path" not in one for one in found)
    assert call("DELETE", STAFF, actor=MERCHANT, shop_id=world.id, staff_id=world.staff_id).status == 204
    assert call("DELETE", OWN, actor=CUSTOMER).status == 204
    assert call("DELETE", OWN, actor=CUSTOMER).status == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_shops_feeds_are_its_merchants(world, method):
    assert call(method, SHOP, actor=OTHER, shop_id=world.id).status == 403
    assert call(method, STAFF, actor=OTHER, shop_id=world.id, staff_id=world.staff_id).status == 403
    assert call(method, SHOP, actor=CUSTOMER, shop_id=world.id).status == 403
    assert call(method, SHOP, actor=MERCHANT, shop_id="shp_none").status == 404
    assert call("GET", FEEDS, actor=OTHER, shop_id=world.id).status == 403


def test_a_full_feed_shows_what_is_to_come(world, monkeypatch):
    monkeypatch.setattr(rules, "MOST_EVENTS", 3)
    for number in range(-3, 3):
        start = NOW + timedelta(days=number, hours=1)
        sell(id=f"bkg_{number}", shop_id=world.id, starts_at=start, ends_at=start + timedelta(hours=1))
    found = events(opened(SHOP, MERCHANT, shop_id=world.id))
    assert [str(event["UID"]) for event in found] == ["bkg_0@linli", "bkg_1@linli", "bkg_2@linli"]


def test_the_span_is_a_month_back_and_half_a_year_ahead(world):
    for days in (-31, -29, 179, 181):
        start = NOW + timedelta(days=days)
        sell(id=f"bkg_{days}", shop_id=world.id, starts_at=start, ends_at=start + timedelta(hours=1))
    found = events(opened(SHOP, MERCHANT, shop_id=world.id))
    assert [str(event["UID"]) for event in found] == ["bkg_-29@linli", "bkg_179@linli"]


def test_one_of_many_staff_is_found_over_several_pages(world, monkeypatch):
    monkeypatch.setattr(sys.modules[feeds.booking.sold_by_shop.__module__], "_PAGE", 2)
    for number in range(5):
        sell(id=f"bkg_{number}", shop_id=world.id, staff_id=f"stf_{number % 2}")
    span = rules.shown_at(NOW)
    found = feeds.booking.sold_by_shop(wiring.booking(), world.id, span, 1_000, "stf_0")
    assert ([one.id for one in found.items], found.whole) == (["bkg_0", "bkg_2", "bkg_4"], True)
    few = feeds.booking.sold_by_shop(wiring.booking(), world.id, span, 2, "stf_0")
    assert ([one.id for one in few.items], few.whole) == (["bkg_0", "bkg_2"], False)
