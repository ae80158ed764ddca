"""What notices about money and licences name."""

from chalicelib.kit.clock import parse_or_none
from chalicelib.kit.i18n import Language
from chalicelib.kit.money import Money
from chalicelib.kit.outbox import Message
from chalicelib.notifications.ports import NotificationPorts
from chalicelib.notifications.words.types import Words
from chalicelib.notifications.words.written import amount, local_time


def of_account(_ports: NotificationPorts, message: Message) -> Words:
    told = message.payload
    until = parse_or_none(told["held_until"])

    def after(language: Language) -> str:
        if until is None:
            return "即日起" if language == "zh-CN" else "from now on"
        moment = local_time(until, str(told["zone"]), language)
        return f"{moment}后" if language == "zh-CN" else f"from {moment} on"

    return lambda language: {"end": told["end"], "after": after(language)}


def of_settlement(_ports: NotificationPorts, message: Message) -> Words:
    payable = Money(int(message.payload["payable"]), str(message.payload["currency"]))
    return lambda language: {"lines": message.payload["lines"], "amount": amount(payable, language)}


def of_payout(_ports: NotificationPorts, message: Message) -> Words:
    told, currency = message.payload, str(message.payload["currency"])
    whole, returned = (Money(int(told[name]), currency) for name in ("amount", "returned"))
    return lambda language: {
        "amount": amount(whole, language),
        "arrived": amount(whole - returned, language),
        "returned": amount(returned, language),
    }


def of_vetting(_ports: NotificationPorts, message: Message) -> Words:
    return lambda _language: {"until": message.payload["until"]}
