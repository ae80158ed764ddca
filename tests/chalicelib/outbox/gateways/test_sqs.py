import json
from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from chalicelib.kit import aws
from chalicelib.kit.outbox import Message
from chalicelib.outbox.gateways.sqs import SqsQueues

AT = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def sqs(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "ap-southeast-1",
        "AWS_REGION": "ap-southeast-1",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"):
        monkeypatch.delenv(name, raising=False)
    aws.reset()
    with mock_aws():
        yield boto3.client("sqs")
    aws.reset()


def message(size=0):
    return Message("shop.changed", ("search",), {"text": "x" * size}, AT)


def received(sqs, url):
    found = []
    while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(one["Body"]) for one in batch]
    return found


def test_messages_arrive_as_they_were_in_batches_of_ten(sqs, monkeypatch):
    url = sqs.create_queue(QueueName="linli-test-search")["QueueUrl"]
    sent = [message() for _ in range(23)]
    client, calls = aws.client("sqs"), []
    real = client.send_message_batch
    monkeypatch.setattr(client, "send_message_batch", lambda **kwargs: calls.append(kwargs) or real(**kwargs))
    assert SqsQueues("linli-test").send("search", sent) == {one.id for one in sent}
    assert [len(call["Entries"]) for call in calls] == [10, 10, 3]
    arrived = [Message.from_json(body) for body in received(sqs, url)]
    assert sorted(arrived, key=lambda one: one.id) == sorted(sent, key=lambda one: one.id)


def test_large_messages_travel_in_batches_that_fit(sqs, monkeypatch):
    sqs.create_queue(QueueName="linli-test-search")
    client, calls = aws.client("sqs"), []
    real = client.send_message_batch
    monkeypatch.setattr(client, "send_message_batch", lambda **kwargs: calls.append(kwargs) or real(**kwargs))
    sent = [message(90 * 1024) for _ in range(5)]
    assert SqsQueues("linli-test").send("search", sent) == {one.id for one in sent}
    assert [len(call["Entries"]) for call in calls] == [2, 2, 1]


def test_a_queue_that_is_not_there_takes_nothing_and_raises_nothing(sqs, caplog):
    assert SqsQueues("linli-test").send("search", [message()]) == set()
    assert "queue does not answer" in caplog.text


def test_what_the_queue_refuses_is_told_apart(sqs, monkeypatch, caplog):
    sqs.create_queue(QueueName="linli-test-search")
    answer = {"Successful": [{"Id": "1"}], "Failed": [{"Id": "0", "Code": "InternalError"}]}
    monkeypatch.setattr(aws.client("sqs"), "send_message_batch", lambda **_: answer)
    one, two = message(), message()
    assert SqsQueues("linli-test").send("search", [one, two]) == {two.id}
    assert "queue refused a message" in caplog.text


def test_one_failing_batch_does_not_keep_the_next_from_going(sqs, monkeypatch):
    sqs.create_queue(QueueName="linli-test-search")
    client, calls = aws.client("sqs"), []
    real = client.send_message_batch

    def flaky(**kwargs):
        calls.append(kwargs)
        if len(calls) == 1:
            raise ClientError({"Error": {"Code": "Throttled", "Message": "planted"}}, "SendMessageBatch")
        return real(**kwargs)

    monkeypatch.setattr(client, "send_message_batch", flaky)
    sent = [message() for _ in range(15)]
    assert SqsQueues("linli-test").send("search", sent) == {one.id for one in sent[10:]}


def test_nothing_to_send_asks_nothing(sqs):
    assert SqsQueues("linli-test").send("search", []) == set()
