"""What a deployment's settings and secrets make of channels."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from chalicelib import settings, wiring
from chalicelib.accounts.gateways.forms import FormCodeSender
from chalicelib.accounts.gateways.sns import SnsCodeSender
from chalicelib.accounts.ports import Account, Identity, Kind
from chalicelib.kit.auth import Role
from chalicelib.notifications import use_cases as notifications
from chalicelib.notifications.gateways.forms import FormSender
from chalicelib.notifications.gateways.inbox import InboxSender
from chalicelib.notifications.gateways.push import PushSender
from chalicelib.notifications.gateways.ses import SesSender
from chalicelib.notifications.gateways.sns import SnsSender
from chalicelib.notifications.gateways.wechat import WechatSender
from chalicelib.notifications.ports import Channel
from chalicelib.reach.addresses import PhoneSender
from chalicelib.reach.gateways.endpoints import InboxEndpoints, SnsEndpoints
from infra import texting
from infra.sandbox.inbox import Inbox
from tests.api import CUSTOMER, call
from tests.chalicelib.notifications.payloads import message
from tests.chalicelib.reach.rules.test_receipts import ALIBABA as ALIBABA_REPORT
from tests.infra.test_channels import ALIBABA, TENCENT, WECHAT

OFFICIAL = {
    "kind": "official",
    "secret": "0123456789abcdef",
    "templates": {"*": {"*": {"code": "t", "params": ["a=b"]}}},
}
APPS = WECHAT | {"wxzzzzzzzzofficial": OFFICIAL}
STORED = {
    "texts-alibaba": texting.secret("texts-alibaba", "TEXTS_CONFIG", ALIBABA),
    "texts-tencent": texting.secret("texts-tencent", "TEXTS_CONFIG", TENCENT),
    "wechat-messages": texting.secret("wechat-messages", "WECHAT_MESSAGES_CONFIG", APPS),
    "wechat-login": json.dumps({"wx1234567890abcdef": {}}),
}


@pytest.fixture
def stage(tables, monkeypatch):
    """Return what lets settings and secrets be others; the real ones are back afterwards."""
    secrets = dict(settings.secrets())

    def be(stored=(), **env):
        for name in ("INBOX_URL", "MAIL_FROM", "TEXTS", "PUSH_FCM"):
            monkeypatch.delenv(name, raising=False)
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        settings.settings.cache_clear()
        monkeypatch.setattr(settings, "secrets", cache(lambda: secrets | {name: STORED[name] for name in stored}))
        wiring.reset()

    yield be
    settings.settings.cache_clear()
    wiring.reset()


def test_without_anything_texts_go_by_sns_alone(stage):
    stage()
    senders = wiring.notice_senders()
    assert {channel: type(one) for channel, one in senders.items()} == {Channel.SMS: SnsSender}
    assert isinstance(wiring.accounts().senders[Kind.PHONE], SnsCodeSender)


@pytest.mark.parametrize("provider", ["alibaba", "tencent"])
def test_the_provider_that_is_named_sends_notices_and_codes(stage, provider):
    stage([f"texts-{provider}"], TEXTS=provider)
    assert isinstance(wiring.notice_senders()[Channel.SMS], FormSender)
    assert isinstance(wiring.accounts().senders[Kind.PHONE], FormCodeSender)


def test_a_provider_without_an_account_is_a_wrong_setup(stage):
    stage(TEXTS="alibaba")
    with pytest.raises(KeyError):
        wiring.notice_senders()


def test_what_is_there_is_used(stage):
    stage(["wechat-messages"], MAIL_FROM="no-reply@linli.example", PUSH_FCM="arn:aws:sns:r:1:app/GCM/linli")
    senders = wiring.notice_senders()
    kinds = {Channel.SMS: SnsSender, Channel.EMAIL: SesSender, Channel.PUSH: PhoneSender, Channel.WECHAT: WechatSender}
    assert {channel: type(one) for channel, one in senders.items()} == kinds
    assert isinstance(senders[Channel.PUSH].inner, PushSender)
    assert isinstance(wiring.reach().endpoints, SnsEndpoints)


def test_official_accounts_come_before_mini_programs_which_alone_are_agreed_to(stage):
    stage(["wechat-messages"])
    ports = wiring.reach()
    assert list(ports.wechat) == ["wxzzzzzzzzofficial", "wx1234567890abcdef"]
    assert [(one.app, one.id, one.kinds) for one in ports.templates] == [
        ("wx1234567890abcdef", "Yw2bf", ("order.confirmed.customer",))
    ]


def test_a_development_stack_catches_every_channel(stage):
    stage(["wechat-login"], INBOX_URL="http://127.0.0.1:12112")
    senders = wiring.notice_senders()
    assert set(senders) == set(Channel)
    assert isinstance(senders[Channel.PUSH].inner, InboxSender)
    assert isinstance(wiring.reach().endpoints, InboxEndpoints)
    assert list(wiring.reach().wechat) == ["wx1234567890abcdef"]


def test_receipts_need_a_topic_and_a_key(stage):
    stage(FEEDBACK_TOPIC="arn:aws:sns:r:1:topic")
    ports = wiring.feedback()
    assert ports.subscriptions.topic == "arn:aws:sns:r:1:topic"
    assert ports.key == settings.secrets()["receipts-key"]


def test_a_notice_goes_from_the_api_to_the_inbox(stage):
    """All of it is real but the queue: the phone is told over HTTP, the message delivered, the inbox asked by HTTP."""
    with Inbox() as inbox:
        stage(["wechat-login"], INBOX_URL=inbox.url)
        body = {"platform": "fcm", "token": "token-of-the-tests"}
        told = call("POST", "/v1/me/devices", actor=CUSTOMER, body=body)
        assert told.status == 200, told.text
        expired = message("coupon.expired")
        for _ in range(2):
            notifications.deliver(wiring.notifications(), expired)
        (pushed,) = inbox.messages(channel="push")
        assert (pushed.to, pushed.kind) == ("inbox:fcm:of-the-tests", "coupon.expired.customer")
        assert pushed.subject
        gone = call("DELETE", "/v1/me/devices/{device_id}", actor=CUSTOMER, device_id=told.json["id"])
        assert gone.status == 204
        notifications.deliver(wiring.notifications(), message("coupon.expired"))
        assert len(inbox.messages(channel="push")) == 1
        assert len(inbox.messages(channel="sms")) == 1


def test_a_number_that_its_provider_says_has_left_gets_no_text(stage):
    """Likewise, with the core's own list of addresses that are given up. The report is of 2017, the number older."""
    with Inbox() as inbox:
        stage(["wechat-login"], INBOX_URL=inbox.url)
        now = wiring.clock().now()
        phone = Identity(Kind.PHONE, "+8613811112222", datetime(2010, 1, 1, tzinfo=UTC))
        account = Account("acc_left", (phone,), None, "zh-CN", frozenset({Role.CUSTOMER}), 1, now)
        wiring.committer().commit(wiring.accounts().store.create(account))
        told = message("coupon.expired")
        told = replace(told, payload={**told.payload, "customer_id": "acc_left"})
        notifications.deliver(wiring.notifications(), told)
        assert [one.to for one in inbox.messages(channel="sms")] == ["+8613811112222"]
        left = [ALIBABA_REPORT | {"success": False, "err_code": "USER_REJECT"}]
        key = settings.secrets()["receipts-key"]
        for _ in range(2):
            answer = call("POST", "/v1/webhooks/texts/alibaba/{receipt_key}", body=left, receipt_key=key)
            assert answer.json == {"code": 0, "msg": "OK"}
        wiring.reset()  # another container
        again = replace(message("coupon.expired"), payload=told.payload)
        notifications.deliver(wiring.notifications(), again)
        assert len(inbox.messages(channel="sms")) == 1
