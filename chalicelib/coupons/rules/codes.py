"""Codes that are good for a coupon: 80 bits that nobody guesses, in letters that nobody takes for one another. No I/O.

A code is 16 letters of Crockford's base 32 (no I, L, O and U; who types O, I or L means 0 and 1) and a check letter. It
follows from its batch's secret and its number there: as long as that secret is kept all codes can be made again, and
they are stored nowhere else. What is stored is an index of each, by which it is known again when somebody brings it.

The check letter is `sum(a ** (n + 1) * letter n)` over GF(32), `a` a root of x^5 + x^2 + 1, which generates all 31
elements but 0: a wrong letter changes the sum, and so do any two that changed places. Only who mistyped is told so.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ = {letter: value for value, letter in enumerate(_LETTERS)} | {"O": 0, "I": 1, "L": 1}
_LENGTH = 16  # letters of 5 bits: 80 bits
_GROUPS = (4, 4, 4, 5)
_MODULUS = 0b100101
SEED_BYTES = 32
MOST_CODES = 100_000  # of a batch
STEP = 2_000  # codes that are made at one time


class BatchState(StrEnum):
    """Where a batch of codes stands."""

    MAKING = "making"
    READY = "ready"  # all are there, and nobody has seen one
    EXPORTED = "exported"  # they can be brought; its secret is gone, and nobody can make them again
    REVOKED = "revoked"


@dataclass(frozen=True)
class CodeBatch:
    """Codes of one campaign that were made together.

    Attributes:
        id: `cdb_...`.
        number: how many they are to be.
        made: how many there are.
        version: rises with every change.
    """

    id: str
    campaign_id: str
    number: int
    created_at: datetime
    made: int = 0
    state: BatchState = BatchState.MAKING
    exported_at: datetime | None = None
    version: int = 1


def code_of(seed: bytes, number: int) -> str:
    """Return a batch's code of a number (from 0), as it is written without hyphens."""
    digest = hmac.digest(seed, number.to_bytes(8, "big"), hashlib.sha256)
    bits = int.from_bytes(digest[: _LENGTH * 5 // 8], "big")
    letters = [_LETTERS[bits >> 5 * place & 31] for place in range(_LENGTH)]
    return "".join(letters) + _LETTERS[_check([_READ[letter] for letter in letters])]


def shown(code: str) -> str:
    """Return a code in groups, as it is printed: `7K3M-9QXA-...`."""
    groups, start = [], 0
    for length in _GROUPS:
        groups.append(code[start : start + length])
        start += length
    return "-".join(groups)


def read(typed: str) -> str | None:
    """Return the code that somebody typed, whatever case, spaces and hyphens; None where it cannot be one."""
    letters = [letter for letter in typed.upper() if not letter.isspace() and letter not in "-–—"]
    if len(letters) != _LENGTH + 1 or any(letter not in _READ for letter in letters):
        return None
    values = [_READ[letter] for letter in letters]
    if _check(values[:-1]) != values[-1]:
        return None
    return "".join(_LETTERS[value] for value in values)


def _check(values: list[int]) -> int:
    """Return the sum by Horner's rule, from the last to the first."""
    total = 0
    for value in reversed(values):
        total = _times_a(total ^ value)
    return total


def _times_a(value: int) -> int:
    value <<= 1
    return value ^ _MODULUS if value & 32 else value
