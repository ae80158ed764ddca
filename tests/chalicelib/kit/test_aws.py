from datetime import timedelta
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from chalicelib.accounts.rules.sessions import GRACE
from chalicelib.kit import aws
from tests.emulators import function_environment


def test_an_errors_name_is_told_and_not_what_was_sent():
    refused = ClientError({"Error": {"Code": "Throttled", "Message": "+8613800000000"}}, "Publish")
    assert aws.reason(refused) == "Throttled"
    assert aws.reason(ReadTimeoutError(endpoint_url="https://sns.example")) == "ReadTimeoutError"
    assert aws.reason(ValueError("+8613800000000")) == "ValueError"


@pytest.fixture
def told(monkeypatch, ministack):
    found = []
    monkeypatch.setattr(aws, "asked", lambda _began, status, theirs, **call: found.append((status, theirs, call)))
    for name, value in function_environment("test", ministack.endpoint).items():
        monkeypatch.setenv(name, value)
    aws.reset()
    yield found
    aws.reset()


def test_a_message_that_is_sent_is_a_line_with_the_id_that_aws_gave_it(told):
    sns = aws.client("sns")
    sns.publish(PhoneNumber="+8613800000000", Message="told nobody")
    with pytest.raises(ClientError):
        sns.publish(TopicArn="arn:aws:sns:eu-west-1:000000000000:nowhere", Message="x")
    (sent, refused) = told
    assert sent[0] == 200
    assert len(sent[1]) > 8
    assert sent[2] == {"provider": "aws/sns", "method": "POST", "path": "Publish"}
    assert 400 <= refused[0] < 500


def test_a_message_that_nobody_took_is_a_line_too(told, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", "http://127.0.0.1:9")
    aws.reset()
    with pytest.raises(EndpointConnectionError):
        aws.client("sns").publish(PhoneNumber="+8613800000000", Message="x")
    assert told == [(None, None, {"provider": "aws/sns", "method": "POST", "path": "Publish"})]


class DownError(Exception):
    """What a domain calls it."""


def test_who_gives_no_opinion_is_asked_again_after_a_while(told, monkeypatch):
    """A batch of ten would be past its minute before the last is told that nobody answers."""
    moments, asked = [100.0], []

    class Client:
        def detect(self, **request):
            asked.append(request)
            if len(asked) == 1:
                raise ReadTimeoutError(endpoint_url="https://service.invalid")
            if request["Text"] == "throttled":
                raise ClientError({"Error": {"Code": "ThrottlingException"}}, "Detect")
            if request["Text"] == "refused":
                raise ClientError({"Error": {"Code": "TooLong"}}, "Detect")
            return {"Labels": []}

    monkeypatch.setattr(aws, "client", lambda _service: Client())
    monkeypatch.setattr(aws, "time", SimpleNamespace(monotonic=lambda: moments[0]))

    def opinion(text, service="comprehend"):
        return aws.opinion(service, "detect", frozenset({"TooLong"}), DownError, Text=text)

    with pytest.raises(DownError, match="ReadTimeoutError"):
        opinion("x")
    for _ in range(9):
        with pytest.raises(DownError, match="silent"):
            opinion("x")
    assert len(asked) == 1
    assert opinion("x", "rekognition") == {"Labels": []}  # another service
    moments[0] += aws.SILENCE
    assert opinion("x") == {"Labels": []}
    assert opinion("refused") is None
    with pytest.raises(DownError, match="ThrottlingException"):
        opinion("throttled")
    assert opinion("x") == {"Labels": []}  # who answers at once, whatever it is, is asked on


def test_what_may_be_left_undone_is_not_waited_for(told):
    hasty = aws.hasty("sqs")
    assert (hasty.meta.config.connect_timeout, hasty.meta.config.read_timeout) == (1, 2)
    assert hasty.meta.config.retries["total_max_attempts"] == 1
    assert aws.hasty("sqs") is hasty
    assert aws.client("sqs").meta.config.retries["total_max_attempts"] == 3


def test_what_is_asked_all_the_time_is_no_line(told):
    aws.client("sqs").list_queues()
    assert told == []


def test_a_table_that_hangs_is_told_of_while_a_refresh_may_still_be_repeated_twice(told):
    """A hanging table costs every attempt its time-out, and botocore's waits of 1 s and 2 s at most between them."""
    config = aws.client("dynamodb").meta.config
    assert config.retries["total_max_attempts"] == 3
    silent = 3 * max(config.read_timeout, config.connect_timeout) + 1 + 2
    assert silent <= 12
    assert timedelta(seconds=2 * (silent + 1)) < GRACE
