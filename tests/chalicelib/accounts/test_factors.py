"""Second factors and half sign-ins, over the API."""

import re
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest

from chalicelib import wiring
from chalicelib.accounts import rules, use_cases
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Role
from chalicelib.kit.dynamo import meter
from chalicelib.settings import settings
from tests.api import ADMIN, call, told
from tests.chalicelib.accounts.test_routes import PHONE, bearer, sign_in

SHOW = "/v1/auth/second-factor"


def at_once(*work):
    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(lambda one: one(), work))


class App:
    """An authenticator app that tells each code once, as its owner waits for the next."""

    def __init__(self, secret, clock):
        self.totp, self.clock = pyotp.TOTP(secret), clock

    def code(self, offset=0):
        return self.totp.at(self.clock.now(), counter_offset=offset)

    def next(self):
        self.clock.move(seconds=30)
        return self.code()

    def wrong(self):
        near = {self.code(offset) for offset in (-1, 0, 1)}
        return next(one for one in ("000000", "111111", "222222", "333333") if one not in near)


def enrol(pair, clock):
    """Return the app and what enrolling was answered with."""
    offer = call("POST", "/v1/me/totp", headers=bearer(pair))
    assert offer.status == 201, offer.text
    app = App(offer.json["secret"], clock)
    enrolled = call("POST", "/v1/me/totp/confirm", body={"code": app.code()}, headers=bearer(pair))
    assert enrolled.status == 200, enrolled.text
    return app, enrolled.json


def show(pair, **shown):
    return call("POST", SHOW, body=shown, headers=bearer(pair))


def factors(pair):
    return call("GET", "/v1/me/factors", headers=bearer(pair)).json


def test_an_app_is_a_factor_when_a_code_shows_that_it_has_the_secret(sender, clock):
    pair = sign_in(sender).json
    offer = call("POST", "/v1/me/totp", headers=bearer(pair)).json
    assert offer["uri"].startswith("otpauth://totp/Linli:")
    assert offer["secret"] in offer["uri"]
    assert offer["qr"].startswith("<svg")
    assert factors(pair) == {"totp": None, "passkeys": [], "recovery_codes_left": 0}
    assert sign_in(sender).json["second_factor"] is False
    app = App(offer["secret"], clock)
    refused = call("POST", "/v1/me/totp/confirm", body={"code": app.wrong()}, headers=bearer(pair))
    assert (refused.status, refused.json["code"]) == (422, "factor-not-accepted")
    enrolled = call("POST", "/v1/me/totp/confirm", body={"code": app.code()}, headers=bearer(pair)).json
    assert len(set(enrolled["recovery_codes"])) == rules.factors.RECOVERY_CODES
    assert all(re.fullmatch(r"[2-9a-z]{6}(-[2-9a-z]{6}){3}", one) for one in enrolled["recovery_codes"])
    mine = factors(enrolled["tokens"])
    assert (mine["recovery_codes_left"], mine["totp"] is not None) == (10, True)
    assert call("POST", "/v1/me/totp", headers=bearer(enrolled["tokens"])).json["code"] == "totp-exists"
    assert [(one.type, one.payload["what"]) for one in told("factor.added")] == [("factor.added", "totp")]
    # The session that enrolled it is a whole one; one from before, that has not shown it, is not.
    assert call("GET", "/v1/me/sessions", headers=bearer(enrolled["tokens"])).status == 200
    assert factors(pair)["totp"] is not None  # the same session's token from a moment ago


def test_a_session_from_before_has_to_show_the_factor_too(sender, clock):
    old, pair = sign_in(sender).json, sign_in(sender).json
    app, _ = enrol(pair, clock)
    refused = call("GET", "/v1/me/sessions", headers=bearer(old))
    assert (refused.status, refused.json["code"]) == (403, "second-factor-needed")
    half = call("POST", "/v1/auth/tokens/refresh", body={"refresh_token": old["refresh_token"]}).json
    assert half["second_factor"] is True
    assert show(half, totp=app.next()).json["second_factor"] is False


def test_the_refresh_token_of_half_a_session_does_not_follow_it_when_it_becomes_whole(sender, clock):
    """Whoever has copied it has not shown the factor: not even within the grace of a token just replaced."""
    app, _ = enrol(sign_in(sender).json, clock)
    half = sign_in(sender).json
    whole = show(half, totp=app.next()).json
    copied = call("POST", "/v1/auth/tokens/refresh", body={"refresh_token": half["refresh_token"]})
    assert (copied.status, copied.json["code"]) == (401, "session-over")
    again = call("POST", "/v1/auth/tokens/refresh", body={"refresh_token": whole["refresh_token"]})
    assert again.status == 401  # one of the two is a thief's


def test_half_a_sign_in_becomes_a_whole_one(sender, clock):
    app, _ = enrol(sign_in(sender).json, clock)
    half = sign_in(sender).json
    assert half["second_factor"] is True
    refused = call("GET", "/v1/me", headers=bearer(half))
    assert (refused.status, refused.json["code"]) == (403, "second-factor-needed")
    again = call("POST", "/v1/auth/tokens/refresh", body={"refresh_token": half["refresh_token"]}).json
    assert again["second_factor"] is True
    whole = show(again, totp=app.next())
    assert whole.status == 200, whole.text
    assert whole.json["second_factor"] is False
    assert call("GET", "/v1/me", headers=bearer(whole.json)).status == 200
    actor = wiring.tokens().read(whole.json["access_token"], clock.now())
    assert (actor.methods, actor.signed_in_at) == (("sms", "otp"), clock.now())
    kept = call("POST", "/v1/auth/tokens/refresh", body={"refresh_token": whole.json["refresh_token"]})
    assert kept.json["second_factor"] is False


def test_a_code_is_good_once_and_none_before_it(sender, clock):
    app, _ = enrol(sign_in(sender).json, clock)
    assert show(sign_in(sender).json, totp=app.code()).json["code"] == "factor-not-accepted"  # used to enrol
    half = sign_in(sender).json
    clock.move(seconds=60)
    ahead = app.code(1)
    assert show(half, totp=ahead).status == 200
    for used in (ahead, app.code()):
        refused = show(sign_in(sender).json, totp=used)
        assert (refused.status, refused.json["errors"][0]["field"]) == (422, "totp")


@pytest.mark.store
def test_of_one_code_at_once_one_succeeds(sender, clock):
    app, _ = enrol(sign_in(sender).json, clock)
    halves, code = [sign_in(sender).json for _ in range(3)], app.next()
    answers = at_once(*[lambda half=half: show(half, totp=code).status for half in halves])
    assert sorted(answers) == [200, 422, 422]


@pytest.mark.store
def test_of_one_recovery_code_at_once_one_succeeds(sender, clock):
    _, enrolled = enrol(sign_in(sender).json, clock)
    halves, code = [sign_in(sender).json for _ in range(3)], enrolled["recovery_codes"][3]
    answers = at_once(*[lambda half=half: show(half, recovery_code=code) for half in halves])
    assert sorted(one.status for one in answers) == [200, 422, 422]
    whole = next(one.json for one in answers if one.status == 200)
    assert factors(whole)["recovery_codes_left"] == 9
    assert [one.payload["left"] for one in told("factor.recovered")] == [9]


@pytest.mark.store
def test_one_half_session_becomes_whole_once_for_each_proof(sender, clock):
    app, enrolled = enrol(sign_in(sender).json, clock)
    half, codes = sign_in(sender).json, enrolled["recovery_codes"]
    work = [{"totp": app.next()}, {"recovery_code": codes[0]}, {"recovery_code": codes[1]}]
    answers = at_once(*[lambda shown=shown: show(half, **shown) for shown in work])
    assert [one.status for one in answers] == [200, 200, 200]
    account_id = half["account"]["id"]
    ports, session_id = wiring.factors(), wiring.tokens().read(half["access_token"], clock.now()).session_id
    _, session = ports.store.with_session(account_id, session_id)
    assert (set(session.methods), session.generation) == ({"sms", "otp", "recovery"}, 7)


def test_recovery_codes_are_typed_as_people_type(sender, clock):
    _, enrolled = enrol(sign_in(sender).json, clock)
    typed = f" {enrolled['recovery_codes'][0].replace('-', ' ').upper()} "
    assert show(sign_in(sender).json, recovery_code=typed).status == 200


def test_wrong_codes_are_slowed_down_from_wherever_they_come(sender, clock):
    app, _enrolled = enrol(sign_in(sender).json, clock)
    half = sign_in(sender).json
    for number in range(rules.FACTOR_TRIES):
        shown = {"totp": app.wrong()} if number % 2 else {"recovery_code": "222222-222222-222222-222222"}
        assert show(half, **shown).status == 422
    refused = show(half, totp=app.next())
    assert (refused.status, "Retry-After" in refused.headers) == (429, True)
    clock.move(minutes=31)
    half = sign_in(sender).json
    assert [show(half, totp=app.next()).status for _ in range(2 * rules.FACTOR_TRIES)] == [200] * 10


def test_wrong_codes_at_once_are_all_counted(sender, clock):
    app, _ = enrol(sign_in(sender).json, clock)
    half, wrong = sign_in(sender).json, app.wrong()
    answers = at_once(*[lambda: show(half, totp=wrong).status] * (rules.FACTOR_TRIES + 3))
    assert answers.count(422) <= rules.FACTOR_TRIES
    assert show(half, totp=app.next()).status == 429


def test_one_thing_is_shown_at_a_time(sender, clock):
    pair = sign_in(sender).json
    for body in (
        {},
        {"totp": "123456", "recovery_code": "2a3b4c-5d6e7f-8g9h2j-k3m4n5"},
        {"totp": None},
        {"totp": "12345"},
    ):
        assert call("POST", SHOW, body=body, headers=bearer(pair)).status == 422
    assert show(pair, totp="123456").json["code"] == "factor-not-accepted"  # there is no factor


def test_enrolling_and_removing_want_a_fresh_sign_in(sender, clock):
    pair = sign_in(sender).json
    clock.move(minutes=10, seconds=1)
    stale = [("POST", "/v1/me/totp", None), ("POST", "/v1/me/totp/confirm", {"code": "123456"}),
             ("POST", "/v1/me/passkeys/begin", None), ("POST", "/v1/me/recovery-codes", None),
             ("DELETE", "/v1/me/totp", None)]  # fmt: skip
    for method, path, body in stale:
        refused = call(method, path, body=body, headers=bearer(pair))
        assert (refused.status, refused.json["code"]) == (403, "sign-in-again"), path


def test_a_second_factor_makes_a_session_fresh_again(sender, clock):
    app, enrolled = enrol(sign_in(sender).json, clock)
    clock.move(minutes=11)
    assert call("POST", "/v1/me/recovery-codes", headers=bearer(enrolled["tokens"])).json["code"] == "sign-in-again"
    fresh = show(enrolled["tokens"], totp=app.code()).json
    codes = call("POST", "/v1/me/recovery-codes", headers=bearer(fresh)).json["codes"]
    assert show(sign_in(sender).json, recovery_code=enrolled["recovery_codes"][0]).status == 422
    assert show(sign_in(sender).json, recovery_code=codes[0]).status == 200


def test_removing_the_last_factor_ends_all_other_sessions(sender, clock):
    app, enrolled = enrol(sign_in(sender).json, clock)
    other = show(sign_in(sender).json, totp=app.next()).json
    mine = enrolled["tokens"]
    assert call("DELETE", "/v1/me/totp", headers=bearer(mine)).status == 204
    assert call("DELETE", "/v1/me/totp", headers=bearer(mine)).status == 404
    assert factors(mine) == {"totp": None, "passkeys": [], "recovery_codes_left": 0}
    assert call("GET", "/v1/me/sessions", headers=bearer(other)).status == 401
    over = call("POST", "/v1/auth/tokens/refresh", body={"refresh_token": other["refresh_token"]})
    assert over.status == 401
    assert call("POST", "/v1/auth/tokens/refresh", body={"refresh_token": mine["refresh_token"]}).status == 200
    assert sign_in(sender).json["second_factor"] is False
    assert call("POST", "/v1/me/recovery-codes", headers=bearer(mine)).json["code"] == "no-second-factor"
    noted = call("GET", "/v1/admin/audit", actor=ADMIN, query={"object": f"account:{mine['account']['id']}"}).json
    assert [one["action"] for one in noted["items"]] == ["accounts.remove_factor", "accounts.enrol"]


def test_the_operators_people_keep_a_factor(sender, clock):
    _app, enrolled = enrol(sign_in(sender).json, clock)
    use_cases.grant_role(wiring.accounts(), Role.FINANCE, account_id=enrolled["tokens"]["account"]["id"])
    kept = call("DELETE", "/v1/me/totp", headers=bearer(enrolled["tokens"]))
    assert (kept.status, kept.json["code"]) == (409, "factor-kept")
    assert factors(enrolled["tokens"])["totp"] is not None


def test_an_offer_runs_out(sender, clock):
    offer = call("POST", "/v1/me/totp", headers=bearer(sign_in(sender).json)).json
    clock.move(minutes=15, seconds=1)
    body = {"code": App(offer["secret"], clock).code()}
    assert call("POST", "/v1/me/totp/confirm", body=body, headers=bearer(sign_in(sender).json)).status == 422


def test_an_operator_enrols_before_anything_else(sender, clock):
    account_id = use_cases.grant_role(wiring.accounts(), Role.ADMIN, phone_text=PHONE).id
    pair = sign_in(sender).json
    look = {"account_id": account_id}
    refused = call("GET", "/v1/admin/accounts/{account_id}", headers=bearer(pair), **look)
    assert (refused.status, refused.json["code"]) == (403, "second-factor-needed")
    assert call("GET", "/v1/me", headers=bearer(pair)).status == 200
    app, enrolled = enrol(pair, clock)
    assert call("GET", "/v1/admin/accounts/{account_id}", headers=bearer(enrolled["tokens"]), **look).status == 200
    whole = show(sign_in(sender).json, totp=app.next()).json
    assert call("GET", "/v1/admin/accounts/{account_id}", headers=bearer(whole), **look).status == 200


def test_who_lost_everything_is_let_in_by_the_operator(sender, clock):
    _, enrolled = enrol(sign_in(sender).json, clock)
    ports, account_id = wiring.factors(), enrolled["tokens"]["account"]["id"]
    use_cases.reset_factors(ports, "came with a passport", phone_text=PHONE)
    assert call("GET", "/v1/me/sessions", headers=bearer(enrolled["tokens"])).status == 401
    assert sign_in(sender).json["second_factor"] is False
    assert ports.factors.factors(account_id) == rules.Factors()
    assert [one.payload["what"] for one in told("factor.removed")] == ["all"]


@pytest.mark.store
def test_operators_roles_come_after_a_second_factor_and_go_with_it(sender, clock):
    """Between the two whoever has the first proof, a phone's number taken over, would enrol and be the operator."""
    pair = sign_in(sender).json
    account_id = pair["account"]["id"]
    path, finance = "/v1/admin/accounts/{account_id}/roles", {"roles": ["customer", "finance"], "reason": "Hired."}
    refused = call("PUT", path, actor=ADMIN, body=finance, account_id=account_id)
    assert (refused.status, refused.json["code"]) == (409, "factor-first")
    enrol(pair, clock)
    assert call("PUT", path, actor=ADMIN, body=finance, account_id=account_id).json["roles"] == finance["roles"]
    assert use_cases.reset_factors(wiring.factors(), "came with a passport", account_id=account_id).roles == {
        Role.CUSTOMER
    }
    refused = call("PUT", path, actor=ADMIN, body=finance, account_id=account_id)
    assert (refused.status, refused.json["code"]) == (409, "factor-first")
    noted = call("GET", "/v1/admin/audit", actor=ADMIN, query={"object": f"account:{account_id}"}).json["items"]
    [reset] = [one for one in noted if one["action"] == "accounts.reset_factors"]
    assert reset["details"] == {"before": "customer finance", "after": "customer"}


def test_who_is_an_operator_alone_stays_a_customer_without_factors(sender, clock):
    account_id = use_cases.grant_role(wiring.accounts(), Role.ADMIN, phone_text=PHONE).id
    enrol(sign_in(sender).json, clock)
    admin = frozenset({Role.ADMIN})
    assert use_cases.set_roles(wiring.accounts(), ADMIN, account_id, admin, Why("no customer")).roles == admin
    reset = use_cases.reset_factors(wiring.factors(), "came with a passport", account_id=account_id)
    assert reset.roles == {Role.CUSTOMER}


def test_nothing_stored_is_a_secret_or_a_code(tables, sender, clock):
    offer = call("POST", "/v1/me/totp", headers=bearer(pair := sign_in(sender).json)).json
    app = App(offer["secret"], clock)
    enrolled = call("POST", "/v1/me/totp/confirm", body={"code": app.code()}, headers=bearer(pair)).json
    rows = str(tables.dynamodb.scan(TableName=f"{settings().table_prefix}-accounts")["Items"])
    assert "FAC#RECOVERY" in rows
    for secret in (offer["secret"], *enrolled["recovery_codes"]):
        assert secret not in rows


def test_what_second_factors_cost(sender, clock):
    def cost(work):
        with meter.measure() as used:
            assert work().status < 300
        return used.requests, used.read_units, used.write_units

    app, enrolled = enrol(sign_in(sender).json, clock)
    half = sign_in(sender).json
    code, codes = app.next(), enrolled["recovery_codes"]
    found = [
        cost(lambda: show(half, totp=code)),
        cost(lambda: show(half, recovery_code=codes[0])),
        cost(lambda: call("GET", "/v1/me/factors", headers=bearer(enrolled["tokens"]))),
    ]
    assert found == [(6, 7, 18), (6, 7, 25), (2, 3, 0)]
