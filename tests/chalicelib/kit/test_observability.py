import json

import pytest

from chalicelib.kit.observability import log, mask, metric


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


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


def test_a_log_line_is_json_and_masked(capsys, monkeypatch):
    import sys

    for handler in log.handlers:
        monkeypatch.setattr(handler, "stream", sys.stdout)
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
    assert line["NoticesSent"] == [3.0]
    declared = line["_aws"]["CloudWatchMetrics"][0]
    assert declared["Namespace"] == "Linli"
    assert declared["Metrics"] == [{"Name": "NoticesSent", "Unit": "Count"}]
