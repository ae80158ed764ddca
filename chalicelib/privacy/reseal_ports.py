"""What sealing fields anew needs from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.kit.pagination import Page
from chalicelib.kit.seal import SealedField, Sealer


@dataclass(frozen=True)
class SealedRow:
    """The sealed fields of a row, as they are stored, by attribute."""

    pk: str
    sk: str
    fields: Mapping[str, str]


class SealedRows(Protocol):
    """Rows of every table, as far as they are sealed."""

    def some(
        self, table: str, attributes: Sequence[str], after: Mapping[str, Any] | None, limit: int
    ) -> Page[SealedRow]:
        """Return the rows with any of the attributes among `limit` rows of a table, read consistently."""
        ...

    def one(self, table: str, attributes: Sequence[str], pk: str, sk: str) -> SealedRow | None:
        """Return one row, read consistently; None where it has gone or has none of the attributes."""
        ...

    def replace(self, table: str, row: SealedRow, fields: Mapping[str, str]) -> bool:
        """Write fields anew provided that each stands as in `row`; say whether they did. Nothing else is touched."""
        ...


@dataclass(frozen=True)
class ResealPorts:
    """What the use case is given; `fields` are all that any store seals."""

    rows: SealedRows
    fields: tuple[SealedField, ...]
    sealer: Sealer
