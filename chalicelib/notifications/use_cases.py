"""What can be done with notices: tell those who should hear of a message, once each, and list what somebody was told.

A notice is claimed, sent, marked, in this order. A run that dies between sending and marking leaves a claim that runs
out, and the repeat sends the same id again: a sender that knows ids drops it, one that does not may send it twice;
nothing is ever lost. What its reader switched off, or what comes in their quiet hours and can wait, is written down
and not sent.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.accounts import use_cases as accounts
from chalicelib.accounts.ports import Contact
from chalicelib.kit.auth import Actor
from chalicelib.kit.clock import iso, parse, parse_or_none
from chalicelib.kit.errors import NotFound
from chalicelib.kit.i18n import Language, Text
from chalicelib.kit.money import Money
from chalicelib.kit.observability import log, metric
from chalicelib.kit.outbox import Message
from chalicelib.kit.pagination import Page
from chalicelib.notifications.ports import Letter, NotificationPorts
from chalicelib.notifications.rules import (
    AUDIENCE,
    TO_FORMER,
    InHand,
    Notice,
    SenderDown,
    Side,
    State,
    Undeliverable,
    amount,
    local_time,
    notice_id,
    time_there,
)
from chalicelib.notifications.templates import TEMPLATES, WAYS
from chalicelib.orders import use_cases as orders
from chalicelib.orders.ports import Line, Order
from chalicelib.profiles import use_cases as profiles
from chalicelib.profiles.ports import Channel
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import Shop

Words = Callable[[Language], Mapping[str, object]]
_MOST_LINES = 3  # an SMS is short


def deliver(ports: NotificationPorts, message: Message) -> None:
    """Tell everybody who should hear of a message, each in their language. One who cannot be told now does not keep
    the others from being told.

    Raises:
        SenderDown, InHand: somebody is still to be told; the message must come again.
    """
    sides = AUDIENCE.get(message.type)
    if sides is None:
        log.warning("nobody is told of this type of message", type=message.type, message_id=message.id)
        return
    words = _WORDS[message.type.partition(".")[0]](ports, message)
    waiting: list[Exception] = []
    for side in sides:
        try:
            _tell(ports, message, side, words)
        except (SenderDown, InHand) as error:
            waiting.append(error)
    if waiting:
        raise waiting[0]


def _tell(ports: NotificationPorts, message: Message, side: Side, words: Words) -> None:
    account_id, kind = str(message.payload[f"{side}_id"]), f"{message.type}.{side}"
    try:
        contact = accounts.contact(ports.accounts, account_id)
    except NotFound:
        log.warning("the recipient is gone", account_id=account_id, message_id=message.id)
        return
    now, to = ports.clock.now(), contact.phone or contact.email
    channel = Channel.EMAIL if contact.phone is None and contact.email is not None else Channel.SMS
    wanted = profiles.wants(ports.profiles, account_id, kind, channel, now)
    notice = Notice(
        id=notice_id(message.id, account_id),
        account_id=account_id,
        message_id=message.id,
        kind=kind,
        channel=channel,
        body=TEMPLATES[kind].render(contact.language, **words(contact.language)),
        state=State.CLAIMED if wanted else State.SILENT,
        created_at=now,
    )
    if ports.store.claim(notice, now) and wanted:
        _send(ports, notice, to, contact.language)
    if message.type in TO_FORMER:
        _tell_former(ports, message, notice, contact)


def _tell_former(ports: NotificationPorts, message: Message, notice: Notice, contact: Contact) -> None:
    """Tell the phones that were former ones when it happened: at a replay there may be more, or others in their place.
    Each is known by when it was lost: an id made of the number could be tried out.
    """
    for phone in contact.former:
        if phone.linked_at > message.occurred_at:
            continue
        again_id = notice_id(f"{message.id}/former/{iso(phone.linked_at)}", notice.account_id)
        again = replace(notice, id=again_id, channel=Channel.SMS, state=State.CLAIMED)
        if ports.store.claim(again, notice.created_at):
            _send(ports, again, phone.subject, contact.language)


def _send(ports: NotificationPorts, notice: Notice, to: str | None, language: Language) -> None:
    if to is None or notice.channel not in ports.senders:  # they find it in their list
        ports.store.mark(notice.id, State.UNDELIVERABLE)
        return
    try:
        ports.senders[notice.channel].send(_letter(notice, language), to)
    except SenderDown:
        ports.store.release(notice.id, ports.clock.now())
        raise
    except Undeliverable as error:
        log.warning("undeliverable", notice_id=notice.id, kind=notice.kind, reason=str(error))
        ports.store.mark(notice.id, State.UNDELIVERABLE)
        metric("NoticesUndeliverable", channel=notice.channel)
        return
    ports.store.mark(notice.id, State.SENT)
    metric("NoticesSent", channel=notice.channel)


_TITLE = Text("Linli", "邻里")


def _letter(notice: Notice, language: Language) -> Letter:
    return Letter(notice.id, notice.kind, notice.account_id, language, _TITLE.render(language), notice.body)


def of_account(ports: NotificationPorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> Page[Notice]:
    """Return some of what the actor was told, newest first."""
    return ports.store.of_account(actor.account_id, after, limit)


def _account_words(_ports: NotificationPorts, message: Message) -> Words:
    told = message.payload
    until = parse_or_none(told["held_until"])

    def after(language: Language) -> str:
        if until is None:
            return "即日起" if language == "zh-CN" else "from now on"
        moment = local_time(until, str(told["zone"]), language)
        return f"{moment}后" if language == "zh-CN" else f"from {moment} on"

    return lambda language: {"end": told["end"], "after": after(language)}


def _login_words(ports: NotificationPorts, message: Message) -> Words:
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


_ROLES = {"manager": Text("a manager", "店长"), "staff": Text("staff", "店员")}


def _team_words(_ports: NotificationPorts, message: Message) -> Words:
    role = _ROLES[str(message.payload["role"])]
    return lambda language: {"role": role.render(language)}


def _identity_words(_ports: NotificationPorts, message: Message) -> Words:
    return lambda language: {"way": WAYS[str(message.payload["kind"])].render(language)}


_FACTORS: Mapping[str, Text] = {
    "totp": Text("an authenticator app", "验证器应用"),
    "passkey": Text("a passkey", "通行密钥"),
    "recovery-codes": Text("recovery codes", "恢复码"),
    "all": Text("all second factors", "全部二次验证"),
}


def _factor_words(_ports: NotificationPorts, message: Message) -> Words:
    told = message.payload
    return lambda language: {"factor": _FACTORS[str(told["what"])].render(language), "left": told["left"]}


def _order_words(ports: NotificationPorts, message: Message) -> Words:
    order = orders.read(ports.orders, str(message.payload["order_id"]))
    shop = shops.shop(ports.shops, order.shop_id)
    return lambda language: {
        "shop": _name(shop, language),
        "what": _what(order, shop, language),
        "amount": amount(order.money, language),
        "refunded": amount(Money(order.refunded, order.currency), language),
    }


def _claim_words(ports: NotificationPorts, message: Message) -> Words:
    told = message.payload
    order = orders.read(ports.orders, str(told["order_id"]))
    shop, line = shops.shop(ports.shops, order.shop_id), order.line(str(told["line_id"]))
    asked, given = (Money(int(told[part]), str(told["currency"])) for part in ("amount", "given"))
    return lambda language: {
        "shop": _name(shop, language),
        "what": _line(line, shop, language) if line else _what(order, shop, language),
        "amount": amount(asked, language),
        "given": amount(given, language),
    }


def _coupon_words(_ports: NotificationPorts, message: Message) -> Words:
    return lambda _language: {"title": message.payload["title"]}


def _settlement_words(_ports: NotificationPorts, message: Message) -> Words:
    payable = Money(int(message.payload["payable"]), str(message.payload["currency"]))
    return lambda language: {"lines": message.payload["lines"], "amount": amount(payable, language)}


def _payout_words(_ports: NotificationPorts, message: Message) -> Words:
    told, currency = message.payload, str(message.payload["currency"])
    whole, returned = (Money(int(told[name]), currency) for name in ("amount", "returned"))
    return lambda language: {
        "amount": amount(whole, language),
        "arrived": amount(whole - returned, language),
        "returned": amount(returned, language),
    }


def _dispute_words(ports: NotificationPorts, message: Message) -> Words:
    told = message.payload
    order = orders.read(ports.orders, str(told["order_id"]))
    shop, until = shops.shop(ports.shops, order.shop_id), parse_or_none(told["evidence_until"])
    disputed = Money(int(told["amount"]), str(told["currency"]))
    return lambda language: {
        "shop": _name(shop, language),
        "what": _what(order, shop, language),
        "amount": amount(disputed, language),
        "by": _by(until, shop, language),
    }


def _by(until: datetime | None, shop: Shop, language: Language) -> str:
    if until is None:
        return "尽快" if language == "zh-CN" else "soon"
    told = local_time(until, shop.zone, language)
    return f"在{told}前" if language == "zh-CN" else f"by {told}"


def _vetting_words(_ports: NotificationPorts, message: Message) -> Words:
    return lambda _language: {"until": message.payload["until"]}


def _review_words(ports: NotificationPorts, message: Message) -> Words:
    shop = shops.shop(ports.shops, str(message.payload["shop_id"]))
    return lambda language: {"shop": _name(shop, language), "stars": message.payload["stars"]}


def _queue_words(ports: NotificationPorts, message: Message) -> Words:
    shop, told = shops.shop(ports.shops, str(message.payload["shop_id"])), message.payload
    return lambda language: {"shop": _name(shop, language), "number": told["number"], "ahead": told["ahead"]}


def _wait_words(ports: NotificationPorts, message: Message) -> Words:
    order = orders.read(ports.orders, str(message.payload["order_id"]))
    shop, until = shops.shop(ports.shops, order.shop_id), parse(str(message.payload["until"]))
    return lambda language: {
        "shop": _name(shop, language),
        "what": _what(order, shop, language),
        "amount": amount(order.money, language),
        "until": local_time(until, shop.zone, language),
    }


def _privacy_words(_ports: NotificationPorts, _message: Message) -> Words:
    return lambda _language: {}


_WORDS: Mapping[str, Callable[[NotificationPorts, Message], Words]] = {
    "account": _account_words,
    "login": _login_words,
    "factor": _factor_words,
    "team": _team_words,
    "identity": _identity_words,
    "order": _order_words,
    "privacy": _privacy_words,
    "claim": _claim_words,
    "coupon": _coupon_words,
    "settlement": _settlement_words,
    "payout": _payout_words,
    "dispute": _dispute_words,
    "vetting": _vetting_words,
    "review": _review_words,
    "queue": _queue_words,
    "wait": _wait_words,
}


def _name(shop: Shop, language: Language) -> str:
    return shop.name_en if language == "en" and shop.name_en else shop.name


def _what(order: Order, shop: Shop, language: Language) -> str:
    told = [_line(line, shop, language) for line in order.lines[:_MOST_LINES]]
    more = len(order.lines) - len(told)
    return ("；" if language == "zh-CN" else "; ").join([*told, f"+{more}"] if more else told)


def _line(line: Line, shop: Shop, language: Language) -> str:
    if line.starts_at is None:
        return line.title
    comma = "，" if language == "zh-CN" else ", "
    return f"{line.title}{comma}{local_time(line.starts_at, shop.zone, language)}"
