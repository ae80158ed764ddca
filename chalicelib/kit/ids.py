"""Identifiers: a prefix that says what it names, then 48 bits of time and 80 of chance.

Layout and alphabet are those of ULID (github.com/ulid/spec), in lower case: ids made later sort later (to the
millisecond), and nobody can guess one.
"""

import hashlib
import re
import secrets
import time
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
# The last two are said by what they name: a claim by its order and line, a settlement by its period.
_TAIL = f"[{_ALPHABET}]{{26}}"
_OURS = re.compile(rf"[a-z]{{2,4}}_{_TAIL}|clm_{_TAIL}_{_TAIL}_[1-9]|set_[0-9]{{8}}_[a-z]{{3}}")


def _base32(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 32)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))


def new_id(prefix: str) -> str:
    """Return a fresh id such as `ord_01jd...`."""
    return f"{prefix}_{_base32(time.time_ns() // 1_000_000, 10)}{_base32(secrets.randbits(80), 16)}"


def is_ours(text: str) -> bool:
    """Say whether a text has the form of an id that we give: so that it is no phone number or address."""
    return _OURS.fullmatch(text) is not None


def timed_id(prefix: str, at: datetime, *parts: str) -> str:
    """Return the id that a moment and these parts always lead to; such ids sort as their moments do, by the
    millisecond. For rows that a repeat must meet again, never for secrets.
    """
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return f"{time_part(prefix, at)}{_base32(int.from_bytes(digest[:10], 'big'), 16)}"


def time_part(prefix: str, at: datetime) -> str:
    """Return what ids that `timed_id` makes for a moment begin with."""
    return f"{prefix}_{_base32(int(at.timestamp() * 1000), 10)}"


def derived_id(prefix: str, *parts: str) -> str:
    """Return the id that these parts always lead to: for rows that a repeat must meet again, never for secrets."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return f"{prefix}_{_base32(int.from_bytes(digest[:16], 'big'), 26)}"
