"""Rows on real DynamoDB semantics: requests and capacity are asserted on dynoxide, which tells them right."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.booking import use_cases as booking
from chalicelib.calendars.rules.external import Calendar, State
from chalicelib.calendars.rules.faults import MOST_CALENDARS, TooManyCalendars
from chalicelib.calendars.rules.feed import Feed, Kind, feed_id
from chalicelib.calendars.store import CalendarTable, CountRow, FeedTable
from chalicelib.calendars.use_cases import feeds
from chalicelib.kit.dynamo import meter
from chalicelib.kit.transaction import Contention
from chalicelib.kit.wall import Window
from tests.chalicelib.booking.rules.test_booking import SOLD
from tests.chalicelib.booking.world import NOW, StoppedClock, at, customer, shop
from tests.emulators import DYNOXIDE

FEEDS = FeedTable()
FEED = Feed(
    feed_id(Kind.SHOP, "shp_1"), Kind.SHOP, NOW, "0" * 64, shop_id="shp_1", name="剪发屋", place="剪发屋, 衡山路"
)
CALENDAR = Calendar("cal_1", "shp_1", "stf_1", "私人", NOW, NOW, "https://calendar.example/secret.ics")
READ = replace(
    CALENDAR,
    state=State.FAILED,
    reason="calendar-unreachable",
    etag='"1"',
    read_at=NOW,
    written_at=NOW,
    spans=3,
    until=NOW + timedelta(days=9),
    conflicts=1,
    skipped=2,
    failures=4,
    next_at=NOW + timedelta(hours=1),
    version=2,
)
SPANS = (Window(at("09:00"), at("10:00")), Window(at("12:00"), at("18:00", days=9)))


@pytest.fixture
def store(tables):
    return CalendarTable(wiring.sealer())


def commit(*actions):
    wiring.committer().commit(actions)


@pytest.mark.store
def test_a_feed_is_kept_whole_and_by_version(tables):
    assert FEEDS.feed(FEED.id) is None
    commit(FEEDS.put_feed(FEED))
    assert FEEDS.feed(FEED.id) == FEED
    with pytest.raises(Contention):
        commit(FEEDS.put_feed(FEED))
    second = replace(FEED, secret_hash="1" * 64, version=2)
    commit(FEEDS.put_feed(second))
    for stale in (FEEDS.put_feed(second), FEEDS.drop_feed(FEED)):
        with pytest.raises(Contention):
            commit(stale)
    commit(FEEDS.drop_feed(second))
    assert FEEDS.feed(FEED.id) is None


@pytest.mark.store
def test_a_shops_feeds_are_listed_and_no_customers(tables):
    staff = replace(FEED, id="cfd_staff", kind=Kind.STAFF, staff_id="stf_1")
    mine = Feed("cfd_mine", Kind.CUSTOMER, NOW, "0" * 64, account_id="acc_1")
    commit(FEEDS.put_feed(FEED), FEEDS.put_feed(staff), FEEDS.put_feed(mine))
    first = FEEDS.feeds_of_shop("shp_1", None, 1)
    rest = FEEDS.feeds_of_shop("shp_1", first.next, 2)
    assert {one.id for one in (*first.items, *rest.items)} == {FEED.id, staff.id}
    assert FEEDS.feed("cfd_mine") == mine


@pytest.mark.store
def test_a_calendar_is_kept_whole_and_by_version(store):
    commit(*store.create(CALENDAR))
    assert store.calendar("shp_1", "cal_1") == CALENDAR
    assert store.busy(CALENDAR) == ()
    commit(store.replace(READ), store.put_busy(READ, SPANS))
    assert store.calendar("shp_1", "cal_1") == READ
    assert store.busy(READ) == SPANS
    for stale in ([store.replace(READ)], store.remove(CALENDAR), store.create(CALENDAR)):
        with pytest.raises(Contention):
            commit(*stale)
    file = replace(CALENDAR, id="cal_2", url=None, staff_id=None)
    commit(*store.create(file))
    assert store.calendars("shp_1") == (READ, file)
    commit(*store.remove(READ))
    assert (store.calendars("shp_1"), store.busy(READ), store.calendar("shp_1", "cal_1")) == ((file,), (), None)
    assert CountRow.get("SHOP#shp_1", "COUNT").number == 1


@pytest.mark.store
def test_a_shop_has_only_so_many(store):
    for number in range(MOST_CALENDARS):
        commit(*store.create(replace(CALENDAR, id=f"cal_{number}")))
    with pytest.raises(TooManyCalendars):
        commit(*store.create(replace(CALENDAR, id="cal_more")))
    assert len(store.calendars("shp_1")) == MOST_CALENDARS


@pytest.mark.store
def test_those_whose_turn_has_come_the_longest_waiting_first(store):
    for number in range(6):
        commit(*store.create(replace(CALENDAR, id=f"cal_{number}", next_at=NOW - timedelta(minutes=number))))
    due = [list(store.due(shard, NOW - timedelta(minutes=1), 10)) for shard in range(store.shards)]
    assert {one for shard in due for one in shard} == {("shp_1", f"cal_{number}") for number in range(2, 6)}
    assert all(shard == sorted(shard, reverse=True) for shard in due)


def test_an_address_is_sealed(store, tables):
    commit(*store.create(CALENDAR))
    assert "secret.ics" not in str(tables.dynamodb.scan(TableName=CountRow.Meta.table_name)["Items"])


def units(usage):
    return usage.requests, usage.read_units, usage.write_units


def test_what_it_costs(store, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    spent = {}

    def measured(name, work):
        with meter.measure() as usage:
            made = work()
        spent[name] = units(usage)
        return made

    opened = measured("own feed", lambda: feeds.open_own(wiring.feeds(), customer()))
    measured("read it", lambda: feeds.read(wiring.feeds(), opened.token))
    commit(wiring.booking().store.create(SOLD), wiring.shops().store.create(shop()))
    measured(
        "read it with a shop to name", lambda: feeds.read(replace(wiring.feeds(), clock=StoppedClock()), opened.token)
    )
    measured("feed", lambda: commit(FEEDS.put_feed(FEED)))
    measured("create", lambda: commit(*store.create(CALENDAR)))
    measured("list", lambda: store.calendars("shp_1"))
    measured("replace", lambda: commit(store.replace(READ)))
    measured("put busy", lambda: commit(store.put_busy(READ, SPANS)))
    measured("busy", lambda: store.busy(READ))
    measured("due", lambda: store.due(0, NOW, 50))
    found = measured("days", lambda: booking.rewrite_busy(wiring.booking(), "shp_1", "stf_1", "cal_1", SPANS, NOW))
    measured("write days", lambda: commit(*found.actions))
    measured("remove", lambda: commit(*store.remove(READ)))
    assert len(found.actions) == 9 + 1  # the days, and the message
    assert spent == {
        "own feed": (2, 1, 2),
        "read it": (2, 1.5, 0),
        "read it with a shop to name": (3, 2.5, 0),
        "feed": (1, 0, 3),
        "create": (1, 0, 5),
        "list": (1, 1, 0),
        "replace": (1, 0, 4),
        "put busy": (1, 0, 2),
        "busy": (1, 1, 0),
        "due": (1, 0.5, 0),
        "days": (1, 92, 0),
        "write days": (1, 0, 21),
        "remove": (1, 0, 7),
    }
