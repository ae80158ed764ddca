"""WeChat over HTTP against the sandbox, and against odd answers."""

import json
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from chalicelib.accounts.gateways.wechat import WechatApp, WechatGateway
from chalicelib.accounts.rules import AppKind, CodeRefused, Flow, ProviderDown, UnknownProvider
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.exchange import Answer
from infra.logins import SANDBOX_APP_SECRET, SANDBOX_APPS
from infra.sandbox.logins import LoginSandbox
from infra.sandbox.logins.wechat import Wish

BACK = "https://app.example.com/signed-in"
MINI, OTHER_MINI, APP, WEB = SANDBOX_APPS
SECRET = "s3cret-of-the-app"


@pytest.fixture(scope="module")
def sandbox():
    with LoginSandbox() as running:
        yield running


def gateway(sandbox, secret=SANDBOX_APP_SECRET):
    apps = {appid: WechatApp(secret, AppKind(kind)) for appid, kind in SANDBOX_APPS.items()}
    return WechatGateway(apps, sandbox.url, sandbox.url)


def saying(content, status=200, kind=AppKind.MINI):
    """WeChat, whatever it is asked, says this; what it was asked is kept."""
    asked = []

    def exchange(_method, url, _headers, _body, _most):
        asked.append(url)
        return Answer(status, {}, content if isinstance(content, bytes) else json.dumps(content).encode())

    return WechatGateway({"wx1": WechatApp(SECRET, kind)}, exchange=exchange), asked


@pytest.mark.parametrize("app", SANDBOX_APPS)
def test_each_kind_of_app_learns_who_a_code_is_of(sandbox, app):
    wechat = gateway(sandbox)
    user = wechat.user(app, sandbox.wechat.code(Wish(appid=app, user="ming")))
    assert user.subjects == (user.unionid, f"{app}/{user.openid}")
    apart = wechat.user(app, sandbox.wechat.code(Wish(appid=app, user="ming", bound=False)))
    assert (apart.openid, apart.unionid) == (user.openid, None)
    assert apart.subjects == (f"{app}/{user.openid}",)


def test_nothing_secret_leaves_the_gateway(sandbox):
    user = gateway(sandbox).user(MINI, sandbox.wechat.code(Wish(appid=MINI, user="ming")))
    assert set(vars(user)) == {"appid", "openid", "unionid"}
    assert user.openid not in repr(user)
    assert SECRET not in repr(WechatApp(SECRET, AppKind.MINI))


def test_a_wrong_secret_is_the_operators_problem(sandbox):
    with pytest.raises(ProviderDown):
        gateway(sandbox, "wrong").user(MINI, sandbox.wechat.code(Wish(appid=MINI, user="ming")))


def test_a_code_is_asked_for_as_it_came_and_cannot_add_to_the_question():
    wechat, asked = saying({"errcode": 40029})
    with pytest.raises(CodeRefused):
        wechat.user("wx1", "a&secret=b#c d")
    query = parse_qs(urlsplit(asked[0]).query)
    assert query == {
        "appid": ["wx1"],
        "secret": [SECRET],
        "js_code": ["a&secret=b#c d"],
        "grant_type": ["authorization_code"],
    }


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({}, 200),
        ({"openid": ""}, 200),
        ({"openid": 12345678}, 200),
        ({"openid": "a/b|c d"}, 200),
        ({"openid": "o12345678", "unionid": "a b c d e"}, 200),
        ({"errcode": -1, "errmsg": "system error"}, 200),
        ({"errcode": "40029"}, 200),
        ({"openid": "o12345678"}, 500),
        (b"<html>", 200),
        (b"[1]", 200),
        (b"[" * 16_000, 200),
    ],
)
def test_what_names_nobody_signs_nobody_in(content, status):
    wechat, _ = saying(content, status)
    with pytest.raises(ProviderDown):
        wechat.user("wx1", "0")


def test_a_union_that_is_empty_is_none():
    wechat, _ = saying({"openid": "o12345678", "unionid": "", "errcode": 0})
    assert wechat.user("wx1", "0").unionid is None


def test_only_web_apps_have_a_page():
    flow = Flow("state-1", "binding-1", "wechat:wx1", BACK, "", "n", "v")
    with pytest.raises(UnknownProvider):
        saying({})[0].page("wx1", flow)
    parts = urlsplit(saying({}, kind=AppKind.WEB)[0].page("wx1", flow))
    assert (parts.netloc, parts.path) == ("open.weixin.qq.com", "/connect/qrconnect")
    assert parse_qs(parts.query)["state"] == ["state-1"]
    assert "binding-1" not in parts.query


def test_an_official_accounts_page_is_inside_wechat():
    flow = Flow("state-1", "binding-1", "wechat:wx1", BACK, "", "n", "v")
    page = saying({}, kind=AppKind.OFFICIAL)[0].page("wx1", flow)
    parts = urlsplit(page)
    assert (parts.netloc, parts.path, parts.fragment) == (
        "open.weixin.qq.com", "/connect/oauth2/authorize", "wechat_redirect",
    )  # fmt: skip
    assert [name for name, _ in parse_qsl(parts.query)] == ["appid", "redirect_uri", "response_type", "scope", "state"]
    assert parse_qs(parts.query)["scope"] == ["snsapi_userinfo"]


def test_an_official_accounts_user_has_an_openid_of_its_own():
    wechat, asked = saying({"openid": "o-official-1", "unionid": "union-1", "errcode": 0}, kind=AppKind.OFFICIAL)
    user = wechat.user("wx1", "0")
    assert urlsplit(asked[0]).path == "/sns/oauth2/access_token"
    assert user.subjects == ("union-1", "wx1/o-official-1")


def test_silence_is_no_answer():
    def silent(*_):
        raise Unavailable

    with pytest.raises(ProviderDown):
        WechatGateway({"wx1": WechatApp(SECRET, AppKind.APP)}, exchange=silent).user("wx1", "0")
