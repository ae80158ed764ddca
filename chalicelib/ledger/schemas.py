"""The books over the wire."""

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Currency, Moment
from chalicelib.ledger import rules, use_cases


class Settlement(Wire):
    """A merchant's money of a period; amounts in minor units."""

    id: str = Field(examples=["set_20261123_cny"])
    period: str = Field(description="UTC date of the run.", examples=["2026-11-23"])
    currency: Currency
    lines: int = Field(description="How many order lines it holds.")
    net: int = Field(description="What customers paid.")
    platform_discount: int = Field(description="What the platform adds for its coupons.")
    commission: int
    payable: int = Field(description="What the merchant gets: net + platform_discount - commission.")
    state: str = Field(description="open while lines are being posted, then posted.", examples=["posted"])

    @classmethod
    def of(cls, settlement: rules.Settlement) -> "Settlement":
        return cls(
            id=settlement.id,
            period=settlement.period,
            currency=settlement.currency,
            lines=settlement.lines,
            net=settlement.net,
            platform_discount=settlement.platform_discount,
            commission=settlement.commission,
            payable=settlement.payable,
            state=settlement.state,
        )


class Settlements(Wire):
    """A page of settlements, newest first."""

    items: list[Settlement]
    next_cursor: str | None


class SettledLine(Wire):
    """One line of a settlement."""

    order_id: str
    line_id: str
    net: int
    platform_discount: int
    commission: int
    payable: int
    due_at: Moment

    @classmethod
    def of(cls, due: rules.Due) -> "SettledLine":
        return cls(
            order_id=due.order_id,
            line_id=due.line_id,
            net=due.net,
            platform_discount=due.platform_discount,
            commission=due.commission,
            payable=due.payable,
            due_at=due.due_at,
        )


class Statement(Wire):
    """A settlement and a page of its lines."""

    settlement: Settlement
    lines: list[SettledLine]
    next_cursor: str | None


class Balance(Wire):
    """What is payable to the merchant in one currency."""

    currency: Currency
    settled: int = Field(description="Posted by settlements.")
    waiting: int = Field(description="Completed, not yet settled.")

    @classmethod
    def of(cls, balance: use_cases.Balance) -> "Balance":
        return cls(currency=balance.currency, settled=balance.settled, waiting=balance.waiting)


class Balances(Wire):
    """By currency."""

    items: list[Balance]


class TrialBalance(Wire):
    """Signed sums per account (debits positive); each currency's `total` is zero, or the books are broken."""

    currency: Currency
    accounts: dict[str, int] = Field(examples=[{"provider:stripe": 12800, "customers:held": -12800}])
    total: int = Field(examples=[0])


class TrialBalances(Wire):
    """By currency."""

    items: list[TrialBalance]

    @classmethod
    def of(cls, sheet: dict[str, dict[str, int]]) -> "TrialBalances":
        return cls(
            items=[
                TrialBalance(currency=currency, accounts=accounts, total=sum(accounts.values()))
                for currency, accounts in sorted(sheet.items())
            ]
        )


class Entry(Wire):
    """One movement: positive is a debit, negative a credit."""

    account: str
    amount: int
    line_id: str | None


class Transaction(Wire):
    """A balanced transaction."""

    id: str = Field(examples=["capture:pay_01jd8z5v0q3w4x5y6z7a8b9c0d"])
    kind: str
    at: Moment
    currency: Currency
    order_id: str | None
    payment_id: str | None
    entries: list[Entry]

    @classmethod
    def of(cls, transaction: rules.Transaction) -> "Transaction":
        return cls(
            id=transaction.id,
            kind=transaction.kind,
            at=transaction.at,
            currency=transaction.currency,
            order_id=transaction.order_id,
            payment_id=transaction.payment_id,
            entries=[Entry(account=e.account, amount=e.amount, line_id=e.line_id) for e in transaction.entries],
        )
