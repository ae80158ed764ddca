"""Tencent Cloud, "Signature v3" (DescribeInstances of CVM, 2019-02-25), and SendSms by its bytes."""

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.exchange import Http
from chalicelib.kit.texting import Form, TextRefused, Verdict
from chalicelib.kit.texting_tencent import (
    TencentAccount,
    TencentTexts,
    authorization,
    canonical_request,
    string_to_sign,
)
from tests.chalicelib.notifications.gateways.letters import TO, Listening, Replies

ACCOUNT = TencentAccount("AKID_test", "secret_of_the_tests", "1400000000", "邻里")
FORM = Form("100", ("shop", "what"))
VALUES = {"what": "剪发", "shop": "阿明理发店"}
SENT = {"Response": {"SendStatusSet": [{"SerialNo": "2019:1", "Code": "Ok"}], "RequestId": "r"}}
# The document's example: its key, its body and its moment.
EXAMPLE = TencentAccount("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")
EXAMPLE_BODY = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
EXAMPLE_HOST, EXAMPLE_STAMP = "cvm.tencentcloudapi.com", 1551113065


class Clock:
    def now(self):
        return datetime(2026, 5, 1, 6, 30, tzinfo=UTC)


def texts(exchange, base="https://sms.tencentcloudapi.com", account=ACCOUNT):
    return TencentTexts(account, Clock(), exchange, base)


def test_the_published_example_has_the_published_canonical_request(record_property):
    record_property("channels", "1 signature examples")
    assert canonical_request(EXAMPLE_HOST, EXAMPLE_BODY) == (
        "POST\n"
        "/\n"
        "\n"
        "content-type:application/json; charset=utf-8\n"
        "host:cvm.tencentcloudapi.com\n"
        "\n"
        "content-type;host\n"
        "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064"
    )


def test_the_published_example_has_the_published_string_to_sign(record_property):
    record_property("channels", "1 signature examples")
    canonical = canonical_request(EXAMPLE_HOST, EXAMPLE_BODY)
    assert string_to_sign(canonical, EXAMPLE_STAMP, "2019-02-25/cvm/tc3_request") == (
        "TC3-HMAC-SHA256\n"
        "1551113065\n"
        "2019-02-25/cvm/tc3_request\n"
        "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031"
    )


def test_the_published_example_is_signed_as_published(record_property):
    record_property("channels", "1 signature examples")
    assert authorization(EXAMPLE, EXAMPLE_HOST, "cvm", EXAMPLE_BODY, EXAMPLE_STAMP) == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


def test_what_a_server_reads_of_the_bytes_is_what_was_signed():
    with Listening(SENT) as server:
        serial = texts(Http(), f"http://{server.host}").send(TO, FORM, VALUES, "ntc_1")
    assert serial == "2019:1"
    ((path, headers, body),) = server.got
    assert json.loads(body) == {
        "PhoneNumberSet": [TO],
        "SmsSdkAppId": "1400000000",
        "TemplateId": "100",
        "TemplateParamSet": ["阿明理发店", "剪发"],
        "SessionContext": "ntc_1",
        "SignName": "邻里",
    }
    assert (path, headers["host"], headers["x-tc-action"]) == ("/", server.host, "SendSms")
    assert (headers["x-tc-version"], headers["x-tc-region"]) == ("2021-01-11", "ap-guangzhou")
    assert headers["x-tc-timestamp"] == "1777617000"
    # Signed once more from what came, by the document's rule and not by our functions.
    canonical = "\n".join(
        ("POST", "/", "", f"content-type:{headers['content-type']}", f"host:{headers['host']}", "",
         "content-type;host", hashlib.sha256(body).hexdigest())
    )  # fmt: skip
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    signed = f"TC3-HMAC-SHA256\n{headers['x-tc-timestamp']}\n2026-05-01/sms/tc3_request\n{hashed}"
    key = b"TC3secret_of_the_tests"
    for part in (b"2026-05-01", b"sms", b"tc3_request", signed.encode()):
        key = hmac.new(key, part, hashlib.sha256).digest()
    assert headers["authorization"].endswith(f"Signature={key.hex()}")


def test_without_a_sign_none_is_sent():
    replies = Replies(SENT)
    texts(replies, account=TencentAccount("a", "b", "1")).send(TO, FORM, VALUES, "ntc_1")
    assert "SignName" not in json.loads(replies.asked[0][3])


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    ("code", "verdict", "after"),
    [
        ("FailedOperation.PhoneNumberInBlacklist", Verdict.GONE, None),
        ("InvalidParameterValue.IncorrectPhoneNumber", Verdict.GONE, None),
        ("FailedOperation.ContainSensitiveWord", Verdict.NEVER, None),
        ("LimitExceeded.PhoneNumberThirtySecondLimit", Verdict.BUSY, 30),
        ("LimitExceeded.PhoneNumberSameContentDailyLimit", Verdict.NEVER, None),
        ("InternalError.Timeout", Verdict.LATER, 5),
        ("FailedOperation.TemplateIncorrectOrUnapproved", Verdict.LATER, None),
        ("AuthFailure.SignatureFailure", Verdict.LATER, None),
        ("Nobody.KnowsThisOne", Verdict.LATER, None),
    ],
)
def test_refusals_are_told_apart_and_name_no_number(code, verdict, after, whole, record_property):
    record_property("channels", "1 refusals")
    told = {"Error": {"Code": code, "Message": TO}} if whole else {"SendStatusSet": [{"Code": code, "PhoneNumber": TO}]}
    with pytest.raises(TextRefused) as refused:
        texts(Replies({"Response": told})).send(TO, FORM, VALUES, "ntc_1")
    assert (refused.value.code, refused.value.verdict, refused.value.retry_after) == (code, verdict, after)
    assert "1380000" not in str(refused.value)


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b'{"Response":[]}', b'{"Response":{"SendStatusSet":[]}}'])
def test_an_answer_that_nobody_understands_means_later(answer):
    with pytest.raises(TextRefused) as refused:
        texts(Replies(answer)).send(TO, FORM, VALUES, "ntc_1")
    assert refused.value.verdict is Verdict.LATER


def test_no_answer_means_later():
    with pytest.raises(TextRefused) as refused:
        texts(Replies(Unavailable(retry_after=2))).send(TO, FORM, VALUES, "ntc_1")
    assert refused.value.verdict is Verdict.LATER


def test_the_secret_is_not_shown():
    assert "secret_of_the_tests" not in repr(ACCOUNT)
