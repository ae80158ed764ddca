import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib import wiring
from chalicelib.kit.clock import iso
from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.notifications import events
from chalicelib.notifications.gateways.inbox import InboxSender
from chalicelib.notifications.gateways.sns import SnsSender
from chalicelib.notifications.rules import Channel, SenderDown, State
from chalicelib.notifications.store import NoticeTable
from chalicelib.outbox.store import MessageRow
from tests.api import CUSTOMER, sqs_record
from tests.chalicelib.notifications.payloads import PAYLOADS
from tests.chalicelib.notifications.test_use_cases import CUSTOMERS, MERCHANTS
from tests.fakes.neighbours import Neighbours
from tests.fakes.notices import FakeSender

AT = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)

EVENT = json.loads((Path(__file__).parents[2] / "events/notifications-sweep.json").read_text())


@pytest.fixture
def sms(tables, monkeypatch):
    near, sender = Neighbours(), FakeSender()
    ports = replace(
        wiring.notifications(),
        senders={Channel.SMS: sender},
        accounts=near.accounts_ports,
        shops=near.shops_ports,
        orders=near.orders_ports,
        profiles=near.profiles_ports,
    )
    monkeypatch.setattr(wiring, "notifications", lambda: ports)
    return sender


def batch(*messages):
    return {"Records": [sqs_record(m.id, m.to_text()) for m in messages]}


def message(kind):
    return Message(kind, (NOTIFICATIONS,), PAYLOADS[kind.partition(".")[0]], AT)


def test_a_batch_is_delivered_and_what_met_a_channel_that_is_down_is_swept(sms):
    confirmed, expired, posted = message("order.confirmed"), message("coupon.expired"), message("review.posted")
    sms.moods = {CUSTOMERS: [SenderDown("planted")]}
    event = batch(confirmed, expired, posted)
    for _ in range(2):
        assert events.deliver(event, None) == {"batchItemFailures": []}
    assert len(sms.calls) == 1, "a channel that is down is left alone for a moment"
    later = wiring.clock().now() + timedelta(minutes=2)
    swept = events.sweep({**EVENT, "as_of": iso(later)}, None)
    assert (swept["sent_on"], swept["down"], swept["is_done"]) == ({"sms": 3}, (), True)
    assert len(sms.inbox) == 1, "one is tried, the others follow"
    sent_on = [Message.from_json(json.loads(row.body)) for row in MessageRow.scan()]
    assert events.deliver(batch(*sent_on, *sent_on), None) == {"batchItemFailures": []}
    kept = NoticeTable().of_account(CUSTOMER.account_id, None, 10).items
    assert [(one.state, one.due) for one in kept] == [(State.SENT, None)] * 2
    assert {to for to, _ in sms.inbox.values()} == {CUSTOMERS, MERCHANTS}
    assert len(sms.inbox) == 4
    assert len(sms.calls) == 5, "nothing is sent twice"


def test_what_is_no_message_goes_to_the_dead_letters(sms):
    event = {"Records": [sqs_record("1", json.dumps({"x": 1}))]}
    assert events.deliver(event, None) == {"batchItemFailures": [{"itemIdentifier": "1"}]}


def test_texts_go_to_the_inbox_where_there_is_one(tables, monkeypatch):
    assert isinstance(wiring.notifications().senders[Channel.SMS], SnsSender)
    monkeypatch.setenv("INBOX_URL", "http://127.0.0.1:9")
    from tests.conftest import forget

    forget()
    assert isinstance(wiring.notifications().senders[Channel.SMS], InboxSender)
