import json
import time
from datetime import UTC, datetime

import pytest
from chalice.app import Blueprint, Chalice

from chalicelib.kit import events
from chalicelib.kit.events import queue_handler, queue_name, schedule_handler, stream_handler
from chalicelib.kit.ids import new_id
from chalicelib.kit.observability import log, metric, putting, request_id
from chalicelib.kit.outbox import Message
from tests.api import sqs_record

AT = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)


class Context:
    aws_request_id = "lambda-1"
    invoked_function_arn = "arn"
    function_name = "f"
    memory_limit_in_mb = 1


@pytest.fixture(autouse=True)
def again(monkeypatch):
    """The ids of what is to come again."""
    ids = []

    def come_again(record):
        ids.append(record["messageId"])
        return True

    monkeypatch.setattr(events, "come_again", come_again)
    return ids


def registered(decorator, work):
    """Put a decorator on some work, as a module's blueprint would, and return what Lambda calls."""
    bp = Blueprint("planted")
    handler = decorator(bp)(work)
    Chalice(app_name="planted").register_blueprint(bp)
    return handler


def sqs(*bodies):
    return {"Records": [sqs_record(str(number), body) for number, body in enumerate(bodies)]}


def message(number):
    return Message("order.confirmed", ("notifications",), {"number": number}, AT, trace=f"req-{number}")


def test_a_batch_reports_only_what_failed(again):
    seen = []

    def work(one):
        seen.append((one.payload["number"], request_id.get()))
        if one.payload["number"] == 1:
            raise RuntimeError("planted")

    handler = registered(lambda bp: queue_handler(bp, "notifications", "planted"), work)
    event = sqs(*(message(n).to_text() for n in range(3)), "not a message", "[]", json.dumps({"id": "x"}))
    assert handler(event, Context()) == {"batchItemFailures": [{"itemIdentifier": i} for i in ("1", "3", "4", "5")]}
    assert again == ["1", "3", "4", "5"]
    assert seen == [(0, "req-0"), (1, "req-1"), (2, "req-2")], "each with the trace of its own request"
    assert request_id.get() == "-"


def test_a_queue_that_does_not_answer_is_asked_once_and_the_batch_is_reported(monkeypatch):
    asked = []
    monkeypatch.setattr(events, "come_again", lambda record: asked.append(record["messageId"]))
    handler = registered(lambda bp: queue_handler(bp, "search", "planted"), lambda _one: None)
    answer = handler(sqs("not a message", "[]", "{}"), Context())
    assert [one["itemIdentifier"] for one in answer["batchItemFailures"]] == ["0", "1", "2"]
    assert asked == ["0"]


def test_a_batch_that_fails_whole_is_reported_not_raised():
    def work(_one):
        raise RuntimeError("planted")

    handler = registered(lambda bp: queue_handler(bp, "search", "planted"), work)
    assert handler(sqs(message(0).to_text()), Context()) == {"batchItemFailures": [{"itemIdentifier": "0"}]}


def test_handlers_keep_the_name_of_what_they_wrap():
    def deliver(_one): ...

    for decorator in (
        lambda bp: queue_handler(bp, "search", "planted"),
        lambda bp: schedule_handler(bp, "rate(1 minute)", "planted"),
        lambda bp: stream_handler(bp, "arn:aws:dynamodb:::stream", "planted"),
    ):
        bp, app = Blueprint("planted.events"), Chalice(app_name="planted")
        decorator(bp)(deliver)
        app.register_blueprint(bp)
        assert [source.handler_string for source in app.event_sources] == ["planted.events.deliver"]


def test_queues_are_those_of_the_stage(monkeypatch):
    monkeypatch.setenv("APP", "linli")
    monkeypatch.setenv("STAGE", "prod")
    assert queue_name("search") == "linli-prod-search"


def test_a_schedule_runs_as_of_now_or_as_of_what_an_invoker_says():
    seen = []

    def work(as_of):
        seen.append(as_of)
        return {"done": 1}

    handler = registered(lambda bp: schedule_handler(bp, "rate(1 minute)", "planted"), work)
    event = json.loads('{"source": "aws.events", "detail": {}, "region": "x", "account": "1", "id": "1", "resources": [], '
                       '"time": "2030-01-01T00:00:00Z", "version": "0", "detail-type": "Scheduled Event"}')  # fmt: skip
    assert handler(event, Context()) == {"done": 1}
    assert abs((datetime.now(UTC) - seen[0]).total_seconds()) < 60
    handler({**event, "as_of": "2030-05-01T17:30:00+08:00"}, Context())
    assert seen[1] == AT
    with pytest.raises(ValueError, match="offset"):
        handler({**event, "as_of": "2030-05-01T17:30:00"}, Context())


def test_a_stream_hands_over_new_rows_only():
    seen = []

    def work(images):
        seen.append(images)
        return {"sent": len(images)}

    handler = registered(lambda bp: stream_handler(bp, "arn:aws:dynamodb:::stream", "planted"), work)
    records = [
        {"eventName": "INSERT", "dynamodb": {"NewImage": {"pk": {"S": "a"}}}},
        {"eventName": "MODIFY", "dynamodb": {"NewImage": {"pk": {"S": "b"}}}},
        {"eventName": "REMOVE", "dynamodb": {}},
    ]
    assert handler({"Records": records}, Context()) is None
    assert seen == [[{"pk": {"S": "a"}}]]


def test_a_failure_is_logged_with_its_message(capsys, monkeypatch):
    import sys

    for one in log.handlers:
        monkeypatch.setattr(one, "stream", sys.stdout)

    def work(_one):
        raise RuntimeError("planted")

    handler = registered(lambda bp: queue_handler(bp, "search", "planted"), work)
    failing = message(7)
    handler(sqs(failing.to_text()), Context())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    failed = next(line for line in lines if line["message"] == "message failed")
    assert (failed["message_id"], failed["request_id"], failed["type"]) == (failing.id, "req-7", "order.confirmed")
    assert "planted" in failed["exception"]


def told(capsys, monkeypatch, run):
    """What a handler writes, line by line."""
    import sys

    for one in log.handlers:
        monkeypatch.setattr(one, "stream", sys.stdout)
    run()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


def test_a_message_is_one_line_with_what_it_is_about_how_late_it_is_and_what_it_tells(capsys, monkeypatch):
    def work(one):
        metric("Planted")
        putting("msg_next")

    handler = registered(lambda bp: queue_handler(bp, "payments", "planted"), work)
    order_id = new_id("ord")
    sent = Message("order.confirmed", ("payments",), {"order_id": order_id, "reason": "no id"}, AT, trace="req-1")
    event = sqs(sent.to_text())
    long_ago = str(int(time.time() * 1000) - 2_000_000)
    event["Records"][0]["attributes"] = {"SentTimestamp": long_ago, "ApproximateReceiveCount": "3"}
    (line,) = told(capsys, monkeypatch, lambda: handler(event, Context()))
    assert (line["message"], line["message_id"], line["request_id"]) == ("message", sent.id, "req-1")
    assert line["ids"] == {"order_id": order_id}
    assert line["tells"] == ["msg_next"]
    assert line["receives"] == 3
    assert 2_000_000 <= line["waited_ms"] < 3_000_000
    assert line["ms"] >= 0
    names = {row["Name"] for row in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert names == {"Planted", "MessageAge"}


def test_a_message_that_fails_is_counted_though_it_is_caught(capsys, monkeypatch):
    def work(_one):
        metric("Begun")
        raise RuntimeError("planted")

    handler = registered(lambda bp: queue_handler(bp, "search", "planted"), work)
    (line,) = told(capsys, monkeypatch, lambda: handler(sqs(message(7).to_text()), Context()))
    assert (line["message"], line["level"], line["MessagesFailed"], line["Begun"]) == ("message failed", "ERROR", 1, 1)
    assert "RuntimeError: planted" in line["exception"]


def test_of_what_cannot_be_read_nothing_is_shown_and_it_is_counted(capsys, monkeypatch):
    handler = registered(lambda bp: queue_handler(bp, "search", "planted"), lambda _one: None)
    odd = json.dumps(json.loads(message(7).to_text()) | {"occurred_at": "Anna Maier, 12 High Street"})
    monkeypatch.setenv("STAGE", "test")
    line, counted = told(capsys, monkeypatch, lambda: handler(sqs(odd), Context()))
    assert (line["message"], line["level"], line["reason"]) == ("unreadable message", "ERROR", "ValueError")
    assert "Anna" not in json.dumps(line)
    assert (counted["MessagesFailed"], counted["stage"]) == (1, "test")


def test_what_a_schedule_tells_is_followed_by_the_id_of_its_run(capsys, monkeypatch):
    seen = []

    def work(_as_of):
        seen.append(Message("hold.expired", (), {}, AT).trace)
        raise RuntimeError("planted")

    handler = registered(lambda bp: schedule_handler(bp, "rate(1 minute)", "planted"), work)
    event = {"source": "aws.events", "detail": {}, "region": "x", "account": "1", "id": "1", "resources": [],
             "time": "2030-01-01T00:00:00Z", "version": "0", "detail-type": "Scheduled Event"}  # fmt: skip

    def run():
        with pytest.raises(RuntimeError):
            handler(event, Context())

    (line,) = told(capsys, monkeypatch, run)
    assert (line["message"], line["schedule"], line["request_id"]) == ("schedule failed", "planted", "lambda-1")
    assert seen == ["lambda-1"]
    assert request_id.get() == "-"
