import json
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.outbox import SEARCH, Message
from chalicelib.outbox.store import KEPT, SHARDS, MessageRow, SentRow
from tests.api import told

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
COSTS = (3, 2, 4)  # the index has a row too


def put(*messages):
    wiring.committer().commit([wiring.outbox().put(message) for message in messages])


def message(seconds=0, **kwargs):
    return Message(
        "shop.changed", (SEARCH,), {"shop_id": "shp_1", "name": "馒头"}, NOW + timedelta(seconds=seconds), **kwargs
    )


@pytest.mark.store
def test_messages_wait_in_order_until_they_are_removed(tables):
    messages = [message(seconds) for seconds in range(5)]
    put(*reversed(messages))
    assert told() == messages
    wiring.outbox().remove([messages[0].id, messages[0].id, messages[3].id, "msg_gone"])
    assert told() == [messages[1], messages[2], messages[4]]


@pytest.mark.store
def test_only_what_waits_since_before_a_moment_is_listed(tables):
    put(*(message(seconds) for seconds in (0, 10, 20)))
    found = [one for shard in range(SHARDS) for one in wiring.outbox().left_behind(shard, NOW + timedelta(seconds=20))]
    assert sorted(one.occurred_at for one in found) == [NOW, NOW + timedelta(seconds=10)]


def test_a_message_whose_id_follows_from_what_happened_can_be_put_again(tables):
    one = message(id="msg_derived")
    put(one)
    put(one)
    assert told() == [one]


def test_all_shards_are_used(tables):
    put(*(message() for _ in range(90)))
    counts = [len(list(wiring.outbox().left_behind(shard, NOW + timedelta(1)))) for shard in range(SHARDS)]
    assert sum(counts) == 90
    assert min(counts) > 0


def test_images_of_the_stream_are_read(tables):
    one = message()
    put(one)
    (item,) = tables.dynamodb.scan(TableName=MessageRow.Meta.table_name)["Items"]
    assert wiring.outbox().read_images([item]) == [one]


def test_an_unreadable_row_is_passed_over_and_stays(tables, caplog):
    good, bad = message(), message(1, id="msg_bad")
    put(good, bad)
    for body in ("not json", "{}", "[]", json.dumps(bad.to_json() | {"new": 1})):
        row = MessageRow.get("msg_bad", "MSG")
        row.update([MessageRow.body.set(body)])
        assert told() == [good]
        assert wiring.outbox().read_images([{"pk": {"S": "msg_bad"}, "body": {"S": body}}]) == []
    assert MessageRow.get("msg_bad", "MSG").body
    assert "unreadable message" in caplog.text


def test_what_it_costs(tables):
    with meter.measure() as written:
        put(message(id="msg_1"))
    with meter.measure() as removed:
        wiring.outbox().remove(["msg_1"])
    with meter.measure() as empty:
        told()
    assert (written.requests, removed.requests, empty.requests) == (1, 1, SHARDS)
    assert (written.write_units, removed.write_units, empty.read_units) == COSTS


@pytest.mark.store
def test_what_was_sent_is_had_by_its_day_and_dies(tables):
    sent = wiring.relay().sent
    one, two, yesterday = message(), message(5), message(-86_400)
    sent.keep([one, two, one, yesterday])
    sent.keep([two])
    assert sorted(sent.of_day(NOW.date()), key=lambda found: found.occurred_at) == [one, two]
    assert list(sent.of_day(NOW.date() - timedelta(days=1))) == [yesterday]
    assert {row.expires_at for row in SentRow.scan() if one.id in row.sk} == {int((NOW + KEPT).timestamp())}


def test_where_somebody_signed_in_is_not_kept(tables):
    sent, login = wiring.relay().sent, Message("login.new", ("notifications",), {"device": "Firefox"}, NOW)
    sent.keep([login, message()])
    assert [one.type for one in sent.of_day(NOW.date())] == ["shop.changed"]


def test_keeping_what_was_sent_costs_one_write_a_message(tables):
    sent = wiring.relay().sent
    with meter.measure() as kept:
        sent.keep([message(number) for number in range(30)])
    assert (kept.requests, kept.write_units) == (2, 30)
