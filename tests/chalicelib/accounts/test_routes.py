import json

import jwt
import pytest

from chalicelib import wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.observability import log
from tests.api import ADMIN, call

PHONE = "+8613800138000"


def sign_in(sender, phone=PHONE, **headers):
    assert call("POST", "/v1/auth/codes", body={"phone": phone}, headers=headers).status == 202
    body = {"phone": phone, "code": sender.last(phone)}
    return call("POST", "/v1/auth/tokens", body=body, headers=headers)


def bearer(pair):
    return {"Authorization": f"Bearer {pair['access_token']}"}


def test_the_whole_way_of_a_session(sender, clock):
    signed_in = sign_in(sender, **{"Accept-Language": "zh-CN,zh;q=0.9"})
    assert signed_in.status == 200
    pair = signed_in.json
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", 900)
    account = pair["account"]
    assert account | {"id": "", "created_at": ""} == {
        "id": "",
        "phone": PHONE,
        "email": None,
        "name": None,
        "language": "zh-CN",
        "roles": ["customer"],
        "works_for": {},
        "created_at": "",
    }
    assert sender.sent[0][2] == "zh-CN"
    assert call("GET", "/v1/me", headers=bearer(pair)).json == account

    clock.move(minutes=16)
    assert call("GET", "/v1/me", headers=bearer(pair)).status == 401
    fresh = call("POST", "/v1/auth/tokens/refresh", body={"refresh_token": pair["refresh_token"]})
    assert fresh.status == 200
    assert call("GET", "/v1/me", headers=bearer(fresh.json)).json == account

    gone = call("DELETE", "/v1/auth/session", headers=bearer(fresh.json))
    assert (gone.status, gone.text) == (204, "")
    over = call("POST", "/v1/auth/tokens/refresh", body={"refresh_token": fresh.json["refresh_token"]})
    assert (over.status, over.json["code"], over.headers["WWW-Authenticate"]) == (401, "session-over", "Bearer")


def test_a_refused_sign_in_is_logged_with_its_reason_and_nobodys_phone(sender, monkeypatch):
    said = []
    monkeypatch.setattr(log, "info", lambda message, **fields: said.append((message, fields)))
    assert call("POST", "/v1/auth/tokens", body={"phone": PHONE, "code": "000000"}).status == 422
    [(message, told)] = said
    fields = told["extra"]
    assert (message, fields["path"], fields["status"]) == ("request", "/v1/auth/tokens", 422)
    assert fields["problem"] == "code-not-accepted"
    assert PHONE[3:] not in str(fields)


def test_known_and_unknown_phones_get_the_same_answer(sender):
    sign_in(sender)
    known = call("POST", "/v1/auth/codes", body={"phone": PHONE})
    unknown = call("POST", "/v1/auth/codes", body={"phone": "+8613900139000"})
    assert (known.status, known.text) == (unknown.status, unknown.text) == (202, '{"expires_in":300}')
    wrong = [
        call("POST", "/v1/auth/tokens", body={"phone": phone, "code": "000000"}).json | {"request_id": ""}
        for phone in (PHONE, "+8613700137000")
        if sender.last(PHONE) != "000000"
    ]
    assert wrong[0] == wrong[1]
    assert wrong[0]["code"] == "code-not-accepted"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"phone": "12345"}, "phone"),
        ({}, "phone"),
        ({"phone": PHONE, "more": 1}, "more"),
        ({"phone": 8613800138000}, "phone"),
        ({"phone": None}, "phone"),
        ({"phone": PHONE, "email": "ming@example.com"}, "phone"),
        ({"email": "ming"}, "email"),
    ],
)
def test_a_code_goes_to_a_phone_or_an_address(sender, body, field):
    refused = call("POST", "/v1/auth/codes", body=body)
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, field)


def test_too_many_codes_say_when_to_come_back(sender):
    for _ in range(5):
        assert sign_in(sender).status == 200
    refused = call("POST", "/v1/auth/codes", body={"phone": PHONE})
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1800")


def test_a_code_that_is_not_used_is_waited_for(sender, clock):
    assert call("POST", "/v1/auth/codes", body={"email": "Ming@Example.com"}).status == 202
    clock.move(seconds=12)
    refused = call("POST", "/v1/auth/codes", body={"email": "ming@example.COM"})
    assert (refused.status, refused.headers["Retry-After"]) == (429, "18")


def test_a_sender_that_is_down_is_no_bug_of_ours(sender):
    sender.down = True
    refused = call("POST", "/v1/auth/codes", body={"phone": PHONE})
    assert (refused.status, refused.json["code"]) == (503, "code-not-sent")


@pytest.mark.parametrize("token", ["x", "1.a.b.c.d", "1.acc.ses.1." + "0" * 64, "ü.é"])
def test_forged_refresh_tokens_are_refused(sender, token):
    assert call("POST", "/v1/auth/tokens/refresh", body={"refresh_token": token}).status == 401


def test_a_profile_is_changed_and_checked(sender):
    me = bearer(sign_in(sender).json)
    changed = call("PATCH", "/v1/me", body={"name": " 王小明 ", "language": "zh-CN"}, headers=me)
    assert (changed.json["name"], changed.json["language"]) == ("王小明", "zh-CN")
    assert call("PATCH", "/v1/me", body={}, headers=me).json == changed.json
    assert call("PATCH", "/v1/me", body={"name": None}, headers=me).json["name"] is None
    object.__setattr__(wiring.accounts(), "languages", ("en",))
    refused = call("PATCH", "/v1/me", body={"language": "zh-CN"}, headers=me)
    assert (refused.status, refused.json["errors"]) == (422, [{"field": "language", "message": "one of en"}])
    for body in ({"name": "a\nb"}, {"name": ""}, {"language": "fr"}, {"language": None}, {"roles": ["admin"]}):
        assert call("PATCH", "/v1/me", body=body, headers=me).status == 422
    assert call("PATCH", "/v1/me", raw="{", headers=me).status == 400


def test_admins_read_accounts_and_set_roles(sender):
    pair = sign_in(sender).json
    account_id = pair["account"]["id"]
    account, roles = "/v1/admin/accounts/{account_id}", "/v1/admin/accounts/{account_id}/roles"
    assert call("GET", account, actor=ADMIN, account_id=account_id).json == pair["account"]
    assert call("GET", account, headers=bearer(pair), account_id=account_id).status == 403
    assert call("GET", account, account_id=account_id).status == 401
    assert call("GET", account, actor=ADMIN, account_id="acc_none").status == 404
    wish = {"roles": ["customer", "merchant"], "reason": "Opened a shop."}
    assert call("PUT", roles, headers=bearer(pair), body=wish, account_id=account_id).status == 403
    assert call("PUT", roles, actor=ADMIN, body=wish | {"roles": ["king"]}, account_id=account_id).status == 422
    assert call("PUT", roles, actor=ADMIN, body=wish | {"roles": []}, account_id=account_id).status == 422
    assert call("PUT", roles, actor=ADMIN, body=wish | {"roles": ["staff"]}, account_id=account_id).status == 422
    assert call("PUT", roles, actor=ADMIN, body={"roles": ["customer"]}, account_id=account_id).status == 422
    assert call("PUT", roles, actor=ADMIN, body=wish, account_id="acc_none").status == 404
    assert call("PUT", roles, actor=ADMIN, body=wish, account_id=ADMIN.account_id).status == 403
    assert call("PUT", roles, actor=ADMIN, body=wish, account_id=account_id).json["roles"] == wish["roles"]
    refused = call("POST", "/v1/auth/tokens/refresh", body={"refresh_token": pair["refresh_token"]})
    assert refused.status == 401
    noted = call("GET", "/v1/admin/audit", actor=ADMIN, query={"object": f"account:{account_id}"}).json["items"]
    assert [(one["actor_id"], one["reason"], one["details"]["after"]) for one in noted] == [
        ("acc_admin", "Opened a shop.", "customer merchant")
    ]


def test_i_see_where_i_am_signed_in_and_end_it(sender):
    first = sign_in(sender, **{"User-Agent": "LinliApp/2.1"}).json
    second = sign_in(sender, **{"User-Agent": "x" * 500}).json
    listed = call("GET", "/v1/me/sessions", headers=bearer(second)).json["items"]
    assert [(one["agent"], one["current"], one["methods"]) for one in listed] in (
        [("x" * 200, True, ["sms"]), ("LinliApp/2.1", False, ["sms"])],
        [("LinliApp/2.1", False, ["sms"]), ("x" * 200, True, ["sms"])],
    )
    other = next(one["id"] for one in listed if not one["current"])
    assert call("DELETE", "/v1/me/sessions/{sign_in_id}", headers=bearer(second), sign_in_id=other).status == 204
    # Where it matters its end works at once, elsewhere with the access token.
    over = call("GET", "/v1/me/sessions", headers=bearer(first))
    assert (over.status, over.json["code"]) == (401, "session-over")
    assert call("GET", "/v1/me", headers=bearer(first)).status == 200
    third = sign_in(sender).json
    assert call("DELETE", "/v1/me/sessions", headers=bearer(third)).status == 204
    assert call("GET", "/v1/me/sessions", headers=bearer(second)).status == 401
    assert len(call("GET", "/v1/me/sessions", headers=bearer(third)).json["items"]) == 1


def test_the_keys_of_tokens_are_public(sender):
    keys = call("GET", "/v1/auth/keys")
    assert (keys.status, keys.headers["Cache-Control"]) == (200, "public, max-age=300")
    (key,) = keys.json["keys"]
    token = sign_in(sender).json["access_token"]
    options = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(token, jwt.PyJWK(key).key, ["EdDSA"], audience="test", options=options)
    assert claims["amr"] == ["sms"]


def test_a_token_of_an_account_that_is_not_there_finds_nothing(sender):
    token = wiring.tokens().issue(Actor("acc_none", frozenset({Role.CUSTOMER}), "ses_1"), wiring.clock().now())
    assert call("GET", "/v1/me", headers={"Authorization": f"Bearer {token}"}).status == 404
    assert call("GET", "/v1/me/sessions", headers={"Authorization": f"Bearer {token}"}).status == 401


def test_what_went_wrong_is_said_in_chinese(sender):
    body = {"phone": PHONE, "code": "000000"}
    refused = call("POST", "/v1/auth/tokens", body=body, headers={"Accept-Language": "zh-CN"})
    assert (refused.json["title"], refused.headers["Content-Type"]) == ("验证码无效", "application/problem+json")
    assert json.loads(refused.text)["errors"] == [{"field": "code", "message": "not accepted"}]


def test_forgotten_passwords_are_set_anew_in_three_steps(sender, clock):
    mail = {"email": "ming@example.com"}
    assert call("POST", "/v1/auth/codes", body=mail).status == 202
    pair = call("POST", "/v1/auth/tokens", body=mail | {"code": sender.last("ming@example.com")}).json
    assert pair["account"] | {"id": "", "created_at": ""} == {
        "id": "", "phone": None, "email": "ming@example.com", "name": None, "language": "en", "roles": ["customer"],
        "works_for": {}, "created_at": "",
    }  # fmt: skip
    refused = call("PUT", "/v1/me/password", body={"password": "password1"}, headers=bearer(pair))
    assert (refused.status, refused.json["code"]) == (422, "password-refused")
    new = call("PUT", "/v1/me/password", body={"password": " two blue herons "}, headers=bearer(pair))
    assert new.status == 200
    assert call("GET", "/v1/me/sessions", headers=bearer(pair)).json["code"] == "session-over"
    signed_in = call("POST", "/v1/auth/password", body=mail | {"password": " two blue herons "})
    assert signed_in.json["account"] == new.json["account"]
    wrong = call("POST", "/v1/auth/password", body=mail | {"password": "two blue herons"})
    unknown = call("POST", "/v1/auth/password", body={"phone": PHONE, "password": "two blue herons"})
    assert (wrong.status, wrong.json["code"]) == (422, "password-not-accepted")
    assert wrong.json | {"request_id": ""} == unknown.json | {"request_id": ""}
    clock.move(minutes=11)
    pair = call("POST", "/v1/auth/tokens/refresh", body={"refresh_token": new.json["refresh_token"]}).json
    stale = call("PUT", "/v1/me/password", body={"password": "three blue herons"}, headers=bearer(pair))
    assert (stale.status, stale.json["code"]) == (403, "sign-in-again")


def test_consent_is_written_down_with_the_account(sender):
    assert call("POST", "/v1/auth/codes", body={"phone": PHONE}).status == 202
    present = {
        one: call("GET", "/v1/documents/{document}", document=one).json["version"] for one in ("terms", "privacy")
    }
    wish = {"phone": PHONE, "code": sender.last(PHONE), "consent": present | {"choices": ["history"]}}
    old = wish | {"consent": present | {"terms": "2020-01-01"}}
    refused = call("POST", "/v1/auth/tokens", body=old)
    assert (refused.status, refused.json["code"]) == (422, "consent-missing")
    pair = call("POST", "/v1/auth/tokens", body=wish).json  # the code was not used up
    said = call("GET", "/v1/me/consents", headers=bearer(pair)).json
    assert {one["purpose"] for one in said["items"] if one["agreed"]} == {"terms", "privacy", "history"}
    again = sign_in(sender).json  # who is known may leave it out
    assert call("GET", "/v1/me/consents", headers=bearer(again)).json == said
