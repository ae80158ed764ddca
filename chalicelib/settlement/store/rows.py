"""The rows of the settlement table, and how they are read and written."""

import json
import zlib
from dataclasses import asdict
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta
from chalicelib.ledger.ports import AlreadyPosted
from chalicelib.settlement.rules import (
    BankAccount,
    Due,
    DueKind,
    Naming,
    PaidOut,
    Period,
    Route,
    Settlement,
    SettlementState,
    Sums,
    Terms,
    Tier,
)

SHARDS = 8
DUE, TERMS, SET = "DUE", "TERMS", "SET#"
SUMS = tuple(vars(Sums()))
_OF_TERMS = frozenset(vars(Terms()))


class DueRow(Row):
    class Meta(TableMeta):
        table = "settlement"

    kind = UnicodeAttribute()
    merchant_id = UnicodeAttribute()
    currency = UnicodeAttribute()
    due_at = UnicodeAttribute()
    order_id = UnicodeAttribute(null=True)
    line_id = UnicodeAttribute(null=True)
    payment_id = UnicodeAttribute(null=True)
    gross = NumberAttribute()
    platform_discount = NumberAttribute()
    commission = NumberAttribute()
    fixed_fee = NumberAttribute()
    tax = NumberAttribute()
    reserved = NumberAttribute()
    settlement_id = UnicodeAttribute(null=True)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    waiting = Gsi1()
    settled = Gsi2()


class SettlementRow(Row):
    class Meta(TableMeta):
        table = "settlement"

    merchant_id = UnicodeAttribute()
    settlement_id = UnicodeAttribute()
    currency = UnicodeAttribute()
    period = UnicodeAttribute()
    lines = NumberAttribute(default=0)
    gross = NumberAttribute(default=0)
    platform_discount = NumberAttribute(default=0)
    commission = NumberAttribute(default=0)
    fixed_fee = NumberAttribute(default=0)
    tax = NumberAttribute(default=0)
    reserved = NumberAttribute(default=0)
    payable = NumberAttribute(default=0)
    state = UnicodeAttribute()
    payout_id = UnicodeAttribute(null=True)
    kept = NumberAttribute(default=0)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    by_state = Gsi1()


class TermsRow(Row):
    class Meta(TableMeta):
        table = "settlement"

    terms = UnicodeAttribute()  # JSON: read and written whole
    bank = UnicodeAttribute(null=True)  # sealed; JSON likewise
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    of_shard = Gsi1()


def shard_of(text: str) -> int:
    """Return the shard of an index that a merchant lies in."""
    return zlib.crc32(text.encode()) % SHARDS


def already(_row: object) -> Exception:
    return AlreadyPosted()


def paid_out(_row: object) -> Exception:
    return PaidOut()


def row_of_due(due: Due) -> DueRow:
    """Return the row of a due, in no index."""
    fields = asdict(due) | {"due_at": iso(due.due_at), "kind": due.kind.value}
    return DueRow(f"DUE#{fields.pop('id')}", DUE, **fields)


def statement(settlement: Settlement) -> str:
    """Return the key that the dues of a settlement are listed by."""
    return f"SETTLED#{settlement.merchant_id}#{settlement.id}"


def adding(added: Sums) -> list[Any]:
    """Return the changes that add to the sums of a settlement."""
    return [getattr(SettlementRow, name).add(value) for name, value in vars(added).items()]


def row_of(settlement: Settlement) -> SettlementRow:
    return SettlementRow(f"MERCHANT#{settlement.merchant_id}", f"{SET}{settlement.id}")


def read_due(row: Any) -> Due:
    return Due(
        id=row.pk.removeprefix("DUE#"),
        kind=DueKind(row.kind),
        merchant_id=row.merchant_id,
        currency=row.currency,
        due_at=parse(row.due_at),
        order_id=row.order_id,
        line_id=row.line_id,
        payment_id=row.payment_id,
        gross=int(row.gross),
        platform_discount=int(row.platform_discount),
        commission=int(row.commission),
        fixed_fee=int(row.fixed_fee),
        tax=int(row.tax),
        reserved=int(row.reserved),
        settlement_id=row.settlement_id,
    )


def read_settlement(row: Any) -> Settlement:
    return Settlement(
        id=row.settlement_id,
        merchant_id=row.merchant_id,
        currency=row.currency,
        period=row.period,
        sums=Sums(*(int(getattr(row, name)) for name in SUMS)),
        state=SettlementState(row.state),
        payout_id=row.payout_id,
        kept=int(row.kept),
    )


def bank_of(merchant_id: str) -> str:
    """Return the place that a merchant's bank account is sealed for."""
    return f"settlement|MERCHANT#{merchant_id}|bank"


def read_bank(opened: str) -> BankAccount:
    return BankAccount(**json.loads(opened))


def naming_as_kept(naming: Naming | None) -> dict[str, Any] | None:
    """Return who named an account as the terms' JSON has it."""
    return {"by": naming.by, "at": iso(naming.at)} if naming else None


def _naming(kept: dict[str, Any] | None) -> Naming | None:
    return Naming(tuple(kept["by"]), parse(kept["at"])) if kept else None


def read_terms(row: Any) -> Terms:
    """Return terms without the bank account, which is sealed. What a later release wrote beside them is passed over:
    it may be on trial, or have been taken back.
    """
    told = {name: value for name, value in json.loads(row.terms).items() if name in _OF_TERMS}
    return Terms(
        **{
            **told,
            "period": Period(told["period"]),
            "route": Route(told["route"]),
            "tiers": {currency: tuple(Tier(**tier) for tier in some) for currency, some in told["tiers"].items()},
            # Not there in terms that were written before it was kept.
            "connect_named": _naming(told.get("connect_named")),
            "bank_named": _naming(told.get("bank_named")),
            "version": int(row.version),
        }
    )
