import json
import logging
import sys
import time

import pytest

from chalicelib.kit.ids import new_id
from chalicelib.kit.observability import (
    MOST_NOTED,
    about,
    asked,
    log,
    mask,
    metric,
    noted,
    putting,
    request_id,
    span,
    worked_for,
)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("call +8613812345678 now", "138123456"),
        ("mail li.wei+shop@example.com.cn please", "li.wei"),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln-bmF0", "eyJzdWIi"),
        ("key sk_test_4eC39HqLyjWDarjtT1zdp7dc", "4eC39"),
        ("key rk_live_4eC39HqLyjWDarjtT1", "4eC39"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9"),
        ("client pi_3MtwBw_secret_YrKJUKribcBj", "YrKJ"),
        ("token 1.acc_01jd3x9k.ses_01jd3x9k.12." + "0123456789abcdef" * 4, "89abcdef"),
    ],
)
def test_what_leads_to_a_person_or_opens_a_door_is_masked(text, hidden):
    assert hidden not in mask(text)
    assert "***" in mask(text)


@pytest.mark.parametrize("text", ["order ord_01jd8x2n7v", "2030-05-01T09:30:00+08:00", "1+2345", "pi_3MtwBw", "a@b"])
def test_other_text_stays(text):
    assert mask(text) == text


ORDER, SHOP = new_id("ord"), new_id("shp")


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


class _Out:
    def write(self, text):
        sys.stdout.write(text)

    def flush(self):
        sys.stdout.flush()


@pytest.fixture
def _told(monkeypatch):
    """The log writes to whatever is standard output when it writes."""
    for handler in log.handlers:
        monkeypatch.setattr(handler, "stream", _Out())
    monkeypatch.setenv("STAGE", "test")


@pytest.mark.usefixtures("_told")
def test_a_log_line_is_json_and_masked(capsys):
    log.error("told", to="+8613812345678", shop="南翔馒头店")
    (line,) = lines(capsys)
    assert line["message"] == "told"
    assert line["shop"] == "南翔馒头店"
    assert line["to"] == "+***78"


def test_a_metric_is_a_line_in_embedded_format(capsys, monkeypatch):
    monkeypatch.setenv("STAGE", "test")
    metric("NoticesSent", 3, channel="sms")
    (line,) = lines(capsys)
    assert (line["stage"], line["channel"]) == ("test", "sms")
    assert line["NoticesSent"] == 3
    declared = line["_aws"]["CloudWatchMetrics"][0]
    assert declared["Namespace"] == "Linli"
    assert declared["Metrics"] == [{"Name": "NoticesSent", "Unit": "Count"}]


@pytest.mark.usefixtures("_told")
def test_what_is_counted_while_something_is_worked_on_is_its_line(capsys):
    with span() as mine:
        metric("Holds")
        metric("Holds", 2)
        metric("Payments", state="failed")
        about(order_id=ORDER, token="feed_secret", shop_id=SHOP)
        mine.told("request", status=201)
    apart, line = lines(capsys)
    assert apart["Payments"] == 1, "its dimension is its own, so it is a line of its own"
    assert (line["message"], line["status"], line["Holds"], line["stage"]) == ("request", 201, 3, "test")
    assert line["ids"] == {"order_id": ORDER, "shop_id": SHOP}, "an id that opens something is not told"
    declared = line["_aws"]["CloudWatchMetrics"]
    assert declared == [
        {"Namespace": "Linli", "Dimensions": [["stage"]], "Metrics": [{"Name": "Holds", "Unit": "Count"}]}
    ]
    assert abs(line["_aws"]["Timestamp"] - time.time() * 1000) < 60_000


def test_only_an_id_of_ours_is_noted():
    with span() as mine:
        about(order_id="%2B8613800138000", booking_id="8613800138000", shop_id="12 High Street", wait_id=ORDER + "x")
        assert mine.ids == {}
        about(order_id=ORDER, settlement_id="set_20261123_cny", claim_id=f"clm_{ORDER[4:]}_{SHOP[4:]}_2")
        assert len(mine.ids) == 3


@pytest.mark.usefixtures("_told")
def test_metrics_are_told_at_every_level_of_the_log(capsys):
    log.setLevel(logging.ERROR)
    with span() as mine:
        metric("Holds")
        mine.told("request")
    with span() as mine:
        mine.told("request")
    log.setLevel(logging.INFO)
    (line,) = lines(capsys)
    assert line["Holds"] == 1
    assert "message" not in line


def test_it_is_known_for_how_long_something_is_worked_on():
    assert worked_for() == 0
    with span() as mine:
        mine.started -= 13
        assert 13 <= worked_for() < 14


@pytest.mark.usefixtures("_told")
def test_a_line_stays_within_what_a_log_takes(capsys):
    with span() as mine:
        for number in range(MOST_NOTED + 5):
            noted("messages", number)
    assert len(mine.result["messages"]) == MOST_NOTED
    with span() as mine:
        for _ in range(8_000):
            putting(new_id("msg"))
        mine.told("schedule")
    (line,) = lines(capsys)
    assert (len(line["tells"]), line["tells_more"]) == (MOST_NOTED, 7_500)
    assert len(json.dumps(line)) < 64_000


@pytest.mark.usefixtures("_told")
def test_every_line_names_the_request_that_it_belongs_to(capsys):
    log.info("before")
    token = request_id.set("req-1")
    log.info("within")
    log.info("of another", request_id="req-2")
    request_id.reset(token)
    assert [line.get("request_id") for line in lines(capsys)] == [None, "req-1", "req-2"]


@pytest.mark.usefixtures("_told")
@pytest.mark.parametrize(("status", "errors"), [(200, None), (402, None), (503, 1), (None, 1)])
def test_a_call_to_a_provider_is_a_line_and_counts_where_nothing_came_back(capsys, status, errors):
    with span() as mine:
        asked(time.monotonic(), status, "req_theirs", provider="api.stripe.com", method="POST", path="/v1/refunds")
        mine.told("message")
    call, line = lines(capsys)
    assert (call["message"], call["provider"], call["path"]) == ("provider", "api.stripe.com", "/v1/refunds")
    assert (call.get("status"), call["provider_request"]) == (status, "req_theirs")
    assert line.get("ProviderErrors") == errors
