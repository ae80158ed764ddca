"""The settlement table: dues, settlements, terms.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| due | `DUE#<id>` | `DUE` | `WAITING#<shard>`, `<merchant>#<currency>#<due at>#<id>` while it waits | `SETTLED#<merchant>#<settlement>`, `<due at>#<id>` |
| settlement | `MERCHANT#<id>` | `SET#<settlement>` | `OPEN#<shard>`, `<merchant>#<settlement>` while it is open; `CARRIED#<merchant>#<currency>`, `<settlement>` until it is paid out | |
| terms | `MERCHANT#<id>` | `TERMS` | `TERMS#<shard>`, `<merchant>` | |

A merchant's bank account is sealed to its row, and opened only for who asks for it: settling needs no key.

| pattern | requests | units (small rows) |
|---|---|---|
| accrue | part of the caller's transaction | 3 write |
| a run that finds nothing due | 3 Query a shard, and 1 for each merchant and currency with dues | 0.5 read each |
| settle a merchant's n dues | 2 GetItem, 1 Query, 1 transaction for each 50 | 2 read; 4 write a due, and for each transaction 2 a balance, 3 for the settlement, 3 per KB of entries |
| end a settlement | 1 GetItem, 1 transaction | 1 read, 7 write |
| what waits for a merchant | 1 Query | 0.5 read per 4 KB |
| list settlements, statement | 1 Query each, statement and one GetItem | 0.5 read per 4 KB, and 1 |
| terms of a merchant | 1 GetItem | 1 read |
| a share where there are tiers | 1 GetItem, 2 Query | 2 read |
"""  # noqa: E501 - a table's rows are one line each

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from chalicelib.kit.clock import iso
from chalicelib.kit.dynamo import put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.seal import SealedField, Sealer
from chalicelib.kit.transaction import Action
from chalicelib.settlement.rules import Due, Settlement, SettlementState, Terms, sums
from chalicelib.settlement.store.rows import (
    DUE,
    SET,
    SHARDS,
    TERMS,
    DueRow,
    SettlementRow,
    TermsRow,
    adding,
    already,
    bank_of,
    naming_as_kept,
    paid_out,
    read_bank,
    read_due,
    read_settlement,
    read_terms,
    row_of,
    row_of_due,
    shard_of,
    statement,
)

__all__ = ["SEALED", "SettlementTable"]

SEALED = (SealedField("settlement", "bank", "settlement|{pk}|bank", TERMS),)


class SettlementTable:
    """See `settlement.ports.SettlementStore`.

    Args:
        sealer: makes what seals bank accounts, when one is written or asked for.
    """

    shards = SHARDS

    def __init__(self, sealer: Callable[[], Sealer]) -> None:
        self._sealer = sealer

    def accrue(self, due: Due) -> Action:
        row = row_of_due(due)
        row.gsi1pk = f"WAITING#{shard_of(due.merchant_id)}"
        row.gsi1sk = f"{due.merchant_id}#{due.currency}#{iso(due.due_at)}#{due.id}"
        return put(row, DueRow.pk.does_not_exist(), already)

    def due(self, due_id: str) -> Due | None:
        return self.dues([due_id]).get(due_id)

    def dues(self, due_ids: Iterable[str]) -> dict[str, Due]:
        keys = [(f"DUE#{id_}", DUE) for id_ in due_ids]
        return {one.id: one for one in map(read_due, DueRow.batch_get(keys, consistent_read=True))}

    def heads(self, shard: int) -> Iterable[Due]:
        beyond = None
        while rows := list(DueRow.waiting.query(f"WAITING#{shard}", beyond, limit=1)):
            [head] = map(read_due, rows)
            yield head
            beyond = DueRow.gsi1sk > f"{head.merchant_id}#{head.currency}#~"  # sorts after every moment

    def waiting_of(self, merchant_id: str) -> Iterable[Due]:
        mine = DueRow.gsi1sk.startswith(f"{merchant_id}#")
        return map(read_due, DueRow.waiting.query(f"WAITING#{shard_of(merchant_id)}", mine))

    def waiting_until(self, merchant_id: str, currency: str, end: datetime) -> Iterable[Due]:
        begin = f"{merchant_id}#{currency}#"
        mine = DueRow.gsi1sk.between(begin, f"{begin}{iso(end)}")  # the id comes after the moment: `end` is left out
        return map(read_due, DueRow.waiting.query(f"WAITING#{shard_of(merchant_id)}", mine))

    def settle(self, settlement: Settlement, waiting: Sequence[Due], made: Sequence[Due]) -> list[Action]:
        taken = [
            update(
                DueRow(f"DUE#{due.id}", DUE),
                [
                    DueRow.settlement_id.set(settlement.id),
                    DueRow.gsi1pk.remove(),
                    DueRow.gsi1sk.remove(),
                    DueRow.gsi2pk.set(statement(settlement)),
                    DueRow.gsi2sk.set(f"{iso(due.due_at)}#{due.id}"),
                ],
                DueRow.pk.exists() & DueRow.settlement_id.does_not_exist(),
                already,
            )
            for due in waiting
        ]
        return [*taken, *(self._settled(due, settlement) for due in made), self._grow(settlement)]

    @staticmethod
    def _settled(due: Due, settlement: Settlement) -> Action:
        row = row_of_due(replace(due, settlement_id=settlement.id))
        row.gsi2pk, row.gsi2sk = statement(settlement), f"{iso(due.due_at)}#{due.id}"
        return put(row, DueRow.pk.does_not_exist(), already)

    def _grow(self, settlement: Settlement) -> Action:
        changes = [
            SettlementRow.merchant_id.set(settlement.merchant_id),
            SettlementRow.settlement_id.set(settlement.id),
            SettlementRow.currency.set(settlement.currency),
            SettlementRow.period.set(settlement.period),
            SettlementRow.state.set(SettlementState.OPEN),
            SettlementRow.gsi1pk.set(f"OPEN#{shard_of(settlement.merchant_id)}"),
            SettlementRow.gsi1sk.set(f"{settlement.merchant_id}#{settlement.id}"),
            *adding(settlement.sums),
        ]
        # What a payout has taken grows no more: what comes late goes into a later settlement.
        return update(row_of(settlement), changes, SettlementRow.payout_id.does_not_exist(), paid_out)

    def close(self, settlement: Settlement, made: Sequence[Due]) -> list[Action]:
        changes = [
            SettlementRow.state.set(SettlementState.POSTED),
            SettlementRow.gsi1pk.set(f"CARRIED#{settlement.merchant_id}#{settlement.currency}"),
            SettlementRow.gsi1sk.set(settlement.id),
            *adding(sums(made)),
            SettlementRow.kept.add(sums(made).reserved),
        ]
        unchanged = SettlementRow.lines == settlement.sums.lines
        closed = update(row_of(settlement), changes, unchanged & (SettlementRow.state == SettlementState.OPEN))
        return [closed, *(self._settled(due, settlement) for due in made)]

    def pay_out(self, settlement: Settlement, payout_id: str) -> Action:
        changes = [
            SettlementRow.state.set(SettlementState.PAID_OUT),
            SettlementRow.payout_id.set(payout_id),
            SettlementRow.gsi1pk.remove(),
            SettlementRow.gsi1sk.remove(),
        ]
        unchanged = SettlementRow.lines == settlement.sums.lines
        return update(row_of(settlement), changes, unchanged & (SettlementRow.state == SettlementState.POSTED))

    def left_open(self, shard: int) -> Iterable[tuple[str, str]]:
        return ((row.merchant_id, row.settlement_id) for row in SettlementRow.by_state.query(f"OPEN#{shard}"))

    def settlement(self, merchant_id: str, settlement_id: str) -> Settlement | None:
        try:
            row = SettlementRow.get(f"MERCHANT#{merchant_id}", f"{SET}{settlement_id}", consistent_read=True)
        except SettlementRow.DoesNotExist:
            return None
        return read_settlement(row)

    def settlements(self, merchant_id: str, after: dict[str, Any] | None, limit: int) -> Page[Settlement]:
        rows = SettlementRow.query(
            f"MERCHANT#{merchant_id}", SettlementRow.sk.startswith(SET), scan_index_forward=False, **paged(after, limit)
        )
        return page_of(rows, read_settlement)

    def carried(self, merchant_id: str, currency: str) -> Iterable[Settlement]:
        return map(read_settlement, SettlementRow.by_state.query(f"CARRIED#{merchant_id}#{currency}"))

    def of_month(self, merchant_id: str, month: str) -> Iterable[Settlement]:
        in_month = SettlementRow.sk.startswith(f"{SET}set_{month.replace('-', '')}")
        return map(read_settlement, SettlementRow.query(f"MERCHANT#{merchant_id}", in_month))

    def settled(
        self, merchant_id: str, settlement_id: str, after: dict[str, Any] | None, limit: int | None
    ) -> Page[Due]:
        rows = DueRow.settled.query(f"SETTLED#{merchant_id}#{settlement_id}", **paged(after, limit))
        return page_of(rows, read_due)

    def terms(self, merchant_id: str) -> Terms | None:
        row = _terms_row(merchant_id)
        if row is None or row.bank is None:
            return read_terms(row) if row else None
        bank = read_bank(self._sealer().open(row.bank, bank_of(merchant_id)))
        return replace(read_terms(row), bank=bank)

    def conditions(self, merchant_id: str) -> Terms | None:
        row = _terms_row(merchant_id)
        return read_terms(row) if row else None

    def put_terms(self, merchant_id: str, terms: Terms) -> Action:
        fields = asdict(terms) | {
            "connect_named": naming_as_kept(terms.connect_named),
            "bank_named": naming_as_kept(terms.bank_named),
        }
        if not terms.tax_included:  # the release before this was there takes no name that it does not know
            del fields["tax_included"]
        bank = json.dumps(fields.pop("bank"), ensure_ascii=False)
        row = TermsRow(
            f"MERCHANT#{merchant_id}",
            TERMS,
            terms=json.dumps(fields, ensure_ascii=False, separators=(",", ":")),
            bank=self._sealer().seal(bank, bank_of(merchant_id)) if terms.bank else None,
            version=terms.version,
            gsi1pk=f"TERMS#{shard_of(merchant_id)}",
            gsi1sk=merchant_id,
        )
        stood = terms.version - 1
        return put(row, TermsRow.version == stood if stood else TermsRow.pk.does_not_exist())

    def agreed(self, shard: int) -> Iterable[tuple[str, Terms]]:
        rows = TermsRow.of_shard.query(f"TERMS#{shard}")
        return ((row.gsi1sk, read_terms(row)) for row in rows)


def _terms_row(merchant_id: str) -> Any:
    try:
        return TermsRow.get(f"MERCHANT#{merchant_id}", TERMS, consistent_read=True)
    except TermsRow.DoesNotExist:
        return None
