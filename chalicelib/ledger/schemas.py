"""The books over the wire."""

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Currency, Moment
from chalicelib.ledger import rules
from chalicelib.ledger.ports import Sheet


class AtMoment(Wire):
    """When."""

    at: Moment | None = Field(default=None, description="A moment in the past; none is now.")


class TrialBalance(Wire):
    """Signed sums per account (debits positive); each currency's `total` is zero, or the books are broken."""

    currency: Currency
    accounts: dict[str, int] = Field(examples=[{"provider:stripe": 12800, "customers:held": -12800}])
    total: int = Field(examples=[0])


class TrialBalances(Wire):
    """By currency."""

    items: list[TrialBalance]

    @classmethod
    def of(cls, sheet: Sheet) -> "TrialBalances":
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


class Transactions(Wire):
    """Oldest first."""

    items: list[Transaction]
