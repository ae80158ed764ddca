"""Amazon Comprehend reads what reviews say (DetectToxicContent). Texts go to the stack's own region, nowhere else.

It knows English alone (Amazon Comprehend Developer Guide, "Toxicity detection"): of other languages rules and people
are all there is. A text is cut into segments of 1 KB, ten at most: more than a review has.
"""

from collections.abc import Iterator, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import aws
from chalicelib.moderation.ports import ClassifierDown

_SCORE = 0.6  # a person decides, so a false alarm costs a minute
_SEGMENT, _SEGMENTS = 1_000, 10  # bytes, and how many
_REFUSED = frozenset({"InvalidRequestException", "UnsupportedLanguageException", "TextSizeLimitExceededException"})


class NobodyReads:
    """No classifier: people and rules are all there is."""

    def labels(self, _text: str, _language: str) -> Sequence[str]:
        return ()


class ComprehendClassifier:
    """See `moderation.ports.Classifier`."""

    def labels(self, text: str, language: str) -> Sequence[str]:
        if language.partition("-")[0].lower() != "en" or not text.strip():
            return ()
        segments = [{"Text": one} for one in _segments(text)][:_SEGMENTS]
        try:
            told = aws.client("comprehend").detect_toxic_content(TextSegments=segments, LanguageCode="en")
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _REFUSED:
                return ("unread",)  # somebody looks instead
            raise ClassifierDown(code) from error
        except BotoCoreError as error:
            raise ClassifierDown(type(error).__name__) from error
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
