"""`make dashboard-picture`: how the dashboard is laid out, drawn from its own definition to docs/images/dashboard.svg.

Widgets, places, legends and limits are the real ones; the curves are drawn by a fixed rule and mean nothing. Equal
code, equal bytes.
"""

import math
import sys
import zlib
from collections.abc import Iterator
from html import escape
from pathlib import Path

from infra.dashboard import COLUMNS, Formula, Metric, Section, Widget, sections
from infra.dashboard_body import Placed, placed
from infra.runbooks import pages
from infra.targets import ROOT, Target

PICTURE = ROOT / "docs" / "images" / "dashboard.svg"
_COLUMN, _ROW, _EDGE, _GAP = 52, 34, 16, 6
_TITLE, _LEGEND, _PAD = 24, 15, 12
_MOST_NAMES = 9
"""Names in a legend; of more the rest is a number."""
_LONGEST_NAME = 14
_COLORS = (
    "#2563a8", "#d9782d", "#3a8f4d", "#b9373c", "#7d5ba6", "#8a6148", "#c96aa4", "#6b7075", "#a5a02c", "#2a9cae",
)  # fmt: skip
_INK, _FAINT, _LINE, _PAPER = "#1c2733", "#5d6b79", "#d5dbe1", "#ffffff"
_POINTS = 36


def picture(target: Target) -> str:
    """Return the picture as SVG."""
    places = list(placed(sections(target)))
    width = COLUMNS * _COLUMN + 2 * _EDGE
    height = max(one.y + one.height for one in places) * _ROW + 2 * _EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"',
        'font-family="Helvetica, Arial, DejaVu Sans, sans-serif">',
        f'<rect width="{width}" height="{height}" fill="#f2f4f6"/>',
    ]
    for one in places:
        parts += _head(one, one.what) if isinstance(one.what, Section) else _widget(one, one.what, target)
    return "\n".join([*parts, "</svg>", ""])


def _text(x: float, y: float, text: str, size: float = 11, color: str = _INK, more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{color}"{more}>{escape(text)}</text>'


def _head(one: Placed, section: Section) -> Iterator[str]:
    y = _EDGE + one.y * _ROW + 24
    title = f'<tspan font-size="16" font-weight="bold" fill="{_INK}">{escape(section.title)}</tspan>'
    about = f'<tspan font-size="11" fill="{_FAINT}" dx="14">{escape(section.about)}</tspan>'
    yield f'<text x="{_EDGE + 4}" y="{y}">{title}{about}</text>'


def _widget(one: Placed, widget: Widget, target: Target) -> Iterator[str]:
    x, y = _EDGE + one.x * _COLUMN + _GAP / 2, _EDGE + one.y * _ROW + _GAP / 2
    width, height = one.width * _COLUMN - _GAP, one.height * _ROW - _GAP
    yield f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4" fill="{_PAPER}" stroke="{_LINE}"/>'
    yield _text(x + _PAD, y + 18, widget.title, 12, more=' font-weight="bold"')
    shown = [curve for curve in widget.curves if not (isinstance(curve, Metric) and curve.hidden)]
    if widget.look == "alarms":
        yield from _alarms(x, y, width, target)
    elif widget.look == "numbers":
        yield from _numbers(x, y, width, height, shown)
    else:
        legend = list(_legend(x, y + height, width, shown))
        rows = 1 + max((int(row) for row, _ in legend), default=0)
        yield from _curves(
            x + _PAD, y + _TITLE + 4, width - 2 * _PAD, height - _TITLE - 14 - rows * _LEGEND, widget, shown
        )
        yield from (text for _, text in legend)


def _alarms(x: float, y: float, width: float, target: Target) -> Iterator[str]:
    names = sorted({Path(page).stem for page in pages().values()})
    cell = (width - 2 * _PAD) / len(names)
    green = 'height="26" rx="3" fill="#e3f1e6" stroke="#3a8f4d"'
    for number, name in enumerate(names):
        left = x + _PAD + number * cell
        yield f'<rect x="{left:g}" y="{y + 30:g}" width="{cell - 4:g}" {green}/>'
        yield _text(left + 4, y + 46, name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…", 9)
    told = f"Stage {target.stage}. Each alarm has a field, the last that changed first; here each page has one. "
    told += "The curves are drawn, not measured."
    yield _text(x + _PAD, y + 76, told, 10, _FAINT)


def _numbers(x: float, y: float, width: float, height: float, curves: list[Metric | Formula]) -> Iterator[str]:
    cell = (width - 2 * _PAD) / len(curves)
    for number, curve in enumerate(curves):
        middle = x + _PAD + (number + 0.5) * cell
        centred = ' text-anchor="middle"'
        yield _text(middle, y + height / 2 + 12, "0", 30, _COLORS[number % len(_COLORS)], centred)
        yield _text(middle, y + height / 2 + 34, curve.label, 10, _FAINT, centred)


def _legend(x: float, bottom: float, width: float, curves: list[Metric | Formula]) -> Iterator[tuple[int, str]]:
    """Yield the names with the row that each stands in; the last row is the lowest."""
    names = [(curve.label + (" (right)" if isinstance(curve, Metric) and curve.right else "")) for curve in curves]
    if len(names) > _MOST_NAMES:
        names = [*names[: _MOST_NAMES - 1], f"and {len(names) - _MOST_NAMES + 1} more"]
    row, left, found = 0, 0.0, []
    for number, name in enumerate(names):
        long = 26 + 6.2 * len(name)
        if left and left + long > width - 2 * _PAD:
            row, left = row + 1, 0.0
        found.append((row, left, number, name))
        left += long
    for at, left, number, name in found:
        y = bottom - 8 - (row - at) * _LEGEND
        color = _COLORS[number % len(_COLORS)]
        dot = f'<rect x="{x + _PAD + left:g}" y="{y - 8:g}" width="9" height="9" rx="2" fill="{color}"/>'
        yield at, dot + _text(x + _PAD + left + 13, y, name, 10, _FAINT)


def _curves(
    x: float, y: float, width: float, height: float, widget: Widget, curves: list[Metric | Formula]
) -> Iterator[str]:
    for part in range(4):
        line = y + height * part / 3
        yield f'<line x1="{x:g}" y1="{line:g}" x2="{x + width:g}" y2="{line:g}" stroke="{_LINE}" stroke-width="0.7"/>'
    floor = [0.0] * _POINTS
    for number, curve in enumerate(curves):
        rises = _drawn(curve.label, number, len(curves))
        color = _COLORS[number % len(_COLORS)]
        if widget.look == "stacked":
            top = [below + rise / len(curves) for below, rise in zip(floor, rises, strict=True)]
            there = [*_points(x, y, width, height, top), *reversed(_points(x, y, width, height, floor))]
            yield f'<polygon points="{" ".join(there)}" fill="{color}" fill-opacity="0.75"/>'
            floor = top
        else:
            path = " ".join(_points(x, y, width, height, rises))
            yield f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.6"/>'
    for number, (label, _) in enumerate(widget.limits):
        line = y + height * (0.12 + 0.14 * number)
        yield (
            f'<line x1="{x:g}" y1="{line:g}" x2="{x + width:g}" y2="{line:g}" stroke="#b9373c" stroke-dasharray="5 4"/>'
            + _text(x + width - 5.4 * len(f"alarm: {label}") - 4, line - 3, f"alarm: {label}", 9, "#b9373c")
        )


def _points(x: float, y: float, width: float, height: float, rises: list[float]) -> list[str]:
    step = width / (_POINTS - 1)
    return [f"{x + number * step:.1f},{y + height * (1 - rise):.1f}" for number, rise in enumerate(rises)]


def _drawn(label: str, number: int, count: int) -> list[float]:
    """Return a curve between 0 and 1: a day's rise and fall with some unrest, the first curve the highest."""
    seed = _seed(label)
    height = 0.62 * (1 - 0.75 * number / max(1, count))
    unrest = [((seed >> (point % 24)) % 17) / 17 - 0.5 for point in range(_POINTS)]
    return [
        max(
            0.02,
            height * (0.72 + 0.28 * math.sin(6.28 * (point / _POINTS - 0.3) + seed % 11 / 8)) + 0.05 * unrest[point],
        )
        for point in range(_POINTS)
    ]


def _seed(text: str) -> int:
    return zlib.crc32(text.encode())


def main() -> int:
    """Write the picture of a protected stage's dashboard."""
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(picture(sample()), encoding="utf-8")
    print(PICTURE.relative_to(ROOT))
    return 0


def sample() -> Target:
    """Return the stage that is drawn."""
    return Target.aws(stage="prod", region="ap-southeast-1")


if __name__ == "__main__":
    sys.exit(main())
