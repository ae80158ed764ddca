"""`make inbox-picture`: one notice as each channel shows it, in both languages, drawn to docs/images/inbox.svg.

The words are those that senders are given: the templates' own, with the variables of one order. Frames are drawn after
the inbox's page (`infra.sandbox.inbox_page`), lines are broken by a rule of thumb for the widths of letters. Equal
code, equal bytes.
"""

import sys
import unicodedata
from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser

from chalicelib.kit.i18n import Language
from chalicelib.notifications import templates
from infra.sandbox.inbox_page import NAMES
from infra.targets import ROOT

PICTURE = ROOT / "docs" / "images" / "inbox.svg"
KIND = "order.confirmed.customer"
WORDS: dict[Language, dict[str, str]] = {
    "zh-CN": {"shop": "静安理发", "what": "剪发，2026年5月1日 周五 14:30", "amount": "¥128.00"},
    "en": {"shop": "Jing'an Barber", "what": "Haircut, Fri 1 May 2026, 14:30", "amount": "CNY 128.00"},
}
TO = {"sms": "+86 138 0000 0001", "push": "小明的 iPhone", "wechat": "wx1234567890abcdef", "email": "ming@example.com"}
_COLUMN, _EDGE, _GAP, _PAD = 460, 20, 16, 16
_SIZE, _LINE = 14.0, 21.0
_INK, _FAINT, _RULE, _PAPER, _GROUND = "#1d2433", "#666677", "#e3e6ee", "#ffffff", "#f5f6fa"
_COLORS = {"sms": "#8a93a6", "push": "#4b49d6", "wechat": "#1aad19", "email": "#17624f"}
_CENTRED = ' text-anchor="middle"'


def picture() -> str:
    """Return the picture as SVG."""
    parts, bottom = list[str](), 0.0
    for column, language in enumerate(WORDS):
        x, y = _EDGE + column * (_COLUMN + _GAP), 64.0
        for channel in NAMES:
            drawn, y = _card(channel, language, x, y)
            parts += drawn
        bottom = max(bottom, y)
    width, height = 2 * _COLUMN + _GAP + 2 * _EDGE, bottom + _EDGE - _GAP
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:g}" viewBox="0 0 {width} {height:g}"',
        "font-family=\"Helvetica, Arial, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans SC', sans-serif\">",
        f'<rect width="{width}" height="{height:g}" fill="{_GROUND}"/>',
        _text(_EDGE, 40, "Inbox 收件箱", 20, more=' font-weight="bold"'),
        _text(_EDGE + 150, 40, f"{KIND}: what goes out, by channel and language", 12, _FAINT),
    ]
    return "\n".join([*head, *parts, "</svg>", ""])


def _card(channel: str, language: Language, x: float, y: float) -> tuple[list[str], float]:
    """Return a message's frame and what is in it, and where the next one begins."""
    top = y + 34
    content = list(_CONTENTS[channel](language, x + _PAD, top))
    end = max(place for place, _ in content) + 16
    tag = f'<rect x="{x + _PAD}" y="{y + 11:g}" width="84" height="20" rx="10" fill="{_RULE}"/>'
    drawn = [
        _box(x, y, _COLUMN, end + 24 - y, 12),
        f'<rect x="{x}" y="{y + 8:g}" width="4" height="{end + 8 - y:g}" rx="2" fill="{_COLORS[channel]}"/>',
        tag,
        _text(x + _PAD + 42, y + 25, NAMES[channel], 11, more=_CENTRED),
        _text(x + _PAD + 94, y + 25, f"{KIND}  {language}", 11, _FAINT),
        *(part for _, part in content),
        _text(x + _PAD, end + 12, TO[channel], 11, _FAINT),
    ]
    return drawn, end + 24 + _GAP


def _sms(language: Language, x: float, y: float) -> Iterator[tuple[float, str]]:
    lines = list(broken(templates.text_message(KIND, language, WORDS[language]), _COLUMN - 2 * _PAD - 28))
    height = len(lines) * _LINE + 18
    yield y + height + 6, _box(x, y + 6, _COLUMN - 2 * _PAD, height, 14, "#eceef3", "none")
    for number, line in enumerate(lines):
        yield y, _text(x + 14, y + 30 + number * _LINE, line, _SIZE)


def _titled(language: Language, x: float, y: float) -> Iterator[tuple[float, str]]:
    yield y + 20, _text(x, y + 20, templates.title(KIND, language, WORDS[language]), 15, more=' font-weight="bold"')
    lines = broken(templates.body(KIND, language, WORDS[language]), _COLUMN - 2 * _PAD)
    for number, line in enumerate(lines):
        at = y + 44 + number * _LINE
        yield at, _text(x, at, line, _SIZE)


def _wechat(language: Language, x: float, y: float) -> Iterator[tuple[float, str]]:
    """A template message: its title, and a line for each of its fields."""
    yield y + 20, _text(x, y + 20, templates.title(KIND, language, WORDS[language]), 15, more=' font-weight="bold"')
    for number, (name, word) in enumerate(WORDS[language].items()):
        at = y + 46 + number * _LINE
        yield at, _text(x, at, name, 12, _FAINT) + _text(x + 80, at, word, _SIZE)


def _mail(language: Language, x: float, y: float) -> Iterator[tuple[float, str]]:
    out = "https://api.example.com/v1/unsubscribe/..."
    html = templates.mail(KIND, language, WORDS[language], link="https://app.example.com/orders/ord_1", unsubscribe=out)
    yield y + 18, _text(x, y + 18, templates.title(KIND, language, WORDS[language]), 15, more=' font-weight="bold"')
    inner, at, drawn = _COLUMN - 2 * _PAD - 40, y + 62.0, list[str]()
    for tag, words in Blocks(html).found:
        size, color = {"h1": (18.0, _INK), "header": (12.0, _FAINT), "footer": (12.0, _FAINT)}.get(tag, (_SIZE, _INK))
        if tag == "go":
            drawn.append(_box(x + 20, at - 16, 24 + wide(words) * _SIZE, 32, 6, _COLORS["email"], "none"))
            drawn.append(_text(x + 32, at + 5, words, _SIZE, "#ffffff"))
            at += 46
            continue
        for line in broken(words, inner, size):
            drawn.append(_text(x + 20, at, line, size, color, ' font-weight="bold"' if tag == "h1" else ""))
            at += _LINE * size / _SIZE
        at += 9
    yield at, _box(x, y + 34, _COLUMN - 2 * _PAD, at - y - 30, 8, "#f4f4f1", _RULE)
    yield at, "\n".join(drawn)
    yield at + 22, _text(x, at + 22, f"List-Unsubscribe: <{out}>", 11, _FAINT)


_CONTENTS = {"sms": _sms, "push": _titled, "wechat": _wechat, "email": _mail}


class Blocks(HTMLParser):
    """The blocks of a mail's page with their words: what a reader shows, without styles.

    Attributes:
        found: `header`, `h1`, `p`, `go` (the button) or `footer`, and its words.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._tag, self._words = "", ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a block."""
        name = "go" if ("class", "go") in attrs else tag
        if name in {"header", "h1", "p", "go", "footer"}:
            self._tag, self._words = name, ""

    def handle_data(self, data: str) -> None:
        """Take its words."""
        if self._tag:
            self._words += data

    def handle_endtag(self, tag: str) -> None:
        """End it."""
        if self._tag and tag == {"go": "a"}.get(self._tag, self._tag):
            self.found.append((self._tag, " ".join(self._words.split())))
            self._tag = ""


def wide(text: str) -> float:
    """Return how wide a text is, in sizes of its letters, about: a Chinese one is a square."""
    return sum(1.0 if unicodedata.east_asian_width(one) in "WF" else 0.54 for one in text)


def broken(text: str, width: float, size: float = _SIZE) -> Iterator[str]:
    """Yield a text's lines: broken between words, and between Chinese letters."""
    line = ""
    for piece in _pieces(text):
        if line and wide(line + piece.rstrip()) * size > width:
            yield line.rstrip()
            line = ""
        line += piece
    yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    word = ""
    for one in text:
        is_square = unicodedata.east_asian_width(one) in "WF"
        if is_square and word:
            yield word
            word = ""
        word += one
        if is_square or one == " ":
            yield word
            word = ""
    if word:
        yield word


def _text(x: float, y: float, text: str, size: float = 11, color: str = _INK, more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{color}"{more}>{escape(text)}</text>'


def _box(
    x: float, y: float, width: float, height: float, round_: float, fill: str = _PAPER, stroke: str = _RULE
) -> str:
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{round_:g}"'
    return f'<rect {place} fill="{fill}" stroke="{stroke}"/>'


def main() -> int:
    """Write the picture."""
    PICTURE.write_text(picture(), encoding="utf-8")
    print(f"wrote {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
