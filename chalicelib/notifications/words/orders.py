"""What notices about orders name."""

from dataclasses import replace
from datetime import datetime

from chalicelib.kit.clock import parse, parse_or_none
from chalicelib.kit.i18n import Language
from chalicelib.kit.money import Money
from chalicelib.kit.outbox import Message
from chalicelib.notifications.ports import NotificationPorts
from chalicelib.notifications.words.places import name_of
from chalicelib.notifications.words.types import Words
from chalicelib.notifications.words.written import amount, local_time
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import Line, Order
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Shop

_MOST_LINES = 3  # an SMS is short


def of_order(ports: NotificationPorts, message: Message) -> Words:
    order = orders.read(ports.orders, str(message.payload["order_id"]))
    shop = shops.shop(ports.shops, order.shop_id)
    return lambda language: {
        "shop": name_of(shop, language),
        "what": _what(order, shop, language),
        "amount": amount(order.money, language),
        "refunded": amount(Money(order.refunded, order.currency), language),
    }


def of_claim(ports: NotificationPorts, message: Message) -> Words:
    told = message.payload
    order = orders.read(ports.orders, str(told["order_id"]))
    shop, line = shops.shop(ports.shops, order.shop_id), order.line(str(told["line_id"]))
    asked, given = (Money(int(told[part]), str(told["currency"])) for part in ("amount", "given"))
    return lambda language: {
        "shop": name_of(shop, language),
        "what": _line(line, shop, language) if line else _what(order, shop, language),
        "amount": amount(asked, language),
        "given": amount(given, language),
    }


def of_dispute(ports: NotificationPorts, message: Message) -> Words:
    told = message.payload
    order = orders.read(ports.orders, str(told["order_id"]))
    shop, until = shops.shop(ports.shops, order.shop_id), parse_or_none(told["evidence_until"])
    disputed = Money(int(told["amount"]), str(told["currency"]))
    return lambda language: {
        "shop": name_of(shop, language),
        "what": _what(order, shop, language),
        "amount": amount(disputed, language),
        "by": _by(until, shop, language),
    }


def of_wait(ports: NotificationPorts, message: Message) -> Words:
    order = orders.read(ports.orders, str(message.payload["order_id"]))
    shop, until = shops.shop(ports.shops, order.shop_id), parse(str(message.payload["until"]))
    return lambda language: {
        "shop": name_of(shop, language),
        "what": _what(order, shop, language),
        "amount": amount(order.money, language),
        "until": local_time(until, shop.zone, language),
    }


def of_visit(ports: NotificationPorts, message: Message) -> Words:
    order = orders.read(ports.orders, str(message.payload["order_id"]))
    shop, told = shops.shop(ports.shops, order.shop_id), message.payload["line_ids"]
    visit = replace(order, lines=tuple(one for one in order.lines if one.id in told))
    return lambda language: {"shop": name_of(shop, language), "what": _what(visit, shop, language)}


def _by(until: datetime | None, shop: Shop, language: Language) -> str:
    if until is None:
        return "尽快" if language == "zh-CN" else "soon"
    told = local_time(until, shop.zone, language)
    return f"在{told}前" if language == "zh-CN" else f"by {told}"


def _what(order: Order, shop: Shop, language: Language) -> str:
    told = [_line(line, shop, language) for line in order.lines[:_MOST_LINES]]
    more = len(order.lines) - len(told)
    return ("；" if language == "zh-CN" else "; ").join([*told, f"+{more}"] if more else told)


def _line(line: Line, shop: Shop, language: Language) -> str:
    if line.starts_at is None:
        return line.title
    comma = "，" if language == "zh-CN" else ", "
    return f"{line.title}{comma}{local_time(line.starts_at, shop.zone, language)}"
