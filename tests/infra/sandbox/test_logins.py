"""The sign-in sandbox as a program, and what it refuses; the rest is tried by those who sign in by it."""

import threading

import requests

from infra.sandbox.logins import LoginSandbox
from infra.sandbox.logins.__main__ import main

WEB = "wxsandboxweb00001"
SECONDS = 5


def get(sandbox, path, **query):
    return requests.get(f"{sandbox.url}{path}", params=query, timeout=SECONDS)


def test_it_serves_until_it_is_told_to_stop(capsys):
    stop = threading.Event()
    stop.set()
    assert main(["--port", "0"], stop) == 0
    assert "Sign-in sandbox on http://127.0.0.1:" in capsys.readouterr().out
    with LoginSandbox() as running:
        assert main(["--port", str(running.port)], stop) == 1


def test_wechat_answers_in_its_own_words():
    with LoginSandbox() as sandbox:
        assert "WeChat" in get(sandbox, "/").json()["info"]
        ask = {"appid": "wxsandboxmini0001", "secret": "wechat_sandbox"}
        for query, errcode in (
            ({"appid": "wx"}, 40013),
            (ask | {"secret": "no"}, 40125),
            (ask, 41008),
            (ask | {"js_code": "0"}, 40029),
        ):
            answer = get(sandbox, "/sns/jscode2session", **query)
            assert (answer.status_code, answer.json()["errcode"]) == (200, errcode)
        made = requests.post(
            f"{sandbox.url}/sandbox/wechat/codes", json={"appid": ask["appid"], "user": "ming"}, timeout=SECONDS
        )
        assert made.status_code == 201
        code = made.json()["code"]
        assert get(sandbox, "/sns/oauth2/access_token", code=code, **ask).json()["errcode"] == 40029, "a mini program's"
        told = get(sandbox, "/sns/jscode2session", js_code=code, **ask).json()
        assert set(told) == {"openid", "unionid", "session_key", "expires_in"}
        assert get(sandbox, "/sns/jscode2session", js_code=code, **ask).json()["errcode"] == 40163
        failing = requests.post(
            f"{sandbox.url}/sandbox/wechat/failures", json={"errcode": -1, "times": 2}, timeout=SECONDS
        )
        assert failing.status_code == 200
        codes = [get(sandbox, "/sns/jscode2session", **ask).json()["errcode"] for _ in range(3)]
        assert codes == [-1, -1, 41008]


def test_what_makes_no_sense_is_refused():
    with LoginSandbox() as sandbox:
        for path, body in (
            ("/sandbox/wechat/codes", {"appid": "wx", "user": "ming"}),
            ("/sandbox/wechat/codes", {"user": "ming"}),
            ("/sandbox/wechat/failures", {"errcode": "x"}),
        ):
            assert requests.post(f"{sandbox.url}{path}", json=body, timeout=SECONDS).status_code == 400
        assert get(sandbox, "/nowhere").status_code == get(sandbox, "/oidc/nowhere").status_code == 404
        assert get(sandbox, "/connect/qrconnect", appid=WEB).status_code == 400
        assert get(sandbox, "/oidc/authorize", client_id="linli", response_type="code").status_code == 400
        foreign = requests.get(sandbox.url, headers={"Origin": "https://evil.example.com"}, timeout=SECONDS)
        assert foreign.status_code == 403


def test_the_provider_gives_nothing_without_a_client_a_code_and_its_verifier():
    with LoginSandbox() as sandbox:
        url = f"{sandbox.issuer}/token"
        stranger = requests.post(url, data={"code": "0"}, auth=("linli", "no"), timeout=SECONDS)
        assert (stranger.status_code, stranger.json()["error"]) == (401, "invalid_client")
        assert requests.post(url, headers={"Authorization": "Basic ???"}, timeout=SECONDS).status_code == 401
        client = requests.post(url, data={"code": "0"}, auth=("linli", "oidc_sandbox"), timeout=SECONDS)
        assert (client.status_code, client.json()["error"]) == (400, "invalid_grant")


def test_whoever_refuses_comes_back_without_a_code():
    with LoginSandbox() as sandbox:
        asked = {"client_id": "linli", "response_type": "code", "code_challenge_method": "S256", "code_challenge": "c"}
        asked |= {"redirect_uri": "http://localhost:3000/?a=1", "state": "s", "nonce": "n", "scope": "openid"}
        answer = requests.post(
            f"{sandbox.issuer}/authorize", params=asked, data={"action": "deny"}, allow_redirects=False, timeout=SECONDS
        )
        assert answer.headers["Location"].startswith("http://localhost:3000/?a=1&state=s&iss=")
        assert "error=access_denied" in answer.headers["Location"]
