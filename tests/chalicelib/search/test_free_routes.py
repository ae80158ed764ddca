"""Free near me over HTTP: maps made by the queue's handler and the round, asked for as a client does."""

from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.booking import use_cases as booking
from chalicelib.booking.messages import TIME_CHANGED
from chalicelib.kit.wall import Window
from chalicelib.search.events import free as go_round
from chalicelib.search.events import index
from tests.api import CUSTOMER, MERCHANT, call, deliver, told
from tests.chalicelib.search.wired import NOW, work_all
from tests.world import hold, open_shop

FREE = "/v1/search/free"
HERE = {"lat": 31.23, "lon": 121.46, "radius": 2000, "category": "hair"}
EVENING = HERE | {"date": "2030-05-01", "from": "17:00", "to": "19:00"}


def ask(**more):
    answer = call("GET", FREE, query=EVENING | more)
    assert answer.status == 200, answer.text
    return answer.json


def starts(found):
    return [[one["local_start"][11:16] for one in item["free"]] for item in found["items"]]


def test_a_shop_is_found_with_its_card_and_three_starts(clock):
    shop = open_shop()
    work_all()
    [item] = ask()["items"]
    listed = call("GET", "/v1/search/shops", query={**HERE}).json["items"]
    assert [item["shop"]] == listed
    assert item["free"] == [
        {
            "offering_id": shop["offering_id"],
            "start": f"2030-05-01T09:{minute}:00Z",
            "local_start": f"2030-05-01T17:{minute}:00+08:00",
            "minutes": 60,
            "price": {"amount": 10_000, "currency": "CNY"},
        }
        for minute in ("00", "15", "30")
    ]
    assert ask(minutes=60) == ask()
    assert ask(minutes=45)["items"] == []
    assert ask(to="17:59")["items"] == []
    assert ask(category="spa")["items"] == []
    assert ask(radius=1, lat=31.24)["items"] == []


def test_what_is_held_goes_and_what_is_released_comes_back(clock):
    shop = open_shop()
    work_all()
    order = hold(shop, hours=9)  # 18:00
    assert starts(ask()) == [["17:00", "17:15", "17:30"]]  # the message is on its way: holding would find out
    assert TIME_CHANGED in work_all()
    assert starts(ask()) == [["17:00"]]
    hold(shop, hours=8)
    work_all()
    assert ask()["items"] == []
    released = call("POST", "/v1/orders/{order_id}/cancel", actor=CUSTOMER, body={}, order_id=order["id"])
    assert released.status == 200, released.text
    work_all()
    assert starts(ask()) == [["18:00"]]


def test_busy_times_of_a_calendar_elsewhere_show(clock):
    shop = open_shop()
    work_all()
    for spans, expected in (([Window(at(17), at(18))], [["18:00"]]), ([], [["17:00", "17:15", "17:30"]])):
        busy = booking.rewrite_busy(wiring.booking(), shop["id"], shop["staff_ids"][0], "cal_1", spans, NOW)
        wiring.committer().commit(list(busy.actions))
        assert work_all() == [TIME_CHANGED]
        assert starts(ask()) == expected


def at(hour):
    """The moment of a whole hour in Shanghai, on the date of NOW."""
    return NOW.replace(hour=hour - 8, minute=0)


def test_what_has_begun_is_not_shown_though_nobody_has_said_so(clock):
    open_shop()
    work_all()
    clock.move(hours=8, minutes=10)  # 17:20
    assert starts(ask()) == [["17:30", "17:45", "18:00"]]
    clock.move(hours=1)
    assert ask()["items"] == []


def test_lead_time_and_other_hours_count(clock):
    shop = open_shop(terms={"lead_minutes": 9 * 60, "horizon_days": 90})
    work_all()
    clock.move(minutes=10)
    assert starts(ask(to="20:00")) == [["18:30", "18:45", "19:00"]]
    version = call("GET", "/v1/shops/{shop_id}", shop_id=shop["id"]).json["version"]
    hours = [{"weekday": day, "opens": "09:00", "closes": "18:00"} for day in range(7)]
    body = {"version": version, "hours": hours, "terms": {"lead_minutes": 0, "horizon_days": 90}}
    changed = call("PATCH", "/v1/shops/{shop_id}", actor=MERCHANT, body=body, shop_id=shop["id"])
    assert changed.status == 200, changed.text
    work_all()
    assert starts(ask(to="20:00")) == [["17:00"]]


def test_a_moved_shop_and_a_closed_one_are_where_they_are(clock):
    shop = open_shop()
    work_all()
    version = call("GET", "/v1/shops/{shop_id}", shop_id=shop["id"]).json["version"]
    move = {"version": version, "position": {"lat": 31.3, "lon": 121.46}}
    assert call("PATCH", "/v1/shops/{shop_id}", actor=MERCHANT, body=move, shop_id=shop["id"]).status == 200
    work_all()
    assert ask()["items"] == []
    [item] = ask(lat=31.3)["items"]
    assert (item["shop"]["position"], item["shop"]["distance_m"]) == ({"lat": 31.3, "lon": 121.46}, 0.0)
    close = {"version": version + 1, "status": "closed"}
    closed = call("PATCH", "/v1/shops/{shop_id}", actor=MERCHANT, body=close, shop_id=shop["id"])
    assert closed.status == 200, closed.text
    work_all()
    assert ask(lat=31.3)["items"] == []


def test_pages_walk_through_all_by_distance(clock):
    for n in range(7):
        open_shop(position={"lat": 31.23 + n / 1000, "lon": 121.46})
    work_all()
    seen, cursor = [], None
    while True:
        page = ask(limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [item["shop"]["distance_m"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 7
    assert seen == sorted(seen)
    first = ask(limit=2)["next_cursor"]
    other = call("GET", FREE, query=EVENING | {"cursor": first, "to": "18:00"})
    assert (other.status, other.json["code"]) == (422, "invalid-request")


def test_positions_are_answered_in_the_datum_that_was_asked_in(clock):
    open_shop()
    work_all()
    [item] = ask(datum="gcj02", radius=5000)["items"]
    assert item["shop"]["position"] != {"lat": 31.23, "lon": 121.46}
    assert 100 < item["shop"]["distance_m"] < 1000


@pytest.mark.parametrize(
    "wrong",
    [
        {"radius": 5001},
        {"to": "17:00"},
        {"to": "24:01"},
        {"from": "24:00"},
        {"from": "5 pm"},
        {"date": "2030-04-29"},
        {"date": "2030-05-16"},
        {"date": "tomorrow"},
        {"minutes": 0},
        {"category": ""},
        {"lat": 91},
        {"q": "理发"},
    ],
)
def test_what_cannot_be_asked_is_refused(clock, wrong):
    answer = call("GET", FREE, query=EVENING | wrong)
    assert (answer.status, answer.json["code"]) == (422, "invalid-request")


@pytest.mark.parametrize("day", ["2030-04-30", "2030-05-15"])
def test_dates_of_every_zone_can_be_asked_for(clock, day):
    assert ask(date=day)["items"] == []


def test_the_round_writes_the_date_that_comes_into_view(clock):
    open_shop()
    work_all()
    clock.move(days=2)
    last = {"date": "2030-05-17"}
    assert ask(**last)["items"] == []
    went = go_round({**_EVENT, "as_of": "2030-05-03T01:10:00Z"}, None)
    assert went == {"shops": 1, "written": 1, "done": True}
    assert starts(ask(**last)) == [["17:00", "17:15", "17:30"]]


def test_a_shop_whose_cards_cannot_be_written_still_has_its_maps(clock, monkeypatch):
    open_shop()

    def broken(*_):
        raise RuntimeError("the index is away")

    monkeypatch.setattr("chalicelib.search.use_cases.index_shop", broken)
    waiting = [message for message in told() if "search" in message.queues]
    assert len(deliver(index, *waiting)) == len(waiting)
    monkeypatch.undo()
    assert ask()["items"] == []  # found by its map, and left out as long as it has no card
    work_all()
    assert len(ask()["items"]) == 1


_EVENT = {
    "version": "0",
    "account": "123456789012",
    "region": "ap-southeast-1",
    "detail": {},
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "time": str(NOW + timedelta(days=1)),
    "id": "1",
    "resources": [],
}
