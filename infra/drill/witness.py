"""What a stage's tables say: how much there is, what the books come to, and whether what is sealed still opens."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.exceptions import InvalidTag

from chalicelib.kit.seal import SealedField, Sealer
from chalicelib.ledger.rules import CHART, Entry, Transaction
from infra.drill.export import Row, line_of
from infra.tables import TABLES

_NAMED = 10  # rows of a table that are named; the rest is counted
_STATES = {("orders", "ORDER"): "orders", ("payments", "PAY"): "payments", ("payments", "REF"): "refunds"}
Sheet = dict[str, Counter[str]]
"""Balances in minor units by currency and account."""


@dataclass
class Witness:
    """Takes rows, and says what they come to.

    Attributes:
        fields, sealer: what is sealed, and what opens it.
        rows: of each table, the hash of every row by its keys.
        balances: as they stand.
        journal: the same, added up from every transaction.
        states: of orders, payments and refunds.
        opened, unreadable: sealed fields that opened, and where one did not.
        unbalanced: transactions whose entries do not come to nothing.
    """

    fields: Sequence[SealedField] = ()
    sealer: Sealer | None = None
    rows: dict[str, dict[str, str]] = field(default_factory=lambda: {spec.name: {} for spec in TABLES})
    balances: Sheet = field(default_factory=dict)
    journal: Sheet = field(default_factory=dict)
    states: Counter[str] = field(default_factory=Counter)
    opened: int = 0
    unreadable: list[str] = field(default_factory=list)
    unbalanced: list[str] = field(default_factory=list)

    def take(self, table: str, row: Row) -> None:
        """See a row."""
        pk, sk = row["pk"]["S"], row["sk"]["S"]
        self.rows[table][f"{pk} {sk}"] = hashlib.sha256(line_of(row).encode()).hexdigest()
        if table == "ledger":
            self._book(pk, sk, row)
        if (table, sk) in _STATES:
            self.states[f"{_STATES[table, sk]} {row['state']['S']}"] += 1
        if self.sealer is not None:
            self._open(self.sealer, table, row)

    def _book(self, pk: str, sk: str, row: Row) -> None:
        if pk.startswith("BAL#"):
            account, currency = pk.removeprefix("BAL#"), sk.partition("#")[0]
            self.balances.setdefault(currency, Counter())[account] += int(row["amount"]["N"])
        elif pk.startswith("TX#"):
            entries = tuple(Entry(*one) for one in json.loads(row["entries"]["S"]))
            currency, name = row["currency"]["S"], pk.removeprefix("TX#")
            if sum(entry.amount for entry in entries):
                self.unbalanced.append(name)
                return
            posted = Transaction(name, row["kind"]["S"], datetime.fromtimestamp(0, UTC), currency, entries)
            sheet = self.journal.setdefault(currency, Counter())
            for account, amount in posted.movements().items():
                sheet[account] += amount

    def _open(self, sealer: Sealer, table: str, row: Row) -> None:
        pk, sk = row["pk"]["S"], row["sk"]["S"]
        for one in self.fields:
            if one.table != table or one.attribute not in row or not sk.startswith(one.sk):
                continue
            try:
                sealer.open(row[one.attribute]["S"], one.place_in(pk, sk))
                self.opened += 1
            except (InvalidTag, KeyError, ValueError):
                self.unreadable.append(f"{table} {pk} {sk} {one.attribute}")

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(map(len, self.rows.values()))

    def wrong(self) -> Iterator[str]:
        """Yield what cannot be, whatever stood there before."""
        for currency, sheet in sorted(self.balances.items()):
            total = sum(sheet[account] for account in CHART)
            if total:
                yield f"ledger: the accounts in {currency} come to {total}, not to nothing"
        for currency in sorted(self.balances.keys() | self.journal.keys()):
            stands, posted = self.balances.get(currency, Counter()), self.journal.get(currency, Counter())
            for account in sorted(stands.keys() | posted.keys()):
                if stands[account] != posted[account]:
                    yield f"ledger: {account} in {currency} stands at {stands[account]}, not {posted[account]}"
        yield from (f"ledger: {name} does not balance" for name in self.unbalanced)
        yield from (f"{where} does not open" for where in self.unreadable)

    def figures(self) -> str:
        """Return it in one line."""
        accounts = sum(len(sheet) for sheet in self.balances.values())
        money = ", ".join(
            f"{currency} {sum(sheet[account] for account in CHART)} over {_turned(sheet)} moved"
            for currency, sheet in sorted(self.balances.items())
        )
        states = ", ".join(f"{number} {name}" for name, number in sorted(self.states.items()))
        return (
            f"{self.count} rows of {len(self.rows)} tables; {accounts} balances ({money or 'none'}); "
            f"{states or 'no orders'}; {self.opened} sealed fields open, "
            f"{len(self.unreadable)} do not; {len(self.rows['outbox'])} messages wait"
        )


def _turned(sheet: Mapping[str, int]) -> int:
    """Return what stands on one side of the books, in minor units."""
    return sum(sheet[account] for account in CHART if account in sheet and sheet[account] > 0)


def differences(before: Witness, after: Witness) -> Iterator[str]:
    """Yield what is otherwise after than it was before: rows by name, and what it means for the books."""
    for table, stood in before.rows.items():
        stands = after.rows[table]
        found = [
            *(f"{table}: {key} is missing" for key in stood if key not in stands),
            *(f"{table}: {key} was altered" for key in stood if key in stands and stands[key] != stood[key]),
            *(f"{table}: {key} was added" for key in stands if key not in stood),
        ]
        yield from found[:_NAMED]
        if len(found) > _NAMED:
            yield f"{table}: {len(found) - _NAMED} more rows differ"
    for currency in sorted(before.balances.keys() | after.balances.keys()):
        was, is_ = before.balances.get(currency, Counter()), after.balances.get(currency, Counter())
        for account in sorted(was.keys() | is_.keys()):
            if was[account] != is_[account]:
                yield f"ledger: {account} in {currency} stood at {was[account]}, stands at {is_[account]}"
    for name in sorted(before.states.keys() | after.states.keys()):
        if before.states[name] != after.states[name]:
            yield f"{name}: {before.states[name]} before, {after.states[name]} after"
