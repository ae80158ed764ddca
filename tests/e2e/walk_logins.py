"""Every way to sign in at others and to link, once, so that it succeeds, over the sign-in sandbox of the stack."""

import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from infra.logins import SANDBOX_APPS
from infra.targets import DEVELOPMENT_ORIGINS
from tests.e2e.town import Json, Person, Town, soon

Good = Callable[..., Any]
BACK = f"{DEVELOPMENT_ORIGINS[0]}/signed-in"
SECONDS = 30
MINI, WEB = (next(app for app, kind in SANDBOX_APPS.items() if kind == wanted) for wanted in ("mini", "web"))


class LoginWalk:
    """Somebody nobody has met; `ids` are the values of path parameters."""

    def __init__(self, town: Town, good: Good, _fresh: Callable[[], dict[str, str]]) -> None:
        self.town, self.good = town, good
        self.user = f"user-{uuid.uuid4().hex[:12]}"
        self.ids = {"provider": "sandbox"}

    def go(self) -> None:
        """Sign in by WeChat, by its page and by the OpenID provider; link all to somebody else, and unlink one."""
        pair = self.good("accounts_sign_in_wechat", body={"app": MINI, "code": self._code(self.user)})
        begun = self.good("accounts_begin_wechat", body={"app": WEB, "redirect_uri": BACK})
        page = self.good("accounts_sign_in_wechat", body={"app": WEB, **self._scanned(begun, self.user)})
        assert page["account"]["id"] == pair["account"]["id"], "one unionid in every app"
        begun = self.good("accounts_begin_oidc", body={"redirect_uri": BACK}, **self.ids)
        self.good("accounts_sign_in_oidc", body=self._scanned(begun, self.user), **self.ids)
        somebody = self.town.person()
        self._link(somebody, f"{self.user}-2")
        self.ids["identity_id"] = self._unlink(somebody)

    def _link(self, somebody: Person, user: str) -> None:
        begun = self.good("accounts_begin_link_oidc", somebody, {"redirect_uri": BACK}, **self.ids)
        self.good("accounts_link_oidc", somebody, self._scanned(begun, user), **self.ids)
        begun = self.good("accounts_begin_link_wechat", somebody, {"app": WEB, "redirect_uri": BACK})
        self.good("accounts_link_wechat", somebody, {"app": WEB, **self._scanned(begun, user)})
        new = Person("", f"+86137{uuid.uuid4().int % 10**8:08d}", frozenset())
        self.good("accounts_request_link_code", somebody, {"phone": new.phone})
        soon(lambda: bool(self.town.notices(new, "login_code")))
        code = re.findall(r"\b\d{6}\b", self.town.notices(new, "login_code")[0])[0]
        self.good("accounts_link_by_code", somebody, {"phone": new.phone, "code": code})

    def _unlink(self, somebody: Person) -> str:
        ways = self.good("accounts_ways", somebody)["items"]
        assert {one["kind"] for one in ways} == {"wechat", "oidc", "phone"}
        gone = next(one["id"] for one in ways if one["kind"] == "oidc")
        self.good("accounts_unlink", somebody, identity_id=gone)
        kept: str = next(one["id"] for one in ways if one["id"] != gone)
        return kept

    def _code(self, user: str) -> str:
        """Return what `wx.login` would give somebody in the mini program."""
        url = f"{self.town.stack.addresses.logins}/sandbox/wechat/codes"
        code: str = requests.post(url, json={"appid": MINI, "user": user}, timeout=SECONDS).json()["code"]
        return code

    def _scanned(self, begun: Json, user: str) -> Json:
        """Return what the client sends after somebody signed in on the page."""
        url = begun["authorization_url"]
        answer = requests.post(url, data={"user": user}, allow_redirects=False, timeout=SECONDS)
        back = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
        assert back["state"] == begun["state"]
        return back | {"binding": begun["binding"]}
