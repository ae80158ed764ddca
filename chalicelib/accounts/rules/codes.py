"""Codes that are sent to somebody, and how many may be."""

import hmac
import ipaddress
import secrets
from datetime import datetime, timedelta

from chalicelib.kit.errors import FieldError, Invalid, Unavailable
from chalicelib.kit.i18n import Text

CODE_LIFE = timedelta(minutes=5)
CODE_TRIES = 5
BUDGET_WINDOW = timedelta(hours=1)
CODES_PER_PHONE = 5  # in each window
CODES_PER_ADDRESS = 30  # in each window; an office or a café shares one

CODE_TEXT = Text(
    "Linli: your sign-in code is {code}. It is good for 5 minutes. Never pass it on.",
    "【邻里】登录验证码 {code}，5 分钟内有效，请勿告诉他人。",
)


class CodeNotAccepted(Invalid):
    """Wrong, run out, used, or tried too often: nobody is told which."""

    code = "code-not-accepted"
    title = Text("The code is not accepted", "验证码无效")
    detail = Text("Check it, or ask for a new one.", "请检查验证码，或重新获取。")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("code", "not accepted")])


class CodeNotSent(Unavailable):
    code = "code-not-sent"
    title = Text("The code could not be sent", "验证码发送失败")
    detail = Text("Ask for another one in a moment.", "请稍后重新获取。")


def new_code() -> str:
    """Return six random digits."""
    return f"{secrets.randbelow(10**6):06d}"


def network(address: str) -> str:
    """Return what a budget counts for a source address: an IPv4 address, or the /64 that one IPv6 client owns."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)


def window(now: datetime) -> tuple[int, int]:
    """Return the number of the budget window that a moment lies in, and the seconds until the next one.

    Windows are aligned to the hour, so that a counter is one row: at its edge twice the budget can pass in short time.
    """
    length = int(BUDGET_WINDOW.total_seconds())
    number, gone = divmod(int(now.timestamp()), length)
    return number, length - gone


def window_ends(number: int) -> int:
    """Return when a budget window ends, in seconds since 1970."""
    return (number + 1) * int(BUDGET_WINDOW.total_seconds())


def same(one: str, other: str) -> bool:
    """Say whether two digests are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)
