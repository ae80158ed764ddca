import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.kit.outbox import Message
from chalicelib.outbox import events
from chalicelib.outbox.ports import OutboxPorts
from tests.api import told
from tests.fakes.queues import FakeQueues, FakeSent

SAMPLES = Path(__file__).parents[2] / "events"
AT = datetime(2030, 5, 1, 18, 30, tzinfo=UTC)


@pytest.fixture
def queues(tables, monkeypatch):
    made = FakeQueues()
    monkeypatch.setattr(wiring, "relay", lambda: OutboxPorts(wiring.outbox(), made, FakeSent()))
    return made


def put(message):
    wiring.committer().commit([wiring.outbox().put(message)])
    return message


def test_the_stream_is_relayed(queues):
    sample = json.loads((SAMPLES / "outbox-relay.json").read_text())
    image = sample["Records"][0]["dynamodb"]["NewImage"]
    one = put(Message.from_json(json.loads(image["body"]["S"])))
    assert events.relay(sample, None) is None
    assert queues.sent == [("notifications", one.id)]
    assert told() == []


def test_one_unreadable_record_does_not_hold_up_the_stream(queues):
    sample = json.loads((SAMPLES / "outbox-relay.json").read_text())
    broken = json.loads(json.dumps(sample["Records"][0]))
    broken["dynamodb"]["NewImage"]["body"]["S"] = "?"
    sample["Records"].insert(0, broken)
    events.relay(sample, None)
    assert len(queues.sent) == 1


def test_the_sweep_is_told_the_time(queues):
    sample = json.loads((SAMPLES / "outbox-sweep.json").read_text())
    put(Message("order.confirmed", ("notifications",), {}, AT, id="msg_1"))
    early = {**sample, "as_of": (AT + timedelta(seconds=30)).isoformat()}
    assert events.sweep(early, None) == {"sent": 0, "failed": 0}
    late = {**sample, "as_of": (AT + timedelta(seconds=31)).isoformat()}
    assert events.sweep(late, None) == {"sent": 1, "failed": 0}
