"""What a letter costs, and what letters of a kind may cost in a day. No I/O.

Prices are in millionths of a US dollar, public ones of 2025, rounded up: an assumption that keeps a day's sum in
bounds, not a bill. Those of text messages are by country and part, in the one table that codes are counted by as well
(`accounts.rules.COUNTRIES`).

What tells somebody of their money or a right (MUST) goes even where its cap is spent: by then every cheaper channel was
tried, and a refund that nobody hears of is worse than a text message too many. It is counted all the same, and the
alarm rings. All else that is over its cap is not sent; its reader finds it in their list.
"""

from collections.abc import Mapping

from chalicelib.accounts.ports import text_price
from chalicelib.notifications.sms import parts
from chalicelib.profiles.ports import Channel

PRICES: Mapping[Channel, int] = {Channel.EMAIL: 100, Channel.PUSH: 0, Channel.WECHAT: 0}
"""A letter by all but text message: SES 0.10 USD a thousand; SNS 0.50 a million, which is left out; WeChat nothing."""
EVERYTHING = "*"
STANDARD_CAPS: Mapping[str, int] = {EVERYTHING: 50}
"""US dollars a UTC date, of each kind."""
_MICROS = 1_000_000


def price(channel: Channel, to: str, body: str) -> int:
    """Return what a letter costs."""
    return text_price(to) * parts(body) if channel == Channel.SMS else PRICES[channel]


def cap(caps: Mapping[str, int], kind: str) -> int:
    """Return what letters of a kind may cost in a UTC date."""
    for name in (kind, kind.partition(".")[0], EVERYTHING):
        if name in caps:
            return caps[name] * _MICROS
    return STANDARD_CAPS[EVERYTHING] * _MICROS
