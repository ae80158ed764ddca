import io

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from chalicelib.accounts.gateways.ses import SesCodeSender
from chalicelib.accounts.rules import CodeNotSent
from chalicelib.kit import aws
from chalicelib.kit.observability import log

TO = "ming@example.com"
SENDER = SesCodeSender("no-reply@linli.example")


@pytest.fixture
def ses(monkeypatch):
    client = boto3.client("sesv2", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
    monkeypatch.setattr(aws, "client", lambda service: {"sesv2": client}[service])
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def test_a_code_is_mailed_in_the_readers_language(ses):
    told = {"Charset": "UTF-8", "Data": "【邻里】登录验证码 046213，5 分钟内有效，请勿告诉他人。"}
    sent = {
        "FromEmailAddress": "no-reply@linli.example",
        "Destination": {"ToAddresses": [TO]},
        "Content": {"Simple": {"Subject": {"Charset": "UTF-8", "Data": "您的登录验证码"}, "Body": {"Text": told}}},
    }
    ses.add_response("send_email", {"MessageId": "m"}, sent)
    SENDER.send(TO, "046213", "zh-CN")


def test_a_refusal_is_logged_without_the_address(ses, monkeypatch):
    logged = io.StringIO()
    monkeypatch.setattr(log.registered_handler, "stream", logged)
    ses.add_client_error("send_email", "MessageRejected", f"{TO} is on the suppression list")
    with pytest.raises(CodeNotSent) as refused:
        SENDER.send(TO, "046213", "en")
    assert "MessageRejected" in logged.getvalue()
    assert "ming" not in logged.getvalue() + str(refused.value)


def test_a_provider_that_cannot_be_reached_is_told(monkeypatch):
    class Dead:
        def send_email(self, **_):
            raise EndpointConnectionError(endpoint_url="https://ses.invalid")

    monkeypatch.setattr(aws, "client", lambda _service: Dead())
    with pytest.raises(CodeNotSent):
        SENDER.send(TO, "046213", "en")
