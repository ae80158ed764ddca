"""Signing in by OpenID Connect: the authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636, RFC 9207).

What a provider says of itself is kept for an hour in each container, its keys too; a token that names an unknown key
has them read again, once a minute at most. Addresses come from the operator's configuration and from what the provider
at that address says: https, but for a provider on this machine.
"""

import base64
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import quote, urlencode, urlsplit

from chalicelib.accounts.rules import (
    CodeRefused,
    Flow,
    NotBelieved,
    OidcUser,
    ProviderDown,
    Return,
    UnknownProvider,
    normal_email,
)
from chalicelib.accounts.rules.id_tokens import Expected, KeyUnknown, TokenRefused, read
from chalicelib.kit.errors import Invalid, Unavailable
from chalicelib.kit.exchange import Answer, Exchange, Http
from chalicelib.kit.observability import log

KEPT, AGAIN = 3600.0, 60.0  # seconds: what is read, and before keys are read again for an unknown one
_MOST_BYTES = 128 * 1024
_MOST_KEYS = 50
_OK, _FIRST_OF_SERVER = 200, 500
_TOO_MANY = 429
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Provider:
    """An OpenID provider that the operator trusts.

    Attributes:
        issuer: its identifier, which is where it describes itself.
        client_id: who we are there.
        client_secret: None for a public client, which has PKCE alone.
        scopes: what is asked for; `openid` among them.
        redirect_uris: where browsers may come back to, as registered there.
        email_domains: whose addresses it is the one to vouch for. There is no word for all of them: a provider also
            calls addresses verified that others can give to somebody else.
    """

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    scopes: Sequence[str] = ("openid",)
    redirect_uris: Sequence[str] = ()
    email_domains: Sequence[str] = ()


@dataclass(frozen=True)
class _Described:
    """What a provider says of itself (OpenID Connect Discovery 1.0, 3)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    takes_basic: bool
    names_itself: bool  # in what browsers bring back, RFC 9207


class OidcGateway:
    """See `elsewhere_ports.OidcLogin`.

    Args:
        providers: by name.
        exchange: how they are asked.
        seconds: tells the time that passes.
    """

    def __init__(
        self,
        providers: Mapping[str, Provider],
        exchange: Exchange | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._providers, self._seconds = providers, seconds
        self._exchange = exchange or Http(connect=2.0, read=4.0, whole=6.0)
        self._described: dict[str, tuple[float, _Described]] = {}
        self._keys: dict[str, tuple[float, Sequence[Mapping[str, Any]]]] = {}

    def may_return(self, name: str, redirect_uri: str) -> bool:
        return redirect_uri in self._provider(name).redirect_uris

    def page(self, name: str, flow: Flow) -> str:
        provider, described = self._provider(name), self._description(name)
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": flow.redirect_uri,
            "scope": " ".join(provider.scopes),
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": flow.challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(described.authorization_endpoint).query else "?"
        return f"{described.authorization_endpoint}{joint}{urlencode(asked, quote_via=quote)}"

    def user(self, name: str, flow: Flow, back: Return, now: datetime) -> OidcUser:
        provider, described = self._provider(name), self._description(name)
        is_silent = back.issuer is None and not described.names_itself
        if not is_silent and back.issuer != provider.issuer:
            _disbelieve(name, "another provider answered")
        told = self._exchanged(name, flow, back.code)
        claims = self._claims(name, flow, told, now)
        return OidcUser(provider.issuer, claims["sub"], _email(claims, provider.email_domains))

    def _provider(self, name: str) -> Provider:
        try:
            return self._providers[name]
        except KeyError:
            raise UnknownProvider from None

    def _description(self, name: str) -> _Described:
        kept = self._described.get(name)
        if kept is not None and 0 <= self._seconds() - kept[0] < KEPT:
            return kept[1]
        issuer = self._provider(name).issuer
        told = self._get(name, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        found = _described(issuer, told)
        if found is None:
            log.warning("an OpenID provider describes itself wrongly", provider=name)
            raise ProviderDown(retry_after=60)
        self._described[name] = (self._seconds(), found)
        return found

    def _read_keys(self, name: str, older_than: float) -> Sequence[Mapping[str, Any]]:
        kept = self._keys.get(name)
        if kept is not None and 0 <= self._seconds() - kept[0] < older_than:
            return kept[1]
        told = self._get(name, self._description(name).jwks_uri).get("keys")
        keys = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
        self._keys[name] = (self._seconds(), keys[:_MOST_KEYS])
        return self._keys[name][1]

    def _exchanged(self, name: str, flow: Flow, code: str) -> Mapping[str, Any]:
        """Return what the provider gives for a code."""
        provider, described = self._provider(name), self._description(name)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": flow.redirect_uri,
            "code_verifier": flow.verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if provider.client_secret is None:
            form["client_id"] = provider.client_id
        elif described.takes_basic:
            # Both are form-encoded first (RFC 6749, 2.3.1).
            pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
        answer = self._asked("POST", described.token_endpoint, headers, urlencode(form).encode())
        told = _object(answer)
        if answer.status != _OK or told is None:
            _refused(name, answer.status, told)
        return told

    def _claims(self, name: str, flow: Flow, told: Mapping[str, Any], now: datetime) -> Mapping[str, Any]:
        provider = self._provider(name)
        token, access_token = told.get("id_token"), told.get("access_token")
        if not isinstance(token, str) or not isinstance(access_token, str):
            _disbelieve(name, "no tokens")
        expected = Expected(provider.issuer, provider.client_id, flow.nonce, str(access_token), now)
        try:
            try:
                return read(str(token), self._read_keys(name, KEPT), expected)
            except KeyUnknown:
                return read(str(token), self._read_keys(name, AGAIN), expected)
        except TokenRefused as refused:
            _disbelieve(name, str(refused))

    def _get(self, name: str, url: str) -> Mapping[str, Any]:
        answer = self._asked("GET", url, {"Accept": "application/json"}, None)
        told = _object(answer)
        if answer.status != _OK or told is None:
            log.warning("an OpenID provider does not answer in JSON", provider=name, status=answer.status)
            raise ProviderDown(retry_after=5)
        return told

    def _asked(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        try:
            return self._exchange(method, url, headers, body, _MOST_BYTES)
        except Unavailable as error:
            raise ProviderDown(retry_after=2) from error


def _object(answer: Answer) -> Mapping[str, Any] | None:
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _refused(name: str, status: int, told: Mapping[str, Any] | None) -> NoReturn:
    if told is not None and told.get("error") == "invalid_grant" and status < _FIRST_OF_SERVER:
        raise CodeRefused
    # Anything else is the operator's to mend (`invalid_client`), or goes by.
    error = str((told or {}).get("error"))[:40]
    log.warning("an OpenID provider refuses", provider=name, status=status, error=error)
    raise ProviderDown(retry_after=60 if status == _TOO_MANY else 5)


def _disbelieve(name: str, reason: str) -> NoReturn:
    log.warning("an OpenID provider is not believed", provider=name, reason=reason)
    raise NotBelieved


def _described(issuer: str, told: Mapping[str, Any]) -> _Described | None:
    """Return a description that is the issuer's and names safe addresses; None for any other."""
    page, token, keys = (told.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
    if told.get("issuer") != issuer or not all(_is_safe(one, issuer) for one in (page, token, keys)):
        return None
    methods = told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return _Described(
        str(page),
        str(token),
        str(keys),
        takes_basic=isinstance(methods, list) and "client_secret_basic" in methods,
        names_itself=told.get("authorization_response_iss_parameter_supported") is True,
    )


def _is_safe(url: object, issuer: str) -> bool:
    """Say whether an address may be asked: over TLS, or on this machine where the provider itself is there."""
    if not isinstance(url, str):
        return False
    try:
        parts, home = urlsplit(url), urlsplit(issuer)
        if parts.username is not None or parts.fragment or not parts.hostname:
            return False
        is_here = home.scheme == "http" and home.hostname in _LOOPBACK
        is_there = parts.scheme == "https" and home.scheme == "https" and parts.hostname not in _LOOPBACK
    except ValueError:
        return False
    return is_there or (is_here and parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _email(claims: Mapping[str, Any], domains: Sequence[str]) -> str | None:
    """Return the address that a token vouches for, if the provider is the one to."""
    told = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(told, str):
        return None
    try:
        email = normal_email(told)
    except Invalid:  # none that mail could reach
        return None
    return email if email.rpartition("@")[2] in domains else None
