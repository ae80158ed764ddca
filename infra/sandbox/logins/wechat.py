"""WeChat's sign-in: codes that are good once and for five minutes, and errors with status 200."""

import hashlib
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from pydantic import BaseModel, ConfigDict, Field

from infra.logins import SANDBOX_APP_SECRET, SANDBOX_APPS
from infra.sandbox import pages
from infra.sandbox.httpd import Request, Response, html_response, json_response

CODE_SECONDS = 300
_BAD_REQUEST = 400


class Wish(BaseModel):
    """Somebody in an app."""

    model_config = ConfigDict(extra="forbid")

    appid: str
    user: str = Field(min_length=1, max_length=100)
    bound: bool = True


class Failure(BaseModel):
    """What the next questions are answered with."""

    model_config = ConfigDict(extra="forbid")

    errcode: int
    times: int = Field(default=1, ge=1, le=1000)


@dataclass
class _Code:
    """Of somebody in an app, until a moment."""

    wish: Wish
    until: float
    used: bool = False


@dataclass
class Wechat:
    """What WeChat knows.

    Attributes:
        clock: seconds since 1970.
    """

    clock: Callable[[], float]
    _codes: dict[str, _Code] = field(default_factory=dict)
    _failure: Failure | None = None
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def code(self, wish: Wish) -> str:
        """Return a new code."""
        made = f"0{secrets.token_hex(15)}"
        with self._guard:
            self._codes[made] = _Code(wish, self.clock() + CODE_SECONDS)
        return made

    def fail(self, failure: Failure) -> None:
        """Answer the next questions with an error."""
        with self._guard:
            self._failure = failure

    def told(self, kinds: set[str], name: str, asked: Mapping[str, str]) -> Response:
        """Answer who a code is of, to an app of certain kinds."""
        with self._guard:
            return json_response(200, self._answer(kinds, name, asked))

    def _answer(self, kinds: set[str], name: str, asked: Mapping[str, str]) -> dict[str, Any]:
        if self._failure is not None:
            failed, left = self._failure.errcode, self._failure.times - 1
            self._failure = Failure(errcode=failed, times=left) if left else None
            return _error(failed, "asked for")
        appid = asked.get("appid", "")
        code = self._codes.get(asked.get(name, ""))
        faults = {
            (40013, "invalid appid"): appid not in SANDBOX_APPS,
            (40125, "invalid appsecret"): asked.get("secret") != SANDBOX_APP_SECRET,
            (41008, "missing code"): not asked.get(name),
        }
        for fault, is_so in faults.items():
            if is_so:
                return _error(*fault)
        if code is None or code.wish.appid != appid or SANDBOX_APPS[appid] not in kinds or code.until <= self.clock():
            return _error(40029, "invalid code")
        if code.used:
            return _error(40163, "code been used")
        code.used = True
        return _user(code.wish)

    def page(self, request: Request) -> Response:
        """Answer the page with the QR code, or the scan of it."""
        asked = {key: values[-1] for key, values in parse_qs(request.query).items()}
        appid, back = asked.get("appid", ""), asked.get("redirect_uri", "")
        if SANDBOX_APPS.get(appid) != "web" or asked.get("scope") != "snsapi_login" or not back:
            return html_response(_BAD_REQUEST, pages.document("WeChat", "<main>Scope or redirect_uri is wrong.</main>"))
        if request.method == "GET":
            return html_response(200, ask_who("WeChat 微信"))
        form = {key: values[-1] for key, values in parse_qs(request.body.decode()).items()}
        code = self.code(Wish(appid=appid, user=form.get("user") or "ming"))
        return sent_back(back, {"code": code, "state": asked.get("state", "")})


def ask_who(title: str) -> str:
    """Return a page that asks who one wants to be."""
    form = (
        '<form method="post"><input name="user" value="ming" aria-label="name"><button class="go">Sign in</button>'
        '<button name="action" value="deny">Refuse</button></form>'
    )
    return pages.document(title, f'<main class="pay"><h1>{title}</h1><p class="note">Who are you?</p>{form}</main>')


def sent_back(redirect_uri: str, told: Mapping[str, str]) -> Response:
    """Return the browser to where it came from."""
    joint = "&" if "?" in redirect_uri else "?"
    return Response(302, b"", "text/plain", {"Location": f"{redirect_uri}{joint}{urlencode(told)}"})


def _user(wish: Wish) -> dict[str, Any]:
    told = {"openid": f"o{_id(wish.appid, wish.user)}", "expires_in": 7200}
    if wish.bound:
        told["unionid"] = f"u{_id(wish.user)}"
    if SANDBOX_APPS[wish.appid] == "mini":
        return told | {"session_key": secrets.token_urlsafe(16) + "=="}
    return told | {"access_token": secrets.token_urlsafe(40), "refresh_token": secrets.token_urlsafe(40), "scope": ""}


def _id(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:27]


def _error(code: int, text: str) -> dict[str, Any]:
    return {"errcode": code, "errmsg": text}
