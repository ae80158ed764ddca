"""Pages of a PDF file: text, rules and boxes at places, in one typeface of which only what is used goes into the file.

Places are points (1/72 inch) from the top left corner of an A4 page, a text's is the left end of its baseline. pydyf
writes the file, HarfBuzz measures letters and cuts the typeface down. Equal pages make equal bytes: no clock and no
chance has a part in them.
"""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import pydyf  # type: ignore[import-untyped]
import uharfbuzz  # type: ignore[import-untyped]

WIDTH, HEIGHT = 595.28, 841.89  # A4
_FONT = Path(__file__).with_name("NotoSansSC-Regular.ttf")
_NAME = "LINLIA+NotoSansSC-Regular"  # six letters of its own stand before a typeface that was cut down
_STROKE = 0.027  # of the size: what makes a letter bold
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]+")

Ink = tuple[float, float, float]


@dataclass(frozen=True)
class Typeface:
    """A font that is read once and serves every document."""

    face: uharfbuzz.Face
    font: uharfbuzz.Font

    def advance(self, char: str) -> int:
        """Return how wide a character is, in thousandths of the size; of one that the font lacks, the box's."""
        return _advance(self, ord(char))

    def width(self, text: str, size: float) -> float:
        """Return how wide a line of text is, in points."""
        return sum(map(self.advance, text)) * size / 1000


@lru_cache(maxsize=1 << 14)
def _advance(typeface: Typeface, code: int) -> int:
    width: int = typeface.font.get_glyph_h_advance(typeface.font.get_nominal_glyph(code) or 0)
    upem: int = typeface.face.upem
    return width * 1000 // upem


@cache
def typeface() -> Typeface:
    """Return the typeface of the documents."""
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(_FONT)))
    return Typeface(face, uharfbuzz.Font(face))


def printable(text: str) -> str:
    """Return a text as one line: what is no letter (controls, directions, halves of pairs) becomes a blank."""
    return _CONTROL.sub(" ", text)


class Pages:
    """A document in the making."""

    def __init__(self) -> None:
        self.face = typeface()
        self._streams: list[pydyf.Stream] = []
        self._codes: dict[str, int] = {}  # character -> its code in this file, in the order of first use

    def __len__(self) -> int:
        return len(self._streams)

    def add(self) -> int:
        """Begin a page and return its index."""
        self._streams.append(pydyf.Stream(compress=True))
        return len(self._streams) - 1

    def text(self, page: int, x: float, y: float, text: str, size: float, ink: Ink, *, bold: bool = False) -> None:
        """Write a line; one that runs out of the page is the caller's to prevent."""
        line = printable(text)
        if not line.strip():
            return
        stream = self._streams[page]
        stream.begin_text()
        stream.set_color_rgb(*ink)
        if bold:
            stream.set_color_rgb(*ink, stroke=True)
            stream.set_line_width(round(size * _STROKE, 3))
        stream.set_text_rendering(2 if bold else 0)
        stream.set_font_size("F", size)
        stream.set_text_matrix(1, 0, 0, 1, round(x, 2), round(HEIGHT - y, 2))
        codes = "".join(f"{self._codes.setdefault(char, len(self._codes) + 1):04x}" for char in line)
        stream.show_text(f"<{codes}>")
        stream.end_text()

    def rule(self, page: int, x: float, y: float, width: float, ink: Ink, thickness: float = 0.5) -> None:
        """Draw a line across."""
        self.box(page, x, y - thickness / 2, width, thickness, ink)

    def box(self, page: int, x: float, y: float, width: float, height: float, ink: Ink) -> None:
        """Fill a rectangle; its place is its upper left corner."""
        stream = self._streams[page]
        stream.set_color_rgb(*ink)
        stream.rectangle(round(x, 2), round(HEIGHT - y - height, 2), round(width, 2), round(height, 2))
        stream.fill()

    def file(self, title: str, language: str) -> bytes:
        """Return the finished file."""
        pdf = pydyf.PDF()
        pdf.info["Title"] = pydyf.String(printable(title))
        pdf.catalog["Lang"] = pydyf.String(language)
        pdf.catalog["ViewerPreferences"] = pydyf.Dictionary({"DisplayDocTitle": "true"})
        resources = pydyf.Dictionary({"Font": pydyf.Dictionary({"F": self._font(pdf).reference})})
        for stream in self._streams:
            pdf.add_object(stream)
            pdf.add_page(
                pydyf.Dictionary(
                    {
                        "Type": "/Page",
                        "Parent": pdf.pages.reference,
                        "MediaBox": pydyf.Array([0, 0, WIDTH, HEIGHT]),
                        "Resources": resources,
                        "Contents": stream.reference,
                    }
                )
            )
        out = io.BytesIO()
        pdf.write(out, identifier=True)
        return out.getvalue()

    def _font(self, pdf: pydyf.PDF) -> pydyf.Dictionary:
        """Add the typeface as a composite font (ISO 32000-1, 9.7) whose codes are this file's own."""
        data, glyphs = _cut(self.face, self._codes)
        embedded = pydyf.Stream([data], {"Length1": len(data)}, compress=True)
        mapping = pydyf.Stream([b"\0\0" + b"".join(glyph.to_bytes(2, "big") for glyph in glyphs)], compress=True)
        unicode = pydyf.Stream([_to_unicode(self._codes)], compress=True)
        descriptor = _descriptor(self.face)
        widths = pydyf.Array(map(self.face.advance, self._codes))
        descendant = pydyf.Dictionary(
            {
                "Type": "/Font",
                "Subtype": "/CIDFontType2",
                "BaseFont": f"/{_NAME}",
                "CIDSystemInfo": "<</Registry (Adobe)/Ordering (Identity)/Supplement 0>>",
                "W": pydyf.Array([1, widths]),
            }
        )
        font = pydyf.Dictionary(
            {"Type": "/Font", "Subtype": "/Type0", "BaseFont": f"/{_NAME}", "Encoding": "/Identity-H"}
        )
        for one in (embedded, mapping, unicode, descriptor, descendant, font):
            pdf.add_object(one)
        descriptor["FontFile2"] = embedded.reference
        descendant["FontDescriptor"] = descriptor.reference
        descendant["CIDToGIDMap"] = mapping.reference
        font["DescendantFonts"] = pydyf.Array([descendant.reference])
        font["ToUnicode"] = unicode.reference
        return font


def _descriptor(face: Typeface) -> pydyf.Dictionary:
    """Return the measures of the whole typeface (ISO 32000-1, 9.8), in thousandths of its size."""
    extents = face.font.get_font_extents("ltr")
    return pydyf.Dictionary(
        {
            "Type": "/FontDescriptor",
            "FontName": f"/{_NAME}",
            "Flags": 4,
            "FontBBox": pydyf.Array([-200, extents.descender, 1200, extents.ascender]),
            "ItalicAngle": 0,
            "Ascent": extents.ascender,
            "Descent": extents.descender,
            "CapHeight": 733,
            "StemV": 80,
        }
    )


def _cut(face: Typeface, chars: Iterable[str]) -> tuple[bytes, list[int]]:
    """Return a font of some characters alone and where each is in it; 0, the box, for what the typeface lacks."""
    wanted = uharfbuzz.SubsetInput()
    wanted.flags = uharfbuzz.SubsetFlags.NOTDEF_OUTLINE | uharfbuzz.SubsetFlags.NO_HINTING
    whole = [face.font.get_nominal_glyph(ord(char)) or 0 for char in chars]
    wanted.glyph_set.update(whole)
    plan = uharfbuzz.SubsetPlan(face.face, wanted)
    placed = plan.old_to_new_glyph_mapping
    return plan.execute().blob.data, [placed[glyph] for glyph in whole]


def _to_unicode(chars: Iterable[str]) -> bytes:
    """Return the CMap by which a reader searches and copies (ISO 32000-1, 9.10.3): also what is drawn as a box."""
    pairs = [f"<{code:04x}> <{char.encode('utf-16-be').hex()}>" for code, char in enumerate(chars, 1)]
    blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
    lines = ["/CIDInit /ProcSet findresource begin", "12 dict begin", "begincmap"]
    lines += ["/CIDSystemInfo <</Registry (Adobe)/Ordering (UCS)/Supplement 0>> def"]
    lines += ["/CMapName /Adobe-Identity-UCS def", "/CMapType 2 def"]
    lines += ["1 begincodespacerange", "<0000> <ffff>", "endcodespacerange"]
    for block in blocks:
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines).encode()
