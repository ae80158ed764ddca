"""Dead letters and their way back, on the SQS of the local AWS and, for what it does not have, against SQS's model."""

import json
import time
from dataclasses import replace
from types import SimpleNamespace

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.kit import redelivery
from infra import redrive
from infra.local.addresses import HOME_VARIABLE, Addresses, Ports
from infra.queues import QUEUES
from infra.redrive import Queue, RedriveError
from tests.emulators import REGION
from tests.infra.stage import STAGE, Stage

SECRET = "张伟 +8613800000001"


@pytest.fixture
def stage(ministack, monkeypatch):
    monkeypatch.setattr(redelivery, "DELAYS", (0,))  # a message that failed comes again at once
    made = Stage(ministack)
    yield made
    made.gone()


def message(number, type_="order.refund_due"):
    return json.dumps({"id": f"msg_{number}", "type": type_, "payload": {"name": SECRET}})


def test_looking_takes_nothing_away(stage):
    stage.send(message(1), dead=True)
    stage.send(message(2, "payment.event_received"), dead=True)
    stage.send("not ours", dead=True)
    stage.send(message(3))
    for _ in range(2):
        seen = stage.look()
        assert (seen.name, seen.waiting, seen.in_hand, seen.dead) == ("payments", 1, 0, 3)
        assert {(one.id, one.type) for one in seen.letters} == {
            ("msg_1", "order.refund_due"),
            ("msg_2", "payment.event_received"),
            (None, "unreadable"),
        }
        assert all(0 <= time.time() - one.sent_at < 60 for one in seen.letters)


def test_a_message_goes_back_as_it_was(stage):
    for number in range(12):
        stage.send(message(number), dead=True, trace={"DataType": "String", "StringValue": "req-1"})
    done = redrive.redrive(stage.target, stage.queue, wait=0, pause=lambda: None)
    assert (done.moved, done.again, done.left) == (12, (), 12)
    assert stage.look().dead == 0
    back = []
    while len(back) < 12:
        answer = stage.sqs.receive_message(
            QueueUrl=stage.queue.url, MaxNumberOfMessages=10, VisibilityTimeout=60, MessageAttributeNames=["All"]
        )
        back += answer["Messages"]
    assert sorted(one["Body"] for one in back) == sorted(message(number) for number in range(12))
    assert {one["MessageAttributes"]["trace"]["StringValue"] for one in back} == {"req-1"}


def test_what_fails_again_is_said_to_be_dead_again(stage):
    stage.send(message(1), dead=True)
    stage.down = True
    done = stage.redrive()
    assert (done.moved, [one.id for one in done.again], done.left) == (1, ["msg_1"], 0)
    assert stage.redrive(wait=0).moved == 1


def test_nothing_dead_is_nothing_to_do(stage):
    stage.send(message(1))
    done = stage.redrive()
    assert (done.moved, done.again, done.left) == (0, (), 1)


@pytest.fixture
def aws():
    """SQS as its model tells it, in a stage of its own."""
    sqs = boto3.client("sqs", region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(sqs) as stubbed:
        yield SimpleNamespace(sqs=sqs, stubbed=stubbed)


QUEUE = Queue("payments", "https://sqs/q", "arn:aws:sqs:r:1:q", "https://sqs/d", "arn:aws:sqs:r:1:d")
STARTED = {"SourceArn": QUEUE.dead_arn, "DestinationArn": QUEUE.arn}
ASKED = {"SourceArn": QUEUE.dead_arn, "MaxResults": 1}


def test_aws_moves_by_itself(aws):
    aws.stubbed.add_response("start_message_move_task", {"TaskHandle": "t"}, STARTED)
    for status, moved in (("RUNNING", 3), ("COMPLETED", 7)):
        results = [{"Status": status, "ApproximateNumberOfMessagesMoved": moved}]
        aws.stubbed.add_response("list_message_move_tasks", {"Results": results}, ASKED)
    pauses = []
    assert redrive._move(aws.sqs, QUEUE, 7, lambda: pauses.append(1)) == 7
    assert len(pauses) == 1


def test_a_move_that_aws_stops_is_told(aws):
    aws.stubbed.add_response("start_message_move_task", {"TaskHandle": "t"}, STARTED)
    failed = {"Status": "FAILED", "FailureReason": "AccessDenied"}
    aws.stubbed.add_response("list_message_move_tasks", {"Results": [failed]}, ASKED)
    with pytest.raises(RedriveError, match="payments: AccessDenied"):
        redrive._move(aws.sqs, QUEUE, 7, lambda: None)


def test_by_hand_a_message_that_is_not_taken_is_not_deleted(aws):
    aws.stubbed.add_client_error("start_message_move_task", "InvalidAction")
    dead = {"Body": message(1), "ReceiptHandle": "r", "Attributes": {"SentTimestamp": "1"}}
    aws.stubbed.add_response("receive_message", {"Messages": [dead]})
    aws.stubbed.add_client_error("send_message", "RequestThrottled")
    with pytest.raises(
        aws.sqs.exceptions.ClientError, match="RequestThrottled"
    ):  # a deletion would be told as unexpected
        redrive._move(aws.sqs, QUEUE, 1, lambda: None)


def test_a_refusal_of_aws_is_no_reason_to_move_by_hand(aws):
    aws.stubbed.add_client_error("start_message_move_task", "AccessDenied")
    with pytest.raises(aws.sqs.exceptions.ClientError):
        redrive._move(aws.sqs, QUEUE, 7, lambda: None)


@pytest.mark.parametrize(
    ("seconds", "text"), [(59, "0 h 0 min"), (3 * 3600 + 125, "3 h 2 min"), (4 * 86400 + 3600, "4 d 1 h")]
)
def test_ages(seconds, text):
    assert redrive.age(1000.0, 1000.0 + seconds) == text
    assert redrive.age(None, 1.0) == ""


@pytest.fixture
def running(stage, tmp_path, monkeypatch):
    """The stage is the local stack that runs."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    port = int(stage.target.endpoint_url.rpartition(":")[2])
    Addresses.of("http://127.0.0.1:1/api", Ports(port, 1, 2), STAGE).write(tmp_path)
    return stage


def test_the_commands_show_types_and_never_what_is_said(running, capsys):
    running.send(message(1), dead=True)
    assert redrive.main(["--stage", "local", "--look"]) == 0
    shown = capsys.readouterr().out
    assert "order.refund_due 1" in shown
    assert "outbox-relay-failures: 0" in shown
    assert all(spec.name in shown for spec in QUEUES)
    assert running.look().dead == 1
    assert redrive.main(["--stage", "local", "--queue", "payments", "--wait", "0"]) == 0
    moved = capsys.readouterr().out
    assert "payments: 1 sent back, 0 dead again, 1 still to be worked" in moved
    assert not [word for word in SECRET.split() if word in shown + moved]
    assert running.look().dead == 0


def test_what_is_dead_again_is_the_commands_failure(running, capsys, monkeypatch):
    running.send(message(1), dead=True)
    running.down = True
    monkeypatch.setattr(redrive.time, "sleep", lambda _seconds: running.work())
    assert redrive.main(["--stage", "local", "--queue", "payments"]) == 1
    assert "dead again: order.refund_due 1" in capsys.readouterr().out


def test_a_stage_that_is_not_there_is_said_in_one_line(running, capsys, tmp_path):
    replace(Addresses.read(tmp_path), stage="none").write(tmp_path)
    assert redrive.main(["--stage", "local", "--look"]) == 1
    assert capsys.readouterr().err == (
        f"redrive: there is no queue linli-none-notifications in {REGION}: is it deployed?\n"
    )
    Addresses.forget(tmp_path)
    assert redrive.main(["--stage", "local", "--look"]) == 1
    assert "not running" in capsys.readouterr().err
