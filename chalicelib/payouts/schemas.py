"""Payouts over the wire; amounts in minor units."""

from datetime import date
from typing import Literal

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Currency, Line, Moment, MoneyOut, PageQuery
from chalicelib.payouts import ports, rules
from chalicelib.payouts.rules import FileFormat, LegState, PayoutState
from chalicelib.payouts.use_cases import BankOutcome
from chalicelib.settlement.ports import Route


class Payout(Wire):
    """Money that leaves for a merchant."""

    id: str = Field(examples=["po_01jd8z5v0q3w4x5y6z7a8b9c0d"])
    merchant_id: str
    amount: MoneyOut
    returned: int = Field(description="What of it did not arrive, minor units; it is settled again.")
    route: Route
    state: PayoutState
    settlement_ids: list[str] = Field(description="The settlements that it pays.")
    approvers: list[str] = Field(description="Who agreed to a payout above the limit; told to admins alone.")
    reference: str | None = Field(description="Of the file that it went out with, or of the bank.")
    reason: str | None = Field(description="Why it failed.")
    created_at: Moment
    held_until: Moment | None = Field(
        description="No file for the bank has it before: its account was named or changed. Null where nothing keeps it."
    )
    sent_at: Moment | None

    @classmethod
    def of(cls, payout: rules.Payout, *, for_admin: bool = True) -> "Payout":
        return cls(
            id=payout.id,
            merchant_id=payout.merchant_id,
            amount=MoneyOut.of(payout.amount),
            returned=payout.returned,
            route=payout.route,
            state=payout.state,
            settlement_ids=list(payout.settlement_ids),
            approvers=list(payout.approvers) if for_admin else [],
            reference=payout.reference,
            reason=payout.reason,
            created_at=payout.created_at,
            held_until=payout.held_until,
            sent_at=payout.sent_at,
        )


class Payouts(Wire):
    """A page of payouts."""

    items: list[Payout]
    next_cursor: str | None


class PayoutsQuery(PageQuery):
    """Which payouts."""

    state: PayoutState


class Leg(Wire):
    """One transfer of a payout."""

    id: str
    payment_id: str | None = Field(description="The payment that it comes from; null for what belongs to none.")
    amount: int
    state: LegState
    transfer_ref: str | None = Field(description="The payment provider's id of it.")
    reason: str | None = Field(description="Why it failed.")
    reversed: int = Field(description="What of it was taken back.")

    @classmethod
    def of(cls, leg: rules.Leg) -> "Leg":
        return cls(**{name: value for name, value in vars(leg).items() if name != "payout_id"})


class PayoutInFull(Wire):
    """A payout and a page of its transfers; by bank there are none."""

    payout: Payout
    legs: list[Leg]
    next_cursor: str | None


class Decision(Wire):
    """Why somebody decides so."""

    reason: Line = Field(min_length=1, max_length=200, description="For the audit log.")


class Settled(Wire):
    """What the bank did."""

    outcome: BankOutcome
    reference: Line = Field(min_length=1, max_length=70, description="The bank's.")
    reason: Line = Field(default="as the bank says", min_length=1, max_length=200, description="For the audit log.")


class NewBatch(Wire):
    """Which payouts go into a file, and what the file is."""

    currency: Currency
    format: FileFormat = Field(description="csv, or pain001: ISO 20022 pain.001.001.09.")
    execute_on: date | None = Field(
        default=None, description="When the bank is to pay; today (UTC) where none is said."
    )


class Batch(Wire):
    """Payouts in one file."""

    id: str = Field(examples=["bat_01jd8z5v0q3w4x5y6z7a8b9c0d"])
    currency: Currency
    format: FileFormat
    payouts: int = Field(description="How many; 500 at most. Make another one until nothing is ready.")
    total: int = Field(description="What they add up to.")
    state: Literal["open", "closed"] = Field(description="Once it is closed there is a file.")
    execute_on: date
    created_at: Moment
    created_by: str

    @classmethod
    def of(cls, batch: ports.Batch) -> "Batch":
        return cls(
            id=batch.id,
            currency=batch.currency,
            format=batch.format,
            payouts=len(batch.payout_ids),
            total=batch.total,
            state="closed" if batch.closed else "open",
            execute_on=batch.execute_on,
            created_at=batch.created_at,
            created_by=batch.created_by,
        )


class LanguageQuery(Wire):
    """In which language; that of Accept-Language where none is said."""

    lang: Literal["en", "zh-CN"] | None = None
