"""What notices about accounts name."""

from collections.abc import Mapping

from chalicelib.kit.clock import parse
from chalicelib.kit.i18n import Language, Text
from chalicelib.kit.outbox import Message
from chalicelib.notifications.ports import NotificationPorts
from chalicelib.notifications.words.types import Words
from chalicelib.notifications.words.written import time_there

_ROLES = {"manager": Text("a manager", "店长"), "staff": Text("staff", "店员")}
_FACTORS: Mapping[str, Text] = {
    "totp": Text("an authenticator app", "验证器应用"),
    "passkey": Text("a passkey", "通行密钥"),
    "recovery-codes": Text("recovery codes", "恢复码"),
    "all": Text("all second factors", "全部二次验证"),
}
_WAYS: Mapping[str, Text] = {
    "phone": Text("phone", "手机号"),
    "email": Text("e-mail", "邮箱"),
    "wechat": Text("WeChat", "微信"),
    "oidc": Text("another provider", "第三方账号"),
}
"""Kinds of sign-ins, as their owner calls them."""


def of_login(ports: NotificationPorts, message: Message) -> Words:
    told, at = message.payload, parse(str(message.payload["at"]))
    places: Mapping[str, str] = told["place"] or {}

    def words(language: Language) -> Mapping[str, object]:
        is_chinese = language == "zh-CN"
        return {
            "device": told["device"] or ("未知设备" if is_chinese else "an unknown device"),
            "place": places.get(language) or ("未知地点" if is_chinese else "an unknown place"),
            "at": time_there(at, ports.zone, language),
        }

    return words


def of_team(_ports: NotificationPorts, message: Message) -> Words:
    role = _ROLES[str(message.payload["role"])]
    return lambda language: {"role": role.render(language)}


def of_identity(_ports: NotificationPorts, message: Message) -> Words:
    return lambda language: {"way": _WAYS[str(message.payload["kind"])].render(language)}


def of_factor(_ports: NotificationPorts, message: Message) -> Words:
    told = message.payload
    return lambda language: {"factor": _FACTORS[str(told["what"])].render(language), "left": told["left"]}


_WHYS: Mapping[str, Text] = {
    "failing": Text("it took none for three days", "连续三天未能送达"),
    "gone": Text("it answered that it is gone (410)", "该地址返回已停用（410）"),
}


def of_webhook(_ports: NotificationPorts, message: Message) -> Words:
    why = _WHYS[str(message.payload["reason"])]
    return lambda language: {"host": message.payload["host"], "why": why.render(language)}


def of_privacy(_ports: NotificationPorts, _message: Message) -> Words:
    return lambda _language: {}
