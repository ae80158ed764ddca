import json
from datetime import timedelta

import jwt
import pytest

from chalicelib import wiring
from chalicelib.accounts import use_cases as accounts
from chalicelib.accounts.ports import Kind
from chalicelib.kit.auth import Role
from chalicelib.kit.regions import Regions, WrongRegion
from chalicelib.kit.tokens import Tokens
from chalicelib.wiring import people
from tests.api import CUSTOMER, call
from tests.conftest import forget
from tests.fakes.codes import FakeCodeSender

HERE = "ap-southeast-1"
TOLD = {
    "homes": [
        {"region": HERE, "en": "Asia", "zh": "亚洲", "api": "https://sg.example.com", "codes": ["65", "*"]},
        {
            "region": "eu-central-1",
            "en": "Europe",
            "zh": "欧洲",
            "api": "https://eu.example.com",
            "codes": ["49", "44"],
        },
    ],
    "keeps": ["44"],
}
EUROPE = {"region": "eu-central-1", "api": "https://eu.example.com/v1"}


@pytest.fixture
def several(tables, monkeypatch):
    monkeypatch.setenv("AWS_REGION", HERE)
    monkeypatch.setenv("REGIONS", json.dumps(TOLD))
    monkeypatch.setenv("CURRENCY", "SGD")
    monkeypatch.setenv("ZONE", "Asia/Singapore")
    monkeypatch.setenv("LANGUAGES", "zh-CN,en")
    sender = FakeCodeSender()
    monkeypatch.setattr(people, "_code_senders", lambda: dict.fromkeys((Kind.PHONE, Kind.EMAIL), sender))
    forget()
    return sender


def test_everybody_is_told_the_regions_and_may_keep_the_answer(several):
    answer = call("GET", "/v1/regions")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "public, max-age=3600")
    told = answer.json
    europe = told["items"][1]
    assert (told["here"], [one["region"] for one in told["items"]]) == (HERE, [HERE, "eu-central-1"])
    assert europe["name"] == {"en": "Europe", "zh-CN": "欧洲"}
    assert (europe["api"], europe["calling_codes"]) == ("https://eu.example.com/v1", ["49", "44"])
    assert europe["countries"] == ["DE", "GB", "GG", "IM", "JE"]
    assert [one["is_rest"] for one in told["items"]] == [True, False]
    assert (told["currency"], told["zone"], told["languages"]) == ("SGD", "Asia/Singapore", ["zh-CN", "en"])


def test_a_region_that_is_alone_tells_itself_for_all(tables, monkeypatch):
    monkeypatch.setattr(wiring, "public_url", lambda: "https://api.example.com")
    (alone,) = call("GET", "/v1/regions").json["items"]
    assert (alone["api"], alone["is_rest"], alone["calling_codes"]) == ("https://api.example.com/v1", True, [])


@pytest.mark.parametrize(
    ("route", "more"),
    [
        ("/v1/auth/codes", {}),
        ("/v1/auth/tokens", {"code": "123456"}),
        ("/v1/auth/password", {"password": "seven quiet herons"}),
    ],
)
def test_a_phone_of_another_region_is_sent_there_and_nothing_to_it(several, route, more):
    answer = call("POST", route, body={"phone": "+491701234567", **more}, headers={"Accept-Language": "en"})
    assert (answer.status, answer.json["code"]) == (409, "wrong-region")
    assert {name: answer.json[name] for name in EUROPE} == EUROPE
    assert answer.json["detail"] == "Go on in Europe: https://eu.example.com/v1."
    assert several.sent == []


def test_the_answer_is_the_same_whether_there_is_an_account(several):
    """An account from before the region was there: its phone is told the same as a stranger's."""
    ports = wiring.accounts()
    old = {"phone": "+447400123456"}
    assert call("POST", "/v1/auth/codes", body=old).status == 202
    code = several.last(old["phone"])
    account = call("POST", "/v1/auth/tokens", body={**old, "code": code}).json["account"]["id"]
    object.__setattr__(ports, "regions", Regions(HERE, ports.regions.listed))
    known, stranger = (call("POST", "/v1/auth/codes", body={"phone": one}) for one in (old["phone"], "+447400123457"))
    assert known.status == stranger.status == 409
    strip = {"request_id": ""}
    assert known.json | strip == stranger.json | strip
    assert account.startswith("acc_")


def test_here_people_are_answered_in_the_regions_own_language_first(several):
    assert call("POST", "/v1/auth/codes", body={"phone": "+491701234567"}).json["detail"].startswith("请前往“欧洲”")
    assert call("GET", "/v1/me", headers={"Accept-Language": "fr"}).json["title"] == "请先登录"


def test_a_token_of_another_region_is_refused_with_where_to_go(several):
    now = wiring.clock().now()
    listed = wiring.tokens()._regions.listed
    keys = wiring.tokens()._ask(False)
    same_keys = Tokens(lambda _again: keys, "test", Regions("eu-central-1", listed))
    other_keys = jwt.encode({"region": "eu-central-1"}, "k" * 32, algorithm="HS256")
    for token in (same_keys.issue(CUSTOMER, now), other_keys):
        answer = call("GET", "/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert (answer.status, answer.json["code"]) == (401, "token-of-another-region")
        assert {name: answer.json[name] for name in EUROPE} == EUROPE
    unknown = Tokens(lambda _again: keys, "test", Regions("us-east-1"))
    answer = call("GET", "/v1/me", headers={"Authorization": f"Bearer {unknown.issue(CUSTOMER, now)}"})
    assert (answer.status, answer.json["code"]) == (401, "unauthorized")


def test_a_token_from_before_regions_were_told_of_is_still_read(several):
    now = wiring.clock().now()
    tokens = wiring.tokens()
    claims = jwt.decode(tokens.issue(CUSTOMER, now), options={"verify_signature": False})
    assert claims.pop("region") == HERE
    old = jwt.encode(claims, tokens._pairs[tokens._current][0], algorithm="EdDSA", headers={"kid": tokens._current})
    assert tokens.read(old, now + timedelta(minutes=1)) == CUSTOMER


def test_an_invitation_tells_nobody_whether_there_is_an_account(several):
    """One from before the region was there, again."""
    ports = wiring.accounts()
    accounts.account_of_phone(ports, "+447400123456")
    object.__setattr__(ports, "regions", Regions(HERE, ports.regions.listed))
    for phone in ("+447400123456", "+447400123457"):
        with pytest.raises(WrongRegion):
            accounts.account_of_phone(ports, phone)


def test_no_account_is_made_here_for_a_phone_of_another_region(several):
    for made in (
        accounts.account_of_phone,
        lambda ports, phone: accounts.grant_role(ports, Role.ADMIN, phone_text=phone),
    ):
        with pytest.raises(WrongRegion):
            made(wiring.accounts(), "+491701234567")
        assert made(wiring.accounts(), "+6581234567")


def test_a_phone_of_another_region_cannot_become_a_way_to_sign_in_here(several):
    mail = {"email": "ming@example.com"}
    call("POST", "/v1/auth/codes", body=mail)
    pair = call("POST", "/v1/auth/tokens", body={**mail, "code": several.last(mail["email"])}).json
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    answer = call("POST", "/v1/me/identities/codes", body={"phone": "+491701234567"}, headers=headers)
    assert (answer.status, answer.json["code"]) == (409, "wrong-region")
    assert [to for to, *_ in several.sent] == [mail["email"]]
