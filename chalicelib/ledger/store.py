"""The ledger table. Append only but for balances (sums of what was appended) and the marks of settlement.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| transaction | `TX#<id>` | `TX` | | |
| balance | `BAL#<account>` | `<currency>#<shard>` | | |
| due | `DUE#<line>` | `DUE` | `WAITING#<shard>`, `<merchant>#<currency>#<due at>#<line>` while it waits | `SETTLED#<merchant>#<settlement>`, `<due at>#<line>` |
| settlement | `MERCHANT#<id>` | `SET#<settlement>` | `OPEN#<shard>`, `<merchant>#<settlement>` while it is open | |

The accounts of the platform are written by every sale, so each has 8 balance rows, chosen by the transaction's id; a
merchant's own account has one.

| pattern | requests | units (small rows) |
|---|---|---|
| post a capture (3 rows) | part of the caller's transaction | 6 write |
| accrue | part of the caller's transaction | 3 write |
| settle n lines (n <= 50) | 1 transaction | 6 write a line, and about 12 |
| trial balance | 6 Query | 0.5 read each per 4 KB |
| balance of a merchant | 2 Query | 0.5 read each per 4 KB |
| list settlements, statement | 1 Query each, statement and one GetItem | 0.5 read per 4 KB |
"""  # noqa: E501 - a table's rows are one line each

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta, put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action
from chalicelib.ledger.rules import CHART, AlreadyPosted, Due, Entry, Settlement, Transaction

SHARDS = 8
_DUE, _TX = "DUE", "TX"


class TransactionRow(Row):
    class Meta(TableMeta):
        table = "ledger"

    kind = UnicodeAttribute()
    at = UnicodeAttribute()
    currency = UnicodeAttribute()
    entries = UnicodeAttribute()  # JSON: written once, read whole
    order_id = UnicodeAttribute(null=True)
    payment_id = UnicodeAttribute(null=True)


class BalanceRow(Row):
    class Meta(TableMeta):
        table = "ledger"

    amount = NumberAttribute(default=0)


class DueRow(Row):
    class Meta(TableMeta):
        table = "ledger"

    order_id = UnicodeAttribute()
    line_id = UnicodeAttribute()
    merchant_id = UnicodeAttribute()
    currency = UnicodeAttribute()
    net = NumberAttribute()
    platform_discount = NumberAttribute()
    commission_bps = NumberAttribute()
    due_at = UnicodeAttribute()
    settlement_id = UnicodeAttribute(null=True)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    waiting = Gsi1()
    settled = Gsi2()


class SettlementRow(Row):
    class Meta(TableMeta):
        table = "ledger"

    merchant_id = UnicodeAttribute()
    settlement_id = UnicodeAttribute()
    currency = UnicodeAttribute()
    period = UnicodeAttribute()
    lines = NumberAttribute(default=0)
    net = NumberAttribute(default=0)
    platform_discount = NumberAttribute(default=0)
    commission = NumberAttribute(default=0)
    payable = NumberAttribute(default=0)
    state = UnicodeAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    open = Gsi1()


def _shard(text: str) -> int:
    return zlib.crc32(text.encode()) % SHARDS


def _already(_row: object) -> Exception:
    return AlreadyPosted()


class LedgerStore:
    """See `ledger.ports.LedgerStore`."""

    shards = SHARDS

    def post(self, transaction: Transaction) -> list[Action]:
        row = TransactionRow(
            f"TX#{transaction.id}",
            _TX,
            kind=transaction.kind,
            at=iso(transaction.at),
            currency=transaction.currency,
            entries=json.dumps([[e.account, e.amount, e.line_id] for e in transaction.entries], separators=(",", ":")),
            order_id=transaction.order_id,
            payment_id=transaction.payment_id,
        )
        balances = [
            self._add(account, transaction, amount) for account, amount in sorted(transaction.movements().items())
        ]
        return [put(row, TransactionRow.pk.does_not_exist(), _already), *balances]

    def _add(self, account: str, transaction: Transaction, amount: int) -> Action:
        shard = _shard(transaction.id) if account in CHART else 0
        row = BalanceRow(f"BAL#{account}", f"{transaction.currency}#{shard}")
        return update(row, [BalanceRow.amount.add(amount)])

    def transaction(self, transaction_id: str) -> Transaction | None:
        try:
            row = TransactionRow.get(f"TX#{transaction_id}", _TX)
        except TransactionRow.DoesNotExist:
            return None
        return Transaction(
            id=transaction_id,
            kind=row.kind,
            at=parse(row.at),
            currency=row.currency,
            entries=tuple(Entry(*entry) for entry in json.loads(row.entries)),
            order_id=row.order_id,
            payment_id=row.payment_id,
        )

    def balances(self, account: str) -> dict[str, int]:
        sums: Counter[str] = Counter()
        for row in BalanceRow.query(f"BAL#{account}"):
            sums[row.sk.partition("#")[0]] += int(row.amount)
        return dict(sums)

    def accrue(self, due: Due) -> Action:
        row = DueRow(
            f"DUE#{due.line_id}",
            _DUE,
            order_id=due.order_id,
            line_id=due.line_id,
            merchant_id=due.merchant_id,
            currency=due.currency,
            net=due.net,
            platform_discount=due.platform_discount,
            commission_bps=due.commission_bps,
            due_at=iso(due.due_at),
            gsi1pk=f"WAITING#{_shard(due.merchant_id)}",
            gsi1sk=f"{due.merchant_id}#{due.currency}#{iso(due.due_at)}#{due.line_id}",
        )
        return put(row, DueRow.pk.does_not_exist(), _already)

    def waiting(self, shard: int, until: datetime) -> Iterable[Due]:
        return map(_due, DueRow.waiting.query(f"WAITING#{shard}", filter_condition=DueRow.due_at <= iso(until)))

    def waiting_of(self, merchant_id: str) -> Iterable[Due]:
        mine = DueRow.gsi1sk.startswith(f"{merchant_id}#")
        return map(_due, DueRow.waiting.query(f"WAITING#{_shard(merchant_id)}", mine))

    def settle(self, settlement: Settlement, dues: Sequence[Due]) -> list[Action]:
        taken = [
            update(
                DueRow(f"DUE#{due.line_id}", _DUE),
                [
                    DueRow.settlement_id.set(settlement.id),
                    DueRow.gsi1pk.remove(),
                    DueRow.gsi1sk.remove(),
                    DueRow.gsi2pk.set(f"SETTLED#{due.merchant_id}#{settlement.id}"),
                    DueRow.gsi2sk.set(f"{iso(due.due_at)}#{due.line_id}"),
                ],
                DueRow.settlement_id.does_not_exist(),
                _already,
            )
            for due in dues
        ]
        return [*taken, self._grow(settlement)]

    def _grow(self, settlement: Settlement) -> Action:
        row = SettlementRow(f"MERCHANT#{settlement.merchant_id}", f"SET#{settlement.id}")
        changes = [
            SettlementRow.merchant_id.set(settlement.merchant_id),
            SettlementRow.settlement_id.set(settlement.id),
            SettlementRow.currency.set(settlement.currency),
            SettlementRow.period.set(settlement.period),
            SettlementRow.state.set("open"),
            SettlementRow.gsi1pk.set(f"OPEN#{_shard(settlement.merchant_id)}"),
            SettlementRow.gsi1sk.set(f"{settlement.merchant_id}#{settlement.id}"),
            SettlementRow.lines.add(settlement.lines),
            SettlementRow.net.add(settlement.net),
            SettlementRow.platform_discount.add(settlement.platform_discount),
            SettlementRow.commission.add(settlement.commission),
            SettlementRow.payable.add(settlement.payable),
        ]
        return update(row, changes)

    def close(self, settlement: Settlement) -> Action:
        row = SettlementRow(f"MERCHANT#{settlement.merchant_id}", f"SET#{settlement.id}")
        changes = [SettlementRow.state.set("posted"), SettlementRow.gsi1pk.remove(), SettlementRow.gsi1sk.remove()]
        return update(row, changes, (SettlementRow.lines == settlement.lines) & (SettlementRow.state == "open"))

    def left_open(self, shard: int) -> Iterable[tuple[str, str]]:
        return ((row.merchant_id, row.settlement_id) for row in SettlementRow.open.query(f"OPEN#{shard}"))

    def settlement(self, merchant_id: str, settlement_id: str) -> Settlement | None:
        try:
            row = SettlementRow.get(f"MERCHANT#{merchant_id}", f"SET#{settlement_id}", consistent_read=True)
        except SettlementRow.DoesNotExist:
            return None
        return _settlement(row)

    def settlements(self, merchant_id: str, after: dict[str, Any] | None, limit: int) -> Page[Settlement]:
        rows = SettlementRow.query(
            f"MERCHANT#{merchant_id}", scan_index_forward=False, last_evaluated_key=after, limit=limit, page_size=limit
        )
        return Page(tuple(_settlement(row) for row in rows), rows.last_evaluated_key)

    def settled_lines(
        self, merchant_id: str, settlement_id: str, after: dict[str, Any] | None, limit: int
    ) -> Page[Due]:
        rows = DueRow.settled.query(
            f"SETTLED#{merchant_id}#{settlement_id}", last_evaluated_key=after, limit=limit, page_size=limit
        )
        return Page(tuple(_due(row) for row in rows), rows.last_evaluated_key)


def _due(row: DueRow) -> Due:
    return Due(
        line_id=row.line_id,
        order_id=row.order_id,
        merchant_id=row.merchant_id,
        currency=row.currency,
        net=int(row.net),
        platform_discount=int(row.platform_discount),
        commission_bps=int(row.commission_bps),
        due_at=parse(row.due_at),
        settlement_id=row.settlement_id,
    )


def _settlement(row: SettlementRow) -> Settlement:
    return Settlement(
        id=row.settlement_id,
        merchant_id=row.merchant_id,
        currency=row.currency,
        period=row.period,
        lines=int(row.lines),
        net=int(row.net),
        platform_discount=int(row.platform_discount),
        commission=int(row.commission),
        payable=int(row.payable),
        state=row.state,
    )
