"""Two languages: every text that a person reads stands in both, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh-CN"]
LANGUAGES: tuple[Language, ...] = ("en", "zh-CN")


@dataclass(frozen=True)
class Text:
    """A text in English and in simplified Chinese; `{name}` takes a parameter."""

    en: str
    zh: str

    def render(self, language: Language, /, **parameters: object) -> str:
        """Return the text in `language` with its parameters filled in."""
        return (self.zh if language == "zh-CN" else self.en).format(**parameters)


def choose(accept_language: str | None, offered: Sequence[Language] = LANGUAGES) -> Language:
    """Return the offered language that an Accept-Language header (RFC 9110, 12.5.4) prefers; the first one when it
    names none of them.
    """
    spoken = {one.split("-")[0]: one for one in offered} | {"*": offered[0]}
    ranked = []
    for position, part in enumerate((accept_language or "").split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            quality = 0.0
        ranked.append((-quality, position, tag.strip().lower()))
    for negative_quality, _, tag in sorted(ranked):
        if negative_quality < 0 and tag.split("-")[0] in spoken:
            return spoken[tag.split("-")[0]]
    return offered[0]
