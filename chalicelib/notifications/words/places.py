"""What notices about shops and their coupons name."""

from collections.abc import Mapping

from chalicelib.kit.clock import parse
from chalicelib.kit.i18n import Language
from chalicelib.kit.outbox import Message
from chalicelib.notifications.ports import NotificationPorts
from chalicelib.notifications.words.types import Words
from chalicelib.notifications.words.written import local_time, time_there
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Shop


def of_outreach(ports: NotificationPorts, message: Message) -> Words:
    told, signed = message.payload, message.payload.get("shop")
    if signed is None:  # of a text that was planned before its shop's name was looked at with it
        shop = shops.shop(ports.shops, str(told["shop_id"]))
        signed = {"zh": name_of(shop, "zh-CN"), "en": name_of(shop, "en")}

    def said(language: Language) -> Mapping[str, str]:
        is_chinese, coupon = language == "zh-CN", told["coupon"]
        named = (f"优惠券：{coupon}。" if is_chinese else f" Coupon: {coupon}.") if coupon else ""
        short = "zh" if is_chinese else "en"
        return {"shop": signed[short], "text": told["text"][short], "coupon": named}

    return said


def of_coupon(_ports: NotificationPorts, message: Message) -> Words:
    return lambda _language: {"title": message.payload["title"]}


def of_expiring_coupon(ports: NotificationPorts, message: Message) -> Words:
    told, until = message.payload, parse(str(message.payload["until"]))
    return lambda language: {"title": told["title"], "until": time_there(until, ports.zone, language)}


def of_review(ports: NotificationPorts, message: Message) -> Words:
    shop = shops.shop(ports.shops, str(message.payload["shop_id"]))
    return lambda language: {"shop": name_of(shop, language), "stars": message.payload["stars"]}


def of_moderation(ports: NotificationPorts, message: Message) -> Words:
    shop, reasons = shops.shop(ports.shops, str(message.payload["shop_id"])), message.payload["reason"]
    return lambda language: {"shop": name_of(shop, language), "reason": reasons.get(language, "")}


def of_awaited_review(ports: NotificationPorts, message: Message) -> Words:
    shop, until = shops.shop(ports.shops, str(message.payload["shop_id"])), parse(str(message.payload["until"]))
    return lambda language: {"shop": name_of(shop, language), "until": local_time(until, shop.zone, language)}


def of_queue(ports: NotificationPorts, message: Message) -> Words:
    shop, told = shops.shop(ports.shops, str(message.payload["shop_id"])), message.payload
    return lambda language: {"shop": name_of(shop, language), "number": told["number"], "ahead": told["ahead"]}


def name_of(shop: Shop, language: Language) -> str:
    return shop.name_en if language == "en" and shop.name_en else shop.name
