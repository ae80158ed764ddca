"""What a migration is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Item = Mapping[str, Any]
"""A row as boto3's resource layer has it: texts, `Decimal`, lists, dictionaries."""


@dataclass(frozen=True)
class Put:
    """Another row of the table, written whole, over what is there."""

    item: Item


@dataclass(frozen=True)
class Add:
    """Numbers to be added to those of another row, which need not be there."""

    pk: str
    sk: str
    numbers: Mapping[str, int]


@dataclass(frozen=True)
class Change:
    """What to write into a row, and on which condition; in DynamoDB's words.

    Attributes:
        update: the update expression.
        condition: that the row stands as it was read. It need not say that the row exists.
        values: of the placeholders, as `Item` has them.
        names: of the placeholders for names.
        also: what follows from it in other rows: one transaction, all or nothing.
    """

    update: str
    condition: str
    values: Item = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    also: tuple[Put | Add, ...] = ()


@dataclass(frozen=True)
class Migration:
    """A numbered change of a table's rows.

    Attributes:
        number: its place in the order, from 1.
        name: what it is called, in a word or three.
        table: the table's name without prefix.
        about: what it does and what for, one line.
        change: says what to write into a row, None where there is nothing to do. Rows of every kind come.
    """

    number: int
    name: str
    table: str
    about: str
    change: Callable[[Item], Change | None]

    @property
    def key(self) -> str:
        """How its state and people name it: `0001-no-show-fee`."""
        return f"{self.number:04d}-{self.name}"
