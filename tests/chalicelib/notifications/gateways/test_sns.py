from datetime import timedelta

import pytest
from botocore.exceptions import ConnectTimeoutError

from chalicelib.kit import aws
from chalicelib.kit.texting import SnsTexts
from chalicelib.notifications.gateways.sns import SnsSender
from chalicelib.notifications.ports import AddressGone, SenderDown, Undeliverable
from tests.chalicelib.notifications.gateways.letters import LETTER, TO, stubbed


@pytest.fixture
def sns(monkeypatch):
    client, stub = stubbed("sns")
    monkeypatch.setattr(aws, "client", lambda service: {"sns": client}[service])
    with stub:
        yield stub
        stub.assert_no_pending_responses()


def text(kind, value):
    return {"DataType": kind, "StringValue": value}


def test_sns_is_told_number_text_name_and_the_most_it_may_cost(sns):
    wanted = {
        "AWS.SNS.SMS.SMSType": text("String", "Transactional"),
        "AWS.SNS.SMS.SenderID": text("String", "Linli"),
        "AWS.SNS.SMS.MaxPrice": text("Number", "0.50"),
    }
    asked = {"PhoneNumber": TO, "Message": LETTER.body, "MessageAttributes": wanted}
    sns.add_response("publish", {"MessageId": "m-1"}, asked)
    assert SnsSender(SnsTexts("Linli", "0.50")).send(LETTER, TO) == "m-1"


def test_what_nobody_set_is_not_sent(sns):
    wanted = {"AWS.SNS.SMS.SMSType": text("String", "Transactional")}
    sns.add_response(
        "publish", {"MessageId": "m-1"}, {"PhoneNumber": TO, "Message": LETTER.body, "MessageAttributes": wanted}
    )
    SnsSender().send(LETTER, TO)


@pytest.mark.parametrize(
    ("code", "meaning", "wait"),
    [
        ("OptedOut", AddressGone, None),
        ("OptedOutException", AddressGone, None),
        ("InvalidParameter", Undeliverable, None),
        ("InvalidParameterValue", Undeliverable, None),
        ("ValidationError", Undeliverable, None),
        ("Throttled", SenderDown, timedelta(seconds=5)),
        ("KMSThrottling", SenderDown, timedelta(seconds=5)),
        ("InternalError", SenderDown, None),
        ("AuthorizationError", SenderDown, None),
        ("NobodyKnowsThisOne", SenderDown, None),
    ],
)
def test_errors_are_told_apart_and_do_not_repeat_the_number(sns, code, meaning, wait, record_property):
    record_property("channels", "1 refusals")
    sns.add_client_error("publish", code, f"no {TO}")
    with pytest.raises(meaning) as said:
        SnsSender().send(LETTER, TO)
    assert (type(said.value), getattr(said.value, "retry_after", None)) == (meaning, wait)
    assert TO not in str(said.value)


def test_no_answer_means_later(monkeypatch):
    class Dead:
        def publish(self, **_):
            raise ConnectTimeoutError(endpoint_url="https://sns")

    monkeypatch.setattr(aws, "client", lambda _service: Dead())
    with pytest.raises(SenderDown):
        SnsSender().send(LETTER, TO)
