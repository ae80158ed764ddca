"""Words in Chinese, Japanese, Korean and everything that is written with spaces: what is looked for, and in what.

A text is folded (see `kit.folding`): a row of *pieces* between spaces and punctuation. A query's pieces must all occur,
in any order and field; each as it stands, but it begins where a word begins. So Chinese is found by any part, Latin by
the beginning of a word: one can search while typing. Where people put spaces beside Chinese characters is taste, so a
document has none there: `751 号` and `星巴克(南京路店)` are found by `751号` and `星巴克南京路`, and apart as well. A
piece that is a single Chinese character says little: where nothing longer is asked for it is looked for in names only,
since elsewhere it would cost many rows.

In the index a shop has a row for each of its *tokens*: two neighbouring characters of which one is Chinese, the
beginnings of `PREFIXES` letters of each word, and each single Chinese character of its names. Whatever matches a query
has all of the query's tokens, so the rows of any one of them are enough to look through.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, pairwise

from chalicelib.kit.folding import closed, fold, is_ideograph

PREFIXES = (2, 3, 5)  # letters of a word's beginnings that are tokens
_SPACE, _FIELD = " ", "\n"
_NAMES = 2  # fields of a document that hold names


@dataclass(frozen=True)
class Document:
    """What words are looked for in.

    Attributes:
        most: how many characters of `text`, where that is not all.
    """

    name: str
    name_en: str | None = None
    offerings: tuple[str, ...] = ()
    address: str = ""
    most: int | None = None

    @cached_property
    def text(self) -> str:
        """All of it, folded, a line a field: the two names first, then the address."""
        fields = (self.name, self.name_en or "", self.address, *self.offerings)
        return _FIELD.join(map(closed, fields))[: self.most]


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
        return all(_occurs(piece, text, self._in_names) for piece in self.pieces)

    @cached_property
    def _in_names(self) -> bool:
        """Whether single ideographs must be in a name: where nothing longer is asked for."""
        return all(len(piece) == 1 for piece in self.pieces)


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
    """Return what a query asks for. There are no tokens where no shop can be found by it, as by single letters."""
    pieces = tuple(dict.fromkeys(fold(query).split()))
    tokens = dict.fromkeys(token for piece in pieces for token in _needed(piece))
    return Wanted(pieces, tuple(tokens or filter(is_ideograph, (piece for piece in pieces if len(piece) == 1))))


def _needed(piece: str) -> Iterator[str]:
    """Yield the tokens that every text has in which a piece occurs; none for a single character."""
    for one, other in pairwise(piece):
        if is_ideograph(one) or is_ideograph(other):
            yield one + other
    for word in _words(piece):
        longest = max((length for length in PREFIXES if length <= len(word)), default=None)
        if longest:
            yield word[:longest]


def _occurs(piece: str, text: str, in_names: bool) -> bool:  # noqa: FBT001 - see `Wanted`
    if in_names and len(piece) == 1 and is_ideograph(piece):
        return any(piece in name for name in text.split(_FIELD, _NAMES)[:_NAMES])
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
        folded = closed(name)
        if words.matches(folded):
            weights[folded] = weights.get(folded, 0.0) + weight
            spelled.setdefault(folded, name)
    first = words.pieces[0] if words.pieces else ""
    ranked = sorted(weights, key=lambda folded: (not folded.startswith(first), -weights[folded], folded))
    return [spelled[folded] for folded in ranked[:limit]]
