"""A shop's page over HTTP: made by the queue's handler, answered with two requests."""

from dataclasses import replace
from datetime import timedelta

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.reviews import messages
from chalicelib.reviews.store import ReviewStore
from chalicelib.reviews.use_cases import list_name
from chalicelib.search.events import index
from tests.api import MERCHANT, call, deliver, told
from tests.chalicelib.reviews.world import review
from tests.chalicelib.search.wired import NOW, work_all
from tests.emulators import DYNOXIDE
from tests.world import hold, open_shop

PAGE = "/v1/shops/{shop_id}/page"
REVIEWS = "/v1/shops/{shop_id}/reviews"


def write_review(shop, number, at=NOW):
    one = review(number, stars=number % 5 + 1, shop=shop["id"], at=at)
    wiring.committer().commit(
        [*ReviewStore().write(one, None, None), wiring.outbox().put(messages.rating_changed(one, one.created_at))]
    )
    return one


def page(shop):
    """Return the page and what it took."""
    with meter.measure() as used:
        answer = call("GET", PAGE, shop_id=shop["id"])
    assert answer.status == 200, answer.text
    return answer.json, used


def position(shop, reviews):
    return wiring.cursors().unpack(list_name(shop["id"]), reviews["next_cursor"])


def test_a_page_holds_all_and_takes_two_requests(clock, tables):
    shop = open_shop(
        staff=2,
        media=[{"kind": "photo", "url": "https://media.example.com/front.jpg", "caption": "门面"}],
        specs=[{"name": "wifi", "value": "有"}],
        exceptions=[{"date": "2030-05-02", "intervals": []}],
        service_area={"radius_m": 5000},
    )
    for number in range(12):
        write_review(shop, number, NOW - timedelta(minutes=number))
    work_all()
    hold(shop, hours=1)
    hold(shop, hours=1)
    seen, used = page(shop)
    assert used.requests == 2
    if tables.name == DYNOXIDE:
        assert used.read_units == 0.5 + 2 * 14 / 2
    assert seen["shop"] == call("GET", "/v1/shops/{shop_id}", shop_id=shop["id"]).json
    assert seen["shop"]["media"][0]["caption"] == "门面"
    assert len(seen["shop"]["staff"]) == 2
    whole = call("GET", REVIEWS, shop_id=shop["id"], query={"limit": 10}).json
    assert {**seen["reviews"], "next_cursor": position(shop, seen["reviews"])} == {
        **whole,
        "next_cursor": position(shop, whole),
    }
    further = call("GET", REVIEWS, shop_id=shop["id"], query={"cursor": seen["reviews"]["next_cursor"]}).json
    assert [one["id"] for one in further["items"]] == [review(number).id for number in (10, 11)]
    assert seen["next_times"] == {
        "until": "2030-05-15T00:00:00Z",
        "offerings": [
            {
                "offering_id": shop["offering_id"],
                "times": [
                    {"start": "2030-05-01T03:00:00Z", "local_start": "2030-05-01T11:00:00+08:00"},
                    {"start": "2030-05-01T03:15:00Z", "local_start": "2030-05-01T11:15:00+08:00"},
                    {"start": "2030-05-01T03:30:00Z", "local_start": "2030-05-01T11:30:00+08:00"},
                ],
                "partial": False,
            }
        ],
    }


def test_its_times_are_those_of_the_offerings_own_route(clock):
    shop = open_shop(hours=[{"weekday": 2, "opens": "09:00", "closes": "10:30"}])
    work_all()
    seen, _ = page(shop)
    path = {"shop_id": shop["id"], "offering_id": shop["offering_id"]}
    own = [
        one["start"]
        for day in ("2030-05-01", "2030-05-08")
        for one in call(
            "GET", "/v1/shops/{shop_id}/offerings/{offering_id}/times", query={"date": day}, **path
        ).json["times"]
    ]  # fmt: skip
    assert [one["start"] for one in seen["next_times"]["offerings"][0]["times"]] == own[:3]
    assert own[0] == "2030-05-01T01:15:00Z"


def test_a_change_and_a_review_show_when_their_messages_are_worked(clock):
    shop = open_shop()
    work_all()
    call("PATCH", "/v1/shops/{shop_id}", actor=MERCHANT, body={"version": 3, "name": "新店名"}, shop_id=shop["id"])
    written = write_review(shop, 4)
    before, _ = page(shop)
    assert (before["shop"]["name"], before["reviews"]["items"]) == ("静安理发", [])
    work_all()
    after, _ = page(shop)
    assert (after["shop"]["name"], after["shop"]["version"]) == ("新店名", 4)
    assert after["reviews"]["rating"] == {
        "average": 5.0, "score": 4.27, "count": 1, "histogram": [0, 0, 0, 0, 1], "aspects": {},
        "with_media": 0,
    }  # fmt: skip
    assert [one["id"] for one in after["reviews"]["items"]] == [written.id]
    assert written.author_id not in str(after)
    assert after["reviews"]["next_cursor"] is None


def test_a_message_from_before_they_named_the_review_is_worked_too(clock):
    shop = open_shop()
    written = write_review(shop, 4)
    waiting = [message for message in told() if "search" in message.queues]
    old = [replace(message, payload={"shop_id": shop["id"]}) for message in waiting]
    assert deliver(index, *old) == []
    seen, used = page(shop)
    assert used.requests == 2
    assert [one["id"] for one in seen["reviews"]["items"]] == [written.id]


def test_a_shop_whose_page_was_never_written_is_read_itself(clock):
    shop = open_shop()
    write_review(shop, 1)
    seen, used = page(shop)
    assert used.requests == 7
    work_all()
    ready, used = page(shop)
    assert used.requests == 2
    assert ready == seen


def test_a_closed_shops_page_says_so_with_one_request(clock):
    shop = open_shop()
    work_all()
    call("PATCH", "/v1/shops/{shop_id}", actor=MERCHANT, body={"version": 3, "status": "closed"}, shop_id=shop["id"])
    work_all()
    seen, used = page(shop)
    assert (seen["shop"]["status"], seen["next_times"]["offerings"]) == ("closed", [])
    assert used.requests == 1


def test_there_must_be_such_a_shop(clock):
    answer = call("GET", PAGE, shop_id="shp_unknown")
    assert (answer.status, answer.json["code"]) == (404, "not-found")
    assert call("GET", PAGE, shop_id="shp#1").status == 404
