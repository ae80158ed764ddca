"""What is sent to Amazon Comprehend, by its own description of the call, and what becomes of its answers."""

import botocore.session
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from chalicelib.kit import aws
from chalicelib.moderation.gateways.comprehend import ComprehendClassifier, NobodyReads
from chalicelib.moderation.ports import ClassifierDown

ASKED = {"TextSegments": [{"Text": "you are an idiot"}], "LanguageCode": "en"}


@pytest.fixture(scope="module")
def client():
    return botocore.session.get_session().create_client(
        "comprehend", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )  # fmt: skip


@pytest.fixture
def comprehend(client, monkeypatch):
    monkeypatch.setattr(aws, "client", lambda service: {"comprehend": client}[service])
    monkeypatch.setattr(aws, "_silent", {})
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def answer(**scores):
    labels = [{"Name": name, "Score": score} for name, score in scores.items()]
    return {"ResultList": [{"Labels": labels, "Toxicity": max(scores.values())}]}


def test_what_is_toxic_is_told_by_its_names(comprehend):
    comprehend.add_response(
        "detect_toxic_content", answer(INSULT=0.9, HATE_SPEECH=0.61, VIOLENCE_OR_THREAT=0.59), ASKED
    )
    assert ComprehendClassifier().labels("you are an idiot", "en-GB") == ("hate-speech", "insult")


def test_a_long_text_goes_in_segments_that_fit_cut_between_characters(comprehend):
    text = "é" * 1_200
    segments = [{"Text": "é" * 500}, {"Text": "é" * 500}, {"Text": "é" * 200}]
    comprehend.add_response(
        "detect_toxic_content", answer(INSULT=0.1), {"TextSegments": segments, "LanguageCode": "en"}
    )
    assert ComprehendClassifier().labels(text, "en") == ()


@pytest.mark.parametrize(("text", "language"), [("你是白痴", "en"), ("  ", "en"), ("很好 OK", "zh-CN")])
def test_what_it_does_not_know_is_not_sent(comprehend, text, language):
    assert ComprehendClassifier().labels(text, language) == ()


@pytest.mark.parametrize("language", ["zh-CN", "fr", ""])
def test_to_say_another_language_is_no_way_around_it(comprehend, language):
    comprehend.add_response("detect_toxic_content", answer(INSULT=0.9), ASKED)
    assert ComprehendClassifier().labels("you are an idiot", language) == ("insult",)


def test_what_it_refuses_somebody_reads(comprehend):
    comprehend.add_client_error("detect_toxic_content", "InvalidRequestException", http_status_code=400)
    assert ComprehendClassifier().labels("you are an idiot", "en") == ("unread",)


@pytest.mark.parametrize(("code", "status"), [("TooManyRequestsException", 429), ("InternalServerException", 500)])
def test_what_passes_comes_again(comprehend, code, status):
    comprehend.add_client_error("detect_toxic_content", code, http_status_code=status)
    with pytest.raises(ClassifierDown):
        ComprehendClassifier().labels("you are an idiot", "en")


def test_without_one_nobody_is_asked():
    assert NobodyReads().labels("you are an idiot", "en") == ()
