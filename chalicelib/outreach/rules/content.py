"""What a merchant may write to many. No I/O.

Checked before anything is sent, for what was sent cannot be taken back:

- links, addresses and numbers that lead elsewhere: a text that seems to come from the platform must not take anybody to
  a shop's own account, a payment page or a messenger. Links to the platform itself may stand there.
- words that no advertising may have: superlatives that claim a rank (article 9 (3) of China's Advertising Law),
  promises of cures and of gains (articles 16 and 25), what may not be advertised at all (articles 15 and 22).

It is a sieve, not a judge: a text that passes may still be unlawful, and what was sent stays readable in the report.
Words are looked for in one form of Unicode, in lower case, without anything that only divides letters; Latin ones as
whole words.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping

from chalicelib.kit.addresses import AddressRefused, host_of
from chalicelib.kit.errors import FieldError
from chalicelib.outreach.rules.problems import NotAllowedText

SHORTEST, LONGEST = 5, {"en": 120, "zh": 60}
"""Characters: what a text message takes at the price of two beside the shop's name."""
_LINK = re.compile(r"(?:https?://|www\.)[^\s\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+", re.IGNORECASE)
_DOMAIN = re.compile(
    r"[\w-]\.(?:com|cn|net|org|io|cc|co|top|xyz|shop|vip|link|me|ly|app|info|biz|site|club|online|store|wang|tk|hk|tw|uk|"
    r"de|fr|eu|us|ru|jp|kr|sg|ai|dev|live|fun|pro|ltd|tv|中国|公司|网络|网址)(?![a-z0-9-])",
    re.IGNORECASE,
)
"""The end of a domain, whatever it begins with: letters of any script may stand there, and Chinese knows no spaces."""
_ANY_DOMAIN = re.compile(r"[a-z0-9-]\.[a-z]{2,}|[a-z-]\u3002(?:com|cn|net|org|cc|top|xyz)(?![a-z0-9-])", re.IGNORECASE)
"""Whatever else may be one, short addresses of any country too; browsers read the Chinese full stop as a dot."""
_IP = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(one) for one in range(0xFE00, 0xFE10)}
"""Fillers and selectors of variants: nothing is shown of them, and they are no `Cf`."""
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)*", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)(?:\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{4})(?!\d)")
_NUMBER = re.compile(r"(?:\d[\s\-().]*){7,}")
_MESSENGER = re.compile(r"微信|weixin|wechat|加v|加qq|qq群|qq号|whatsapp|telegram|加我", re.IGNORECASE)

FORBIDDEN: Mapping[str, tuple[str, ...]] = {
    "it claims a rank": (
        "国家级", "世界级", "最高级", "最佳", "最低价", "全网最低", "第一品牌", "全国第一", "销量第一", "顶级", "极品",
        "独一无二",        "number one", "no 1", "the best in", "unbeatable", "world class",
    ),
    "it promises a cure": (
        "治愈", "根治", "包治", "疗效", "药到病除", "无副作用", "cure", "cures", "heals", "no side effects", "miracle",
    ),
    "it promises a gain": (
        "稳赚", "保本", "高回报", "零风险", "日赚", "躺赚", "返利", "guaranteed profit", "risk free",
        "get rich", "double your money",
    ),
    "it may not be advertised": (
        "赌博", "博彩", "彩票", "色情", "裸聊", "枪支", "毒品", "代开发票", "贷款", "香烟", "烟草", "处方药",
        "casino", "gambling", "lottery", "betting", "porn", "escort", "loan", "loans", "cigarettes", "tobacco",
        "firearms", "cocaine",
    ),
}  # fmt: skip
"""Words by what is wrong with them."""


def check(texts: Mapping[str, str], hosts: Collection[str]) -> None:
    """Let texts pass that customers may be sent.

    Args:
        texts: by language, `en` and `zh`.
        hosts: of the platform: links to them may stand in a text.

    Raises:
        NotAllowedText: names each fault.
    """
    faults = [
        FieldError(f"text.{language}", fault)
        for language, text in texts.items()
        for fault in [*_lengths(text, LONGEST[language]), *_faults(text, hosts)]
    ]
    if faults:
        raise NotAllowedText(errors=faults)


def check_title(field: str, title: str, hosts: Collection[str]) -> None:
    """Let a title pass that stands beside a text, written elsewhere and just as freely.

    Raises:
        NotAllowedText: names each fault.
    """
    faults = [FieldError(field, fault) for fault in _faults(title, hosts)]
    if faults:
        raise NotAllowedText(errors=faults)


def check_name(field: str, names: Collection[str], hosts: Collection[str]) -> None:
    """Let the names of a shop pass that stand before a text. What it claims to be is its own affair: it is called so
    everywhere; where it leads is not.

    Raises:
        NotAllowedText: names each fault.
    """
    faults = [
        FieldError(field, f"the shop's name: {fault}") for name in names for fault in _elsewhere(_shown(name), hosts)
    ]
    if faults:
        raise NotAllowedText(errors=faults)


def _lengths(text: str, longest: int) -> list[str]:
    return [] if SHORTEST <= len(text.strip()) <= longest else [f"{SHORTEST} to {longest} characters"]


def _faults(text: str, hosts: Collection[str]) -> list[str]:
    shown = _shown(text)
    claims = [f"{what}: {word}" for what, words in FORBIDDEN.items() for word in words if _has(shown, word)]
    return [*_elsewhere(shown, hosts), *claims]


def _shown(text: str) -> str:
    """Return what is seen of a text, in one form."""
    seen = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf" and c not in _UNSEEN)
    return "".join(seen)


def _elsewhere(shown: str, hosts: Collection[str]) -> list[str]:
    rest = _LINK.sub(lambda link: " " if _host(link[0]) in hosts else link[0], shown)
    found = []
    if any(one.search(rest) for one in (_LINK, _DOMAIN, _ANY_DOMAIN, _IP, _MAIL)):
        found.append("no links or addresses but the platform's")
    if _NUMBER.search(_DATE.sub(" / ", rest)) or _MESSENGER.search(_together(rest)):
        found.append("no telephone numbers, and no accounts elsewhere")
    return found


def _host(link: str) -> str | None:
    """Return where a link leads, None where that depends on who reads it: with a backslash or an `@` browsers may go
    elsewhere than we would.
    """
    try:
        return host_of(link if "//" in link else f"https://{link}").lower()
    except AddressRefused:
        return None


def _together(text: str) -> str:
    """Return only letters and digits, in lower case: whoever divides a word does not hide it."""
    return "".join(c for c in text.casefold() if c.isalnum())


def _has(text: str, word: str) -> bool:
    if not word.isascii():
        return word in _together(text)
    spaced = " ".join(re.findall(r"[a-z0-9]+", text.casefold()))
    return f" {word} " in f" {spaced} "
