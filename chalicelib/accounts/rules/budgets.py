"""How many codes may be sent, to whom, from where, and for how much a day. No I/O.

A budget is a counter of one window of time. Windows stand still (an hour, a UTC date), so that a counter is one row
that is written without being read: around a border twice the budget can pass in short time. All budgets of a code are
spent in one transaction, or none is; what sends again spends again.

A country's prices are rough: what providers ask publicly for a text message in 2025, rounded up, in millionths of a US
dollar. They are an assumption that keeps the day's sum in bounds, not a bill: compare them with yours. A country that
costs much is where numbers are rented out to be sent codes to (toll fraud), so few go there in an hour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib.accounts.rules.account import Kind, country_of
from chalicelib.accounts.rules.codes import CodeNotSent
from chalicelib.accounts.rules.receivers import Receiver
from chalicelib.kit.errors import FieldError, Invalid
from chalicelib.kit.i18n import Text
from chalicelib.kit.networks import network

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RESEND_AFTER = timedelta(seconds=30)  # while the code before is not used
CODES_PER_RECEIVER, CODES_PER_RECEIVER_A_DAY = 5, 10
CODES_PER_ADDRESS = 30  # an office or a café shares one
CODES_PER_RANGE = 150  # of a /24 or /48: a carrier has many people behind few addresses, and a cheat rents a range
COST_SHARDS = 8
"""Counters of a day's cost: each may spend its part of the cap, so that no row is written for every message."""
STANDARD_CAP = 100  # US dollars a UTC date
_MICROS = 1_000_000
_UNKNOWN = "unknown"  # where whoever asks has no address


@dataclass(frozen=True)
class Country:
    """Of the phones of a country: what a message costs in millionths of a US dollar, and how many go there an hour
    where a day may cost `STANDARD_CAP`.
    """

    price: int
    hourly: int


COUNTRIES: Mapping[str, Country] = {
    "AU": Country(50_000, 1_000),
    "CA": Country(12_000, 1_000),
    "CN": Country(40_000, 3_000),
    "DE": Country(110_000, 500),
    "ES": Country(70_000, 500),
    "FR": Country(80_000, 500),
    "GB": Country(50_000, 1_000),
    "HK": Country(60_000, 1_000),
    "IE": Country(80_000, 300),
    "IT": Country(90_000, 300),
    "JP": Country(80_000, 500),
    "KR": Country(40_000, 500),
    "MO": Country(60_000, 500),
    "MY": Country(90_000, 300),
    "NL": Country(110_000, 300),
    "NZ": Country(100_000, 300),
    "SG": Country(50_000, 1_000),
    "TH": Country(30_000, 300),
    "TW": Country(70_000, 1_000),
    "US": Country(12_000, 1_000),
    "ID": Country(300_000, 20),
    "PH": Country(200_000, 20),
    "VN": Country(150_000, 20),
}
ELSEWHERE = Country(350_000, 10)


def text_price(phone: str) -> int:
    """Return what a part of a text message to a number (E.164) costs, in millionths of a US dollar; of what is no
    number of any country the most.
    """
    import phonenumbers  # its tables of all countries, and only sending texts needs them

    try:
        return COUNTRIES.get(country_of(phone), ELSEWHERE).price
    except phonenumbers.NumberParseException:
        return ELSEWHERE.price


class CountryNotServed(Invalid):
    code = "country-not-served"
    title = Text("No text messages go to this country", "暂不支持向该国家或地区发送短信")
    detail = Text("Use an e-mail address, or another phone.", "请使用邮箱或其他手机号。")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("phone", "a country that no text messages go to")])


class SmsPaused(CodeNotSent):
    """What text messages may cost in a day is spent."""

    code = "sms-paused"
    title = Text("Text messages are paused for today", "今日短信发送已暂停")
    detail = Text("Use an e-mail address, or come back tomorrow.", "请使用邮箱登录，或明天再试。")


@dataclass(frozen=True)
class SmsPolicy:
    """What the operator allows.

    Attributes:
        countries: whose phones get messages (ISO 3166); `*` among them means everybody's.
        daily_cap: what they may cost in a UTC date, in whole US dollars.
    """

    countries: frozenset[str]
    daily_cap: int

    def country(self, receiver: Receiver) -> Country:
        """Return what is known of a phone's country. Who lets a day cost several times `STANDARD_CAP` has so many times
        the people who sign in: as many more messages go there an hour.

        Raises:
            CountryNotServed: its phones get no messages.
        """
        if "*" not in self.countries and receiver.country not in self.countries:
            raise CountryNotServed
        known = COUNTRIES.get(receiver.country, ELSEWHERE)
        return replace(known, hourly=known.hourly * max(1, self.daily_cap // STANDARD_CAP))

    @property
    def shard_cap(self) -> int:
        """What one counter of a day's cost may spend, in millionths of a US dollar."""
        return self.daily_cap * _MICROS // COST_SHARDS


@dataclass(frozen=True)
class Window:
    """A stretch of time in which something is counted.

    Attributes:
        number: which one of its length, since 1970.
        length: in seconds.
        left: seconds until the next one begins.
    """

    number: int
    length: int
    left: int

    @property
    def ends(self) -> int:
        """When it ends, in seconds since 1970."""
        return (self.number + 1) * self.length


def window(now: datetime, length: timedelta = HOUR) -> Window:
    """Return the window of a length that a moment lies in."""
    seconds = int(length.total_seconds())
    number, gone = divmod(int(now.timestamp()), seconds)
    return Window(number, seconds, seconds - gone)


@dataclass(frozen=True)
class Budget:
    """What may be spent within a window.

    Attributes:
        kind: what is counted.
        who: for whom.
        window: when.
        most: how much at most.
        amount: how much is spent now.
    """

    kind: str
    who: str = field(repr=False)
    window: Window
    most: int
    amount: int = 1


def spending(receiver: Receiver, source_ip: str, sms: SmsPolicy, now: datetime) -> Sequence[Budget]:
    """Return what one code spends, but for its cost.

    Raises:
        CountryNotServed: see `SmsPolicy.country`.
    """
    hour = window(now)
    spent = [
        Budget(receiver.kind, receiver.subject, hour, CODES_PER_RECEIVER),
        Budget(receiver.kind, receiver.subject, window(now, DAY), CODES_PER_RECEIVER_A_DAY),
        Budget("address", network(source_ip) or _UNKNOWN, hour, CODES_PER_ADDRESS),
        Budget("range", network(source_ip, wide=True) or _UNKNOWN, hour, CODES_PER_RANGE),
    ]
    if receiver.kind == Kind.PHONE:
        spent.append(Budget("country", receiver.country, hour, sms.country(receiver).hourly))
    return spent


def cost(shard: int, price: int, sms: SmsPolicy, now: datetime) -> Budget:
    """Return what a message takes from one counter of the day's cost."""
    return Budget("cost", str(shard), window(now, DAY), sms.shard_cap, price)
