"""How times and amounts are written in notices. No I/O."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from chalicelib.kit.i18n import Language
from chalicelib.kit.money import Money, exponent

_DAYS: Mapping[Language, tuple[str, ...]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "zh-CN": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def local_time(moment: datetime, zone: str, language: Language) -> str:
    """Write a moment by the wall clock of an IANA zone: `Tue 24 Nov 2026, 14:30`, `2026年11月24日 周二 14:30`."""
    local = moment.astimezone(ZoneInfo(zone))
    day, clock = _DAYS[language][local.weekday()], f"{local:%H:%M}"
    if language == "zh-CN":
        return f"{local.year}年{local.month}月{local.day}日 {day} {clock}"
    return f"{day} {local.day} {_MONTHS[local.month - 1]} {local.year}, {clock}"


def time_there(moment: datetime, zone: str, language: Language) -> str:
    """Write a moment for somebody who may be elsewhere: by the wall clock of a zone, and which that is: `Tue 24 Nov
    2026, 14:30 (UTC+8)`, `2026年11月24日 周二 14:30（北京时间）`.
    """
    clock, ahead = local_time(moment, zone, language), f"{moment.astimezone(ZoneInfo(zone)):%z}"
    minutes = "" if ahead.endswith("00") else f":{ahead[3:]}"
    offset = "UTC" if ahead == "+0000" else f"UTC{ahead[0]}{int(ahead[1:3])}{minutes}"
    if language == "zh-CN":
        return f"{clock}（{'北京时间' if zone == 'Asia/Shanghai' else offset}）"
    return f"{clock} ({offset})"


def amount(money: Money, language: Language) -> str:
    """Write money with the decimals of its currency: `CNY 1,280.00`, in Chinese `¥1,280.00`, `JPY 1,280`."""
    places = exponent(money.currency)
    whole, part = divmod(abs(money.amount), 10**places)
    number = f"{whole:,}" + (f".{part:0{places}d}" if places else "")
    sign = "-" if money.amount < 0 else ""
    if language == "zh-CN" and money.currency == "CNY":
        return f"{sign}¥{number}"
    return f"{money.currency} {sign}{number}"
