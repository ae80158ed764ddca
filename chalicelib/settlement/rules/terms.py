"""What was agreed with a merchant: fees, periods, and when and how the money comes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from chalicelib.settlement.rules.dues import Share

MASK = "*"
COOLING = timedelta(hours=24)
"""How long nothing is paid to a bank account that was named or changed: time for its merchant to say that it was not
they who wanted it.
"""
_SHOWN = 4


class Route(StrEnum):
    """How a merchant is paid."""

    CONNECT = "connect"  # transfers to the merchant's account at the payment provider
    BANK = "bank"  # a file for the operator's bank
    NONE = "none"  # nowhere known yet: it is carried


class Period(StrEnum):
    """How often a merchant's account is settled."""

    DAILY = "daily"
    WEEKLY = "weekly"  # Monday to Sunday
    MONTHLY = "monthly"


@dataclass(frozen=True)
class BankAccount:
    """Where a merchant's money goes by bank.

    Attributes:
        holder: the name that the account is in.
        number: IBAN, or the account's number where there are no IBANs.
        bank: BIC, or the national clearing code (CNAPS in China).
        country: ISO 3166-1 alpha-2.
    """

    holder: str
    number: str
    bank: str
    country: str

    @property
    def masked(self) -> str:
        """The number as it is shown: its end alone, four characters at most and never more than half."""
        shown = min(_SHOWN, len(self.number) // 2)
        return MASK * (len(self.number) - shown) + self.number[len(self.number) - shown :]


@dataclass(frozen=True)
class Naming:
    """Who said where a merchant's money goes.

    Attributes:
        by: whoever had a hand in the account as it is now: who named it, who changed it since, who chose it as the way.
        at: when that was last.
    """

    by: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class Tier:
    """A commission for those who sell much.

    Attributes:
        volume: gross of the calendar month before, minor units, from which on it holds.
        commission_bps: what is taken then.
    """

    volume: int
    commission_bps: int


@dataclass(frozen=True)
class Terms:
    """The agreement with one merchant; money in minor units of each currency.

    Attributes:
        zone: IANA zone whose midnight ends a period.
        period: how often.
        delay_days: a period is settled so many days after its end (T+n).
        commission_bps: taken of what the merchant sells.
        tiers: lower ones, by last month's volume and currency; the highest volume reached counts.
        fixed_fee: by currency, of every line sold.
        subscription: by currency, each month that has begun.
        subscribed: by currency, the first month of it (`2026-11`); where none is said, every month.
        tax_bps: on commission and fees.
        tax_included: these have the tax in them already.
        minimum: by currency; less than that is carried.
        reserve_bps: kept back of what a settlement pays.
        reserve_days: for so long.
        route, connect_account, bank: how the money comes.
        connect_named, bank_named: who said so; None where nobody did since that is kept, or there is no such account.
        reverse: take sent transfers back where a refund leaves the merchant's account negative.
        version: rises with every change.
    """

    zone: str = "Asia/Shanghai"
    period: Period = Period.DAILY
    delay_days: int = 1
    commission_bps: int = 800
    tiers: Mapping[str, Sequence[Tier]] = field(default_factory=dict)
    fixed_fee: Mapping[str, int] = field(default_factory=dict)
    subscription: Mapping[str, int] = field(default_factory=dict)
    subscribed: Mapping[str, str] = field(default_factory=dict)
    tax_bps: int = 0
    tax_included: bool = False
    minimum: Mapping[str, int] = field(default_factory=dict)
    reserve_bps: int = 0
    reserve_days: int = 30
    route: Route = Route.NONE
    connect_account: str | None = None
    bank: BankAccount | None = None
    reverse: bool = False
    version: int = 0
    connect_named: Naming | None = None
    bank_named: Naming | None = None

    @property
    def named(self) -> Naming | None:
        """Who said where the money goes now."""
        return {Route.BANK: self.bank_named, Route.CONNECT: self.connect_named, Route.NONE: None}[self.route]


def whole(account: BankAccount | None, before: BankAccount | None) -> BankAccount | None:
    """Return an account of new terms with its whole number: one that came back as it was shown is the one that stands.

    Raises:
        ValueError: it came masked, and is not what stands.
    """
    if account is None or MASK not in account.number:
        return account
    if before is None or account.number != before.masked:
        raise ValueError("a masked number that is not the one that stands")
    return replace(account, number=before.number)


def named(terms: Terms, before: Terms, actor_id: str, now: datetime) -> Terms:
    """Return new terms with who said where the money goes. Another account forgets who named the former one; whoever
    corrects it, or makes it the way that is used, is added.
    """

    def by(account: str | None, stood: str | None, naming: Naming | None, *, touched: bool) -> Naming | None:
        if account is None:
            return None
        if account != stood:
            return Naming((actor_id,), now)
        if touched:
            return Naming(tuple(sorted({actor_id, *(naming.by if naming else ())})), now)
        return naming

    def chosen(route: Route) -> bool:
        return terms.route == route != before.route

    bank, stood = (f"{one.bank} {one.number}" if one else None for one in (terms.bank, before.bank))
    was = terms.bank != before.bank or chosen(Route.BANK)
    connect = (terms.connect_account, before.connect_account, before.connect_named)
    return replace(
        terms,
        bank_named=by(bank, stood, before.bank_named, touched=was),
        connect_named=by(*connect, touched=chosen(Route.CONNECT)),
    )


def held_until(terms: Terms, cooling: timedelta) -> datetime | None:
    """Return until when nothing is paid by bank, because the account was named or changed; None where nothing keeps it.
    A provider knows whom its accounts belong to; a bank pays whoever's number it is given.
    """
    return terms.bank_named.at + cooling if terms.route == Route.BANK and terms.bank_named else None


def share(terms: Terms, currency: str, volume: int) -> Share:
    """Return the platform's share of what is sold now, where the calendar month before sold `volume`."""
    reached = [tier for tier in terms.tiers.get(currency, ()) if volume >= tier.volume]
    bps = max(reached, key=lambda tier: tier.volume).commission_bps if reached else terms.commission_bps
    return Share(bps, terms.fixed_fee.get(currency, 0), terms.tax_bps, terms.tax_included)


def subscribed(terms: Terms, before: Terms, now: datetime) -> dict[str, str]:
    """Return the first month of each subscription of new terms: as it was where the merchant had one in that currency,
    else the present month.
    """
    months = dict.fromkeys((one for one, amount in terms.subscription.items() if amount), f"{today(terms, now):%Y-%m}")
    had = {one for one, amount in before.subscription.items() if amount}
    known = {one: before.subscribed.get(one) if one in had else month for one, month in months.items()}
    return {one: month for one, month in known.items() if month}


def today(terms: Terms, now: datetime) -> date:
    """Return the merchant's date at a moment."""
    return now.astimezone(ZoneInfo(terms.zone)).date()


def last_period(terms: Terms, now: datetime) -> date:
    """Return the last date of the newest period that may be settled at a moment: it has ended, and so many days ago."""
    local = today(terms, now) - timedelta(days=terms.delay_days)
    if terms.period == Period.DAILY:
        return local - timedelta(days=1)
    if terms.period == Period.WEEKLY:
        return local - timedelta(days=local.weekday() + 1)
    return _last_of_month_before(local)


def end_of(terms: Terms, last: date) -> datetime:
    """Return the moment that ends a period: the midnight after its last date, in the merchant's zone; UTC. Where the
    clocks are put forward at midnight, the first moment of the new date.
    """
    return datetime.combine(last + timedelta(days=1), time(), ZoneInfo(terms.zone)).astimezone(UTC)


def month_before(day: date) -> str:
    """Return the calendar month before that of a date: `2026-10`."""
    return f"{_last_of_month_before(day):%Y-%m}"


def volume_until(terms: Terms, day: date) -> datetime:
    """Return the moment that ends the newest period which ends in the calendar month before that of a date."""
    last = _last_of_month_before(day)
    if terms.period == Period.WEEKLY:
        last -= timedelta(days=(last.weekday() + 1) % 7)
    return end_of(terms, last)


def _last_of_month_before(day: date) -> date:
    return day.replace(day=1) - timedelta(days=1)
