"""An OpenID provider: authorization code flow, PKCE and nonce demanded, tokens signed with ES256, and it says who it is
in what browsers bring back (RFC 9207).
"""

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from infra.logins import SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET
from infra.sandbox import pages
from infra.sandbox.httpd import Request, Response, html_response, json_response
from infra.sandbox.logins.wechat import ask_who, sent_back

CODE_SECONDS, TOKEN_SECONDS = 60, 600
_BAD_REQUEST, _UNAUTHORIZED = 400, 401
_KEY_ID = "sandbox-1"


@dataclass(frozen=True)
class _Grant:
    """A code's: what was asked, by whom it was agreed to, until when."""

    asked: Mapping[str, str]
    user: str
    until: float


@dataclass
class OpenIdProvider:
    """What the provider knows.

    Attributes:
        issuer: its identifier.
        clock: seconds since 1970.
    """

    issuer: str
    clock: Callable[[], float]
    _key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    _grants: dict[str, _Grant] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Response | None:
        """Answer a request below `/oidc`; None where nothing is."""
        route = (request.method, request.path.removeprefix("/oidc"))
        if route == ("GET", "/.well-known/openid-configuration"):
            return json_response(200, self._described())
        if route == ("GET", "/jwks"):
            public = jwt.get_algorithm_by_name("ES256").to_jwk(self._key.public_key(), as_dict=True)
            return json_response(200, {"keys": [{**public, "kid": _KEY_ID, "alg": "ES256", "use": "sig"}]})
        if route[1] == "/authorize" and request.method in {"GET", "POST"}:
            return self._authorize(request)
        if route == ("POST", "/token"):
            return self._token(request)
        return None

    def _described(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "scopes_supported": ["openid", "email"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "authorization_response_iss_parameter_supported": True,
        }

    def _authorize(self, request: Request) -> Response:
        asked = _last(request.query)
        is_right = (
            asked.get("client_id") == SANDBOX_CLIENT_ID
            and asked.get("response_type") == "code"
            and asked.get("code_challenge_method") == "S256"
            and all(asked.get(name) for name in ("redirect_uri", "state", "nonce", "code_challenge"))
        )
        if not is_right or "openid" not in asked.get("scope", "").split():
            return html_response(_BAD_REQUEST, pages.document("OpenID", "<main>This request is not right.</main>"))
        if request.method == "GET":
            return html_response(200, ask_who("OpenID provider"))
        form = _last(request.body.decode())
        told = {"state": asked["state"], "iss": self.issuer}
        if form.get("action") == "deny":
            return sent_back(asked["redirect_uri"], told | {"error": "access_denied"})
        code = secrets.token_urlsafe(24)
        with self._guard:
            self._grants[code] = _Grant(asked, form.get("user") or "ming", self.clock() + CODE_SECONDS)
        return sent_back(asked["redirect_uri"], told | {"code": code})

    def _token(self, request: Request) -> Response:
        if not _is_client(request.headers.get("authorization", "")):
            return json_response(_UNAUTHORIZED, {"error": "invalid_client"})
        form = _last(request.body.decode())
        with self._guard:
            grant = self._grants.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        is_right = (
            grant is not None
            and grant.until > self.clock()
            and form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == grant.asked["redirect_uri"]
            and _base64(digest) == grant.asked["code_challenge"]
        )
        if grant is None or not is_right:
            return json_response(_BAD_REQUEST, {"error": "invalid_grant"})
        access_token = secrets.token_urlsafe(32)
        token = self._id_token(grant, access_token)
        told = {"access_token": access_token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "id_token": token}
        return json_response(200, told, {"Cache-Control": "no-store"})

    def _id_token(self, grant: _Grant, access_token: str) -> str:
        now = int(self.clock())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": hashlib.sha256(grant.user.encode()).hexdigest()[:24],
            "aud": SANDBOX_CLIENT_ID,
            "nonce": grant.asked["nonce"],
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "at_hash": _base64(hashlib.sha256(access_token.encode()).digest()[:16]),
        }
        if "email" in grant.asked["scope"].split():
            claims |= {"email": f"{grant.user}@example.com", "email_verified": True}
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": _KEY_ID})


def _is_client(authorization: str) -> bool:
    scheme, _, encoded = authorization.partition(" ")
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return False
    return scheme == "Basic" and (unquote(name), unquote(secret)) == (SANDBOX_CLIENT_ID, SANDBOX_CLIENT_SECRET)


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _last(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query).items()}
