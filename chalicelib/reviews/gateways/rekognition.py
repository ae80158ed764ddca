"""Amazon Rekognition looks at photographs (DetectModerationLabels). They go to the stack's own region, nowhere else.

Only top categories are told, of a confidence at which somebody is asked; which they are: Amazon Rekognition Developer
Guide, "Moderating content", version 7 of the model.
"""

import re
from collections.abc import Sequence

from chalicelib.kit import aws
from chalicelib.reviews.media_ports import ClassifierDown

_CONFIDENCE = 70.0  # percent: a person decides, so a false alarm costs a minute
_REFUSED = frozenset({"InvalidImageFormatException", "ImageTooLargeException", "InvalidParameterException"})


class NobodyLooks:
    """No classifier: people and rules are all there is."""

    def labels(self, _jpeg: bytes) -> Sequence[str]:
        return ()


class RekognitionClassifier:
    """See `reviews.media_ports.ImageClassifier`."""

    def labels(self, jpeg: bytes) -> Sequence[str]:
        told = aws.opinion(
            "rekognition",
            "detect_moderation_labels",
            _REFUSED,
            ClassifierDown,
            Image={"Bytes": jpeg},
            MinConfidence=_CONFIDENCE,
        )
        if told is None:
            return ("unread",)  # somebody looks instead
        rows = told.get("ModerationLabels", ())
        names = {row["Name"] for row in rows if not row.get("ParentName")}
        return tuple(sorted(re.sub(r"[^a-z]+", "-", name.lower()).strip("-") for name in names))
