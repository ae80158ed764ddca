"""Sent twice is allowed, lost is not: whatever fails between the transaction and the queues."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import wiring
from chalicelib.kit.observability import span
from chalicelib.kit.outbox import NOTIFICATIONS, PAYMENTS, SEARCH, Message
from chalicelib.outbox import use_cases
from chalicelib.outbox.ports import OutboxPorts
from chalicelib.outbox.use_cases import Relayed, relay, sweep
from tests.api import told
from tests.fakes.queues import FakeQueues, FakeSent

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
LONG_AGO = NOW - timedelta(minutes=5)


class FakePending:
    """Rows in memory."""

    shards = 2

    def __init__(self, messages=()):
        self.rows = {message.id: message for message in messages}
        self.broken = False

    def left_behind(self, shard, before):
        mine = [m for m in self.rows.values() if hash(m.id) % 2 == shard and m.occurred_at < before]
        return iter(sorted(mine, key=lambda message: message.occurred_at))

    def remove(self, message_ids):
        if self.broken:
            raise ConnectionError("planted")
        for message_id in message_ids:
            self.rows.pop(message_id, None)


def message(*queues, at=LONG_AGO):
    return Message("order.confirmed", queues or (NOTIFICATIONS,), {"order_id": "ord_1"}, at)


def ports(*messages):
    return OutboxPorts(FakePending(messages), FakeQueues(), FakeSent())


def test_each_message_goes_to_all_of_its_queues_and_its_row_is_removed():
    one, two = message(NOTIFICATIONS, SEARCH), message(PAYMENTS)
    made = ports(one, two)
    assert relay(made, [one, two]) == Relayed(sent=2)
    assert sorted(made.queues.sent) == sorted([(NOTIFICATIONS, one.id), (SEARCH, one.id), (PAYMENTS, two.id)])
    assert not made.pending.rows
    assert made.sent.rows == {one.id: one, two.id: two}


def test_what_was_sent_stands_on_the_line_of_who_sent_it_with_the_request_that_it_is_of():
    one, two = replace(message(SEARCH), trace="req-1"), replace(message(NOTIFICATIONS), trace="req-2")
    made = ports(one, two)
    made.queues.refused = {(NOTIFICATIONS, two.id)}
    with span() as line:
        sweep(made, NOW)
    assert sorted(line.result["messages"], key=lambda row: row["request_id"]) == [
        {"id": one.id, "type": one.type, "request_id": "req-1"},
        {"id": two.id, "type": two.type, "request_id": "req-2", "waits": True},
    ]
    assert line.counts == {"OutboxLeftBehind": (2, "Count"), "OutboxStuck": (1, "Count")}


def test_one_that_a_queue_does_not_take_stays_and_the_others_go():
    one, two, three = message(NOTIFICATIONS, SEARCH), message(SEARCH), message(NOTIFICATIONS)
    made = ports(one, two, three)
    made.queues.refused = {(SEARCH, one.id)}
    assert relay(made, [one, two, three]) == Relayed(sent=2, failed=1)
    assert set(made.pending.rows) == {one.id}
    made.queues.refused = set()
    assert sweep(made, NOW) == Relayed(sent=1)
    assert made.queues.sent.count((NOTIFICATIONS, one.id)) == 2, "twice is allowed"
    assert made.queues.sent.count((SEARCH, one.id)) == 1
    assert not made.pending.rows


def test_a_row_that_cannot_be_removed_does_not_stop_the_stream():
    one = message()
    made = ports(one)
    made.pending.broken = True
    assert relay(made, [one]) == Relayed(sent=1)
    made.pending.broken = False
    assert sweep(made, NOW) == Relayed(sent=1)
    assert made.queues.sent == [(NOTIFICATIONS, one.id)] * 2
    assert not made.pending.rows


def test_what_cannot_be_kept_for_a_replay_is_removed_all_the_same(monkeypatch):
    one, two = message(), message()
    made = ports(one, two)

    def throttled(_messages):
        raise ConnectionError("planted")

    with monkeypatch.context() as failing, span() as line:
        failing.setattr(made.sent, "keep", throttled)
        assert relay(made, [one, two]) == Relayed(sent=2)
    assert line.counts["SentNotKept"] == (2, "Count")
    assert not made.pending.rows, "otherwise each sweep sends them again, in front of what was never sent"


def test_a_crash_between_sending_and_removing_loses_nothing(monkeypatch):
    one = message()
    made = ports(one)

    def die(_ids):
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(made.pending, "remove", die)
        with pytest.raises(SystemExit):
            relay(made, [one])
    assert set(made.pending.rows) == {one.id}
    assert sweep(made, NOW) == Relayed(sent=1)
    assert made.queues.sent == [(NOTIFICATIONS, one.id)] * 2


def test_the_sweep_leaves_young_rows_to_the_relay():
    young, old = message(at=NOW - timedelta(seconds=29)), message(at=NOW - timedelta(seconds=31))
    made = ports(young, old)
    assert sweep(made, NOW) == Relayed(sent=1)
    assert set(made.pending.rows) == {young.id}


def test_a_sweep_is_bounded_and_the_next_one_goes_on(monkeypatch):
    monkeypatch.setattr(use_cases, "MOST_OF_A_SHARD", 5)
    monkeypatch.setattr(use_cases, "_BATCH", 2)
    made = ports(*(message() for _ in range(40)))
    assert sweep(made, NOW).sent == 10
    for _ in range(10):
        sweep(made, NOW)
    assert not made.pending.rows
    assert len(made.queues.sent) == 40


def test_the_sweep_counts_what_it_found_and_what_is_stuck(monkeypatch):
    told_metrics = {}
    monkeypatch.setattr(use_cases, "metric", lambda name, value: told_metrics.update({name: value}))
    one, two = message(), message(SEARCH)
    made = ports(one, two)
    made.queues.down = {SEARCH}
    assert sweep(made, NOW) == Relayed(sent=1, failed=1)
    assert told_metrics == {"OutboxLeftBehind": 2, "OutboxStuck": 1}


@given(
    st.lists(st.sets(st.sampled_from([NOTIFICATIONS, SEARCH, PAYMENTS]), min_size=1), max_size=12),
    st.sets(st.tuples(st.sampled_from([NOTIFICATIONS, SEARCH, PAYMENTS]), st.integers(0, 11))),
    st.booleans(),
)
def test_whatever_fails_each_message_reaches_each_queue_in_the_end(queues, refused, broken):
    messages = [message(*sorted(one)) for one in queues]
    made = ports(*messages)
    made.queues.refused = {(queue, messages[n].id) for queue, n in refused if n < len(messages)}
    made.pending.broken = broken
    relay(made, messages)
    for one in messages:  # nothing is removed that a queue has not taken
        assert one.id in made.pending.rows or all((q, one.id) in made.queues.sent for q in one.queues)
    made.queues.refused, made.pending.broken = set(), False
    sweep(made, NOW)
    assert not made.pending.rows
    assert set(made.queues.sent) == {(queue, one.id) for one in messages for queue in one.queues}


@pytest.mark.store
def test_from_transaction_to_queue_on_real_rows(tables):
    made = OutboxPorts(wiring.outbox(), FakeQueues(), wiring.relay().sent)
    messages = [message(NOTIFICATIONS, SEARCH) for _ in range(30)]
    for one in messages:
        wiring.committer().commit([made.pending.put(one)])
    made.queues.refused = {(SEARCH, messages[3].id)}
    assert sweep(made, NOW) == Relayed(sent=29, failed=1)
    assert [one.id for one in told()] == [messages[3].id]
    made.queues.refused = set()
    assert sweep(made, NOW) == Relayed(sent=1)
    assert told() == []
    assert sorted(one.id for one in made.sent.of_day(LONG_AGO.date())) == sorted(one.id for one in messages)
