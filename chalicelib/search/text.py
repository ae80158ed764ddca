"""Words in Chinese, Japanese, Korean and everything that is written with spaces: what is looked for, and in what.

A text is folded (width, case, accents of Latin letters, traditional characters), then it is a row of *pieces* between
spaces and punctuation. A query's pieces must all occur, in any order and field; each as it stands, but it begins where
a word begins. So Chinese is found by any part, Latin by the beginning of a word: one can search while typing. A piece
that is a single Chinese character is looked for in names only: it says little, and elsewhere would cost many rows.

In the index a shop has a row for each of its *tokens*: two neighbouring characters of which one is Chinese, the
beginnings of `PREFIXES` letters of each word, and each single Chinese character of its names. Whatever matches a query
has all of the query's tokens, so the rows of any one of them are enough to look through.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby, pairwise

from chalicelib.search.simplified import SIMPLIFIED, TRADITIONAL

PREFIXES = (2, 3, 5)  # letters of a word's beginnings that are tokens
_SIMPLER = str.maketrans(TRADITIONAL, SIMPLIFIED)
_ACCENTS = dict.fromkeys(range(0x300, 0x370))
_ROUNDS = 4  # of folding: a case that has a width that has a case ... ends after two
_IDEOGRAPHS = (
    (0x1100, 0x11FF), (0x3005, 0x3007), (0x3041, 0x30FF), (0x3130, 0x318F), (0x31F0, 0x31FF), (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0x1B000, 0x1B16F), (0x20000, 0x323AF),
)  # fmt: skip
_SPACE, _FIELD = " ", "\n"
_NAMES = 2  # fields of a document that hold names


@dataclass(frozen=True)
class Document:
    """What words are looked for in."""

    name: str
    name_en: str | None = None
    offerings: tuple[str, ...] = ()
    address: str = ""

    @cached_property
    def text(self) -> str:
        """All of it, folded, a line a field: the two names first."""
        return _FIELD.join(map(fold, (self.name, self.name_en or "", *self.offerings, self.address)))


@dataclass(frozen=True)
class Wanted:
    """A query.

    Attributes:
        pieces: that must all occur.
        tokens: that every match has; none where nothing in the query can be looked for.
    """

    pieces: tuple[str, ...]
    tokens: tuple[str, ...]

    def matches(self, text: str) -> bool:
        """Tell whether a document's text has all pieces."""
        return all(_occurs(piece, text) for piece in self.pieces)


def fold(text: str) -> str:
    """Return a text in the form in which texts are compared: its pieces with single spaces between. Folding it again
    changes nothing.
    """
    return text if text.isascii() and text.isalnum() and text.islower() else _fold(text)


@lru_cache(8192)
def _fold(text: str) -> str:
    for _ in range(_ROUNDS):
        before, text = text, _once(text)
        if text == before:
            break
    return text


def _once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    text = unicodedata.normalize("NFD", text).translate(_ACCENTS)
    text = unicodedata.normalize("NFKC", text).translate(_SIMPLER)
    return _SPACE.join("".join(_kept(text)).split())


def _kept(text: str) -> Iterator[str]:
    """Yield characters of words, and spaces for what parts them; what cannot be seen parts nothing."""
    for character in text:
        category = unicodedata.category(character)
        if category[0] in "LNM":
            if not 0xFE00 <= ord(character) <= 0xFE0F and not 0xE0100 <= ord(character) <= 0xE01EF:  # noqa: PLR2004
                yield character  # all but variation selectors
        elif category != "Cf":
            yield _SPACE


@lru_cache(4096)
def is_ideograph(character: str) -> bool:
    """Tell whether a character is one that is written without spaces: Han, kana or hangul."""
    return any(first <= ord(character) <= last for first, last in _IDEOGRAPHS)


def tokens_of(document: Document) -> frozenset[str]:
    """Return the tokens that a shop is found by."""
    fields = document.text.split(_FIELD)
    tokens = {token for field in fields for piece in field.split(_SPACE) for token in _tokens(piece)}
    for field in fields[:_NAMES]:
        tokens.update(filter(is_ideograph, field))
    return frozenset(tokens)


def _tokens(piece: str) -> Iterator[str]:
    for one, other in pairwise(piece):
        if is_ideograph(one) or is_ideograph(other):
            yield one + other
    for word in _words(piece):
        yield from (word[:length] for length in PREFIXES if length <= len(word))


def _words(piece: str) -> Iterator[str]:
    """Yield the stretches of a piece that are not ideographs."""
    for is_word, characters in groupby(piece, key=lambda character: not is_ideograph(character)):
        if is_word:
            yield "".join(characters)


def wanted(query: str) -> Wanted:
    """Return what a query asks for. Pieces that no shop can be found by, such as a single letter, are not looked for
    unless there are others.
    """
    pieces = tuple(dict.fromkeys(fold(query).split(_SPACE))) if fold(query) else ()
    tokens = dict.fromkeys(token for piece in pieces for token in _needed(piece))
    return Wanted(pieces, tuple(tokens))


def _needed(piece: str) -> Iterator[str]:
    """Yield the tokens that every text has in which a piece occurs."""
    if len(piece) == 1 and is_ideograph(piece):
        yield piece
        return
    for one, other in pairwise(piece):
        if is_ideograph(one) or is_ideograph(other):
            yield one + other
    for word in _words(piece):
        longest = max((length for length in PREFIXES if length <= len(word)), default=None)
        if longest:
            yield word[:longest]


def _occurs(piece: str, text: str) -> bool:
    if len(piece) == 1 and is_ideograph(piece):
        return piece in _FIELD.join(text.split(_FIELD, _NAMES)[:_NAMES])
    at = text.find(piece)
    if is_ideograph(piece[0]):
        return at >= 0
    while at > 0 and not (text[at - 1] in {_SPACE, _FIELD} or is_ideograph(text[at - 1])):
        at = text.find(piece, at + 1)
    return at >= 0


def completions(words: Wanted, names: Iterable[tuple[str, float]], limit: int) -> Sequence[str]:
    """Return the names that a query may be the beginning of: those that begin with it first, then by weight.

    Args:
        words: the query.
        names: and how much each weighs; equal ones add up.
        limit: how many at most.
    """
    weights: dict[str, float] = {}
    spelled: dict[str, str] = {}
    for name, weight in names:
        folded = fold(name)
        if words.matches(folded):
            weights[folded] = weights.get(folded, 0.0) + weight
            spelled.setdefault(folded, name)
    first = words.pieces[0] if words.pieces else ""
    ranked = sorted(weights, key=lambda folded: (not folded.startswith(first), -weights[folded], folded))
    return [spelled[folded] for folded in ranked[:limit]]
