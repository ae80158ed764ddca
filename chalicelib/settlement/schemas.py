"""What merchants are owed, over the wire; amounts in minor units."""

import unicodedata
from collections.abc import Callable
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Currency, Line, Moment
from chalicelib.settlement import rules, use_cases
from chalicelib.settlement.rules import DueKind, Period, Route, SettlementState


class Settlement(Wire):
    """A merchant's money of a period."""

    id: str = Field(examples=["set_20261123_cny"])
    period: str = Field(description="The last date of it, in the merchant's zone.", examples=["2026-11-23"])
    currency: Currency
    lines: int = Field(description="How many lines its statement has.")
    gross: int = Field(description="What customers paid and did not get back.")
    platform_discount: int = Field(description="What the platform adds for its coupons.")
    commission: int
    fixed_fee: int
    tax: int = Field(description="On commission and fees.")
    reserved: int = Field(description="Kept back for a while; negative where it is released, or came back of a payout.")
    payable: int = Field(
        description="What the merchant gets: gross + platform_discount - commission - fixed_fee - tax - reserved. "
        "Negative is carried, and netted with later settlements."
    )
    state: SettlementState = Field(description="open while lines are being posted, posted, then paid_out.")
    payout_id: str | None = Field(description="The payout that took it; null while it is carried.")

    @classmethod
    def of(cls, settlement: rules.Settlement) -> "Settlement":
        return cls(
            id=settlement.id,
            period=settlement.period,
            currency=settlement.currency,
            **vars(settlement.sums),
            state=settlement.state,
            payout_id=settlement.payout_id,
        )


class Settlements(Wire):
    """A page of settlements, newest first."""

    items: list[Settlement]
    next_cursor: str | None


class StatementLine(Wire):
    """One line of a settlement's statement."""

    id: str
    kind: DueKind
    order_id: str | None
    line_id: str | None
    payment_id: str | None
    gross: int
    platform_discount: int
    commission: int
    fixed_fee: int
    tax: int
    reserved: int
    payable: int
    due_at: Moment

    @classmethod
    def of(cls, due: rules.Due) -> "StatementLine":
        return cls(
            id=due.id,
            kind=due.kind,
            order_id=due.order_id,
            line_id=due.line_id,
            payment_id=due.payment_id,
            gross=due.gross,
            platform_discount=due.platform_discount,
            commission=due.commission,
            fixed_fee=due.fixed_fee,
            tax=due.tax,
            reserved=due.reserved,
            payable=due.payable,
            due_at=due.due_at,
        )


class Statement(Wire):
    """A settlement and a page of its lines, oldest first."""

    settlement: Settlement
    lines: list[StatementLine]
    next_cursor: str | None


class Balance(Wire):
    """What is payable to the merchant in one currency."""

    currency: Currency
    settled: int = Field(description="Settled and not yet paid out; negative where more went back than came.")
    waiting: int = Field(description="Fallen due, not yet settled.")
    reserved: int = Field(description="Kept back for a while.")

    @classmethod
    def of(cls, balance: use_cases.Balance) -> "Balance":
        return cls(**vars(balance))


class Balances(Wire):
    """By currency."""

    items: list[Balance]


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:  # a name may be a folder, or no name at all
        raise ValueError("an IANA time zone such as Asia/Shanghai") from error


def _seen(name: str) -> str:
    # Marks of direction, joiners and spaces without width: a bank compares what nobody sees.
    if any(unicodedata.category(char) == "Cf" for char in name):
        raise ValueError("invisible characters are not allowed")
    return name


Bps = Annotated[int, Field(ge=0, le=10_000, strict=True, description="Basis points.")]
Amount = Annotated[int, Field(ge=0, le=99_999_999, strict=True, description="Whole minor units.")]
_Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
_MOST = 20  # currencies, and tiers of one
_MOST_VERSIONS = 1_000_000_000  # a number of the database has 38 digits


class Tier(Wire):
    """A commission for those who sell much."""

    volume: Amount = Field(description="Gross of the calendar month before, minor units, from which on it holds.")
    commission_bps: Bps


class BankAccount(Wire):
    """Where a merchant's money goes by bank."""

    holder: Annotated[Line, AfterValidator(_seen)] = Field(min_length=1, max_length=70)
    number: str = Field(
        pattern=r"^[A-Z0-9*]{4,34}$",
        description="IBAN, or the account's number. It is shown with asterisks but for its end; sent so, the number "
        "that stands is kept.",
    )
    bank: str = Field(pattern="^[A-Z0-9]{6,14}$", description="BIC, or the national clearing code.")
    country: str = Field(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2.")


class _Terms(Wire):
    zone: Annotated[str, Field(max_length=64), AfterValidator(_zone)] = Field(examples=["Asia/Shanghai"])
    period: Period
    delay_days: int = Field(ge=0, le=90, description="A period is settled so many days after its end (T+n).")
    commission_bps: Bps
    tiers: dict[_Currency, Annotated[list[Tier], Field(max_length=_MOST)]] = Field(
        default_factory=dict, max_length=_MOST
    )
    fixed_fee: dict[_Currency, Amount] = Field(
        default_factory=dict, max_length=_MOST, description="Of every line sold."
    )
    subscription: dict[_Currency, Amount] = Field(
        default_factory=dict, max_length=_MOST, description="Each month that has begun."
    )
    tax_bps: Bps = Field(default=0, description="On commission and fees.")
    minimum: dict[_Currency, Amount] = Field(default_factory=dict, max_length=_MOST, description="Less is carried.")
    reserve_bps: Bps = 0
    reserve_days: int = Field(default=30, ge=1, le=365)
    route: Route = Route.NONE
    connect_account: str | None = Field(default=None, pattern="^acct_[A-Za-z0-9]{1,60}$")
    bank: BankAccount | None = None
    reverse: bool = Field(
        default=False, description="Take sent transfers back where refunds leave the merchant's account negative."
    )


class Terms(_Terms):
    """What was agreed with a merchant; money by currency, in minor units."""

    tax_included: bool = Field(description="Commission and fees have the tax in them already.")
    subscribed: dict[_Currency, str] = Field(
        description="The first month that each subscription is taken for.", examples=[{"CNY": "2026-11"}]
    )
    bank_since: Moment | None = Field(
        description="When the bank account was named or changed; null where it is not known."
    )
    version: int = Field(description="0: the terms of everybody.")

    @classmethod
    def of(cls, terms: rules.Terms) -> "Terms":
        fields = {name: value for name, value in vars(terms).items() if not name.endswith("_named")}
        fields["bank_since"] = terms.bank_named.at if terms.bank_named else None
        fields["tiers"] = {
            currency: [Tier(volume=one.volume, commission_bps=one.commission_bps) for one in some]
            for currency, some in terms.tiers.items()
        }
        fields["bank"] = BankAccount(**{**vars(terms.bank), "number": terms.bank.masked}) if terms.bank else None
        return cls(**fields)


class NewTerms(_Terms):
    """Terms that replace those of `version`."""

    tax_included: bool | None = Field(
        default=None, description="Commission and fees have the tax in them already. Left out: as it stands."
    )
    version: int = Field(ge=0, le=_MOST_VERSIONS, strict=True, description="The version that was read.")
    reason: Line = Field(min_length=1, max_length=200, description="For the audit log.")

    def terms(self, standing: Callable[[], rules.Terms]) -> rules.Terms:
        """Return them as the domain knows them; what is left out of the tax is as in the terms that stand."""
        fields = {name: getattr(self, name) for name in type(self).model_fields if name != "reason"}
        fields["tiers"] = {
            currency: tuple(rules.Tier(one.volume, one.commission_bps) for one in some)
            for currency, some in self.tiers.items()
        }
        fields["bank"] = rules.BankAccount(**self.bank.model_dump()) if self.bank else None
        if self.tax_included is None:
            fields["tax_included"] = standing().tax_included
        return rules.Terms(**fields)
