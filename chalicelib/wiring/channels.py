"""How people are reached, and what providers say of it. See the package."""

from functools import cache
from typing import TYPE_CHECKING

from chalicelib import settings as _settings
from chalicelib import wiring

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.kit.texting import Forms, SnsTexts, TextClient
    from chalicelib.notifications.gateways.wechat import WechatSource
    from chalicelib.notifications.ports import Addresses, Channel, Sender
    from chalicelib.reach.ports import Endpoints, FeedbackPorts, ReachPorts

_HASTE = {"connect": 2.0, "read": 4.0, "whole": 5.0}  # ten messages wait one for another in a function of 60 s


@cache
def notice_senders() -> "Mapping[Channel, Sender]":
    """Return what sends, for each channel that this deployment has."""
    from chalicelib.notifications.ports import Channel
    from chalicelib.reach.addresses import PhoneSender

    inbox, told = _settings.settings().inbox_url, _settings.settings()
    if inbox is not None:
        from chalicelib.notifications.gateways.inbox import InboxSender

        made: dict[Channel, Sender] = {one: InboxSender(inbox, one) for one in Channel}
        return made | {Channel.PUSH: PhoneSender(made[Channel.PUSH], wiring.reach)}
    made = {Channel.SMS: _texts()}
    if told.mail_from is not None:
        from chalicelib.notifications.gateways.ses import SesSender

        made[Channel.EMAIL] = SesSender(told.mail_from, told.mail_set)
    if told.push:
        from chalicelib.notifications.gateways.push import PushSender

        made[Channel.PUSH] = PhoneSender(PushSender(), wiring.reach)
    sources = _wechat_sources()
    if sources:
        from chalicelib.kit.exchange import Http
        from chalicelib.notifications.gateways.wechat import WechatSender
        from chalicelib.reach.store import ConsentTable

        made[Channel.WECHAT] = WechatSender(sources, ConsentTable(wiring.clock()), Http(**_HASTE))
    return made


@cache
def notice_addresses() -> "Addresses":
    """Return who knows where somebody is reached beside phone and mail."""
    from chalicelib.reach.addresses import ReachAddresses

    return ReachAddresses(wiring.reach())


def _texts() -> "Sender":
    told = text_provider()
    if told is None:
        from chalicelib.notifications.gateways.sns import SnsSender

        return SnsSender(sns_texts())
    from chalicelib.notifications.gateways.forms import FormSender

    return FormSender(_settings.settings().texts, *told)


def sns_texts() -> "SnsTexts":
    """Return how SNS sends texts."""
    from chalicelib.kit.texting import SnsTexts

    return SnsTexts(_settings.settings().sms_sender_id, _settings.settings().sms_max_price)


@cache
def text_provider() -> "tuple[TextClient, Forms] | None":
    """Return who sends texts by templates, and its templates; None where SNS sends them. The secrets' form is that of
    `infra.texting`.

    Raises:
        KeyError: the settings name somebody whom nobody knows, or whose secret is not there.
    """
    import json

    name = _settings.settings().texts
    if name == "sns":
        return None
    from chalicelib.kit.exchange import Http
    from chalicelib.kit.texting import Forms
    from chalicelib.kit.texting_alibaba import AlibabaAccount, AlibabaTexts
    from chalicelib.kit.texting_tencent import TencentAccount, TencentTexts

    told = json.loads(_settings.secrets()[f"texts-{name}"])
    forms, clock, exchange = Forms.of(told.pop("templates")), wiring.clock(), Http(**_HASTE)
    makers: Mapping[str, Callable[[], TextClient]] = {
        "alibaba": lambda: AlibabaTexts(AlibabaAccount(**told), clock, exchange),
        "tencent": lambda: TencentTexts(TencentAccount(**told), clock, exchange),
    }
    return makers[name](), forms


@cache
def _wechat_sources() -> "Mapping[str, WechatSource]":
    """Return the apps that send messages at WeChat, those that need no agreement first."""
    import json

    from chalicelib.kit.texting import Forms
    from chalicelib.notifications.gateways.wechat import WechatKind, WechatSource

    told = json.loads(_settings.secrets().get("wechat-messages", "{}"))
    made = {
        appid: WechatSource(
            secret=one["secret"],
            kind=WechatKind(one["kind"]),
            forms=Forms.of(one["templates"]),
            page=one.get("page"),
            mini=one.get("mini"),
            lasting=one.get("lasting", False),
        )
        for appid, one in told.items()
    }
    return dict(sorted(made.items(), key=lambda item: (item[1].kind is WechatKind.MINI, item[0])))


@cache
def reach() -> "ReachPorts":
    """Return what phones and agreements need. Their index needs the pepper alone: no data key, so no call to KMS."""
    from chalicelib.kit.seal import Sealer
    from chalicelib.reach.ports import ReachPorts, Template
    from chalicelib.reach.store import ConsentTable, DeviceTable

    index = Sealer(data_keys={}, current=0, index_key=_settings.secrets()["pepper"].encode())
    counted = {appid: one for appid, one in _wechat_sources().items() if one.kind.value == "mini" and not one.lasting}
    kinds: dict[tuple[str, str], list[str]] = {}
    for appid, source in counted.items():
        for kind, forms in source.forms.by_kind.items():
            for form in forms.values():
                kinds.setdefault((appid, form.code), []).append(kind)
    return ReachPorts(
        devices=DeviceTable(index.blind),
        consents=ConsentTable(wiring.clock()),
        endpoints=_endpoints(),
        accounts=wiring.accounts(),
        clock=wiring.clock(),
        committer=wiring.committer(),
        idempotency=wiring.idempotency(),
        templates=[Template(appid, code, tuple(sorted(set(told)))) for (appid, code), told in sorted(kinds.items())],
        wechat=_wechat_apps(),
    )


def _wechat_apps() -> "tuple[str, ...]":
    """Return the apps whose people are told: on a development stack all that people sign in to."""
    import json

    if _settings.settings().inbox_url is not None:
        return tuple(json.loads(_settings.secrets().get("wechat-login", "{}")))
    return tuple(_wechat_sources())


def _endpoints() -> "Endpoints":
    from chalicelib.reach.gateways.endpoints import InboxEndpoints, SnsEndpoints
    from chalicelib.reach.ports import Platform

    if _settings.settings().inbox_url is not None:
        return InboxEndpoints()
    return SnsEndpoints({Platform(name): arn for name, arn in _settings.settings().push.items()})


@cache
def feedback() -> "FeedbackPorts":
    """Return what receipts need; likewise without a data key."""
    from chalicelib.kit.seal import Sealer
    from chalicelib.notifications import use_cases as notifications
    from chalicelib.reach.gateways.topics import SigningCertificates, confirming
    from chalicelib.reach.ports import FeedbackPorts, Subscriptions
    from chalicelib.reach.store import FeedbackTable

    index = Sealer(data_keys={}, current=0, index_key=_settings.secrets()["pepper"].encode())
    topic = _settings.settings().feedback_topic
    return FeedbackPorts(
        store=FeedbackTable(index.blind, wiring.clock()),
        suspend=lambda *told: notifications.suspend(wiring.notifications(), *told),
        subscriptions=Subscriptions(topic, SigningCertificates(), confirming(topic)),
        key=_settings.secrets().get("receipts-key", ""),
        clock=wiring.clock(),
        committer=wiring.committer(),
    )
