"""`make trace`: what belongs together is found, each line stands once, and who caused what is to be seen."""

import json
import time
from typing import Any

import pytest

from infra import trace
from infra.local.addresses import HOME_VARIABLE
from infra.local.processes import LocalError
from infra.logs import group_prefix
from infra.trace_lines import Line, Search, filtering, insights
from tests.emulators import Emulator

START = 1_900_000_000_000


def line(at: int, function: str, message: str, **fields: Any) -> Line:
    return Line.of(START + at, function, json.dumps({"message": message, **fields}))


CHAIN = [
    line(50, "api", "request", request_id="req-pay", method="POST", path="/v1/orders/{order_id}/payments", status=201,
         ids={"order_id": "ord_1"}, ms=40, db_requests=4, read_units=2.5, write_units=6),
    line(30, "api", "provider", request_id="req-pay", provider="api.stripe.com", method="POST",
         path="/v1/payment_intents", status=200, provider_request="req_theirs", ms=15),
    line(200, "api", "request", request_id="req-hook", method="POST", path="/v1/webhooks/{provider}", status=200,
         tells=["msg_lost", "msg_1"], ms=10),
    line(300, "outbox-relay", "relayed", sent=2, messages=[
        {"id": "msg_1", "type": "payment.event_received", "request_id": "req-hook"},
        {"id": "msg_9", "type": "shop.changed", "request_id": "req-strange"},
    ]),
    line(500, "payments-work", "message", request_id="req-hook", message_id="msg_1", type="payment.event_received",
         ids={"order_id": "ord_1"}, tells=["msg_2"], ms=100, waited_ms=40),
    line(600, "outbox-relay", "relayed", messages=[
        {"id": "msg_2", "type": "order.confirmed", "request_id": "req-hook"},
    ]),
    line(650, "notifications-deliver", "message failed", request_id="req-hook", message_id="msg_2",
         type="order.confirmed", exception="Traceback\nSenderDown: no", ms=5),
    line(900, "notifications-deliver", "message", request_id="req-hook", message_id="msg_2", type="order.confirmed",
         receives=2, ms=20),
    line(950, "search-index", "message", request_id="req-strange", message_id="msg_9", type="shop.changed"),
]  # fmt: skip


def searching(lines: list[Line]) -> Search:
    return lambda texts: [one for one in lines if any(text in one.text for text in texts)]


@pytest.mark.parametrize("asked", ["req-pay", "ord_1", "msg_2", "req-hook"])
def test_whatever_is_known_of_an_order_leads_to_all_of_it(asked: str) -> None:
    found = trace.gather(searching(CHAIN), asked, alone=False)
    assert [one.began for one in found] == sorted(one.began for one in found)
    assert set(found) == {one for one in CHAIN if one.request != "req-strange"}


def test_a_request_alone_is_what_it_caused_itself() -> None:
    found = trace.gather(searching(CHAIN), "req-pay", alone=True)
    assert {one.request for one in found} == {"req-pay"}


def test_who_caused_what_is_indented_below_it() -> None:
    shown = list(trace.report(trace.gather(searching(CHAIN), "ord_1", alone=False)))
    rows = [row[16:] for row in shown if row.startswith("  ")]
    assert rows == [
        "api: POST /v1/orders/{order_id}/payments  201  40 ms  4 db  2.5 RU  6 WU",
        "  api: POST api.stripe.com/v1/payment_intents  200  req_theirs  15 ms",
        "api: POST /v1/webhooks/{provider}  200  10 ms",
        "  outbox-relay: sends payment.event_received  msg_1",
        "    payments-work: payment.event_received  waited 40 ms  100 ms",
        "      outbox-relay: sends order.confirmed  msg_2",
        "        notifications-deliver: FAILED order.confirmed  5 ms  SenderDown: no",
        "        notifications-deliver: order.confirmed  time 2  20 ms",
    ]
    assert shown[0].startswith("req-pay  20")
    assert shown[-2].startswith("2 requests through 4 functions in 0.9 s; providers: 1 calls")


def test_who_only_looks_again_and_again_is_one_line() -> None:
    looks = [
        line(60 + 10 * number, "api", "request", request_id=f"req-look-{number}", method="GET", status=200, ms=number,
             path="/v1/orders/{order_id}", ids={"order_id": "ord_1"})
        for number in range(60)
    ]  # fmt: skip
    refused = line(990, "api", "request", request_id="req-gone", method="GET", status=404, path="/v1/orders/{order_id}",
                   ids={"order_id": "ord_1"})  # fmt: skip
    found = trace.gather(searching([*CHAIN, *looks, refused]), "ord_1", alone=False)
    assert len(found) == len(CHAIN) - 1 + len(looks) + 1, "none of them takes the place of what did something"
    rows = [row[16:] for row in trace.report(found) if "GET /v1/orders" in row]
    assert [row.partition(" until")[0] for row in rows] == [
        "api: GET /v1/orders/{order_id}  200  and 14 more",
        "api: GET /v1/orders/{order_id}  200  and 44 more",
        "api: GET /v1/orders/{order_id}  404",
    ]


def test_the_gateways_line_stands_above_its_request_and_texts_are_shown_as_they_are() -> None:
    lines = [
        Line.of(START, "gateway", '{"requestId":"req-pay","method":"POST","path":"/v1/x","status":"504","ms":"29000",'
                '"refused":"INTEGRATION_TIMEOUT","integration_error":"-"}'),
        line(0, "api", "request", request_id="req-pay", method="POST", path="/v1/x", status=200),
        Line.of(START + 1, "api", "req-pay: no JSON"),
    ]  # fmt: skip
    shown = list(trace.report(trace.gather(searching(lines), "req-pay", alone=True)))
    assert "gateway: POST /v1/x  504  INTEGRATION_TIMEOUT  29000 ms" in shown[1]
    assert "  api: POST /v1/x  200" in shown[2]


@pytest.fixture
def logs(ministack: Emulator) -> Any:
    client = ministack.client("logs")
    group = f"{group_prefix('trace')}api"
    client.create_log_group(logGroupName=group)
    client.create_log_stream(logGroupName=group, logStreamName="s")
    now = int(time.time() * 1000)
    told = ["START RequestId: req-1", '{"message":"request","request_id":"req-1"}', '{"message":"of another"}']
    events = [{"timestamp": now + number, "message": text} for number, text in enumerate(told)]
    client.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    yield client
    client.delete_log_group(logGroupName=group)


def test_the_emulators_groups_are_read_one_by_one(logs: Any) -> None:
    end = int(time.time() * 1000) + 60_000
    (found,) = filtering(logs, "trace", 0, end)(["req-1", "req-2"])
    assert (found.function, found.kind, found.request) == ("api", "request", "req-1")


class Insights:
    """CloudWatch Logs with two groups, whose query is answered the second time that it is asked for."""

    def __init__(self, groups: Any, *states: str) -> None:
        self.get_paginator, self.states, self.asked, self.stopped = groups.get_paginator, list(states), {}, 0

    def start_query(self, **asked: Any) -> dict[str, str]:
        self.asked = asked
        return {"queryId": "q"}

    def get_query_results(self, queryId: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        row = {"@timestamp": "2030-03-17 17:46:40.007", "@log": f"1234:{group_prefix('trace')}api",
               "@message": '{"message":"request","request_id":"req-1"}', "@ptr": "x"}  # fmt: skip
        return {"status": self.states.pop(0), "results": [[{"field": k, "value": v} for k, v in row.items()]]}

    def stop_query(self, queryId: str) -> None:  # noqa: N803 - AWS's name
        self.stopped += 1


def test_on_aws_all_groups_are_searched_by_one_query(logs: Any) -> None:
    client, pauses = Insights(logs, "Running", "Complete"), []
    (found,) = insights(client, "trace", 1_000, 2_500, pauses.append)(["req-1", 'a"b'])
    assert (found.at, found.function, found.request) == (1_900_000_000_007, "api", "req-1")
    assert client.asked["logGroupNames"] == [f"{group_prefix('trace')}api"]
    assert (client.asked["startTime"], client.asked["endTime"]) == (1, 3)
    assert 'filter @message like "req-1" or @message like "a\\"b" |' in client.asked["queryString"]
    assert len(pauses) == 1


def test_a_search_that_fails_or_hangs_is_told(logs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LocalError, match="ended as Failed"):
        insights(Insights(logs, "Failed"), "trace", 0, 1)(["req-1"])
    monkeypatch.setattr("infra.trace_lines._PATIENCE", -1.0)
    client = Insights(logs, "Running")
    with pytest.raises(LocalError, match="shorter --since"):
        insights(client, "trace", 0, 1)(["req-1"])
    assert client.stopped == 1


def test_the_command_says_why_it_shows_nothing(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    assert trace.main(["req-1"]) == 1
    assert capsys.readouterr().err == "trace: the local stack is not running; start it with `make run`\n"
    assert trace.main(["x; rm"]) == 1
    assert capsys.readouterr().err == "trace: 'x; rm' is no id\n"
