"""Channels of notices as a deployment makes them: what is told, what the template has, and what is not there."""

import json
from dataclasses import replace

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.kit.texting import Forms
from chalicelib.kit.texting_alibaba import AlibabaAccount
from chalicelib.kit.texting_tencent import TencentAccount
from infra import feedback, parameters, preflight_channels, secrets, texting
from infra.changes import DeployError
from infra.stage_models import Push
from infra.targets import Target

PROD = Target.aws(stage="prod", region="ap-southeast-1", mail_identity="mail.example.com", push=Push(fcm="linli"))
URL = {"Fn::Sub": "https://${RestAPI}.example/api"}
FORMS = {
    "login_code": {"*": {"code": "SMS_1", "params": ["code"]}},
    "*": {"zh-CN": {"code": "SMS_2", "params": ["text"]}},
}
ALIBABA = {
    "key_id": "LTAI0123456789ab",
    "key_secret": "0123456789abcdef0123456789",
    "sign_name": "邻里",
    "templates": FORMS,
}
TENCENT = {
    "key_id": "AKID0123456789abcdef0123",
    "key_secret": "0123456789abcdef0123456789",
    "app_id": "1400000000",
    "templates": FORMS,
}
WECHAT = {
    "wx1234567890abcdef": {
        "kind": "mini",
        "secret": "0123456789abcdef",
        "page": "pages/notice",
        "templates": {"order.confirmed.customer": {"*": {"code": "Yw2bf", "params": ["thing1=shop"]}}},
    }
}


def test_a_stage_with_mail_hears_what_became_of_it():
    made = feedback.resources(PROD, URL)
    assert made["FeedbackTopic"]["Properties"]["SignatureVersion"] == "2", "nothing else is believed"
    told = made["FeedbackSubscription"]["Properties"]
    assert (told["Protocol"], told["Endpoint"]) == ("https", {"Fn::Join": ["", [URL, "/v1/webhooks/topic"]]})
    events = made["MailEvents"]["Properties"]["EventDestination"]
    assert events["SnsDestination"] == {"TopicARN": {"Ref": "FeedbackTopic"}}
    assert set(events["MatchingEventTypes"]) == {"bounce", "complaint", "delivery"}
    (allowed,) = made["FeedbackTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert allowed["Principal"] == {"Service": "ses.amazonaws.com"}
    assert allowed["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_the_functions_are_told_of_what_there_is():
    told = feedback.environment(replace(PROD, texts="alibaba", sms_sender_id="Linli", sms_max_price="0.50"))
    assert told == {
        "TEXTS": "alibaba",
        "SMS_SENDER_ID": "Linli",
        "SMS_MAX_PRICE": "0.50",
        "PUSH_FCM": {"Fn::Sub": "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:app/GCM/linli"},
        "FEEDBACK_TOPIC": {"Ref": "FeedbackTopic"},
        "MAIL_SET": {"Fn::Sub": "${QueuePrefix}-mail"},
    }


@pytest.mark.parametrize("target", [Target.local(), Target.aws(stage="dev", region="eu-west-1")])
def test_where_nothing_is_sent_nothing_is_heard(target):
    assert feedback.resources(target, URL) == {}
    assert feedback.environment(target) == {"TEXTS": "sns"}


def test_rights_name_the_operators_applications_and_nothing_where_there_is_none():
    assert parameters._application(PROD, "fcm") == "GCM/linli"
    assert parameters._application(PROD, "apns") == "APNS/unset"


@pytest.mark.parametrize(
    ("name", "told", "account"),
    [("texts-alibaba", ALIBABA, AlibabaAccount), ("texts-tencent", TENCENT, TencentAccount)],
)
def test_an_account_is_stored_as_the_functions_read_it(name, told, account):
    stored = json.loads(texting.secret(name, "TEXTS_CONFIG", told))
    forms = Forms.of(stored.pop("templates"))
    assert account(**stored).key_id == told["key_id"]
    assert forms.form("login_code", "en").code == "SMS_1"
    assert forms.form("claim.asked.merchant", "zh-CN").params == ("text",)


def test_wechats_apps_are_stored_as_the_functions_read_them():
    stored = json.loads(texting.secret("wechat-messages", "WECHAT_MESSAGES_CONFIG", WECHAT))
    form = Forms.of(stored["wx1234567890abcdef"]["templates"]).form("order.confirmed.customer", "en")
    assert form.params == ("thing1=shop",)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"key_secret": "short"}, "key_secret"),
        ({"templates": {}}, "templates"),
        ({"templates": {"login_code": {"de": {"code": "1", "params": []}}}}, "templates.login_code.de"),
        ({"templates": {"no.kind": {"*": {"code": "1", "params": []}}}}, "no.kind is no kind of notice"),
        ({"templates": {"order.confirmed.customer": {"*": {"code": "1", "params": []}}}}, "none for sign-in codes"),
        ({"else": 1}, "else"),
    ],
)
def test_what_is_wrong_is_one_line_without_a_key(change, says):
    with pytest.raises(DeployError) as said:
        texting.secret("texts-alibaba", "TEXTS_CONFIG", ALIBABA | change)
    assert says in str(said.value)
    assert "\n" not in str(said.value)
    assert ALIBABA["key_secret"] not in str(said.value)


def test_a_provider_that_a_stage_names_has_to_have_an_account():
    target = replace(PROD, texts="alibaba")
    with pytest.raises(DeployError, match="TEXTS_CONFIG"):
        texting.wanted(target, {}, {})
    assert texting.wanted(target, {"texts-alibaba": "{}"}, {}) == {}
    given = texting.wanted(target, {}, {"TEXTS_CONFIG": json.dumps(ALIBABA)})
    assert set(given) == {"texts-alibaba"}
    assert texting.wanted(PROD, {}, {"TEXTS_CONFIG": json.dumps(ALIBABA)}) == {}, "SNS sends them"


def test_an_account_may_be_replaced_and_the_receipts_key_is_made_once():
    assert texting.RECEIPTS_KEY in secrets.RANDOM_SECRETS
    assert {"texts-alibaba", "texts-tencent", "wechat-messages"} == texting.SECRETS


def test_where_receipts_go():
    assert texting.addresses("https://api.example.com", "k")["tencent"] == (
        "https://api.example.com/v1/webhooks/texts/tencent/k"
    )


@pytest.mark.parametrize("arguments", [[], ["prod"], ["Prod!", "eu-west-1"]])
def test_the_command_says_how_it_is_used(arguments, capsys):
    assert texting.main(arguments) == 2
    assert "usage" in capsys.readouterr().err


@pytest.fixture
def clients(monkeypatch):
    made = {
        name: boto3.client(name, region_name="ap-southeast-1", aws_access_key_id="t", aws_secret_access_key="t")
        for name in ("sesv2", "sns", "sts")
    }
    monkeypatch.setattr(Target, "client", lambda _self, service: made[service])
    stubs = {name: Stubber(client) for name, client in made.items()}
    for stub in stubs.values():
        stub.activate()
    yield stubs
    for stub in stubs.values():
        stub.assert_no_pending_responses()


ARN = {"PlatformApplicationArn": "arn:aws:sns:ap-southeast-1:111122223333:app/GCM/linli"}
WHO = {"Account": "111122223333", "UserId": "u", "Arn": "arn:aws:iam::111122223333:user/u"}


def test_what_a_stage_names_and_is_there_is_good(clients):
    clients["sesv2"].add_response(
        "get_email_identity", {"VerifiedForSendingStatus": True}, {"EmailIdentity": "mail.example.com"}
    )
    clients["sts"].add_response("get_caller_identity", WHO)
    clients["sns"].add_response("get_platform_application_attributes", {"Attributes": {"Enabled": "true"}}, ARN)
    assert list(preflight_channels.channels_are_there(preflight_channels.channels(PROD))) == []


def test_what_is_not_there_or_switched_off_is_said(clients):
    clients["sesv2"].add_client_error("get_email_identity", "NotFoundException")
    clients["sts"].add_response("get_caller_identity", WHO)
    clients["sns"].add_response("get_platform_application_attributes", {"Attributes": {"Enabled": "false"}}, ARN)
    assert list(preflight_channels.channels_are_there(preflight_channels.channels(PROD))) == [
        "the mail identity mail.example.com is not there at SES",
        "the push application linli is switched off: its key or certificate ran out at SNS",
    ]


def test_what_cannot_be_read_is_said(clients):
    clients["sesv2"].add_response("get_email_identity", {"VerifiedForSendingStatus": False})
    clients["sts"].add_response("get_caller_identity", WHO)
    clients["sns"].add_client_error("get_platform_application_attributes", "AuthorizationError")
    said = list(preflight_channels.channels_are_there(preflight_channels.channels(PROD)))
    assert said[0].endswith("is not verified at SES")
    assert "AuthorizationError" in said[1]


def test_an_emulator_is_asked_nothing():
    assert list(preflight_channels.channels_are_there(preflight_channels.channels(Target.local()))) == []
