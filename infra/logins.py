"""Who else signs people in: WeChat's apps and OpenID providers, as a deployment is told them, checked, one secret each.

    WECHAT_LOGIN_CONFIG=wechat-login.json OIDC_CONFIG=oidc.json make deploy STAGE=prod REGION=ap-southeast-1

A variable holds the name of a JSON file, or the JSON itself. WeChat's is an object of apps by their appid:

    {"wx1234567890abcdef": {"secret": "...", "kind": "mini"}}

`kind` is `mini`, `app`, `web` or `official`: an official account, whose followers can be sent messages; the last two
have `redirect_uris`. The other is a list of providers:

    [{"name": "corp", "issuer": "https://id.example.com", "client_id": "linli", "client_secret": "...",
      "redirect_uris": ["https://app.example.com/signed-in"], "email_domains": ["example.com"]}]

Without `client_secret` it is a public client. `email_domains` are those whose addresses the provider is the one to
vouch for; without any none is taken over.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from infra.changes import DeployError
from infra.targets import DEVELOPMENT_ORIGINS, Target
from infra.told import fitting, read_json, refused

VARIABLES = {"wechat-login": "WECHAT_LOGIN_CONFIG", "oidc-providers": "OIDC_CONFIG"}
"""Parameter -> the environment variable that gives its value."""

SANDBOX_APPS: Mapping[str, Literal["mini", "app", "web"]] = {
    "wxsandboxmini0001": "mini",
    "wxsandboxmini0002": "mini",
    "wxsandboxapp00001": "app",
    "wxsandboxweb00001": "web",
}
"""The apps that the sign-in sandbox on loopback knows."""
SANDBOX_APP_SECRET = "wechat_sandbox"  # noqa: S105 - of all of them; not a secret
SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET = "linli", "oidc_sandbox"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def _home(text: str) -> str:
    """An address to come back to: https, a scheme of an app's own (RFC 8252), or a page on this machine."""
    parts = urlsplit(text)
    if not parts.scheme or parts.fragment or (parts.scheme == "http" and parts.hostname not in _LOOPBACK):
        raise ValueError("not https, nor an app's own scheme, or it has a fragment")
    return text


def _issuer(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"https", "http"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("not an https address without query and fragment")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("not https")
    return text


Home = Annotated[str, AfterValidator(_home)]
_MailDomain = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$", max_length=253)]


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class App(_Told):
    """See `gateways.wechat.WechatApp`."""

    secret: str = Field(pattern="^[0-9A-Za-z_]{8,64}$")
    kind: Literal["mini", "app", "web", "official"]
    redirect_uris: list[Home] = Field(default_factory=list, max_length=20)

    @model_validator(mode="after")
    def _pages_come_back(self) -> Self:
        if (self.kind in {"web", "official"}) is not bool(self.redirect_uris):
            raise ValueError("redirect_uris belong to web apps and official accounts, and each has some")
        return self


class Provider(_Told):
    """See `gateways.oidc.Provider`."""

    name: str = Field(pattern="^[a-z0-9][a-z0-9-]{0,31}$")
    issuer: Annotated[str, AfterValidator(_issuer)]
    client_id: str = Field(min_length=1, max_length=200)
    client_secret: str | None = Field(default=None, min_length=8, max_length=2000)
    scopes: list[str] = Field(default=["openid"], max_length=20)
    redirect_uris: list[Home] = Field(min_length=1, max_length=20)
    email_domains: list[_MailDomain] = Field(default_factory=list, max_length=100)

    @model_validator(mode="after")
    def _asks_who(self) -> Self:
        if "openid" not in self.scopes:
            raise ValueError("scopes lack openid")
        return self


Appid = Annotated[str, Field(pattern="^wx[0-9a-z]{8,30}$")]
_FORMS: Mapping[str, TypeAdapter[Any]] = {
    "wechat-login": TypeAdapter(dict[Appid, App]),
    "oidc-providers": TypeAdapter(Annotated[list[Provider], Field(max_length=20)]),
}


def wanted(target: Target, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that the environment has, or that lead to the sandbox where there is one.

    Raises:
        DeployError: one line that names the variable and the field, and no secret.
    """
    found = _sandbox(target) if target.wechat_login_api_base else {}
    for name, variable in VARIABLES.items():
        if environ.get(variable):
            found[name] = secret(name, read_json(variable, environ[variable]))
    providers = json.loads(found.get("oidc-providers", "[]"))
    if not target.emulated and any(one["issuer"].startswith("http:") for one in providers):
        raise DeployError(f"{VARIABLES['oidc-providers']}: an issuer on this machine, for functions on AWS")
    return found


def secret(name: str, told: Any) -> str:
    """Return what was told as it is stored.

    Raises:
        DeployError: likewise.
    """
    form = _FORMS[name]
    try:
        made = form.validate_python(told)
    except ValidationError as error:
        raise refused(VARIABLES[name], error) from None
    if name == "oidc-providers" and len({one.name for one in made}) < len(made):
        raise DeployError(f"{VARIABLES[name]}: two providers have the same name")
    return fitting(VARIABLES[name], form.dump_json(made, exclude_none=True).decode())


def sandbox_secrets(base: str, redirect_uris: Sequence[str]) -> dict[str, str]:
    """Return the functions' secrets for the sign-in sandbox at an address."""
    apps = {
        appid: {"secret": SANDBOX_APP_SECRET, "kind": kind, "redirect_uris": redirect_uris if kind == "web" else []}
        for appid, kind in SANDBOX_APPS.items()
    }
    provider = {
        "name": "sandbox",
        "issuer": f"{base}/oidc",
        "client_id": SANDBOX_CLIENT_ID,
        "client_secret": SANDBOX_CLIENT_SECRET,
        "scopes": ["openid", "email"],
        "redirect_uris": redirect_uris,
        "email_domains": ["example.com"],
    }
    return {"wechat-login": secret("wechat-login", apps), "oidc-providers": secret("oidc-providers", [provider])}


def _sandbox(target: Target) -> dict[str, str]:
    return sandbox_secrets(target.wechat_login_api_base, [f"{one}/signed-in" for one in DEVELOPMENT_ORIGINS])
