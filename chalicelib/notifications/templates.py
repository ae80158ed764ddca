"""The texts of all notices: one file a kind, `texts/<kind>.toml`, read when the first such notice is written.

A new kind of notice, `garden.watered.customer`, is:

1. its weight, in `profiles/rules/notices.KINDS`;
2. who hears of the message `garden.watered`, in `notifications/rules.AUDIENCE`: the payload's `customer_id` or
   `merchant_id`, or both;
3. `texts/garden.watered.customer.toml`:

       link = "gardens/{garden_id}"          # optional: where it leads in the app; `{...}` are fields of the payload

       [limits]                              # optional: UTF-16 units of a variable in a text message, else `LIMIT`
       what = 80

       [en]
       name = "watered gardens"              # what people call such notices; for all but those of the weight MUST
       title = "Watered: {garden}"           # a mail's subject, a push's headline: short
       body = "Your garden {garden} was watered."
       mail = "<p>..."                       # optional: HTML instead of the body; variables are escaped
       digest = "Gardens watered: {number}"  # what a merchant may gather to one notice a day (`rules.may_gather`)

       [zh-CN]                               # the same

4. its variables: a function in `words/`, registered in `words.WORDS` under `garden` (all messages of the domain) or
   `garden.watered` (this one); no variable names a person;
5. an example of its payload in `tests/chalicelib/notifications/payloads.py`, by which the tests render it in both
   languages for every channel, and look at it.

Texts bear no signature: a text message gets it when it is sent (`SIGNATURE`).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template as Page

from chalicelib.kit.i18n import LANGUAGES, Language, Text
from chalicelib.notifications.sms import shortened

FOLDER = Path(__file__).with_name("texts")
SIGNATURE = Text("[Linli] ", "【邻里】")
LIMIT, LIMITS = 30, {"what": 70}
"""Characters that a variable may have in a text message, which is paid by its length; an order's lines more."""
TITLE_LIMIT = 60


@dataclass(frozen=True)
class Template:
    """The texts of one kind; `{name}` takes a variable.

    Attributes:
        name: what such notices are called, of those that can be switched off.
        title: short.
        body: plain.
        mail: HTML, of which the body stands in the place where there is none.
        digest: a line with the `number` of them; None for what is never gathered.
        link: a path in the app, with fields of the message's payload.
        limits: UTF-16 units of variables in a text message, where not `LIMIT`.
    """

    name: Text | None
    title: Text
    body: Text
    mail: Text | None
    digest: Text | None
    link: str | None
    limits: Mapping[str, int]

    def texts(self) -> list[str]:
        """Return all that is rendered with the kind's variables."""
        shown = (self.title, self.body, self.mail)
        return [text for one in shown if one is not None for text in (one.en, one.zh)]


@cache
def template(kind: str) -> Template:
    """Return the texts of a kind; read once in a function's life.

    Raises:
        FileNotFoundError: nobody wrote any.
    """
    read = tomllib.loads((FOLDER / f"{kind}.toml").read_text(encoding="utf-8"))
    name, title, body, mail, digest = (_text(read, one) for one in ("name", "title", "body", "mail", "digest"))
    if title is None or body is None:
        raise ValueError(f"{kind}: neither title nor body can be left out")
    return Template(name, title, body, mail, digest, read.get("link"), LIMITS | read.get("limits", {}))


def _text(read: Mapping[str, Mapping[str, str]], name: str) -> Text | None:
    en, zh = (read[language].get(name) for language in LANGUAGES)
    if (en is None) != (zh is None):
        raise ValueError(f"{name} is there in one language alone")
    return None if en is None or zh is None else Text(en.strip(), zh.strip())


def name(kind: str, language: Language) -> str:
    """Return what notices of a kind are called."""
    called = template(kind).name
    return kind if called is None else called.render(language)


def title(kind: str, language: Language, words: Mapping[str, str]) -> str:
    """Return a title of `TITLE_LIMIT` characters at most, on one line."""
    return clipped(template(kind).title.render(language, **plain(words)), TITLE_LIMIT)


def body(kind: str, language: Language, words: Mapping[str, str]) -> str:
    """Return the plain text, whole."""
    return template(kind).body.render(language, **plain(words))


def text_message(kind: str, language: Language, words: Mapping[str, str]) -> str:
    """Return the text as a text message: signed, and with no variable longer than its limit."""
    limits = template(kind).limits
    short = {name: shortened(word, limits.get(name, LIMIT)) for name, word in plain(words).items()}
    return SIGNATURE.render(language) + template(kind).body.render(language, **short)


def link(kind: str, payload: Mapping[str, object]) -> str | None:
    """Return the path in the app that a notice leads to."""
    path = template(kind).link
    return None if path is None else path.format(**payload)


_BRAND = Text("Linli", "邻里")
_OPEN = Text("Open", "查看详情")
_STOP = Text("No more of these", "不再接收此类通知")
_WHY = Text("You get this because you have an account with us.", "您收到此邮件是因为您拥有邻里账号。")


def mail(
    kind: str, language: Language, words: Mapping[str, str], *, link: str | None = None, unsubscribe: str | None = None
) -> str:
    """Return a mail's HTML; everything that somebody may have written is escaped."""
    own = template(kind).mail
    if own is None:
        content = f"<p>{escape(body(kind, language, words))}</p>"
    else:
        content = own.render(language, **{name: escape(word) for name, word in plain(words).items()})
    button = f'<p><a class="go" href="{escape(link)}">{_OPEN.render(language)}</a></p>' if link else ""
    stop = f' <a href="{escape(unsubscribe)}">{_STOP.render(language)}</a>' if unsubscribe else ""
    return _layout().substitute(
        language=language,
        brand=_BRAND.render(language),
        title=escape(title(kind, language, words)),
        content=content + button,
        foot=_WHY.render(language) + stop,
    )


@cache
def _layout() -> Page:
    return Page((FOLDER / "mail.html").read_text(encoding="utf-8"))


_SIGNATURE_MARKS = str.maketrans("【】", "[]")


def plain(words: Mapping[str, str]) -> dict[str, str]:
    """Return words on one line each, with none of the marks that a text message's signature is known by."""
    return {name: " ".join(word.translate(_SIGNATURE_MARKS).split()) for name, word in words.items()}


def clipped(text: str, most: int) -> str:
    """Return a text of so many characters at most."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
