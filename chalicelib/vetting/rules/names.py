"""Names that no business may have: famous marks, authorities, what the operator has had trouble with. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.kit.folding import closed, fold, is_ideograph
from chalicelib.kit.ids import derived_id


@dataclass(frozen=True)
class BlockedName:
    """One entry of the list.

    Attributes:
        text: as it was written.
        folded: as it is compared.
    """

    text: str
    folded: str

    @classmethod
    def of(cls, text: str) -> "BlockedName":
        """Return the entry of a text."""
        return cls(text, closed(text))

    @property
    def id(self) -> str:
        """What it is called; texts that are compared alike are one entry."""
        return derived_id("bln", self.folded)


def is_blocked(name: str, blocked: Iterable[BlockedName]) -> bool:
    """Tell whether a name holds one of the texts: Chinese anywhere, other words as whole words."""
    tight, spaced = "".join(fold(name).split()), f" {fold(name)} "
    return any(one.folded in tight if _is_chinese(one.folded) else f" {one.folded} " in spaced for one in blocked)


def _is_chinese(folded: str) -> bool:
    return any(map(is_ideograph, folded))
