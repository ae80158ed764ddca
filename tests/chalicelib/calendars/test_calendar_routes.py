"""Calendars from elsewhere as merchants see them: what they keep free, what they say of themselves, and who may ask."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.calendars import use_cases
from chalicelib.calendars.events import fetch
from chalicelib.calendars.ports import Fetched
from chalicelib.calendars.rules import external, faults
from chalicelib.calendars.use_cases import feeds
from chalicelib.kit.dynamo import meter
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call
from tests.chalicelib.booking.test_routes import Shop
from tests.chalicelib.booking.world import NOW, StoppedClock, offering, shop
from tests.emulators import DYNOXIDE

ALL = "/v1/shops/{shop_id}/calendars"
ONE = f"{ALL}/{{calendar_id}}"
URL = "https://calendar.example/secret/basic.ics"
SCHEDULED = Path(__file__).parents[2] / "events" / "calendars-fetch.json"
NINE_TO_NOON = ("20300502T010000Z", "20300502T040000Z")  # in Shanghai


def ics(*spans):
    events = "".join(f"BEGIN:VEVENT\r\nDTSTART:{a}\r\nDTEND:{b}\r\nSUMMARY:牙医\r\nEND:VEVENT\r\n" for a, b in spans)
    return f"BEGIN:VCALENDAR\r\n{events}END:VCALENDAR\r\n"


class Elsewhere:
    """What addresses answer, and what was asked."""

    def __init__(self):
        self.text, self.etag, self.asked = ics(NINE_TO_NOON), '"1"', []

    def fetch(self, url, etag):
        self.asked.append((url, etag))
        if isinstance(self.text, Exception):
            raise self.text
        return Fetched(None, etag) if etag and etag == self.etag else Fetched(self.text, self.etag)


@pytest.fixture
def clock(tables):
    stopped = StoppedClock()
    wiring.use_clock(stopped)
    return stopped


@pytest.fixture
def world(clock):
    return Shop(clock)


@pytest.fixture
def elsewhere(clock, monkeypatch):
    answers = Elsewhere()
    monkeypatch.setattr("chalicelib.calendars.gateways.https.HttpsFetcher", lambda: answers)
    return answers


def add(world, actor=MERCHANT, key=None, **body):
    told = {"name": "私人", "staff_id": world.staff_id, **body}
    return call("POST", ALL, actor=actor, body=told, key=key, shop_id=world.id)


def listed(world, **headers):
    return call("GET", ALL, actor=MERCHANT, shop_id=world.id, **headers).json["items"]


def run(clock, **later):
    clock.moment += timedelta(**later)
    return use_cases.fetch_due(wiring.calendars(), clock.now())


def starts(world, date="2030-05-02"):
    return [one["local_start"][11:16] for one in world.times(date=date).json["times"]]


def test_a_file_keeps_its_times_free(world):
    made = add(world, ics=ics(NINE_TO_NOON))
    assert made.status == 201, made.text
    told = made.json
    assert (told["state"], told["busy_times"], told["conflicts"], told["host"]) == ("read", 1, 0, None)
    assert (told["last_fetched_at"], told["fault"]) == ("2030-05-01T01:00:00Z", None)
    assert starts(world)[0] == "12:00"
    assert world.hold("10:00").json["code"] == "slot-taken"
    assert listed(world) == [told]
    assert "牙医" not in made.text


def test_a_repeat_is_the_same_calendar(world):
    first = add(world, key="key-of-a-calendar", ics=ics(NINE_TO_NOON))
    again = add(world, key="key-of-a-calendar", ics=ics(NINE_TO_NOON))
    assert (again.status, again.json, again.headers["Idempotent-Replayed"]) == (201, first.json, "true")
    assert len(listed(world)) == 1


def test_what_is_forgotten_frees_its_times(world):
    made = add(world, ics=ics(NINE_TO_NOON)).json
    assert call("DELETE", ONE, actor=MERCHANT, shop_id=world.id, calendar_id=made["id"]).status == 204
    assert starts(world)[0] == "09:00"
    assert listed(world) == []
    assert call("DELETE", ONE, actor=MERCHANT, shop_id=world.id, calendar_id=made["id"]).status == 404


def test_bookings_stay_and_are_told(world):
    booking = world.sell("10:00")
    told = add(world, ics=ics(NINE_TO_NOON)).json
    assert told["conflicts"] == 1
    assert world.see(booking["id"])["state"] == "confirmed"
    assert starts(world)[0] == "12:00"


def test_an_address_is_read_by_the_schedule(world, clock, elsewhere):
    made = add(world, url=URL).json
    assert (made["state"], made["host"], made["last_fetched_at"]) == ("waiting", "calendar.example", None)
    assert elsewhere.asked == []
    assert starts(world)[0] == "09:00"
    assert run(clock, seconds=1) == use_cases.Run(read=1)
    assert starts(world)[0] == "12:00"
    [told] = listed(world)
    assert (told["state"], told["busy_times"], told["next_fetch_at"]) == ("read", 1, "2030-05-01T01:15:01Z")
    assert "secret" not in json.dumps(told)


def test_what_has_not_changed_is_asked_by_its_tag(world, clock, elsewhere):
    add(world, url=URL)
    run(clock, seconds=1)
    assert run(clock, minutes=10) == use_cases.Run()
    assert run(clock, minutes=6) == use_cases.Run(read=1)
    assert elsewhere.asked == [(URL, None), (URL, '"1"')]
    elsewhere.text, elsewhere.etag = ics(("20300502T070000Z", "20300502T100000Z")), '"2"'
    run(clock, minutes=16)
    assert (starts(world)[0], starts(world)[-1]) == ("09:00", "14:00")
    elsewhere.text, elsewhere.etag = ics(), None
    run(clock, minutes=16)
    assert starts(world)[-1] == "17:00"
    assert [told["busy_times"] for told in listed(world)] == [0]


def test_each_day_a_day_more_is_kept_free(world, clock, elsewhere):
    far = ("20300810T010000Z", "20300810T040000Z")  # in 101 days
    add(world, url=URL)
    elsewhere.text = ics(far)
    run(clock, seconds=1)
    for _ in range(12):
        run(clock, days=1)
    assert starts(world, "2030-08-10")[0] == "12:00"
    assert {etag for _, etag in elsewhere.asked[1:]} == {'"1"'}


def test_a_file_too_is_looked_at_each_day(world, clock):
    add(world, ics=ics(("20300810T010000Z", "20300810T040000Z")))
    assert run(clock, hours=23) == use_cases.Run()
    assert run(clock, days=11) == use_cases.Run(read=1)
    assert starts(world, "2030-08-10")[0] == "12:00"


def test_a_booking_that_was_cancelled_leaves_its_time_to_the_calendar(world, clock, elsewhere):
    booking = world.sell("10:00")
    add(world, url=URL)
    run(clock, seconds=1)
    assert listed(world)[0]["conflicts"] == 1
    cancelled = call("POST", "/v1/orders/{order_id}/cancel", actor=CUSTOMER, body={}, order_id=booking["order_id"])
    assert cancelled.status == 200, cancelled.text
    assert starts(world)[0] == "10:00"
    run(clock, minutes=16)
    assert (starts(world)[0], listed(world)[0]["conflicts"]) == ("12:00", 0)


def test_what_cannot_be_read_is_told_and_asked_ever_more_rarely(world, clock, elsewhere):
    add(world, url=URL)
    run(clock, seconds=1)
    elsewhere.text, elsewhere.etag = faults.Unreachable(), '"2"'
    waits = []
    for _ in range(9):
        assert run(clock, days=1, seconds=1) == use_cases.Run(failed=1)
        [told] = listed(world)
        waits.append(datetime.fromisoformat(told["next_fetch_at"]) - clock.now())
    assert waits[:3] == [timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2)]
    assert waits[-1] == timedelta(days=1)
    assert (told["state"], told["fault"]["code"]) == ("failed", "calendar-unreachable")
    assert starts(world, "2030-05-02") == []  # it is the tenth by now: only that nothing broke
    [chinese] = listed(world, headers={"Accept-Language": "zh-CN"})
    assert chinese["fault"]["title"] == "日历服务器无响应"
    elsewhere.text = ics()
    run(clock, days=1, seconds=1)
    assert (listed(world)[0]["state"], listed(world)[0]["fault"]) == ("read", None)


def test_what_it_said_counts_while_it_cannot_be_read(world, clock, elsewhere):
    add(world, url=URL)
    run(clock, seconds=1)
    elsewhere.text, elsewhere.etag = "<html>", None
    assert run(clock, minutes=16) == use_cases.Run(failed=1)
    assert (starts(world)[0], listed(world)[0]["fault"]["code"]) == ("12:00", "calendar-not-readable")


def test_each_day_a_day_more_counts_also_while_it_cannot_be_read(world, clock, elsewhere):
    elsewhere.text = ics(("20300810T010000Z", "20300810T040000Z"))
    add(world, url=URL)
    run(clock, seconds=1)
    elsewhere.text, elsewhere.etag = faults.Unreachable(), None
    for _ in range(12):
        run(clock, days=1, seconds=1)
    assert starts(world, "2030-08-10")[0] == "12:00"


def test_two_calendars_stand_beside_each_other(world):
    first = add(world, ics=ics(NINE_TO_NOON)).json
    add(world, ics=ics(("20300502T010000Z", "20300502T050000Z")))
    call("DELETE", ONE, actor=MERCHANT, shop_id=world.id, calendar_id=first["id"])
    assert starts(world)[0] == "13:00"


def test_a_shop_without_staff_has_a_calendar_itself(clock):
    world = Shop(clock)
    refused = add(world, staff_id=None, ics=ics())
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "staff_id")
    store = wiring.shops().store
    wiring.committer().commit(
        [
            store.create(shop(id="shp_alone", merchant_id=MERCHANT.account_id)),
            store.put_offering(offering(id="off_alone", shop_id="shp_alone")),
        ]
    )
    world.id, world.offering_id = "shp_alone", "off_alone"
    assert add(world, staff_id=None, ics=ics(NINE_TO_NOON)).json["staff_id"] is None
    assert starts(world)[0] == "12:00"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"ics": "x"}, 422, "calendar-not-readable"),
        ({"url": "http://example.com/a.ics"}, 422, "calendar-address-refused"),
        ({"url": "https://u:p@example.com/"}, 422, "calendar-address-refused"),
        ({}, 422, "invalid-request"),
        ({"ics": "x", "url": "https://example.com/"}, 422, "invalid-request"),
        ({"ics": "x", "staff_id": "stf_none"}, 404, "not-found"),
        ({"ics": "x" * 1_100_000}, 422, "invalid-request"),
        ({"ics": "x" * 2_100_000}, 413, "too-large"),
    ],
)
def test_what_is_refused(world, body, status, code):
    answer = add(world, **body)
    assert (answer.status, answer.json["code"]) == (status, code), answer.text[:300]
    assert listed(world) == []


def test_a_shops_calendars_are_its_merchants(world):
    made = add(world, actor=ADMIN, ics=ics()).json
    for actor, status in ((OTHER, 403), (CUSTOMER, 403), (None, 401)):
        assert add(world, actor=actor, ics=ics()).status == status
        assert call("GET", ALL, actor=actor, shop_id=world.id).status == status
        assert call("DELETE", ONE, actor=actor, shop_id=world.id, calendar_id=made["id"]).status == status
    assert call("GET", ALL, actor=MERCHANT, shop_id="shp_none").status == 404


def test_a_shop_has_only_so_many(world, monkeypatch):
    monkeypatch.setattr("chalicelib.calendars.store.MOST_CALENDARS", 2)
    first, second, third = (add(world, ics=ics()) for _ in range(3))
    assert (second.status, third.status, third.json["code"]) == (201, 409, "too-many-calendars")
    call("DELETE", ONE, actor=MERCHANT, shop_id=world.id, calendar_id=first.json["id"])
    assert add(world, ics=ics()).status == 201


def test_one_that_was_forgotten_meanwhile_is_left_alone(world, clock, elsewhere):
    made = add(world, url=URL).json
    ports = wiring.calendars()
    asked = ports.calendars.calendar(world.id, made["id"])
    call("DELETE", ONE, actor=MERCHANT, shop_id=world.id, calendar_id=made["id"])
    assert use_cases.refresh(ports, world.id, made["id"], NOW) is None
    assert asked.state == external.State.WAITING
    assert starts(world)[0] == "09:00"


def test_of_two_runs_at_once_one_counts(world, clock, elsewhere):
    made = add(world, url=URL).json
    ports, inner = wiring.calendars(), elsewhere.fetch

    def slow(url, etag):
        elsewhere.fetch = inner
        use_cases.refresh(ports, world.id, made["id"], NOW + timedelta(seconds=5))
        return Fetched(ics(), None)

    elsewhere.fetch = slow
    standing = use_cases.refresh(ports, world.id, made["id"], NOW + timedelta(seconds=4))
    assert (standing.read_at, standing.spans) == (NOW + timedelta(seconds=5), 1)
    assert starts(world)[0] == "12:00"


def test_a_run_ends_in_time_and_tells_what_is_left(world, clock, elsewhere):
    for _ in range(3):
        add(world, url=URL)
    ticks = iter(range(0, 10_000, 150))
    run = use_cases.fetch_due(wiring.calendars(), NOW + timedelta(seconds=1), lambda: next(ticks))
    assert run == use_cases.Run(read=1, left=2)
    assert fetch(json.loads(SCHEDULED.read_text()) | {"as_of": "2030-05-01T01:00:02Z"}, None) == {
        "read": 2,
        "failed": 0,
        "left": 0,
    }
    assert [one["state"] for one in listed(world)] == ["read"] * 3


def test_what_reading_costs(world, clock, elsewhere, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    spent = {}

    def measured(name, work):
        with meter.measure() as usage:
            made = work()
        spent[name] = (usage.requests, usage.read_units, usage.write_units)
        return made

    made = add(world, url=URL).json
    refresh = partial(use_cases.refresh, wiring.calendars(), world.id, made["id"])
    measured("first", lambda: refresh(NOW + timedelta(seconds=1)))
    measured("unchanged", lambda: refresh(NOW + timedelta(minutes=16)))
    elsewhere.text, elsewhere.etag = ics(("20300502T070000Z", "20300502T100000Z")), '"2"'
    measured("changed", lambda: refresh(NOW + timedelta(minutes=32)))
    measured("none due", lambda: use_cases.fetch_due(wiring.calendars(), NOW + timedelta(minutes=33)))
    measured("feed", lambda: feeds.open_of_shop(wiring.feeds(), MERCHANT, world.id))
    assert spent == {
        "first": (6, 96, 11),
        "unchanged": (4, 3, 4),
        "changed": (6, 96, 11),
        "none due": (4, 2, 0),
        "feed": (3, 2, 3),
    }


def test_only_who_reads_a_calendar_waits_for_the_library():
    code = "import sys, app, chalicelib.calendars.gateways.https; sys.exit('icalendar' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=True)
