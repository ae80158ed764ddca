"""What happens in the deployed stack arrives at a merchant's server, signed: see `walk_webhooks`."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from chalicelib.kit.outbox import WEBHOOKS, Message
from chalicelib.webhooks.schemas.events import SCHEMAS
from tests.e2e.town import soon
from tests.fakes.receivers import receiving

pytestmark = pytest.mark.e2e


def test_what_was_sold_arrived_signed_and_once(walk, report):
    receiver = walk.webhooks.receiver
    for event_id, told in receiver.got:
        SCHEMAS[told["type"]][1].model_validate_json(json.dumps(told))
        if told["type"] != "webhook.test":
            assert receiver.ids().count(event_id) == 1
            assert told["data"]["merchant_id"] == walk.merchant.id
    assert receiver.refused == 0
    assert "order.confirmed" in receiver.types()
    report(f"webhooks of one merchant, verified by standardwebhooks: {len(receiver.got)}")


def test_duplicates_of_a_queue_message_at_once_make_one_delivery(walk, town, report, record_property):
    """Five of each of ten messages, sent to the queue of the running stack; workers race for them."""
    merchant = walk.merchant
    with receiving() as receiver:
        endpoint_id = walk.webhooks.made(merchant, receiver, ["order.refunded"])
        told = {"merchant_id": merchant.id, "order_id": "ord_1", "shop_id": "shp_1"}
        now = datetime.now(UTC)
        messages = [
            Message("order.refunded", (), told, now, number, id=f"msg_{time.time_ns()}") for number in range(10)
        ]
        sqs = town.stack.target.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{town.stack.target.prefix}-{WEBHOOKS}")["QueueUrl"]
        with ThreadPoolExecutor(10) as threads:
            list(threads.map(lambda one: sqs.send_message(QueueUrl=url, MessageBody=one.to_text()), messages * 5))
        soon(lambda: len(set(receiver.ids())) == len(messages))
        left = {"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"}

        def is_empty():
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=sorted(left))["Attributes"]
            return not any(int(value) for value in found.values())

        soon(is_empty)
        assert sorted(receiver.ids()) == sorted(set(receiver.ids()))
        answer = town.call("DELETE", f"/webhook-endpoints/{endpoint_id}", merchant)
        assert answer.status == 204
    record_property("webhooks", f"{len(messages) * 5} duplicates, {len(receiver.ids())} delivered")
    report(f"{len(messages) * 5} queue messages, {len(receiver.ids())} webhooks")
