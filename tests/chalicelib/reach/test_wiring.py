"""What a deployment's settings and secrets make of channels."""

import json
from functools import cache

import pytest

from chalicelib import settings, wiring
from chalicelib.accounts.gateways.forms import FormCodeSender
from chalicelib.accounts.gateways.sns import SnsCodeSender
from chalicelib.accounts.ports import Kind
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
