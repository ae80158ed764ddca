"""A report of what a merchant wrote to many, drawn: what `GET /v1/me/outreach/{outreach_id}` answers, as one page.

    make campaign-picture REPORT=report.json      # what the API answered, to report.svg
    make campaign-picture                         # the one in docs/images, of a sample that is sent each time

Bars are as long as the numbers; each stands on the one before that it is a part of. What is not told, because it is
about fewer than ten or the text is still being sent, has no bar. Equal report, equal bytes.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from chalicelib.kit.money import Money
from chalicelib.notifications.words.written import amount
from chalicelib.outreach.rules.outreach import LEAST

_WIDTH, _EDGE, _LEFT, _BAR, _ROW = 860, 28, 210, 520, 34
_INK, _FAINT, _RULE, _PAPER = "#1d2433", "#666677", "#e3e6ee", "#ffffff"
_MEANT, _SENT, _LEFT_OUT, _GOOD = "#8a93a6", "#4b49d6", "#d9782d", "#17624f"
_REASONS = {
    "no_consent": "never asked for offers",
    "switched_off": "switched offers off",
    "blocked": "blocked",
    "heard_enough": "had enough this week",
    "too_many": "beyond what one may",
}
_STATES = {"sending": "being sent", "done": "sent", "stopped": "stopped"}


def picture(report: Mapping[str, Any]) -> str:
    """Return a report as SVG; `report` is `OutreachReport` as JSON has it."""
    bars, parts, y = list(_bars(report)), [*_head(report)], 178.0
    most = max((number for _, number, _, _ in bars if number), default=0)
    for label, number, of, color in bars:
        parts += _bar(y, label, number, of, most, color)
        y += _ROW
    y += 14
    parts += _foot(report, y)
    height = y + 66
    size = f'width="{_WIDTH}" height="{height:g}" viewBox="0 0 {_WIDTH} {height:g}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}',
        "font-family=\"Helvetica, Arial, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans SC', sans-serif\">",
        f'<rect width="{_WIDTH}" height="{height:g}" fill="{_PAPER}"/>',
    ]
    return "\n".join([*head, *parts, "</svg>", ""])


def _bars(report: Mapping[str, Any]) -> Iterator[tuple[str, int | None, int | None, str]]:
    """Yield what each bar says: its name, how many, of how many, in which color; None is not told."""
    outreach, excluded = report["outreach"], report["excluded"]
    yield "with one of the tags", outreach["tagged"], outreach["tagged"], _MEANT
    for reason, words in _REASONS.items():
        if excluded and excluded[reason]:
            yield words, excluded[reason], outreach["tagged"], _LEFT_OUT
    yield "sent", outreach["sent"], outreach["tagged"], _SENT
    yield "taken by a channel", report["delivered"], outreach["sent"], _SENT
    yield "read", report["read"], outreach["sent"], _SENT
    yield "want no more", report["unsubscribed"], outreach["sent"], _LEFT_OUT
    yield "bought afterwards", report["buyers"], outreach["sent"], _GOOD
    yield "their orders", report["orders"], report["orders"], _GOOD
    yield "with its coupon", report["coupons_used"], report["orders"], _GOOD


def _head(report: Mapping[str, Any]) -> Iterator[str]:
    outreach = report["outreach"]
    yield _text(_EDGE, 46, outreach["name"], 22, more=' font-weight="bold"')
    told = (
        f"{_STATES[outreach['state']]} · tags: {', '.join(outreach['tags'])} · at most {outreach['per_hour']} an hour"
    )
    yield _text(_EDGE, 70, told, 12, _FAINT)
    until = outreach["ended_at"]
    yield _text(
        _EDGE, 88, f"begun {_day(outreach['starts_at'])}" + (f" · over {_day(until)}" if until else ""), 12, _FAINT
    )
    yield _text(_EDGE, 118, outreach["text"]["zh"], 14)
    yield _text(_EDGE, 138, outreach["text"]["en"], 14)
    yield f'<line x1="{_EDGE}" y1="154" x2="{_WIDTH - _EDGE}" y2="154" stroke="{_RULE}"/>'


def _bar(y: float, label: str, number: int | None, of: int | None, most: int, color: str) -> Iterator[str]:
    yield _text(_LEFT - 12, y + 15, label, 13, more=' text-anchor="end"')
    if number is None:
        yield _text(_LEFT, y + 16, "not told", 13, _FAINT)
        return
    length = _BAR * number / most if most else 0
    yield f'<rect x="{_LEFT}" y="{y:g}" width="{max(length, 1):.1f}" height="22" rx="3" fill="{color}"/>'
    share = f" · {100 * number / of:.0f}%" if of and number != of else ""
    yield _text(_LEFT + max(length, 1) + 8, y + 16, f"{number}{share}", 13, _FAINT)


def _foot(report: Mapping[str, Any], y: float) -> Iterator[str]:
    yield f'<line x1="{_EDGE}" y1="{y:g}" x2="{_WIDTH - _EDGE}" y2="{y:g}" stroke="{_RULE}"/>'
    revenue = report["revenue"]
    money = (
        amount(Money(revenue["amount"], revenue["currency"]), "en") if revenue else f"not told, of fewer than {LEAST}"
    )
    yield _text(_EDGE, y + 28, f"What these orders cost: {money}", 14, more=' font-weight="bold"')
    counted = report["counted_at"]
    when = f"in fives, by lot; counted {_day(counted)}" if counted else "not counted yet"
    yield _text(_WIDTH - _EDGE, y + 28, when, 12, _FAINT, ' text-anchor="end"')


def _day(moment: str) -> str:
    return f"{moment[:10]} {moment[11:16]} UTC"


def _text(x: float, y: float, text: str, size: float, color: str = _INK, more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{color}"{more}>{escape(text)}</text>'


def main() -> int:
    """Draw what the API answered, beside the file it was written to."""
    path = Path(sys.argv[1])
    drawn = path.with_suffix(".svg")
    drawn.write_text(picture(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
    sys.stdout.write(f"campaign-picture: wrote {drawn}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
