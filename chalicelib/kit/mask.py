"""Hiding what a person could be reached or recognised by, wherever it has a form of its own.

Phone numbers, e-mail addresses, tokens and keys, bank accounts and cards, national ids, positions. Names, addresses and
codes have none: they are never logged, and the test-suite searches every line for those it has used.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

_CHECKED = 97  # ISO 7064 MOD 97-10, as ISO 13616 has it
_SHORTEST_IBAN, _LONGEST_IBAN = 15, 34


def _iban(found: re.Match[str]) -> str:
    packed = re.sub(r"[ -]", "", found[0]).upper()
    if not _SHORTEST_IBAN <= len(packed) <= _LONGEST_IBAN:
        return found[0]
    number = int("".join(str(int(letter, 36)) for letter in packed[4:] + packed[:4]))
    return f"{packed[:2]}***" if number % _CHECKED == 1 else found[0]


def _card(found: re.Match[str]) -> str:
    digits = [int(digit) for digit in found[0] if digit.isdigit()][::-1]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return found[0] if (sum(digits[::2]) + sum(doubled)) % 10 else "***card***"  # Luhn, ISO/IEC 7812-1


_Stars = str | Callable[[re.Match[str]], str]
_MASKS: tuple[tuple[re.Pattern[str], _Stars], ...] = tuple(
    (re.compile(pattern, re.ASCII if ascii_only else 0), stars)
    for pattern, stars, ascii_only in (
        (r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+", "***@***", False),
        (r"\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)*", "***jwt***", True),
        (r"(?i)\b(bearer|basic) +[\w.~+/=-]{8,}", r"\1 ***", True),
        (r"(?<=\.)[0-9a-f]{64}\b", "***mac***", True),  # what makes a refresh token one
        (r"\b(?:(?:sk|rk|whsec)_\w{8,}|pi_\w+?_secret_\w+)", "***key***", True),
        (r"\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b", _iban, True),
        # A Chinese resident's number has its birthday in the middle (GB 11643).
        (
            r"(?<!\w)[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\w)",
            "***id***",
            True,
        ),
        (r"(?<![\w.+-])\d{4}(?:[ -]?\d{4}){2,3}(?:[ -]?\d{1,4})(?![\w-])", _card, True),
        (r"(?:\+|(?<!\w)00)[1-9]\d{0,2}[ -]?\(?\d[\d ()-]{4,14}(?=\d{2}(?!\d))", "+***", True),
        # As they are said in China: a mobile, or a landline with the code of its area.
        (r"(?<![\w.+-])1[3-9]\d(?:[ -]?\d{4})[ -]?\d{2}(?=\d{2}(?![\w-]))", "***", True),
        (r"(?<![\w.+-])\(?0\d{2,3}[) -]{1,2}\d{7,8}(?![\w-])", "***phone***", True),
        # Four decimals are a house. Two numbers of a text in their order.
        (r"(?<![\w.])[+-]?\d{1,3}\.\d{4,}\s*[,;/ ]\s*[+-]?\d{1,3}\.\d{4,}(?![\w.])", "***position***", True),
    )
)
_MAYBE = re.compile(r"[@.]|\d{2}[ )-]?\d{2}|_|(?i:bearer|basic)")  # what has none of these has nothing to hide
# Most texts of a line are these, whole: an id of ours (three letters; a provider's keys have two), a request's, a time.
_OURS = re.compile(
    r"[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[,.]\d{3,6}(?:Z|[+-]\d{4})",
    re.ASCII,
)
_NUMBERS = frozenset({"lat", "lon", "lng", "latitude", "longitude"})
"""Names of fields whose number is hidden: without its name a number has no form."""
_WORDS = frozenset(
    {
        "phone", "email", "address", "person", "holder", "password", "authorization", "cookie", "secret", "token",
        "access_token", "refresh_token", "id_number", "position",
    }
)  # fmt: skip
"""Names of fields that nobody is to log; what they hold is hidden whatever it is."""


def mask(text: str) -> str:
    """Return `text` without what has the form of something personal."""
    if not _MAYBE.search(text) or _OURS.fullmatch(text):
        return text
    for pattern, stars in _MASKS:
        text = pattern.sub(stars, text)
    return text


def masked(value: Any) -> Any:
    """Return a value for a log line: all its texts masked, and fields hidden that are personal by their name."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {mask(str(name)): "***" if _is_hidden(name, one) else masked(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked(one) for one in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return mask(str(value))


def _is_hidden(name: Any, value: Any) -> bool:
    return value is not None and (name in _WORDS or (name in _NUMBERS and isinstance(value, int | float | str)))
