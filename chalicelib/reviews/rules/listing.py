"""What of a shop's reviews somebody wants to read, in which order. No I/O."""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.kit.folding import closed, fold, is_ideograph
from chalicelib.reviews.rules.aspects import Aspect
from chalicelib.reviews.rules.review import Review


class Sort(StrEnum):
    """The order of a list. Of equals the newest come first, but of the lowest the oldest; `MEDIA` are those alone that
    show photographs or films, newest first.
    """

    NEWEST = "newest"
    HELPFUL = "helpful"
    HIGHEST = "highest"
    LOWEST = "lowest"
    MEDIA = "media"


@dataclass(frozen=True)
class Wanted:
    """Which reviews; None asks for nothing.

    Attributes:
        stars: with just so many.
        aspect: that gave this part stars.
        staff_id: of whom this one served.
        language: whose text is in it; `zh` finds `zh-CN`.
        words: all of these occur, each as it stands: where a word begins, or anywhere in Chinese.
    """

    stars: int | None = None
    aspect: Aspect | None = None
    staff_id: str | None = None
    language: str | None = None
    words: str | None = None

    @property
    def name(self) -> str:
        """What cursors call it."""
        return "|".join(str(part or "") for part in vars(self).values())

    def accepts(self, review: Review) -> bool:
        """Tell whether a review is wanted."""
        return (
            self.stars in {None, review.stars}
            and (self.aspect is None or self.aspect in review.aspects)
            and self.staff_id in {None, review.staff_id}
            and (self.language is None or _is_in(review.language, self.language))
            and (self.words is None or has_words(review.text, self.words))
        )


def _is_in(language: str, wanted: str) -> bool:
    said, asked = language.lower().split("-"), wanted.lower().split("-")
    return said[: len(asked)] == asked


def has_words(text: str, query: str) -> bool:
    """Tell whether all pieces of a query occur in a text; both are folded (`kit.folding`): width, case, accents and
    traditional characters make no difference. A query of nothing but punctuation finds nothing.
    """
    pieces, folded = fold(query).split(), closed(text)
    return bool(pieces) and all(_occurs(piece, folded) for piece in pieces)


def _occurs(piece: str, text: str) -> bool:
    at = text.find(piece)
    if is_ideograph(piece[0]):
        return at >= 0
    while at > 0 and not (text[at - 1] == " " or is_ideograph(text[at - 1])):
        at = text.find(piece, at + 1)
    return at >= 0
