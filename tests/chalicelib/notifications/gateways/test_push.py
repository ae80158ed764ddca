import json
from dataclasses import replace

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from chalicelib.kit import aws
from chalicelib.notifications.gateways.push import MOST_BYTES, PushSender, message
from chalicelib.notifications.ports import AddressGone, SenderDown, Undeliverable
from tests.chalicelib.notifications.gateways.letters import LETTER, stubbed

ARN = "arn:aws:sns:ap-southeast-1:111122223333:endpoint/GCM/linli/0b1c2d3e-1111-3222-8333-444455556666"
LINKED = replace(LETTER, link="linli://orders/ord_1")


@pytest.fixture
def sns(monkeypatch):
    client, stub = stubbed("sns")
    monkeypatch.setattr(aws, "client", lambda service: {"sns": client}[service])
    with stub:
        yield stub
        stub.assert_no_pending_responses()


def test_sns_is_told_the_endpoint_both_forms_and_how_they_are_treated(sns):
    values = {
        "AWS.SNS.MOBILE.APNS.PUSH_TYPE": "alert",
        "AWS.SNS.MOBILE.APNS.PRIORITY": "10",
        "AWS.SNS.MOBILE.APNS.COLLAPSE_ID": "ntc_1",
        "AWS.SNS.MOBILE.APNS.TTL": "14400",
        "AWS.SNS.MOBILE.APNS_SANDBOX.TTL": "14400",
    }
    asked = {
        "TargetArn": ARN,
        "MessageStructure": "json",
        "Message": json.dumps(message(LINKED), ensure_ascii=False),
        "MessageAttributes": {name: {"DataType": "String", "StringValue": one} for name, one in values.items()},
    }
    sns.add_response("publish", {"MessageId": "m-1"}, asked)
    assert PushSender().send(LINKED, ARN) == "m-1"


def test_apns_gets_what_its_document_says():
    data = {"notice_id": "ntc_1", "kind": LETTER.kind, "unread": "3", "link": "linli://orders/ord_1"}
    alert = {"title": LETTER.title, "body": LETTER.body}
    aps = {"alert": alert, "badge": 3, "sound": "default", "thread-id": "order"}
    told = message(LINKED)
    assert json.loads(told["APNS"]) == {"aps": aps, **data}
    assert told["APNS_SANDBOX"] == told["APNS"]
    assert told["default"] == LETTER.title


def test_fcm_gets_the_form_of_its_http_v1():
    (top,) = json.loads(message(LINKED)["GCM"]).items()
    assert top[0] == "fcmV1Message"
    told = top[1]["message"]
    assert told["notification"] == {"title": LETTER.title, "body": LETTER.body}
    assert told["android"] == {
        "priority": "high",
        "ttl": "14400s",
        "collapse_key": "ntc_1",
        "notification": {"tag": "ntc_1", "notification_count": 3},
    }
    assert told["data"]["link"] == "linli://orders/ord_1"
    assert all(isinstance(value, str) for value in told["data"].values())  # FCM takes no others
    assert "token" not in told  # SNS has it


def test_a_repeat_replaces_what_the_phone_shows():
    assert message(LINKED) == message(replace(LINKED))


@given(st.text(max_size=3000), st.integers(0, 999))
def test_a_payload_fits_and_begins_with_the_letter(body, unread):
    told = message(replace(LINKED, body=body, unread=unread))
    for platform in ("APNS", "GCM"):
        assert len(told[platform].encode()) <= MOST_BYTES
    shown = json.loads(told["APNS"])["aps"]["alert"]["body"]
    assert body == shown or body.startswith(shown.removesuffix("…"))


def test_a_long_text_loses_no_more_than_it_has_to():
    told = message(replace(LINKED, body="字" * 3000))["GCM"]
    assert MOST_BYTES - 40 < len(told.encode()) <= MOST_BYTES


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("EndpointDisabled", AddressGone),
        ("EndpointDisabledException", AddressGone),
        ("NotFound", AddressGone),
        ("InvalidParameter", Undeliverable),
        ("PlatformApplicationDisabled", SenderDown),
        ("Throttled", SenderDown),
        ("InternalError", SenderDown),
        ("AuthorizationError", SenderDown),
    ],
)
def test_errors_are_told_apart(sns, code, meaning, record_property):
    record_property("channels", "1 refusals")
    sns.add_client_error("publish", code, ARN)
    with pytest.raises(meaning) as said:
        PushSender().send(LETTER, ARN)
    assert type(said.value) is meaning
    assert ARN not in str(said.value)


def test_an_endpoint_that_was_deleted_is_gone(sns):
    told = "Invalid parameter: TargetArn Reason: No endpoint found for the target arn specified"
    sns.add_client_error("publish", "InvalidParameter", told)
    with pytest.raises(AddressGone):
        PushSender().send(LETTER, ARN)


def test_no_answer_means_later(monkeypatch):
    class Dead:
        def publish(self, **_):
            raise ReadTimeoutError(endpoint_url="https://sns")

    monkeypatch.setattr(aws, "client", lambda _service: Dead())
    with pytest.raises(SenderDown):
        PushSender().send(LETTER, ARN)


@mock_aws
def test_an_endpoint_that_is_switched_off_is_gone(monkeypatch):
    sns = boto3.client("sns", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
    monkeypatch.setattr(aws, "client", lambda service: {"sns": sns}[service])
    made = sns.create_platform_application(Name="linli", Platform="GCM", Attributes={})["PlatformApplicationArn"]
    endpoint = sns.create_platform_endpoint(PlatformApplicationArn=made, Token="token")["EndpointArn"]
    assert PushSender().send(LINKED, endpoint)
    sns.set_endpoint_attributes(EndpointArn=endpoint, Attributes={"Enabled": "false"})
    with pytest.raises(AddressGone, match="EndpointDisabled"):
        PushSender().send(LINKED, endpoint)
