import pytest

from chalicelib.kit import redelivery
from chalicelib.kit.redelivery import DELAYS, delay
from infra.queues import MAX_RECEIVES
from tests.api import sqs_record

QUEUE = "linli-test-payments"


@pytest.fixture
def queue(tables, ministack):
    """A queue of the stage, empty before and after."""
    sqs = ministack.client("sqs")
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    yield sqs, url
    sqs.purge_queue(QueueUrl=url)
    redelivery._url.cache_clear()


def received(sqs, url):
    [found] = sqs.receive_message(QueueUrl=url, VisibilityTimeout=3600)["Messages"]
    return found


def test_a_message_comes_again_soon_and_later_each_time():
    assert [delay(tries) for tries in range(1, 10)] == [5, 20, 60, 180, 600, 900, 900, 900, 900]
    assert len(DELAYS) == MAX_RECEIVES - 1
    assert 40 * 60 < sum(DELAYS) < 50 * 60


def test_what_failed_can_be_received_again_long_before_the_time_out(queue, monkeypatch):
    sqs, url = queue
    monkeypatch.setattr(redelivery, "DELAYS", (0, 1000))
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    arn = f"arn:aws:sqs:ap-southeast-1:000000000000:{QUEUE}"
    for tries in (1, 2):
        found = received(sqs, url)
        record = sqs_record("1", "{}", tries, receiptHandle=found["ReceiptHandle"], eventSourceARN=arn)
        assert redelivery.come_again(record)
    assert "Messages" not in sqs.receive_message(QueueUrl=url), "the second time it comes later"


def test_where_sqs_does_not_answer_the_batch_is_still_reported(tables, monkeypatch):
    gone = "arn:aws:sqs:ap-southeast-1:000000000000:linli-test-gone"
    said = []
    monkeypatch.setattr(redelivery.log, "warning", lambda text, **more: said.append((text, more)))
    assert redelivery.come_again(sqs_record("1", "{}", eventSourceARN=gone)) is False
    [(text, more)] = said
    assert (text, more["queue"]) == ("a failed message comes again later than it could", "linli-test-gone")
    assert "NonExistentQueue" in more["reason"]
