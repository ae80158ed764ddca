"""The documents' words, as they were packaged."""

from functools import cache
from pathlib import Path

from chalicelib.kit.i18n import Language
from chalicelib.privacy.rules import Document

FOLDER = Path(__file__).parents[1] / "texts"


class PackagedTexts:
    """See `privacy.ports.Texts`: a file for each, `<document>.<version>.<language>.md`."""

    def read(self, document: Document, version: str, language: Language) -> str:
        return _read(FOLDER / f"{document}.{version}.{language}.md")


@cache
def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
