"""The OpenID gateway against another implementation of a provider (oidc-provider-mock, on Authlib), and against odd and
hostile ones whose answers are made up here.
"""

import json
import warnings
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec

from chalicelib.accounts.gateways.oidc import AGAIN, KEPT, OidcGateway, Provider
from chalicelib.accounts.rules import CodeRefused, Flow, NotBelieved, ProviderDown, Return, UnknownProvider
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.exchange import Answer

BACK = "https://app.example.com/signed-in"
FLOW = Flow("state-1", "binding-1", "oidc:corp", BACK, "", "nonce-1", "v" * 80)
ISSUER = "https://id.example.com"
NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
KEY, NEXT_KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
CODE = Return("code-1", FLOW.state, FLOW.binding)


@pytest.fixture(scope="module")
def issuer():
    with warnings.catch_warnings(action="ignore"):
        import oidc_provider_mock
    people = [
        oidc_provider_mock.User(sub="ming", claims={"email": "Ming@Example.com", "email_verified": True}),
        oidc_provider_mock.User(sub="hong", claims={"email": "hong@example.com", "email_verified": False}),
    ]
    with oidc_provider_mock.run_server_in_thread(user_claims=people, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


def signed_in(gateway, user):
    """Sign in on the provider's page; return what the browser brings back."""
    url = gateway.page("corp", FLOW)
    assert requests.get(url, timeout=5).status_code == 200
    answer = requests.post(url, data={"sub": user}, allow_redirects=False, timeout=5)
    back = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    assert back["state"] == FLOW.state
    return Return(back["code"], back["state"], FLOW.binding, back.get("iss"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the provider's own, of its own parts
def test_another_implementation_signs_people_in(issuer):
    scopes = ("openid", "email")
    gateway = OidcGateway({"corp": Provider(issuer, "linli", "a-secret", scopes, (BACK,), ("example.com",))})
    back, now = signed_in(gateway, "ming"), datetime.now(UTC)
    user = gateway.user("corp", FLOW, back, now)
    assert (user.issuer, user.subject, user.email) == (issuer, "ming", "ming@example.com")
    with pytest.raises(CodeRefused):
        gateway.user("corp", FLOW, back, now)
    unverified = gateway.user("corp", FLOW, signed_in(gateway, "hong"), now)
    assert (unverified.subject, unverified.email) == ("hong", None)
    other, back = Flow(**vars(FLOW) | {"nonce": "another"}), signed_in(gateway, "ming")
    with pytest.raises(NotBelieved):
        gateway.user("corp", other, back, now)


class Made:
    """A provider whose every answer is made up; `answers` by the end of the address, `asked` what was sent."""

    def __init__(self, **changes):
        self.described = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize?tenant=1",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks",
        } | changes
        self.keys, self.claims, self.signer = [("k1", KEY)], {}, ("k1", KEY)
        self.asked, self.token_answer = [], None
        self.seconds = 0.0
        self.provider = Provider(ISSUER, "linli:1", "s&cret", ("openid",), (BACK,), ("example.com",))

    def gateway(self):
        return OidcGateway({"corp": self.provider}, self, lambda: self.seconds)

    def user(self, gateway=None, back=CODE):
        return (gateway or self.gateway()).user("corp", FLOW, back, NOW)

    def __call__(self, method, url, headers, body, most):
        self.asked.append((method, url, headers, body))
        if url.endswith("openid-configuration"):
            return self._told(self.described)
        if url.endswith("/jwks"):
            to_jwk = jwt.get_algorithm_by_name("ES256").to_jwk
            return self._told(
                {"keys": [to_jwk(key.public_key(), as_dict=True) | {"kid": kid} for kid, key in self.keys]}
            )
        return self.token_answer or self._told({"access_token": "a", "token_type": "Bearer", "id_token": self._token()})

    def _token(self):
        kid, key = self.signer
        at = int(NOW.timestamp())
        claims = {"iss": ISSUER, "sub": "p", "aud": "linli:1", "nonce": FLOW.nonce, "iat": at, "exp": at + 60}
        return jwt.encode(claims | self.claims, key, algorithm="ES256", headers={"kid": kid})

    @staticmethod
    def _told(content, status=200):
        return Answer(status, {}, content if isinstance(content, bytes) else json.dumps(content).encode())

    def count(self, end):
        return sum(url.endswith(end) for _, url, *_ in self.asked)


def test_the_page_is_asked_for_all_that_binds_the_answer():
    made = Made()
    parts = urlsplit(made.gateway().page("corp", FLOW))
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert asked == {
        "tenant": "1",
        "response_type": "code",
        "client_id": "linli:1",
        "redirect_uri": BACK,
        "scope": "openid",
        "state": FLOW.state,
        "nonce": FLOW.nonce,
        "code_challenge": FLOW.challenge,
        "code_challenge_method": "S256",
    }
    assert FLOW.verifier not in parts.query
    assert FLOW.binding not in parts.query


def test_a_code_is_exchanged_with_the_secret_in_the_header_alone():
    made = Made()
    assert made.user().subject == "p"
    method, url, headers, body = next(one for one in made.asked if one[1].endswith("/token"))
    assert (method, url) == ("POST", f"{ISSUER}/token")
    assert headers["Authorization"] == "Basic bGlubGklM0ExOnMlMjZjcmV0"  # linli%3A1:s%26cret, RFC 6749, 2.3.1
    assert parse_qs(body.decode()) == {
        "grant_type": ["authorization_code"],
        "code": ["code-1"],
        "redirect_uri": [BACK],
        "code_verifier": [FLOW.verifier],
    }
    posted = Made(token_endpoint_auth_methods_supported=["client_secret_post"])
    posted.user()
    sent = parse_qs(next(one[3] for one in posted.asked if one[1].endswith("/token")).decode())
    assert (sent["client_id"], sent["client_secret"]) == (["linli:1"], ["s&cret"])


def test_a_public_client_has_the_verifier_alone():
    made = Made()
    made.provider = Provider(ISSUER, "linli:1", None, ("openid",), (BACK,))
    made.user()
    _, _, headers, body = next(one for one in made.asked if one[1].endswith("/token"))
    sent = parse_qs(body.decode())
    assert (sent["client_id"], sent["code_verifier"]) == (["linli:1"], [FLOW.verifier])
    assert "client_secret" not in sent
    assert "Authorization" not in headers


def test_who_answered_is_held_against_the_issuer():
    announced = Made(authorization_response_iss_parameter_supported=True)
    for made, told in (
        (announced, None),
        (announced, "https://evil.example.com"),
        (Made(), "https://evil.example.com"),
    ):
        with pytest.raises(NotBelieved):
            made.user(back=Return("code-1", FLOW.state, FLOW.binding, told))
        assert not made.count("/token"), "the code goes to nobody"
    assert announced.user(back=Return("code-1", FLOW.state, FLOW.binding, ISSUER)).subject == "p"


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://evil.example.com"},
        {"issuer": f"{ISSUER}/"},
        {"token_endpoint": "http://id.example.com/token"},
        {"token_endpoint": "https://127.0.0.1/token"},
        {"token_endpoint": None},
        {"token_endpoint": ["https://id.example.com/token"]},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "http://169.254.169.254/latest/"},
        {"jwks_uri": "https://user@id.example.com/jwks"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "http://[::1"},
    ],
)
def test_a_description_of_somebody_else_or_with_unsafe_addresses_is_none(changes):
    made = Made(**changes)
    with pytest.raises(ProviderDown):
        made.gateway().page("corp", FLOW)
    assert len(made.asked) == 1


def test_on_this_machine_alone_a_provider_needs_no_tls():
    here = "http://127.0.0.1:9/op"
    described = {"issuer": here, "authorization_endpoint": f"{here}/a", "token_endpoint": f"{here}/t"}
    for jwks, is_good in ((f"{here}/jwks", True), ("http://id.example.com/jwks", False), (f"{ISSUER}/jwks", False)):
        made = Made(**described, jwks_uri=jwks)
        made.provider = Provider(here, "linli", None, ("openid",), (BACK,))
        if is_good:
            assert made.gateway().page("corp", FLOW).startswith(f"{here}/a?")
            continue
        with pytest.raises(ProviderDown):
            made.gateway().page("corp", FLOW)


def test_what_is_read_is_kept_and_an_unknown_key_has_the_keys_read_again_once_a_minute():
    made = Made()
    gateway = made.gateway()
    for _ in range(3):
        made.user(gateway)
    assert (made.count("openid-configuration"), made.count("/jwks")) == (1, 1)
    made.signer = ("k2", NEXT_KEY)
    for _ in range(3):
        with pytest.raises(NotBelieved):
            made.user(gateway)
    assert made.count("/jwks") == 1, "read a moment ago"
    made.seconds += AGAIN
    made.keys.append(("k2", NEXT_KEY))
    assert made.user(gateway).subject == "p"
    assert made.count("/jwks") == 2
    made.seconds += KEPT
    made.user(gateway)
    assert (made.count("openid-configuration"), made.count("/jwks")) == (2, 3)


def test_a_key_that_is_withdrawn_is_forgotten():
    made = Made()
    gateway = made.gateway()
    made.user(gateway)
    made.keys = [("k2", NEXT_KEY)]
    made.seconds += KEPT
    with pytest.raises(NotBelieved):
        made.user(gateway)


@pytest.mark.parametrize(
    ("status", "content", "problem"),
    [
        (400, {"error": "invalid_grant"}, CodeRefused),
        (401, {"error": "invalid_client"}, ProviderDown),
        (400, {"error": "unauthorized_client"}, ProviderDown),
        (429, {"error": "slow_down"}, ProviderDown),
        (500, {"error": "invalid_grant"}, ProviderDown),
        (502, b"<html>", ProviderDown),
        (200, b"[]", ProviderDown),
        (200, b"[" * 100_000, ProviderDown),
        (302, b"", ProviderDown),
        (200, {"access_token": "a"}, NotBelieved),
        (200, {"id_token": "a.b.c"}, NotBelieved),
        (200, {"id_token": "a.b.c", "access_token": "a"}, NotBelieved),
        (200, {"id_token": {"a": 1}, "access_token": "a"}, NotBelieved),
    ],
)
def test_what_the_token_endpoint_says_is_told_apart(status, content, problem):
    made = Made()
    made.token_answer = Made._told(content, status)
    with pytest.raises(problem):
        made.user()


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"email": "Ming@EXAMPLE.com", "email_verified": True}, "ming@example.com"),
        ({"email": "ming@example.com"}, None),
        ({"email": "ming@example.com", "email_verified": False}, None),
        ({"email": "ming@example.com", "email_verified": "true"}, None),
        ({"email": "ming@example.com", "email_verified": 1}, None),
        ({"email": "ming@other.com", "email_verified": True}, None),
        ({"email": "ming@other.com@example.com", "email_verified": True}, None),
        ({"email": "ming@sub.example.com", "email_verified": True}, None),
        ({"email": ["ming@example.com"], "email_verified": True}, None),
        ({"email": "x" * 400 + "@example.com", "email_verified": True}, None),
    ],
)
def test_an_address_is_taken_over_where_the_provider_is_the_one_to_vouch_for_it(claims, email):
    made = Made()
    made.claims = claims
    assert made.user().email == email


def test_without_an_answer_it_is_down_and_nobody_is_called_who_is_not_known():
    def silent(*_):
        raise Unavailable

    gateway = OidcGateway({"corp": Made().provider}, silent)
    with pytest.raises(ProviderDown):
        gateway.page("corp", FLOW)
    with pytest.raises(UnknownProvider):
        gateway.may_return("nobody", BACK)
    assert gateway.may_return("corp", BACK)
    assert not any(gateway.may_return("corp", one) for one in (f"{BACK}/", f"{BACK}?a=1", BACK.upper(), ""))
