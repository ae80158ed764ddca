"""The audit log as its seals see it, in memory: entries that anybody can tamper with, and a vault likewise.

`FakeVault` keeps what was put first, as a bucket with conditional puts does; `FakeSealStore` keeps an entry's content
beside the day and shard that its index says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from chalicelib.audit.ports import Leaf, Seal, Standing
from chalicelib.audit.rules import canonical, leaf_hash

Key = tuple[str, str]


@dataclass(frozen=True)
class Row:
    """An entry: its key, whose index it is in, and what else it says."""

    place: str
    object: str
    day: date
    shard: int
    text: str

    @property
    def key(self) -> Key:
        return self.place, self.object

    @property
    def content(self) -> bytes:
        """All of it, as the table's row has it."""
        return canonical({name: str(value) for name, value in vars(self).items()})

    @property
    def leaf(self) -> Leaf:
        return Leaf(self.place, self.object, leaf_hash(self.content))


@dataclass
class FakeSealStore:
    """See `audit.ports.SealStore`."""

    rows: dict[Key, Row] = field(default_factory=dict)
    seals: dict[date, Seal] = field(default_factory=dict)

    def note(self, *rows: Row) -> None:
        """Add entries, or put them in the place of others with their keys."""
        self.rows |= {row.key: row for row in rows}

    def leaves(self, day: date, shard: int) -> Iterator[Leaf]:
        return (row.leaf for row in sorted(self.rows.values(), key=lambda one: one.key) if _is_in(row, day, shard))

    def content(self, leaf: Leaf) -> bytes | None:
        row = self.rows.get(leaf.key)
        return row.content if row else None

    def everything(self) -> Iterator[Standing]:
        return (Standing(row.leaf, row.day) for row in self.rows.values())

    def told(self, day: date) -> Seal | None:
        return self.seals.get(day)

    def tell(self, seal: Seal) -> Seal:
        return self.seals.setdefault(seal.day, seal)


def _is_in(row: Row, day: date, shard: int) -> bool:
    return (row.day, row.shard) == (day, shard)


@dataclass
class FakeVault:
    """See `audit.ports.Vault`; `fail_after` puts it raises, as a function that dies does."""

    seals: dict[date, Seal] = field(default_factory=dict)
    parts: dict[tuple[date, str], tuple[Leaf, ...]] = field(default_factory=dict)
    again: dict[date, list[str]] = field(default_factory=dict)
    fail_after: int | None = None

    def _put(self) -> None:
        if self.fail_after is not None:
            if self.fail_after == 0:
                raise Died
            self.fail_after -= 1

    def days(self) -> Sequence[date]:
        return sorted(self.seals)

    def seal_of(self, day: date) -> Seal | None:
        return self.seals.get(day)

    def put_seal(self, seal: Seal) -> Seal:
        self._put()
        return self.seals.setdefault(seal.day, seal)

    def part(self, day: date, name: str) -> Sequence[Leaf] | None:
        return self.parts.get((day, name))

    def put_part(self, day: date, name: str, leaves: Sequence[Leaf]) -> Sequence[Leaf]:
        self._put()
        return self.parts.setdefault((day, name), tuple(leaves))

    def rewritten(self, day: date) -> Sequence[str]:
        return self.again.get(day, [])


class Died(Exception):  # noqa: N818 - it is what happened
    """The function ended here."""


def altered(row: Row) -> Row:
    """Return the same entry, saying something else."""
    return replace(row, text=f"{row.text}!")
