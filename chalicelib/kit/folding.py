"""The form in which texts are compared: one width and case, no accents of Latin letters, nothing that cannot be seen,
traditional characters as simplified ones; pieces between spaces and punctuation.
"""

import re
import unicodedata
from functools import lru_cache

from chalicelib.kit.simplified import SIMPLIFIED, TRADITIONAL

_SIMPLER = str.maketrans(TRADITIONAL, SIMPLIFIED)
# Latin letters with a stroke and the like, which Unicode does not take apart; after the case is folded.
_PLAIN = str.maketrans({"ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"})
_ACCENTS = (0x300, 0x36F)
_VARIATION = ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
_FILLERS = "\u115f\u1160\u3164\uffa0\u17b4\u17b5"  # letters by name that cannot be seen
_IN_WORDS = "\u02bb\u02bc"  # apostrophes that are letters
_POSSESSIVE = re.compile(r"(?<=\w)['’](?=s(?!\w))")
_MEMORABLE = 0x10000  # characters beyond are rare, and so many that memory should not be theirs
_ROUNDS = 4  # of folding: the second changes nothing, or hardly ever
_IDEOGRAPHS = (
    (0x1100, 0x11FF), (0x3005, 0x3007), (0x3041, 0x30FF), (0x3130, 0x318F), (0x31F0, 0x31FF), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0x1B000, 0x1B16F), (0x20000, 0x323AF),
)  # fmt: skip
_SPACE = " "


def fold(text: str) -> str:
    """Return a text in the form in which texts are compared: its pieces with single spaces between. Folding it again
    changes nothing.
    """
    for _ in range(_ROUNDS):
        before, text = text, _once(text)
        if text == before:
            break
    return text


def _once(text: str) -> str:
    text = _POSSESSIVE.sub("", unicodedata.normalize("NFKC", text).casefold())
    text = unicodedata.normalize("NFD", text).translate(_FOLDED)
    return _SPACE.join(unicodedata.normalize("NFKC", text).split())


class _Folded(dict[int, str]):
    """What stands for each character, which is worked out when it is met first."""

    def __missing__(self, number: int) -> str:
        folded = _folded(number)
        if number < _MEMORABLE:
            self[number] = folded
        return folded


_FOLDED = _Folded()


def _folded(number: int) -> str:
    """Return letters, digits and marks as they are or plainer, and a space for what parts words. What cannot be seen
    parts nothing, nor do accents and what is put around a digit.
    """
    character = chr(number)
    category = unicodedata.category(character)
    if category in {"Cf", "Me"} or character in _FILLERS + _IN_WORDS:
        return ""
    if any(first <= number <= last for first, last in (_ACCENTS, *_VARIATION)):
        return ""
    if category[0] not in "LNM":
        return _SPACE
    return character.translate(_SIMPLER).translate(_PLAIN)


@lru_cache(8192)
def closed(text: str) -> str:
    """Return a text folded and without the spaces beside ideographs."""
    closed = ""
    for piece in fold(text).split():
        is_joined = not closed or is_ideograph(closed[-1]) or is_ideograph(piece[0])
        closed += piece if is_joined else _SPACE + piece
    return closed


@lru_cache(4096)
def is_ideograph(character: str) -> bool:
    """Tell whether a character is one that is written without spaces: Han, kana or hangul."""
    return any(first <= ord(character) <= last for first, last in _IDEOGRAPHS)
