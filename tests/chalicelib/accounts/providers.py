"""Others that say who somebody is: the sandbox on loopback, wired as a deployment would be."""

import functools
from urllib.parse import parse_qs, urlsplit

import requests

from chalicelib import settings
from infra.logins import SANDBOX_APPS, sandbox_secrets

BACK = "https://app.example.com/signed-in"
MINI, OTHER_MINI, APP, WEB = SANDBOX_APPS


def wire(monkeypatch, sandbox):
    """Let a test's functions know the sandbox."""
    known = dict(settings.secrets()) | sandbox_secrets(sandbox.url, [BACK])
    monkeypatch.setattr(settings, "secrets", functools.cache(lambda: known))
    monkeypatch.setenv("WECHAT_LOGIN_API_BASE", sandbox.url)
    settings.settings.cache_clear()


def scan(url, user="ming"):
    """Sign in on a provider's page as somebody; return what the browser brings back."""
    assert requests.get(url, timeout=5).status_code == 200
    answer = requests.post(url, data={"user": user}, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == BACK
    return {name: values[0] for name, values in parse_qs(parts.query).items()}
