"""The settlement table: dues, settlements, terms.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| due | `DUE#<id>` | `DUE` | `WAITING#<shard>`, `<merchant>#<currency>#<due at>#<id>` while it waits | `SETTLED#<merchant>#<settlement>`, `<due at>#<id>` |
| settlement | `MERCHANT#<id>` | `SET#<settlement>` | `OPEN#<shard>`, `<merchant>#<settlement>` while it is open; `CARRIED#<merchant>#<currency>`, `<settlement>` until it is paid out | |
| terms | `MERCHANT#<id>` | `TERMS` | `TERMS#<shard>`, `<merchant>` | |

| pattern | requests | units (small rows) |
|---|---|---|
| accrue | part of the caller's transaction | 3 write |
| settle n dues (n <= 50) | 1 transaction | 6 write a due, and about 14 |
| what waits for a merchant | 1 Query | 0.5 read per 4 KB |
| list settlements, statement | 1 Query each, statement and one GetItem | 0.5 read per 4 KB |
| terms of a merchant | 1 GetItem | 0.5 read |
"""  # noqa: E501 - a table's rows are one line each

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta, put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action
from chalicelib.ledger.ports import AlreadyPosted
from chalicelib.settlement.rules import (
    BankAccount,
    Due,
    DueKind,
    Period,
    Route,
    Settlement,
    SettlementState,
    Sums,
    Terms,
    Tier,
)

SHARDS = 8
_DUE, _TERMS, _SET = "DUE", "TERMS", "SET#"
_SUMS = tuple(vars(Sums()))


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
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    by_state = Gsi1()


class TermsRow(Row):
    class Meta(TableMeta):
        table = "settlement"

    terms = UnicodeAttribute()  # JSON: read and written whole
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    of_shard = Gsi1()


def _shard(text: str) -> int:
    return zlib.crc32(text.encode()) % SHARDS


def _already(_row: object) -> Exception:
    return AlreadyPosted()


class SettlementTable:
    """See `settlement.ports.SettlementStore`."""

    shards = SHARDS

    def accrue(self, due: Due) -> Action:
        fields = asdict(due) | {"due_at": iso(due.due_at), "kind": due.kind.value}
        row = DueRow(
            f"DUE#{fields.pop('id')}",
            _DUE,
            **fields,
            gsi1pk=f"WAITING#{_shard(due.merchant_id)}",
            gsi1sk=f"{due.merchant_id}#{due.currency}#{iso(due.due_at)}#{due.id}",
        )
        return put(row, DueRow.pk.does_not_exist(), _already)

    def due(self, due_id: str) -> Due | None:
        try:
            return _due(DueRow.get(f"DUE#{due_id}", _DUE, consistent_read=True))
        except DueRow.DoesNotExist:
            return None

    def waiting(self, shard: int) -> Iterable[Due]:
        return map(_due, DueRow.waiting.query(f"WAITING#{shard}"))

    def waiting_of(self, merchant_id: str) -> Iterable[Due]:
        mine = DueRow.gsi1sk.startswith(f"{merchant_id}#")
        return map(_due, DueRow.waiting.query(f"WAITING#{_shard(merchant_id)}", mine))

    def settle(self, settlement: Settlement, dues: Sequence[Due]) -> list[Action]:
        taken = [
            update(
                DueRow(f"DUE#{due.id}", _DUE),
                [
                    DueRow.settlement_id.set(settlement.id),
                    DueRow.gsi1pk.remove(),
                    DueRow.gsi1sk.remove(),
                    DueRow.gsi2pk.set(f"SETTLED#{due.merchant_id}#{settlement.id}"),
                    DueRow.gsi2sk.set(f"{iso(due.due_at)}#{due.id}"),
                ],
                DueRow.settlement_id.does_not_exist(),
                _already,
            )
            for due in dues
        ]
        return [*taken, self._grow(settlement)]

    def _grow(self, settlement: Settlement) -> Action:
        changes = [
            SettlementRow.merchant_id.set(settlement.merchant_id),
            SettlementRow.settlement_id.set(settlement.id),
            SettlementRow.currency.set(settlement.currency),
            SettlementRow.period.set(settlement.period),
            SettlementRow.state.set(SettlementState.OPEN),
            SettlementRow.gsi1pk.set(f"OPEN#{_shard(settlement.merchant_id)}"),
            SettlementRow.gsi1sk.set(f"{settlement.merchant_id}#{settlement.id}"),
            *(getattr(SettlementRow, name).add(getattr(settlement.sums, name)) for name in _SUMS),
        ]
        # What a payout has taken grows no more: what comes late goes into a later settlement.
        return update(_row_of(settlement), changes, SettlementRow.payout_id.does_not_exist())

    def close(self, settlement: Settlement) -> Action:
        changes = [
            SettlementRow.state.set(SettlementState.POSTED),
            SettlementRow.gsi1pk.set(f"CARRIED#{settlement.merchant_id}#{settlement.currency}"),
            SettlementRow.gsi1sk.set(settlement.id),
        ]
        unchanged = SettlementRow.lines == settlement.sums.lines
        return update(_row_of(settlement), changes, unchanged & (SettlementRow.state == SettlementState.OPEN))

    def pay_out(self, settlement: Settlement, payout_id: str) -> Action:
        changes = [
            SettlementRow.state.set(SettlementState.PAID_OUT),
            SettlementRow.payout_id.set(payout_id),
            SettlementRow.gsi1pk.remove(),
            SettlementRow.gsi1sk.remove(),
        ]
        unchanged = SettlementRow.lines == settlement.sums.lines
        return update(_row_of(settlement), changes, unchanged & (SettlementRow.state == SettlementState.POSTED))

    def left_open(self, shard: int) -> Iterable[tuple[str, str]]:
        return ((row.merchant_id, row.settlement_id) for row in SettlementRow.by_state.query(f"OPEN#{shard}"))

    def settlement(self, merchant_id: str, settlement_id: str) -> Settlement | None:
        try:
            row = SettlementRow.get(f"MERCHANT#{merchant_id}", f"{_SET}{settlement_id}", consistent_read=True)
        except SettlementRow.DoesNotExist:
            return None
        return _settlement(row)

    def settlements(self, merchant_id: str, after: dict[str, Any] | None, limit: int) -> Page[Settlement]:
        rows = SettlementRow.query(
            f"MERCHANT#{merchant_id}",
            SettlementRow.sk.startswith(_SET),
            scan_index_forward=False,
            last_evaluated_key=after,
            limit=limit,
            page_size=limit,
        )
        return Page(tuple(_settlement(row) for row in rows), rows.last_evaluated_key)

    def carried(self, merchant_id: str, currency: str) -> Iterable[Settlement]:
        return map(_settlement, SettlementRow.by_state.query(f"CARRIED#{merchant_id}#{currency}"))

    def of_month(self, merchant_id: str, month: str) -> Iterable[Settlement]:
        in_month = SettlementRow.sk.startswith(f"{_SET}set_{month.replace('-', '')}")
        return map(_settlement, SettlementRow.query(f"MERCHANT#{merchant_id}", in_month))

    def settled(
        self, merchant_id: str, settlement_id: str, after: dict[str, Any] | None, limit: int | None
    ) -> Page[Due]:
        rows = DueRow.settled.query(
            f"SETTLED#{merchant_id}#{settlement_id}", last_evaluated_key=after, limit=limit, page_size=limit
        )
        return Page(tuple(_due(row) for row in rows), rows.last_evaluated_key)

    def terms(self, merchant_id: str) -> Terms | None:
        try:
            row = TermsRow.get(f"MERCHANT#{merchant_id}", _TERMS, consistent_read=True)
        except TermsRow.DoesNotExist:
            return None
        return _terms(json.loads(row.terms), int(row.version))

    def put_terms(self, merchant_id: str, terms: Terms) -> Action:
        fields = asdict(terms)
        row = TermsRow(
            f"MERCHANT#{merchant_id}",
            _TERMS,
            terms=json.dumps(fields, ensure_ascii=False, separators=(",", ":")),
            version=terms.version,
            gsi1pk=f"TERMS#{_shard(merchant_id)}",
            gsi1sk=merchant_id,
        )
        stood = terms.version - 1
        return put(row, TermsRow.version == stood if stood else TermsRow.pk.does_not_exist())

    def merchants(self, shard: int) -> Iterable[str]:
        return (row.gsi1sk for row in TermsRow.of_shard.query(f"TERMS#{shard}"))


def _row_of(settlement: Settlement) -> SettlementRow:
    return SettlementRow(f"MERCHANT#{settlement.merchant_id}", f"{_SET}{settlement.id}")


def _due(row: Any) -> Due:
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


def _settlement(row: Any) -> Settlement:
    return Settlement(
        id=row.settlement_id,
        merchant_id=row.merchant_id,
        currency=row.currency,
        period=row.period,
        sums=Sums(*(int(getattr(row, name)) for name in _SUMS)),
        state=SettlementState(row.state),
        payout_id=row.payout_id,
    )


def _terms(told: dict[str, Any], version: int) -> Terms:
    bank, tiers = told["bank"], told["tiers"]
    return Terms(
        **{
            **told,
            "period": Period(told["period"]),
            "route": Route(told["route"]),
            "bank": BankAccount(**bank) if bank else None,
            "tiers": {currency: tuple(Tier(**tier) for tier in some) for currency, some in tiers.items()},
            "version": version,
        }
    )
