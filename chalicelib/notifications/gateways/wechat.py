"""WeChat: template messages of an official account, subscription messages of a mini program.

`to` is `<appid>/<openid>`, as accounts know it. Of a one-time subscription each consent is good for one message: it is
taken from what our rows count before WeChat is asked, and the count is set right where WeChat knows better (43101).

WeChat answers with status 200 whatever it has to say; `errcode` says what. Sources: WeChat Open Documentation,
"sendTemplateMessage", "sendMessage" (subscribe/send), "getStableAccessToken", "Global return codes".
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from chalicelib.kit.errors import Unavailable
from chalicelib.kit.exchange import Exchange
from chalicelib.kit.observability import log
from chalicelib.kit.texting import Form, Forms
from chalicelib.notifications.ports import AddressBusy, AddressGone, Consents, Letter, SenderDown, Undeliverable

API = "https://api.weixin.qq.com"
_MOST_BYTES = 16 * 1024
_OK, _SUCCESS = 0, 200
_REFUSED = 43101  # switched off, or no consent is left
_BAD_OPENID = 40003
_NO_FOLLOWER = 43004  # may follow again: the openid stays
_TOKEN_OVER = frozenset({40001, 40014, 42001})  # another secret, or revoked; run out
_NEVER = frozenset({47003, 43019, _REFUSED, _NO_FOLLOWER})  # a field's value; the person blocks the account
_WAITS = {-1: 5, 45009: 3600, 45011: 60, 45047: 60}  # busy; the day's quota; the minute's; too much to one person
_BUSY = 45047
_SPARE = 300.0  # seconds before its end from which a token is asked for again: WeChat has a new one by then
# Characters of a field by its type ("Parameter restrictions of subscription messages").
_MOST = {"thing": 20, "name": 10, "phrase": 5, "character_string": 32, "letter": 32, "number": 32, "symbol": 5}
_LANG = {"zh-CN": "zh_CN", "en": "en_US"}


class WechatKind(StrEnum):
    """What sends: `official` to its followers; `mini` to whoever agreed."""

    OFFICIAL = "official"
    MINI = "mini"


@dataclass(frozen=True)
class WechatSource:
    """An app of the operator's that sends messages.

    Attributes:
        secret: its AppSecret.
        kind: see `WechatKind`.
        forms: its templates; a form's params are `field=variable`, such as `thing1=shop`.
        page: of the mini program, that a message opens; None for nothing.
        mini: the mini program's appid, of an official account whose messages open it.
        lasting: each template's consent is for good, which WeChat grants to few trades.
    """

    secret: str = field(repr=False)
    kind: WechatKind
    forms: Forms
    page: str | None = None
    mini: str | None = None
    lasting: bool = False


class StableTokens:
    """Access tokens, one for an app. WeChat hands every container the same one (`stable_token`, not forced): nobody
    ends anybody's, and no row of ours has to keep it.
    """

    def __init__(self, exchange: Exchange, api: str) -> None:
        self._exchange, self._api = exchange, api
        self._kept: dict[str, tuple[str, float]] = {}

    def token(self, appid: str, secret: str) -> str:
        """Return an app's token.

        Raises:
            SenderDown: WeChat gives none.
        """
        kept, until = self._kept.get(appid, ("", 0.0))
        if time.monotonic() < until:
            return kept
        asked = {"grant_type": "client_credential", "appid": appid, "secret": secret}
        told = ask(self._exchange, f"{self._api}/cgi-bin/stable_token", asked)
        token, seconds = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not token or not isinstance(seconds, int):
            code = told.get("errcode")
            # A wrong secret (40125), or our address is not on the app's list (40164): the operator's to mend.
            log.error("WeChat gives no access token", appid=appid, errcode=code)
            raise _down(code if isinstance(code, int) else None)
        self._kept[appid] = token, time.monotonic() + max(0.0, seconds - _SPARE)
        return token

    def forget(self, appid: str) -> None:
        """Let go of a token that WeChat does not take any more."""
        self._kept.pop(appid, None)


class WechatSender:
    """See `notifications.ports.Sender`.

    Args:
        sources: by appid.
        consents: who agreed to how many.
        api: where WeChat is asked, without a trailing slash.
    """

    def __init__(
        self, sources: Mapping[str, WechatSource], consents: Consents, exchange: Exchange, api: str = API
    ) -> None:
        self._sources, self._consents, self._exchange = sources, consents, exchange
        self._api = api.rstrip("/")
        self._tokens = StableTokens(exchange, self._api)

    def send(self, letter: Letter, to: str) -> str | None:
        appid, _, openid = to.partition("/")
        source = self._sources.get(appid)
        form = source.forms.form(letter.kind, letter.language) if source else None
        if source is None or form is None:
            raise Undeliverable(f"wechat: {appid} has no template for {letter.kind}")
        is_counted = source.kind is WechatKind.MINI and not source.lasting
        if is_counted and not self._consents.take(letter.account_id, form.code, letter.id):
            raise Undeliverable("wechat: no consent is left")
        told = self._sent(appid, source, body(source, form, letter, openid))
        code = told.get("errcode", _OK)
        if code == _OK:
            number = told.get("msgid")
            return str(number) if number else None
        if code == _REFUSED and is_counted:
            self._consents.used_up(letter.account_id, form.code)
        log.warning("WeChat refuses a message", appid=appid, errcode=code, kind=letter.kind)
        if code == _BAD_OPENID:
            raise AddressGone(f"wechat: {code}")
        if code in _NEVER:
            raise Undeliverable(f"wechat: {code}")
        raise _down(code)

    def _sent(self, appid: str, source: WechatSource, content: Mapping[str, Any]) -> Mapping[str, Any]:
        path = "template" if source.kind is WechatKind.OFFICIAL else "subscribe"
        told: Mapping[str, Any] = {}
        for _ in range(2):  # a token may have been ended since it was kept
            token = quote(self._tokens.token(appid, source.secret), safe="")
            url = f"{self._api}/cgi-bin/message/{path}/send?access_token={token}"
            told = ask(self._exchange, url, content)
            if told.get("errcode", _OK) not in _TOKEN_OVER:
                break
            self._tokens.forget(appid)
        return told


def body(source: WechatSource, form: Form, letter: Letter, openid: str) -> dict[str, Any]:
    """Return what WeChat is told. An official account's message has our id: for ten minutes it is sent once."""
    values = {**letter.template, "title": letter.title, "text": letter.body}
    pairs = (param.partition("=") for param in form.params)
    told: dict[str, Any] = {
        "touser": openid,
        "template_id": form.code,
        "data": {name: {"value": _fitting(name, values.get(variable, ""))} for name, _, variable in pairs},
    }
    page = source.page and f"{source.page}?notice={letter.id}"
    if source.kind is WechatKind.MINI:
        told |= {"lang": _LANG[letter.language], "miniprogram_state": "formal"} | ({"page": page} if page else {})
        return told
    told["client_msg_id"] = letter.id
    if source.mini and page:
        told["miniprogram"] = {"appid": source.mini, "pagepath": page}
    elif letter.link and letter.link.startswith("https://"):
        told["url"] = letter.link
    return told


def _fitting(name: str, value: str) -> str:
    """Return a value as a field takes it: of one line, not empty, and no longer than its type allows."""
    most = _MOST.get(name.rstrip("0123456789"))
    line = " ".join(value.split()) or "-"
    return line if most is None or len(line) <= most else f"{line[: most - 1]}…"


def ask(exchange: Exchange, url: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what WeChat answers.

    Raises:
        SenderDown: nothing that can be understood.
    """
    asked = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    try:
        answer = exchange("POST", url, {"Content-Type": "application/json"}, asked, _MOST_BYTES)
    except Unavailable as error:
        raise SenderDown("wechat: no answer", timedelta(seconds=5)) from error
    try:
        told = json.loads(answer.body) if answer.status == _SUCCESS else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise SenderDown(f"wechat: status {answer.status}", timedelta(seconds=5))
    return told


def _down(code: int | None) -> SenderDown:
    wait = timedelta(seconds=_WAITS[code]) if code in _WAITS else None
    return (AddressBusy if code == _BUSY else SenderDown)(f"wechat: {code}", wait)
