"""Alibaba Cloud, "V3 request structure and signature" (RunInstances, fixed parameters), and SendSms by its bytes."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.exchange import Http
from chalicelib.kit.texting import Form, TextRefused, Verdict
from chalicelib.kit.texting_alibaba import (
    AlibabaAccount,
    AlibabaTexts,
    canonical_query,
    canonical_request,
    number,
    signed_headers,
    string_to_sign,
)
from tests.chalicelib.notifications.gateways.letters import TO, Listening, Replies

ACCOUNT = AlibabaAccount("LTAI_test", "secret_of_the_tests", "邻里")
FORM = Form("SMS_100", ("shop", "what"))
VALUES = {"shop": "阿明 理发店", "what": "剪发&洗", "else": "not told"}


class Clock:
    def now(self):
        return datetime(2026, 5, 1, 6, 30, tzinfo=UTC)


def texts(exchange, base="https://dysmsapi.aliyuncs.com"):
    return AlibabaTexts(ACCOUNT, Clock(), exchange, base)


def test_the_published_example_is_signed_as_published(record_property):
    """The document's example: AccessKey YourAccessKeyId, RunInstances, 2023-10-26T10:22:32Z."""
    record_property("channels", "1 signature examples")
    query = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    headers = signed_headers(
        AlibabaAccount("YourAccessKeyId", "YourAccessKeySecret"), "ecs.cn-shanghai.aliyuncs.com", "RunInstances",
        "2014-05-26", query, "2023-10-26T10:22:32Z", "3156853299f313e23d1673dc12e1703d",
    )  # fmt: skip
    authorization = headers.pop("Authorization")
    canonical = canonical_request(headers, query)
    assert canonical == (
        "POST\n"
        "/\n"
        "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai\n"
        "host:ecs.cn-shanghai.aliyuncs.com\n"
        "x-acs-action:RunInstances\n"
        "x-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
        "x-acs-date:2023-10-26T10:22:32Z\n"
        "x-acs-signature-nonce:3156853299f313e23d1673dc12e1703d\n"
        "x-acs-version:2014-05-26\n"
        "\n"
        "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert string_to_sign(canonical) == (
        "ACS3-HMAC-SHA256\n7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
    )
    assert authorization == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_a_query_is_encoded_as_it_is_signed():
    assert canonical_query({"b": "a b*c~d/e", "A": "+&="}) == "A=%2B%26%3D&b=a%20b%2Ac~d%2Fe"


def test_what_a_server_reads_of_the_bytes_is_what_was_signed():
    with Listening({"Code": "OK", "BizId": "9006^0", "RequestId": "r"}) as server:
        biz = texts(Http(), f"http://{server.host}").send(TO, FORM, VALUES, "ntc_1")
    assert biz == "9006^0"
    ((target, headers, body),) = server.got
    query = dict(parse_qsl(urlsplit(target).query, strict_parsing=True))
    assert query == {
        "PhoneNumbers": "13800000001",
        "SignName": "邻里",
        "TemplateCode": "SMS_100",
        "TemplateParam": '{"shop":"阿明 理发店","what":"剪发&洗"}',
        "OutId": "ntc_1",
    }
    assert (body, headers["host"]) == (b"", server.host)
    assert (headers["x-acs-action"], headers["x-acs-version"]) == ("SendSms", "2017-05-25")
    assert headers["x-acs-date"] == "2026-05-01T06:30:00Z"
    # Signed once more from what came, by the document's rule and not by our functions.
    named = headers["authorization"].split("SignedHeaders=")[1].split(",")[0]
    lines = "".join(f"{name}:{headers[name]}\n" for name in named.split(";"))
    whole = f"POST\n/\n{urlsplit(target).query}\n{lines}\n{named}\n{hashlib.sha256(body).hexdigest()}"
    signed = f"ACS3-HMAC-SHA256\n{hashlib.sha256(whole.encode()).hexdigest()}"
    wanted = hmac.new(b"secret_of_the_tests", signed.encode(), hashlib.sha256).hexdigest()
    assert headers["authorization"].endswith(f"Signature={wanted}")


def test_no_two_requests_have_the_same_nonce():
    replies = Replies(*[{"Code": "OK", "BizId": "1"}] * 2)
    for _ in range(2):
        texts(replies).send(TO, FORM, VALUES, "ntc_1")
    first, second = (headers["x-acs-signature-nonce"] for _, _, headers, _ in replies.asked)
    assert first != second


def test_a_form_without_variables_sends_none():
    replies = Replies({"Code": "OK", "BizId": "1"})
    texts(replies).send(TO, Form("SMS_1", ()), VALUES, "ntc_1")
    assert "TemplateParam" not in replies.asked[0][1]


def test_a_variable_that_is_missing_goes_out_empty():
    replies = Replies({"Code": "OK", "BizId": "1"})
    texts(replies).send(TO, FORM, {}, "ntc_1")
    query = dict(parse_qsl(urlsplit(replies.asked[0][1]).query))
    assert json.loads(query["TemplateParam"]) == {"shop": "", "what": ""}


@pytest.mark.parametrize(
    ("to", "written"), [("+8613800000001", "13800000001"), ("+85291234567", "85291234567"), ("+12125550100", "12125550100")]
)  # fmt: skip
def test_numbers_are_written_as_sendsms_takes_them(to, written):
    assert number(to) == written


def test_what_would_reach_somebody_in_china_is_not_sent():
    """Without its plus +1 415 555 0100 is a mobile number there."""
    replies = Replies({"Code": "OK", "BizId": "1"})
    with pytest.raises(TextRefused) as refused:
        texts(replies).send("+14155550100", FORM, VALUES, "ntc_1")
    assert (refused.value.verdict, replies.asked) == (Verdict.NEVER, [])


@pytest.mark.parametrize(
    ("code", "verdict", "after"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL", Verdict.GONE, None),
        ("isv.BLACK_KEY_CONTROL_LIMIT", Verdict.NEVER, None),
        ("isv.PARAM_LENGTH_LIMIT", Verdict.NEVER, None),
        ("isv.BUSINESS_LIMIT_CONTROL", Verdict.BUSY, 3600),
        ("isp.SYSTEM_ERROR", Verdict.LATER, 5),
        ("isv.AMOUNT_NOT_ENOUGH", Verdict.LATER, None),
        ("isv.SMS_TEMPLATE_ILLEGAL", Verdict.LATER, None),
        ("SignatureDoesNotMatch", Verdict.LATER, None),
        ("isv.NOBODY_KNOWS_THIS_ONE", Verdict.LATER, None),
    ],
)
def test_refusals_are_told_apart_and_name_no_number(code, verdict, after, record_property):
    record_property("channels", "1 refusals")
    with pytest.raises(TextRefused) as refused:
        texts(Replies({"Code": code, "Message": f"no {TO}"})).send(TO, FORM, VALUES, "ntc_1")
    assert (refused.value.code, refused.value.verdict, refused.value.retry_after) == (code, verdict, after)
    assert "1380000" not in str(refused.value)


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"", b"[" * 5000])
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
