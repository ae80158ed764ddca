import io

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from chalicelib.accounts.gateways.sns import SnsCodeSender
from chalicelib.accounts.rules import CodeNotSent
from chalicelib.kit import aws
from chalicelib.kit.observability import log
from chalicelib.kit.texting import SnsTexts

PHONE = "+8613800138000"


@pytest.fixture
def sns(monkeypatch):
    client = boto3.client("sns", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
    monkeypatch.setattr(aws, "client", lambda service: {"sns": client}[service])
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def test_a_code_is_published_to_the_phone(sns):
    sns.add_response(
        "publish",
        {"MessageId": "m"},
        {
            "PhoneNumber": PHONE,
            "Message": "Linli: your sign-in code is 046213. It is good for 5 minutes. Never pass it on.",
            "MessageAttributes": {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}},
        },
    )
    SnsCodeSender().send(PHONE, "046213", "en")


def test_a_name_and_the_most_it_may_cost_go_along(sns):
    told = {name: {"DataType": kind, "StringValue": value} for name, kind, value in (
        ("AWS.SNS.SMS.SMSType", "String", "Transactional"),
        ("AWS.SNS.SMS.SenderID", "String", "Linli"),
        ("AWS.SNS.SMS.MaxPrice", "Number", "0.50"),
    )}  # fmt: skip
    message = "Linli: your sign-in code is 046213. It is good for 5 minutes. Never pass it on."
    asked = {"PhoneNumber": PHONE, "Message": message, "MessageAttributes": told}
    sns.add_response("publish", {"MessageId": "m"}, asked)
    SnsCodeSender(SnsTexts("Linli", "0.50")).send(PHONE, "046213", "en")


def test_a_refusal_is_logged_without_the_number(sns, monkeypatch):
    logged = io.StringIO()
    monkeypatch.setattr(log.registered_handler, "stream", logged)
    sns.add_client_error("publish", "OptedOut", f"{PHONE} has opted out")
    with pytest.raises(CodeNotSent) as refused:
        SnsCodeSender().send(PHONE, "046213", "en")
    assert "OptedOut" in logged.getvalue()
    assert "138001380" not in logged.getvalue() + str(refused.value)


def test_a_provider_that_cannot_be_reached_is_told(monkeypatch):
    class Dead:
        def publish(self, **_):
            raise EndpointConnectionError(endpoint_url="https://sns.invalid")

    monkeypatch.setattr(aws, "client", lambda _service: Dead())
    with pytest.raises(CodeNotSent):
        SnsCodeSender().send(PHONE, "046213", "en")
