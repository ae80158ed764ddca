"""What is suspicious about the words of a review. Rules do not remove anything: a person looks. No I/O."""

import re
import unicodedata
from functools import cache
from pathlib import Path

from chalicelib.kit.folding import fold
from chalicelib.moderation.rules.reasons import Reason

_NUMERALS = str.maketrans("零〇○一壹幺二贰三叁四肆五伍六陆七柒八捌九玖", "0001112233445566778899")
# What people write between the digits of a number that is not to be found.
_BETWEEN = r"[\s\-.,_*·~/()]{0,3}"
# What goes on in digits is no date, but a number that is written like one: 1995-1-23 4567.
_DATE = re.compile(
    r"(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}"
    rf"(?=\s+\d{{1,2}}:\d\d|(?!{_BETWEEN}\d))|\d{{1,2}}:\d\d"
)
_MOBILE = re.compile(rf"(?<!\d)1{_BETWEEN}[3-9](?:{_BETWEEN}\d){{9}}(?!\d)")
_PHONE = re.compile(rf"\+\d(?:{_BETWEEN}\d){{7,14}}(?!\d)|(?<!\d)0\d{{2,3}}[-\s]\d{{7,8}}(?!\d)")
_MAIL = re.compile(r"[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]{1,63}\s?(?:\.|\(dot\)|\[dot\])\s?[a-z]{2,10}")
_ELSEWHERE = re.compile(
    r"(?:微信|薇信|威信|加v|v信|vx|wx|wechat|qq|扣扣|whatsapp|telegram|电报|飞机号|line ?id|小红书号)"
    r"\s?(?:号|id|群)?\s?[:=是为]?\s?(?:[a-z][\w-]{4,19}|\d{5,12})"
)
_CODE = re.compile(
    r"扫(?:一扫|描)?(?:我的|这个|下方|图中)?(?:二维码|码加)|加我(?:微信|好友|v)|"
    r"scan (?:my|the|this) (?:qr|code)|qr code"
)
_LINK = re.compile(
    r"https?:|www\.|\b[a-z0-9-]{2,63}\s?\.\s?(?:com|cn|net|org|io|xyz|top|shop|vip|club|site|online|ly|cc|me|tk)\b(?!\.\w)"
)
_RUN = re.compile(r"([^\s.。…~～\-=_*])\1{9,}")
_AGAIN = re.compile(r"(.{2,24}?)\1{4,}", re.DOTALL)
_SPARE = re.compile(r"[^\w]+")
_LEAST_LETTERS, _SHARE = 16, 0.8
_MOST_MARKS = 8
_INSTEAD = str.maketrans("013457@$!", "oieastasi")
_UNSEEN = frozenset({"Cf", "Mn", "Me"})  # what stands between letters and is not seen, or only on them
_LONGEST = 4_000  # characters that are looked at; a review has half of them


@cache
def forbidden() -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the words of `forbidden.txt`, folded: whole words, and what is found anywhere."""
    lines = (Path(__file__).parent / "forbidden.txt").read_text(encoding="utf-8").splitlines()
    folded = [fold(line) for line in lines if line.strip() and not line.startswith("#")]
    whole = frozenset(one for one in folded if one.isascii())
    return whole, tuple(sorted(one.replace(" ", "") for one in folded if not one.isascii()))


def reasons(text: str) -> tuple[Reason, ...]:
    """Return why somebody should look at a text, none where nothing is suspicious."""
    text = "".join(one for one in text[:_LONGEST] if unicodedata.category(one) not in _UNSEEN)
    plain = unicodedata.normalize("NFKC", text).casefold()
    found = {
        Reason.FORBIDDEN: _is_forbidden(text),
        Reason.CONTACT: _is_contact(plain),
        Reason.LINK: bool(_LINK.search(plain)),
        Reason.REPETITION: _repeats(plain),
        Reason.SHOUTING: _shouts(text),
    }
    return tuple(reason for reason, is_so in found.items() if is_so)


def _is_forbidden(text: str) -> bool:
    whole, anywhere = forbidden()
    folded = fold(text)
    close = folded.replace(" ", "")
    if any(word in close for word in anywhere):
        return True
    for words in (f" {folded} ", f" {fold(text.translate(_INSTEAD))} "):
        if any(f" {word} " in words for word in whole):
            return True
    return False


def _is_contact(plain: str) -> bool:
    digits = _DATE.sub(" ", plain.translate(_NUMERALS))
    if _MOBILE.search(digits) or _PHONE.search(digits):
        return True
    return any(pattern.search(plain) for pattern in (_MAIL, _ELSEWHERE, _CODE))


def _repeats(plain: str) -> bool:
    if _RUN.search(plain):
        return True
    close = _SPARE.sub("", plain)
    return any(len(one.group()) * 2 > len(close) for one in _AGAIN.finditer(close))


def _shouts(text: str) -> bool:
    letters = [one for one in text if one.isalpha() and one.lower() != one.upper()]
    loud = sum(one.isupper() for one in letters)
    if len(letters) >= _LEAST_LETTERS and loud >= _SHARE * len(letters):
        return True
    return sum(one in "!！" for one in text) >= _MOST_MARKS
