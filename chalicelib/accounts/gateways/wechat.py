"""Signing in by WeChat: `sns/jscode2session` of mini programs, `sns/oauth2/access_token` of the open platform and of
official accounts
(https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html,
https://developers.weixin.qq.com/doc/oplatform/Website_App/WeChat_Login/Wechat_Login.html).

WeChat answers with status 200 whatever it has to say; `errcode` says what. The session key of a mini program and the
access token of an app are let go of here: nothing of ours needs them, so nobody can lose them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from chalicelib.accounts.rules import AppKind, CodeRefused, Flow, ProviderDown, TurnedAway, UnknownProvider, WechatUser
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.exchange import Exchange, Http
from chalicelib.kit.observability import log

API, PAGES = "https://api.weixin.qq.com", "https://open.weixin.qq.com"
_MOST_BYTES = 16 * 1024
_OK = 200
_SPENT = frozenset({40029, 40163})  # no code of this app's, or run out; used
_BLOCKED = 40226  # a user whom WeChat finds dangerous
_WAITS = {-1: 2, 45011: 60}  # errcode -> seconds: busy; asked too often in this minute, by one user or by the app
_ID = re.compile(r"[\w-]{6,64}", re.ASCII)


@dataclass(frozen=True)
class WechatApp:
    """One of the operator's apps at WeChat.

    Attributes:
        secret: its AppSecret.
        kind: where it lives.
        redirect_uris: where browsers may come back to; of kinds that have a page.
    """

    secret: str = field(repr=False)
    kind: AppKind
    redirect_uris: Sequence[str] = ()


class WechatGateway:
    """See `elsewhere_ports.WechatLogin`.

    Args:
        apps: by appid.
        api: where WeChat is asked, without a trailing slash.
        pages: where people sign in, likewise.
        exchange: how it is asked.
    """

    def __init__(
        self, apps: Mapping[str, WechatApp], api: str = API, pages: str = PAGES, exchange: Exchange | None = None
    ) -> None:
        self._apps, self._api, self._pages = apps, api, pages
        self._exchange = exchange or Http(connect=2.0, read=4.0, whole=5.0)

    def kind(self, appid: str) -> AppKind:
        return self._app(appid).kind

    def may_return(self, appid: str, redirect_uri: str) -> bool:
        return redirect_uri in self._app(appid).redirect_uris

    def page(self, appid: str, flow: Flow) -> str:
        kind = self._app(appid).kind
        if not kind.has_page:
            raise UnknownProvider
        # An official account's page is inside WeChat; `snsapi_userinfo` tells the unionid, which joins both of them.
        path, scope, end = ("/connect/qrconnect", "snsapi_login", "")
        if kind is AppKind.OFFICIAL:
            path, scope, end = ("/connect/oauth2/authorize", "snsapi_userinfo", "#wechat_redirect")
        # In this order: of an official account's page WeChat takes no other.
        asked = {"appid": appid, "redirect_uri": flow.redirect_uri, "response_type": "code", "scope": scope}
        return f"{self._pages}{path}?{urlencode(asked | {'state': flow.state}, quote_via=quote)}{end}"

    def user(self, appid: str, code: str) -> WechatUser:
        app = self._app(appid)
        path, name = ("/sns/oauth2/access_token", "code")
        if app.kind is AppKind.MINI:
            path, name = ("/sns/jscode2session", "js_code")
        asked = {"appid": appid, "secret": app.secret, name: code, "grant_type": "authorization_code"}
        told = self._ask(appid, f"{self._api}{path}?{urlencode(asked)}")
        openid, unionid = told.get("openid"), told.get("unionid") or None
        if not all(isinstance(one, str) and _ID.fullmatch(one) for one in (openid, unionid or openid)):
            log.warning("WeChat names nobody", appid=appid)
            raise ProviderDown(retry_after=5)
        return WechatUser(appid, str(openid), unionid)

    def _app(self, appid: str) -> WechatApp:
        try:
            return self._apps[appid]
        except KeyError:
            raise UnknownProvider from None

    def _ask(self, appid: str, url: str) -> Mapping[str, Any]:
        try:
            answer = self._exchange("GET", url, {}, None, _MOST_BYTES)
        except Unavailable as error:
            raise ProviderDown(retry_after=2) from error
        try:
            told = json.loads(answer.body) if answer.status == _OK else None
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            log.warning("WeChat does not answer in JSON", appid=appid, status=answer.status)
            raise ProviderDown(retry_after=5)
        code = told.get("errcode") or 0
        if code in _SPENT:
            raise CodeRefused
        if code == _BLOCKED:
            raise TurnedAway
        if code:
            # What is left is the operator's to mend (a wrong secret, an address that is not allowed), or goes by.
            log.warning("WeChat refuses", appid=appid, errcode=code)
            raise ProviderDown(retry_after=_WAITS.get(code, 5))
        return told
