import json
from datetime import UTC, datetime

import pytest

from chalicelib import wiring
from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.notifications import events
from chalicelib.notifications.gateways.inbox import InboxSender
from chalicelib.notifications.gateways.sns import SnsSender
from chalicelib.notifications.ports import NotificationPorts
from chalicelib.notifications.rules import Channel, SenderDown, State
from chalicelib.notifications.store import NotificationStore
from tests.api import CUSTOMER, sqs_record
from tests.chalicelib.notifications.payloads import PAYLOADS
from tests.chalicelib.notifications.test_use_cases import CUSTOMERS, MERCHANTS, FakeSender
from tests.fakes.neighbours import Neighbours

AT = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def sms(tables, monkeypatch):
    near, sender = Neighbours(), FakeSender()
    ports = NotificationPorts(
        store=NotificationStore(),
        senders={Channel.SMS: sender},
        clock=wiring.clock(),
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


def test_a_batch_is_delivered_and_what_failed_comes_again(sms):
    confirmed, expired, posted = message("order.confirmed"), message("coupon.expired"), message("review.posted")
    sms.moods = {CUSTOMERS: [SenderDown("planted")]}
    event = batch(confirmed, expired, posted)
    assert events.deliver(event, None) == {"batchItemFailures": [{"itemIdentifier": confirmed.id}]}
    assert events.deliver(batch(confirmed), None) == {"batchItemFailures": []}
    assert len(sms.inbox) == 4
    assert {to for to, _ in sms.inbox.values()} == {CUSTOMERS, MERCHANTS}
    assert events.deliver(event, None) == {"batchItemFailures": []}
    assert len(sms.inbox) == len(sms.calls) - 1 == 4, "nothing is sent twice"
    kept = NotificationStore().of_account(CUSTOMER.account_id, None, 10).items
    assert [one.state for one in kept] == [State.SENT] * 2


def test_what_is_no_message_goes_to_the_dead_letters(sms):
    event = {"Records": [sqs_record("1", json.dumps({"x": 1}))]}
    assert events.deliver(event, None) == {"batchItemFailures": [{"itemIdentifier": "1"}]}


def test_texts_go_to_the_inbox_where_there_is_one(tables, monkeypatch):
    assert isinstance(wiring.notifications().senders[Channel.SMS], SnsSender)
    monkeypatch.setenv("INBOX_URL", "http://127.0.0.1:9")
    from tests.conftest import forget

    forget()
    assert isinstance(wiring.notifications().senders[Channel.SMS], InboxSender)
