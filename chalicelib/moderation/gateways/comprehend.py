"""Amazon Comprehend reads what reviews say (DetectToxicContent). Texts go to the stack's own region, nowhere else.

It knows English alone (Amazon Comprehend Developer Guide, "Toxicity detection"): of other languages rules and people
are all there is. What a text is written in, its author may say wrongly, and would to get around it: it is asked about
whatever has a Latin word. A text is cut into segments of 1 KB, ten at most: more than a review has.
"""

import re
from collections.abc import Iterator, Sequence

from chalicelib.kit import aws
from chalicelib.moderation.ports import ClassifierDown

_SCORE = 0.6  # a person decides, so a false alarm costs a minute
_SEGMENT, _SEGMENTS = 1_000, 10  # bytes, and how many
_LATIN = re.compile("[a-zà-ɏ]{3}", re.IGNORECASE)
_REFUSED = frozenset({"InvalidRequestException", "UnsupportedLanguageException", "TextSizeLimitExceededException"})


class NobodyReads:
    """No classifier: people and rules are all there is."""

    def labels(self, _text: str, _language: str) -> Sequence[str]:
        return ()


class ComprehendClassifier:
    """See `moderation.ports.Classifier`."""

    def labels(self, text: str, _language: str) -> Sequence[str]:
        if not _LATIN.search(text):
            return ()
        segments = [{"Text": one} for one in _segments(text)][:_SEGMENTS]
        told = aws.opinion(
            "comprehend",
            "detect_toxic_content",
            _REFUSED,
            ClassifierDown,
            TextSegments=segments,
            LanguageCode="en",
        )
        if told is None:
            return ("unread",)  # somebody looks instead
        found = {
            label["Name"].lower().replace("_", "-")
            for row in told["ResultList"]
            for label in row["Labels"]
            if label["Score"] >= _SCORE
        }
        return tuple(sorted(found))


def _segments(text: str) -> Iterator[str]:
    """Yield a text in pieces that fit, cut between characters."""
    piece, size = "", 0
    for one in text:
        length = len(one.encode())
        if size + length > _SEGMENT:
            yield piece
            piece, size = "", 0
        piece, size = piece + one, size + length
    if piece:
        yield piece
