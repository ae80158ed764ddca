import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from chalicelib import wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.orders.ports import LineState
from chalicelib.reviews.events import open_due
from chalicelib.reviews.ports import Origin
from chalicelib.reviews.routes.traces import origin, trace
from chalicelib.risk.sign_ins import Device, File
from chalicelib.team.rules import Member, Team
from tests.api import CUSTOMER, MERCHANT, OTHER, call, told, working_for
from tests.chalicelib.reviews.world import NOW, STORE, customer

LINE = "/v1/orders/{order_id}/lines/{line_id}"
REVIEW, GUEST, SIDES = f"{LINE}/review", f"{LINE}/guest-review", f"{LINE}/reviews"
OF_SHOP = "/v1/shops/{shop_id}/reviews"
ONE = "/v1/reviews/{review_id}"
MINE = {"order_id": "ord_1", "line_id": "lin_1"}
GOOD = {"stars": 5, "text": "手艺很好，下次再来。", "language": "zh-CN"}
POLITE = {"stars": 4, "text": "准时到店", "language": "zh-CN"}


@pytest.fixture(autouse=True)
def _wired(ports, monkeypatch):
    monkeypatch.setattr(wiring, "reviews", lambda: ports)
    monkeypatch.setattr(wiring, "review_states", lambda: ports)


def write(number=1, **changes):
    """Both sides write of a line; the customer's review."""
    at = {"order_id": f"ord_{number}", "line_id": f"lin_{number}"}
    assert call("POST", GUEST, actor=MERCHANT, body=POLITE, **at).status == 201
    answer = call("POST", REVIEW, actor=CUSTOMER, body=GOOD | changes, **at)
    assert answer.status == 201, answer.text
    return answer.json


def items(**query):
    return [one["id"] for one in call("GET", OF_SHOP, shop_id="shp_1", query=query).json["items"]]


def test_two_sides_write_blind_and_everybody_reads_the_customers():
    written = call("POST", REVIEW, actor=CUSTOMER, body=GOOD | {"aspects": {"taste": 4}, "staff_stars": 3}, **MINE)
    assert written.status == 201
    assert (written.json["state"], written.json["opens_at"]) == ("blind", "2030-05-15T09:30:00Z")
    assert items() == []
    seen = call("GET", SIDES, actor=MERCHANT, **MINE).json
    assert (seen["customer"], seen["merchant"]) == (None, None)
    assert seen["aspects"] == ["taste", "service", "environment", "value"]

    assert call("POST", GUEST, actor=MERCHANT, body=POLITE, **MINE).json["state"] == "shown"
    seen = call("GET", SIDES, actor=CUSTOMER, **MINE).json
    assert (seen["customer"]["stars"], seen["merchant"]["text"]) == (5, "准时到店")
    read = call("GET", OF_SHOP, shop_id="shp_1")
    assert read.json["rating"] == {
        "average": 5.0,
        "score": 4.27,
        "count": 1,
        "histogram": [0, 0, 0, 0, 1],
        "aspects": {"taste": {"average": 4.0, "count": 1}},
        "with_media": 0,
    }
    own = {"state", "opens_at", "editable_until"}
    [item] = read.json["items"]
    assert item == {key: value for key, value in written.json.items() if key not in own} | {"media": []}
    assert (item["author"], item["staff_id"], item["staff_stars"]) == ("张*", "stf_1", 3)
    assert CUSTOMER.account_id not in read.text


def test_the_schedule_opens_what_waited():
    call("POST", REVIEW, actor=CUSTOMER, body=GOOD, **MINE)
    event = json.loads(Path("tests/events/reviews-open.json").read_text(encoding="utf-8"))
    assert open_due(event | {"as_of": "2030-05-15T09:29:00Z"}, None) == {"opened": 0, "failed": 0}
    assert open_due(event | {"as_of": "2030-05-15T09:30:00Z"}, None) == {"opened": 1, "failed": 0}
    assert len(items()) == 1


@pytest.mark.parametrize(("route", "actor", "body"), [(REVIEW, CUSTOMER, GOOD), (GUEST, MERCHANT, POLITE)])
def test_a_repeat_with_the_same_key_gets_the_same_answer(clock, route, actor, body):
    first = call("POST", route, actor=actor, body=body, key="key-of-mine", **MINE)
    for days in (0, 15):  # also once the other side can read it
        clock.move(days=days)
        again = call("POST", route, actor=actor, body=body, key="key-of-mine", **MINE)
        assert (again.status, again.text) == (201, first.text)
        assert again.headers["Idempotent-Replayed"] == "true"
    assert [one.queues for one in told()].count(("moderation",)) == 1
    assert len(told()) == 2
    other = call("POST", route, actor=actor, body=body | {"stars": 1}, key="key-of-mine", **MINE)
    assert (other.status, other.json["code"]) == (422, "idempotency-key-reused")
    second = call("POST", route, actor=actor, body=body, **MINE)
    assert (second.status, second.json["code"]) == (409, "already-reviewed")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"stars": 0}, "stars"),
        ({"stars": 6}, "stars"),
        ({"stars": "5"}, "stars"),
        ({"stars": 4.5}, "stars"),
        ({"stars": True}, "stars"),
        ({"text": "好" * 2001}, "text"),
        ({"text": "好\u202e"}, "text"),
        ({"language": "chinese!"}, "language"),
        ({"author": "me"}, "author"),
        ({"aspects": {"taste": 6}}, "aspects.taste"),
        ({"aspects": {"luck": 5}}, "aspects.luck.[key]"),
        ({"aspects": {"skill": 5}}, "aspects.skill"),
        ({"staff_stars": 0}, "staff_stars"),
    ],
)
def test_what_is_no_review_is_refused(change, field):
    answer = call("POST", REVIEW, actor=CUSTOMER, body=GOOD | change, **MINE)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)
    assert told() == []


def test_stars_are_enough_and_the_language_is_that_of_the_request():
    answer = call("POST", REVIEW, actor=CUSTOMER, body={"stars": 3}, headers={"Accept-Language": "zh"}, **MINE)
    assert (answer.json["text"], answer.json["language"]) == ("", "zh-CN")


def test_others_and_strangers_write_nothing(near):
    assert call("POST", REVIEW, actor=OTHER, body=GOOD, **MINE).status == 404
    assert call("POST", REVIEW, body=GOOD, **MINE).status == 401
    assert call("POST", GUEST, body=POLITE, **MINE).status == 401
    assert call("POST", GUEST, actor=OTHER, body=POLITE, **MINE).status == 404
    assert call("POST", GUEST, actor=working_for(MERCHANT, OTHER, Role.STAFF), body=POLITE, **MINE).status == 201
    near.add_order(2, state=LineState.CONFIRMED)
    waiting = call("POST", REVIEW, actor=CUSTOMER, body=GOOD, order_id="ord_2", line_id="lin_2")
    assert waiting.status == 409
    assert call("GET", SIDES, actor=OTHER, **MINE).status == 404


def test_who_is_read_by_the_other_side_is_told_that_it_is_too_late(clock):
    call("POST", GUEST, actor=MERCHANT, body=POLITE, **MINE)
    clock.move(days=14)
    answer = call("POST", REVIEW, actor=CUSTOMER, body=GOOD, headers={"Accept-Language": "zh"}, **MINE)
    assert (answer.status, answer.json["code"], answer.json["title"]) == (409, "review-writing-over", "评价时间已过")


def test_reviews_come_in_pages_that_belong_to_their_list(near):
    for number in range(3):
        near.add_order(number)
        write(number)
    first = call("GET", OF_SHOP, shop_id="shp_1", query={"limit": 2})
    cursor = first.json["next_cursor"]
    second = call("GET", OF_SHOP, shop_id="shp_1", query={"limit": 2, "cursor": cursor})
    assert len({one["id"] for one in (*first.json["items"], *second.json["items"])}) == 3
    near.shops["shp_2"] = near.shops["shp_1"]
    assert call("GET", OF_SHOP, shop_id="shp_2", query={"cursor": cursor}).status == 422
    assert call("GET", OF_SHOP, shop_id="shp_1", query={"cursor": cursor, "sort": "helpful"}).status == 422
    assert call("GET", OF_SHOP, shop_id="shp_1", query={"cursor": cursor, "stars": 5}).status == 422
    assert call("GET", OF_SHOP, shop_id="shp_9").status == 404
    assert call("GET", OF_SHOP, shop_id="shp_1", query={"limit": 101}).status == 422
    assert call("GET", OF_SHOP, shop_id="shp_1", query={"sort": "luck"}).status == 422


def test_a_review_is_changed_answered_found_helpful_and_reported(clock):
    one = {"review_id": write()["id"]}
    assert call("PUT", ONE, actor=CUSTOMER, body=GOOD, **one).json["code"] == "review-editing-over"
    assert call("PUT", f"{ONE}/reply", actor=CUSTOMER, body={"text": "谢谢"}, **one).status == 403
    assert call("PUT", f"{ONE}/reply", actor=OTHER, body={"text": "谢谢"}, **one).status == 404
    replied = call("PUT", f"{ONE}/reply", actor=MERCHANT, body={"text": "谢谢"}, **one)
    reply = {"text": "谢谢", "at": "2030-05-01T09:30:00Z", "edited_at": None, "state": "judging"}
    assert (replied.json["own_reply"], replied.json["reply"]) == (reply, None)

    assert call("PUT", f"{ONE}/helpful", **one).status == 401
    for actor in (CUSTOMER, MERCHANT, working_for(MERCHANT, OTHER)):
        assert call("PUT", f"{ONE}/helpful", actor=actor, **one).json["code"] == "own-review"
    for _ in range(2):
        assert call("PUT", f"{ONE}/helpful", actor=OTHER, **one).json == {"helpful": 1}
    assert call("PUT", f"{ONE}/helpful", actor=customer(7), **one).json == {"helpful": 2}
    for _ in range(2):
        assert call("DELETE", f"{ONE}/helpful", actor=OTHER, **one).status == 204
    assert call("GET", OF_SHOP, shop_id="shp_1").json["items"][0]["helpful"] == 1

    assert call("PUT", f"{ONE}/report", actor=CUSTOMER, body={"reason": "abuse"}, **one).json["code"] == "own-review"
    for number in range(2):
        for _ in range(2):
            assert call("PUT", f"{ONE}/report", actor=customer(number), body={"reason": "abuse"}, **one).status == 204
    assert call("PUT", f"{ONE}/report", actor=MERCHANT, body={"reason": "fake"}, **one).status == 204
    assert len(items()) == 1, "two readers and the shop's own are not three readers"
    assert call("PUT", f"{ONE}/report", actor=customer(9), body={"reason": "fake"}, **one).status == 204
    assert items() == []
    assert call("PUT", f"{ONE}/report", actor=customer(9), body={"reason": "fake"}, **one).status == 204
    assert call("PUT", f"{ONE}/report", actor=customer(10), body={"reason": "fake"}, **one).status == 204, "as held"
    assert call("PUT", f"{ONE}/helpful", actor=customer(10), **one).status == 404
    assert call("PUT", f"{ONE}/report", actor=customer(10), body={"reason": "bad hair"}, **one).status == 422


def test_from_where_somebody_reports_is_told_by_what_they_say_and_by_where_they_signed_in(monkeypatch, tables):
    monkeypatch.setattr(wiring, "sessions", lambda: SimpleNamespace(device_of=lambda _actor: "signed-in-on"))

    def told(ip, **headers):
        return origin(SimpleNamespace(actor=OTHER, source_ip=ip, headers=headers))

    one, other = told("9.9.9.9", **{"x-device-id": "phone-1"}), told("127.0.0.1")
    assert other == Origin(frozenset({"signed-in-on"}))  # nobody knows who comes from there
    assert (len(one.devices), one.network is not None, one.is_of(other)) == (2, True, True)
    asked = SimpleNamespace(actor=OTHER, source_ip="10.1.2.3", headers={})
    assert trace(asked)["network"] is None, "nor do three who write through one proxy share a network"


def test_a_second_account_on_the_merchants_or_the_authors_device_finds_nothing_helpful():
    one = {"review_id": write()["id"]}
    for who, name in ((MERCHANT, "phone-of-the-merchant"), (CUSTOMER, "phone-of-the-author")):
        index = wiring.sign_ins().sign_ins.device(name)
        until = NOW + timedelta(days=90)
        file = File((Device(index, NOW),), NOW, None, 1)
        wiring.committer().commit([wiring.sign_ins().sign_ins.put_file(who.account_id, file, until)])
        told = call("PUT", f"{ONE}/helpful", actor=customer(3), headers={"x-device-id": name}, **one)
        assert (told.status, told.json) == (200, {"helpful": 0}), "nor does it tell them whose review it is"
    other = {"x-device-id": "phone-of-a-reader"}
    assert call("PUT", f"{ONE}/helpful", actor=customer(3), headers=other, **one).json == {"helpful": 1}
    assert call("PUT", f"{ONE}/helpful", actor=customer(4), **one).json == {"helpful": 2}


@pytest.mark.parametrize("whose", [MERCHANT.account_id, "acc_clerk"])
def test_a_second_account_on_a_device_of_the_shops_people_silences_and_praises_nobody(monkeypatch, whose):
    members = {"acc_clerk": Member("acc_clerk", Role.STAFF, "小李", NOW)}
    people = SimpleNamespace(team=lambda id_: Team(id_, members=members if id_ == MERCHANT.account_id else {}))
    monkeypatch.setattr(wiring, "team", lambda: SimpleNamespace(store=people))
    one = {"review_id": write()["id"]}
    file = File((Device(wiring.sign_ins().sign_ins.device("phone-of-the-shop"), NOW),), NOW, None, 1)
    wiring.committer().commit([wiring.sign_ins().sign_ins.put_file(whose, file, NOW + timedelta(days=90))])
    for number, name, helpful in ((3, "phone-of-the-shop", 0), (4, "phone-of-a-reader", 1)):
        asked = {"actor": customer(number), "headers": {"x-device-id": name}, **one}
        assert call("PUT", f"{ONE}/helpful", **asked).json == {"helpful": helpful}
        assert call("PUT", f"{ONE}/report", body={"reason": "fake"}, **asked).status == 204
    assert STORE.review(one["review_id"]).reports == 1


def test_what_is_blind_is_changed_by_its_author_alone(clock):
    one = call("POST", REVIEW, actor=CUSTOMER, body=GOOD, **MINE).json
    path = {"review_id": one["id"]}
    assert one["editable_until"] == "2030-05-03T09:30:00Z"
    clock.move(hours=1)
    changed = call("PUT", ONE, actor=CUSTOMER, body={"stars": 2, "text": "一般"}, **path).json
    assert (changed["stars"], changed["edited_at"]) == (2, "2030-05-01T10:30:00Z")
    for actor in (OTHER, MERCHANT):
        assert call("PUT", ONE, actor=actor, body=GOOD, **path).status == 404
    for route, body in (("/helpful", None), ("/report", {"reason": "abuse"})):
        assert call("PUT", ONE + route, actor=OTHER, body=body, **path).status == 404, "nobody knows of it"


def test_a_guest_is_a_number_to_who_is_to_serve_them(near):
    assert call("GET", "/v1/orders/{order_id}/guest", actor=MERCHANT, order_id="ord_1").status == 404
    near.orders["ord_2"] = replace(near.add_order(2, state=LineState.CONFIRMED), state="confirmed")
    seen = call("GET", "/v1/orders/{order_id}/guest", actor=MERCHANT, order_id="ord_2")
    assert seen.json == {"count": 0, "average": None}
    assert call("GET", "/v1/orders/{order_id}/guest", actor=CUSTOMER, order_id="ord_2").status == 403


def test_an_admin_does_not_review_for_others():
    admin = Actor("acc_admin", frozenset({Role.ADMIN}), "ses_9", methods=("sms", "otp"))
    assert call("POST", REVIEW, actor=admin, body=GOOD, **MINE).status == 404
    assert call("POST", GUEST, actor=admin, body=GOOD, **MINE).status in {403, 404}
