"""Who else signs people in, as a deployment is told: what is stored, and what is refused in one line without secrets."""

import json
from dataclasses import replace

import pytest

from infra import logins, secrets
from infra.changes import DeployError
from infra.targets import Target

LOCAL, REAL = Target.local(), Target.aws(stage="prod", region="ap-southeast-1")
APPS = {
    "wx1234567890abcdef": {"secret": "0123456789abcdef0123456789abcdef", "kind": "mini"},
    "wxfedcba0987654321": {
        "secret": "fedcba9876543210fedcba9876543210",
        "kind": "web",
        "redirect_uris": ["https://app.example.com/signed-in"],
    },
}
PROVIDER = {
    "name": "corp",
    "issuer": "https://id.example.com",
    "client_id": "linli",
    "client_secret": "very-s3cret",
    "redirect_uris": ["https://app.example.com/signed-in", "com.example.app:/signed-in"],
}


def told(apps=None, providers=None):
    environ = {"WECHAT_LOGIN_CONFIG": json.dumps(apps) if apps else ""}
    return environ | {"OIDC_CONFIG": json.dumps(providers) if providers else ""}


def test_what_is_told_is_stored(tmp_path):
    wanted = logins.wanted(REAL, told(APPS, [PROVIDER]))
    assert json.loads(wanted["wechat-login"])["wx1234567890abcdef"]["kind"] == "mini"
    [provider] = json.loads(wanted["oidc-providers"])
    assert provider == PROVIDER | {"scopes": ["openid"], "email_domains": []}
    file = tmp_path / "oidc.json"
    file.write_text(json.dumps([PROVIDER]))
    assert logins.wanted(REAL, {"OIDC_CONFIG": str(file)}) == {"oidc-providers": wanted["oidc-providers"]}


def test_nobody_is_known_unless_told_and_the_sandbox_on_this_machine_is():
    assert logins.wanted(REAL, {}) == {}
    wanted = logins.wanted(LOCAL, {})
    assert {app["kind"] for app in json.loads(wanted["wechat-login"]).values()} == {"mini", "app", "web"}
    assert json.loads(wanted["oidc-providers"])[0]["issuer"] == f"{LOCAL.wechat_login_api_base}/oidc"
    own = logins.wanted(replace(LOCAL, wechat_login_api_base=""), told(APPS))
    assert set(own) == {"wechat-login"}
    assert set(logins.VARIABLES) == {"wechat-login", "oidc-providers"}
    assert "logins" in secrets.__dict__


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        (told({"1234": APPS["wx1234567890abcdef"]}), "WECHAT_LOGIN_CONFIG: 1234"),
        (told({"wx12345678": {"secret": "s3cret", "kind": "mini"}}), "WECHAT_LOGIN_CONFIG: wx12345678.secret"),
        (told({"wx12345678": APPS["wx1234567890abcdef"] | {"kind": "tv"}}), "wx12345678.kind"),
        (told({"wx12345678": APPS["wx1234567890abcdef"] | {"kind": "web"}}), "redirect_uris belong to web apps"),
        (told({"wx12345678": APPS["wxfedcba0987654321"] | {"kind": "app"}}), "redirect_uris belong to web apps"),
        (told(providers=[PROVIDER | {"issuer": "http://id.example.com"}]), "OIDC_CONFIG: 0.issuer: not https"),
        (told(providers=[PROVIDER | {"issuer": "https://id.example.com?a=1"}]), "without query"),
        (told(providers=[PROVIDER | {"issuer": "http://127.0.0.1:9"}]), "on this machine, for functions on AWS"),
        (told(providers=[PROVIDER | {"redirect_uris": ["http://app.example.com/"]}]), "redirect_uris.0: not https"),
        (told(providers=[PROVIDER | {"redirect_uris": []}]), "redirect_uris"),
        (told(providers=[PROVIDER | {"scopes": ["email"]}]), "scopes lack openid"),
        (told(providers=[PROVIDER | {"name": "Corp/1"}]), "0.name"),
        (told(providers=[PROVIDER | {"email_domains": ["*"]}]), "email_domains.0"),
        (told(providers=[PROVIDER | {"email_domains": ["Example.com"]}]), "email_domains.0"),
        (told(providers=[PROVIDER | {"secret": "s3cret"}]), "0.secret"),
        (told(providers=[PROVIDER, PROVIDER]), "the same name"),
        (told(providers=[PROVIDER | {"name": f"p{n}", "client_secret": "s3cret" * 300} for n in range(9)]), "over the"),
        ({"OIDC_CONFIG": "[{s3cret"}, "no JSON"),
        ({"OIDC_CONFIG": "/nowhere/oidc.json"}, "No such file"),
    ],
)
def test_what_is_wrong_is_told_in_one_line_without_secrets(environ, words):
    with pytest.raises(DeployError) as info:
        logins.wanted(REAL, environ)
    line = str(info.value)
    assert words in line
    assert "\n" not in line
    assert not any(secret in line for secret in ("s3cret", "0123456789abcdef", "fedcba"))


def test_on_this_machine_an_issuer_may_be_here():
    assert logins.wanted(LOCAL, told(providers=[PROVIDER | {"issuer": "http://127.0.0.1:9"}]))
