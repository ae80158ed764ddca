"""Numbers of business licences: their kinds, and whether one can be right. No I/O.

A unified social credit code (GB 32100-2015) has 17 characters and a check character: sum of 3**i mod 31 times the value
of each, in an alphabet without I, O, S, V and Z. The older registration number of market subjects (GS 15-2006) has 14
digits and a check digit by ISO 7064, MOD 11,10. Elsewhere every register writes numbers its own way: there we ask only
that it looks like one.
"""

import re
import unicodedata
from enum import StrEnum

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE = re.compile(
    rf"[{_ALPHABET}]{{2}}[0-9]{{6}}[{_ALPHABET}]{{10}}"
)  # GB 32100-2015, 4: positions 3 to 8 are a place
_REGISTRATION = re.compile(r"[0-9]{15}")
_ELSEWHERE = re.compile(r"(?=.*[0-9])[A-Z0-9][A-Z0-9./-]{2,39}")
_SPACES = re.compile(r"\s+")


class LicenceKind(StrEnum):
    """Which numbers a licence has."""

    CREDIT_CODE = "cn-credit-code"  # 统一社会信用代码
    REGISTRATION = "cn-registration"  # 工商注册号, before 2015
    OTHER = "other"


def normal(number: str) -> str:
    """Return a number as it is compared: no spaces, capital letters, plain digits."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", number)).upper()


def fits_country(kind: LicenceKind, country: str) -> bool:
    """Tell whether a country's licences have such numbers."""
    return (kind == LicenceKind.OTHER) != (country == "CN")


def is_sound(kind: LicenceKind, number: str) -> bool:
    """Tell whether a number, as `normal` returns it, can be one of its kind."""
    if kind == LicenceKind.CREDIT_CODE:
        return bool(_CODE.fullmatch(number)) and number[-1] == credit_check(number[:-1])
    if kind == LicenceKind.REGISTRATION:
        return bool(_REGISTRATION.fullmatch(number)) and number[-1] == registration_check(number[:-1])
    return bool(_ELSEWHERE.fullmatch(number))


def credit_check(body: str) -> str:
    """Return the check character of a unified social credit code's first 17: GB 32100-2015, appendix A."""
    total = sum(_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return _ALPHABET[-total % 31]


def registration_check(body: str) -> str:
    """Return the check digit of a registration number's first 14: ISO 7064, MOD 11,10."""
    rest = 10
    for digit in body:
        rest = (rest + int(digit)) % 10 or 10
        rest = rest * 2 % 11
    return str((11 - rest) % 10)
