"""The ledger table. Append only but for balances, which are sums of what was appended.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| transaction | `TX#<id>` | `TX` | `DAY#<UTC date>#<shard>`, `<at>#<id>` | `ORDER#<order>`, `<at>#<id>` |
| balance | `BAL#<account>` | `<currency>#<shard>` | | |
| closed day | `CLOSES` | `<UTC date>` | | |

The accounts of the platform are written by every sale, and of two that write one row at once one is refused:
each has 32 balance rows, chosen by the transaction's id. The own accounts of merchants and customers have one each, on
which a condition can say that they cover what is taken.

| pattern | requests | units (small rows) |
|---|---|---|
| post a capture (3 rows) | part of the caller's transaction | 8 write |
| what moves an own account (4 rows) | likewise | 9 write |
| trial balance now | 19 Query | 1 read each per 4 KB |
| trial balance of a moment | 1 Query, and 8 for each UTC date since the last close | 1 read, and 0.5 each per 4 KB |
| close the next UTC date | 9 Query, 1 transaction | 5 read (0.5 per 4 KB of journal), 2 write |
| own balance | 1 Query | 1 read |
| what an order did | 1 Query | 0.5 read per 4 KB |
"""

import json
import zlib
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta, put, update
from chalicelib.kit.transaction import Action
from chalicelib.ledger.ports import Sheet
from chalicelib.ledger.rules import CHART, AlreadyPosted, Entry, Overdrawn, Transaction

SHARDS = 8  # of a day's journal
BALANCES = 32  # rows of one of the platform's accounts in a currency; more may be had at any time, all are summed
_TX, _CLOSES = "TX", "CLOSES"


class TransactionRow(Row):
    class Meta(TableMeta):
        table = "ledger"

    kind = UnicodeAttribute()
    at = UnicodeAttribute()
    currency = UnicodeAttribute()
    entries = UnicodeAttribute()  # JSON: written once, read whole
    order_id = UnicodeAttribute(null=True)
    payment_id = UnicodeAttribute(null=True)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    journal = Gsi1()
    of_order = Gsi2()


class BalanceRow(Row):
    class Meta(TableMeta):
        table = "ledger"

    amount = NumberAttribute(default=0)


class CloseRow(Row):
    class Meta(TableMeta):
        table = "ledger"

    sheet = UnicodeAttribute()  # JSON, likewise


def _shard(text: str, number: int) -> int:
    return zlib.crc32(text.encode()) % number


def _already(_row: object) -> Exception:
    return AlreadyPosted()


def _overdrawn(_row: object) -> Exception:
    return Overdrawn()


class LedgerStore:
    """See `ledger.ports.LedgerStore`."""

    def post(self, transaction: Transaction) -> list[Action]:
        at = iso(transaction.at)
        row = TransactionRow(
            f"TX#{transaction.id}",
            _TX,
            kind=transaction.kind,
            at=at,
            currency=transaction.currency,
            entries=json.dumps([[e.account, e.amount, e.line_id] for e in transaction.entries], separators=(",", ":")),
            order_id=transaction.order_id,
            payment_id=transaction.payment_id,
            gsi1pk=f"DAY#{transaction.at.astimezone(UTC).date()}#{_shard(transaction.id, SHARDS)}",
            gsi1sk=f"{at}#{transaction.id}",
            gsi2pk=transaction.order_id and f"ORDER#{transaction.order_id}",
            gsi2sk=transaction.order_id and f"{at}#{transaction.id}",
        )
        balances = [
            self._add(account, transaction, amount) for account, amount in sorted(transaction.movements().items())
        ]
        return [put(row, TransactionRow.pk.does_not_exist(), _already), *balances]

    def _add(self, account: str, transaction: Transaction, amount: int) -> Action:
        shard = _shard(transaction.id, BALANCES) if account in CHART else 0
        row = BalanceRow(f"BAL#{account}", f"{transaction.currency}#{shard}")
        if account in transaction.covered and amount > 0:
            # Refused after the transaction's own row: who posts twice hears that it is posted, not that it is too much.
            return update(row, [BalanceRow.amount.add(amount)], BalanceRow.amount <= -amount, _overdrawn, rank=1)
        return update(row, [BalanceRow.amount.add(amount)])

    def transaction(self, transaction_id: str) -> Transaction | None:
        return self.transactions([transaction_id]).get(transaction_id)

    def transactions(self, transaction_ids: Iterable[str]) -> dict[str, Transaction]:
        keys = [(f"TX#{id_}", _TX) for id_ in dict.fromkeys(transaction_ids)]
        return {one.id: one for one in map(_transaction, TransactionRow.batch_get(keys, consistent_read=True))}

    def of_order(self, order_id: str) -> Iterable[Transaction]:
        return map(_transaction, TransactionRow.of_order.query(f"ORDER#{order_id}"))

    def of_day(self, day: date, until: datetime | None = None) -> Iterable[Transaction]:
        upto = None if until is None else TransactionRow.gsi1sk < iso(until)
        for shard in range(SHARDS):
            yield from map(_transaction, TransactionRow.journal.query(f"DAY#{day}#{shard}", upto))

    def balances(self, account: str) -> dict[str, int]:
        sums: Counter[str] = Counter()
        for row in BalanceRow.query(f"BAL#{account}", consistent_read=True):
            sums[row.sk.partition("#")[0]] += int(row.amount)
        return dict(sums)

    def close_day(self, day: date, sheet: Sheet) -> Action:
        row = CloseRow(_CLOSES, str(day), sheet=json.dumps(sheet, separators=(",", ":"), sort_keys=True))
        return put(row, CloseRow.pk.does_not_exist(), _already)

    def closed(self, before: date) -> tuple[date, Sheet] | None:
        rows = CloseRow.query(
            _CLOSES, CloseRow.sk < str(before), consistent_read=True, scan_index_forward=False, limit=1
        )
        return next(map(_closed, rows), None)

    def first_closed(self) -> tuple[date, Sheet] | None:
        return next(map(_closed, CloseRow.query(_CLOSES, consistent_read=True, limit=1)), None)


def _closed(row: Any) -> tuple[date, Sheet]:
    return date.fromisoformat(row.sk), json.loads(row.sheet)


def _transaction(row: Any) -> Transaction:
    return Transaction(
        id=row.pk.removeprefix("TX#"),
        kind=row.kind,
        at=parse(row.at),
        currency=row.currency,
        entries=tuple(Entry(*entry) for entry in json.loads(row.entries)),
        order_id=row.order_id,
        payment_id=row.payment_id,
    )
