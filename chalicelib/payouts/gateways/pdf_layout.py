"""From top to bottom over pages: lines that wrap, figures side by side, and tables whose head stands on every page."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chalicelib.payouts.gateways.pdf_pages import HEIGHT, WIDTH, Ink, Pages, Typeface, printable

INK: Ink = (0.11, 0.13, 0.16)
MUTED: Ink = (0.42, 0.45, 0.50)
ACCENT: Ink = (0.05, 0.42, 0.38)
PALE: Ink = (0.945, 0.96, 0.955)
LINE: Ink = (0.85, 0.87, 0.88)

LEFT = 44.0
ACROSS = WIDTH - 2 * LEFT
_TOP, _BOTTOM = 44.0, HEIGHT - 56.0
_BODY, _SMALL = 7.8, 6.2
_LEADING = 1.42  # of the size, from baseline to baseline
_PAD = 4.0  # above and below what stands in a row
_GAP = 6.0  # between columns

_WORDS = re.compile(r"[\u2e80-\uffff]|[^\s\u2e80-\uffff]+\s*|\s+")
# What begins no line in Chinese, and what ends none (GB/T 15834).
_NOT_FIRST = "·，。、；：？！）》」』】〉…—,.;:?!)%"
_NOT_LAST = "（《「『【〈(¥$"


@dataclass(frozen=True)
class Column:
    """A table's column; numbers stand at the right."""

    title: str
    width: float
    right: bool = False


@dataclass(frozen=True)
class Row:
    """A table's row.

    Attributes:
        note: small, below the others, from the second column to the end.
    """

    cells: Sequence[str]
    note: str = ""


@dataclass(frozen=True)
class _Line:
    text: str
    size: float
    ink: Ink
    bold: bool = False


def wrapped(face: Typeface, text: str, size: float, width: float) -> list[str]:
    """Return the lines of a text: broken at blanks and between Chinese characters, inside a word only where the word is
    longer than a line.
    """
    lines, line = [], ""
    for piece in _pieces(printable(text).strip()):
        if line and face.width((line + piece).rstrip(), size) > width:
            lines.append(line.rstrip())
            line = ""
        while face.width(piece.rstrip(), size) > width and len(piece.rstrip()) > 1:
            fits = next(n for n in range(len(piece), 0, -1) if n == 1 or face.width(piece[:n], size) <= width)
            lines.append(piece[:fits])
            piece = piece[fits:]  # noqa: PLW2901 - the rest of a word that is longer than a line
        line += piece
    return [*lines, line.rstrip()] if line.strip() else lines or [""]


def _pieces(text: str) -> list[str]:
    """Return what a line may be broken between."""
    pieces: list[str] = []
    for word in _WORDS.findall(text):
        if pieces and (word[0] in _NOT_FIRST or pieces[-1][-1] in _NOT_LAST):
            pieces[-1] += word
        else:
            pieces.append(word)
    return pieces


class Flow:
    """A document that is written from top to bottom.

    Args:
        running: what stands at the head of every page but the first.
    """

    def __init__(self, running: str) -> None:
        self.pages = Pages()
        self.y = _TOP
        self._running = running
        self._page = self.pages.add()

    def room(self, height: float) -> bool:
        """Begin another page where so much does not fit on this one, and say whether that was so."""
        if self.y + height <= _BOTTOM:
            return False
        self._page = self.pages.add()
        self.line(LEFT, _TOP, self._running, 7.5, MUTED, width=ACROSS)
        self.y = _TOP + 16
        return True

    def line(
        self, x: float, y: float, text: str, size: float, ink: Ink = INK, *, bold: bool = False,
        right: bool = False, width: float = ACROSS,
    ) -> None:  # fmt: skip
        """Write one line at a place, smaller where it would be wider than `width`; `right`: it ends at `x + width`."""
        long = self.pages.face.width(printable(text), size)
        if long > width:
            size, long = round(size * width / long, 2), width
        self.pages.text(self._page, x + width - long if right else x, y, text, size, ink, bold=bold)

    def rule(self, ink: Ink = LINE, thickness: float = 0.5) -> None:
        """Draw a line across at the present height."""
        self.pages.rule(self._page, LEFT, self.y, ACROSS, ink, thickness)

    def paragraph(
        self, text: str, size: float = _BODY, ink: Ink = INK, *, bold: bool = False, x: float = LEFT,
        width: float = ACROSS,
    ) -> None:  # fmt: skip
        """Write a text over as many lines as it takes."""
        for line in wrapped(self.pages.face, text, size, width):
            self.room(size * _LEADING)
            self.y += size * _LEADING
            self.line(x, self.y - size * 0.3, line, size, ink, bold=bold, width=width)

    def heading(self, text: str) -> None:
        """Write what a table is about; it does not stay alone at the end of a page."""
        self.room(90)
        self.y += 20
        self.line(LEFT, self.y, text, 10.5, bold=True)
        self.y += 6

    def cards(self, figures: Sequence[tuple[str, str]]) -> None:
        """Show a few figures side by side, the last one marked."""
        gap, height = 8.0, 44.0
        width = (ACROSS - gap * (len(figures) - 1)) / len(figures)
        self.room(height)
        for index, (label, value) in enumerate(figures):
            x, last = LEFT + index * (width + gap), index == len(figures) - 1
            self.pages.box(self._page, x, self.y, width, height, ACCENT if last else PALE)
            self.line(x + 9, self.y + 16, label, 7.5, (0.85, 0.94, 0.92) if last else MUTED, width=width - 18)
            self.line(x + 9, self.y + 34, value, 12.5, (1, 1, 1) if last else INK, bold=True, width=width - 18)
        self.y += height

    def table(self, columns: Sequence[Column], rows: Iterable[Row], total: Sequence[str] = ()) -> None:
        """Write a table; a row stays together on a page."""
        self._head(columns)
        for row in rows:
            self._row(columns, row)
        if total:
            self._row(columns, Row(total), bold=True)

    def _head(self, columns: Sequence[Column]) -> None:
        lines = [wrapped(self.pages.face, column.title, 7, column.width) for column in columns]
        height = max(map(len, lines)) * 7 * _LEADING + 2 * _PAD
        self.pages.box(self._page, LEFT, self.y, ACROSS, height, PALE)
        cells = [[_Line(text, 7, MUTED) for text in texts] for texts in lines]
        self._cells(columns, cells, height)

    def _row(self, columns: Sequence[Column], row: Row, *, bold: bool = False) -> None:
        face, inset = self.pages.face, columns[0].width + 2 * _GAP
        cells = [
            # A number is made smaller sooner than broken.
            [_Line(part, _BODY, INK, bold) for part in ([text] if one.right else wrapped(face, text, _BODY, one.width))]
            for one, text in zip(columns, row.cells, strict=True)
        ]
        notes = wrapped(face, row.note, _SMALL, ACROSS - inset - _GAP) if row.note else []
        height = max(map(len, cells)) * _BODY * _LEADING + 2 * _PAD
        if self.room(height + len(notes) * _SMALL * _LEADING):
            self._head(columns)
        self._cells(columns, cells, height)
        for note in notes:
            self.line(LEFT + inset, self.y - _PAD + _SMALL * 0.9, note, _SMALL, MUTED)
            self.y += _SMALL * _LEADING
        self.rule(INK if bold else LINE, 0.8 if bold else 0.4)

    def _cells(self, columns: Sequence[Column], cells: Sequence[Sequence[_Line]], height: float) -> None:
        x = LEFT + _GAP
        for column, lines in zip(columns, cells, strict=True):
            y = self.y + _PAD
            for line in lines:
                y += line.size * _LEADING
                self.line(
                    x, y - line.size * 0.36, line.text, line.size, line.ink,
                    bold=line.bold, right=column.right, width=column.width,
                )  # fmt: skip
            x += column.width + _GAP
        self.y += height

    def feet(self, text: str, counted: str) -> None:
        """Write the foot of every page; `counted` takes {page} and {pages}."""
        for page in range(len(self.pages)):
            self._page = page
            self.pages.rule(page, LEFT, HEIGHT - 42, ACROSS, LINE, 0.4)
            self.line(LEFT, HEIGHT - 30, text, 6.8, MUTED, width=ACROSS * 0.75)
            number = counted.format(page=page + 1, pages=len(self.pages))
            self.line(LEFT, HEIGHT - 30, number, 6.8, MUTED, right=True)
