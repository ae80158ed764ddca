"""Passkeys, with a software authenticator: honest ones, and such as lie about one thing each."""

from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from fido2 import cbor

from chalicelib import settings, wiring
from chalicelib.accounts import personal, rules, use_cases
from chalicelib.accounts.ports import Kind, Visitor
from chalicelib.kit.errors import SecondFactorNeeded
from tests.api import ADMIN, call, told
from tests.chalicelib.accounts.test_routes import bearer, sign_in
from tests.conftest import forget
from tests.fakes.authenticator import BE, BS, EDDSA, ES256, UP, UV, Authenticator, b64, unb64

OTHER_PHONE = "+8613900139000"
BEGIN, FINISH, SHOW = "/v1/auth/passkeys/begin", "/v1/auth/passkeys/finish", "/v1/auth/second-factor"
MINE, NEW = "/v1/me/passkeys", "/v1/me/passkeys/begin"
ONE = f"{MINE}/{{passkey_id}}"


def new(pair):
    answer = call("POST", NEW, headers=bearer(pair))
    assert answer.status == 200, answer.text
    return answer.json


def register(pair, device, name="我的手机", **cose):
    body = {"name": name, "credential": device.create(new(pair), **cose)}
    return call("POST", MINE, body=body, headers=bearer(pair))


def ask():
    return call("POST", BEGIN).json


def enter(credential):
    return call("POST", FINISH, body={"credential": credential})


def registered(pair, device):
    answer = register(pair, device)
    assert answer.status == 201, answer.text
    return answer.json


def is_refused(answer):
    return (answer.status, answer.json["code"]) == (422, "factor-not-accepted")


@pytest.mark.parametrize("algorithm", [EDDSA, ES256])
def test_a_passkey_signs_in_by_itself(sender, clock, algorithm):
    device, pair = Authenticator(algorithm), sign_in(sender).json
    enrolled = registered(pair, device)
    assert (enrolled["passkey"]["name"], enrolled["passkey"]["synced"]) == ("我的手机", True)
    assert len(enrolled["recovery_codes"]) == 10
    clock.move(minutes=1)
    entered = enter(device.get(ask()))
    assert entered.status == 200, entered.text
    assert (entered.json["second_factor"], entered.json["account"]["id"]) == (False, pair["account"]["id"])
    actor = wiring.tokens().read(entered.json["access_token"], clock.now())
    assert (actor.methods, actor.is_half) == (("hwk",), False)
    [mine] = call("GET", "/v1/me/factors", headers=bearer(entered.json)).json["passkeys"]
    assert mine["used_at"] > mine["created_at"]


def test_a_passkey_is_a_second_factor(sender, clock):
    device = Authenticator(ES256, counts=False)
    registered(sign_in(sender).json, device)
    half = sign_in(sender).json
    assert half["second_factor"] is True
    whole = call("POST", SHOW, body={"credential": device.get(ask())}, headers=bearer(half))
    assert whole.json["second_factor"] is False
    stranger = Authenticator()
    registered(sign_in(sender, OTHER_PHONE).json, stranger)
    assert is_refused(call("POST", SHOW, body={"credential": stranger.get(ask())}, headers=bearer(half)))


def test_passkeys_are_named_listed_and_removed(sender, clock):
    first, second = Authenticator(), Authenticator(ES256)
    pair = registered(sign_in(sender).json, first)["tokens"]
    options = new(pair)
    assert [one["id"] for one in options["excludeCredentials"]] == [b64(first.credential_id)]
    assert (options["attestation"], options["authenticatorSelection"]["userVerification"]) == ("none", "required")
    more = registered(pair, second)
    assert more["recovery_codes"] is None
    passkey_id, pair = more["passkey"]["id"], more["tokens"]
    renamed = call("PATCH", ONE, body={"name": "Work"}, headers=bearer(pair), passkey_id=passkey_id)
    assert renamed.json["name"] == "Work"
    assert call("PATCH", ONE, body={"name": "x"}, headers=bearer(pair), passkey_id="f" * 40).status == 404
    other = sign_in(sender, OTHER_PHONE).json
    for method, body in (("PATCH", {"name": "x"}), ("DELETE", None)):
        assert call(method, ONE, body=body, headers=bearer(other), passkey_id=passkey_id).status == 404
    assert call("DELETE", ONE, headers=bearer(pair), passkey_id=passkey_id).status == 204
    assert is_refused(enter(second.get(ask())))
    assert enter(first.get(ask())).status == 200
    assert sign_in(sender).json["second_factor"] is True


def test_there_is_room_for_ten(sender, clock):
    pair = sign_in(sender).json
    for _ in range(rules.MOST_PASSKEYS):
        pair = registered(pair, Authenticator())["tokens"]
    refused = call("POST", NEW, headers=bearer(pair))
    assert (refused.status, refused.json["code"]) == (409, "too-many-passkeys")


@pytest.mark.store
def test_of_two_last_ones_at_once_one_finds_room(sender, clock):
    pair = sign_in(sender).json
    for _ in range(rules.MOST_PASSKEYS - 1):
        pair = registered(pair, Authenticator())["tokens"]
    bodies = [{"name": "x", "credential": Authenticator().create(new(pair))} for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda body: call("POST", MINE, body=body, headers=bearer(pair)), bodies))
    assert sorted(one.status for one in answers) == [201, 409]


def test_a_credential_belongs_to_one_account(sender, clock):
    device = Authenticator()
    registered(sign_in(sender).json, device)
    thief = Authenticator(credential_id=device.credential_id)
    refused = register(sign_in(sender, OTHER_PHONE).json, thief)
    assert (refused.status, refused.json["code"]) == (409, "passkey-taken")
    assert enter(device.get(ask())).status == 200


@pytest.mark.store
def test_of_one_answer_at_once_one_signs_in(sender, clock):
    device = Authenticator(counts=False)
    registered(sign_in(sender).json, device)
    answer = device.get(ask())
    with ThreadPoolExecutor(3) as pool:
        statuses = [one.status for one in pool.map(enter, [answer] * 3)]
    assert sorted(statuses) == [200, 422, 422]


LIES = {
    "another page": {"origin": "https://app.linli.example.evil.example"},
    "a page below ours": {"origin": "https://evil.app.linli.example"},
    "without TLS": {"origin": "http://app.linli.example"},
    "another port": {"origin": "https://app.linli.example:8443"},
    "another site": {"rp_id": "evil.example"},
    "in a frame": {"client": {"crossOrigin": True}},
    "in a frame of": {"client": {"topOrigin": "https://evil.example"}},
    "another challenge": {"client": {"challenge": b64(b"c" * 32)}},
    "no challenge": {"client": {"challenge": None}},
    "the other ceremony": {"client": {"type": "webauthn.register"}},
    "nobody looked": {"flags": UP | BE | BS},
    "nobody there": {"flags": UV | BE | BS},
    "backed up though it cannot be": {"flags": UP | UV | BS},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_does_not_hold_is_not_registered(sender, clock, lie):
    pair = sign_in(sender).json
    assert is_refused(register(pair, Authenticator(**lie)))
    assert call("GET", "/v1/me/factors", headers=bearer(pair)).json["passkeys"] == []


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_does_not_hold_does_not_sign_in(sender, clock, lie):
    device = Authenticator()
    registered(sign_in(sender).json, device)
    vars(device).update(lie)
    assert is_refused(enter(device.get(ask())))
    vars(device).update(vars(Authenticator()) | {"key": device.key, "credential_id": device.credential_id,
                                                     "handle": device.handle, "counter": device.counter})  # fmt: skip
    assert enter(device.get(ask())).status == 200


def test_a_challenge_is_good_once_and_for_five_minutes(sender, clock):
    device, pair = Authenticator(), sign_in(sender).json
    made = {"name": "x", "credential": device.create(new(pair))}
    assert call("POST", MINE, body=made, headers=bearer(pair)).status == 201
    assert call("POST", MINE, body=made, headers=bearer(pair)).json["code"] in {"factor-not-accepted", "passkey-taken"}
    options = ask()
    assert enter(device.get(options)).status == 200
    assert is_refused(enter(device.get(options)))
    late = ask()
    clock.move(minutes=5)
    assert is_refused(enter(device.get(late)))


def test_a_challenge_is_good_for_what_it_was_made_for(sender, clock):
    device, pair = Authenticator(), sign_in(sender).json
    options = new(pair)
    assert is_refused(register(pair, Authenticator(client={"challenge": ask()["challenge"]})))
    other = sign_in(sender, OTHER_PHONE).json
    body = {"name": "x", "credential": Authenticator().create(options)}
    assert is_refused(call("POST", MINE, body=body, headers=bearer(other)))
    registered(pair, device)
    assert is_refused(enter(device.get(ask() | {"challenge": new(sign_in(sender, OTHER_PHONE).json)["challenge"]})))


def test_signatures_of_others_and_altered_ones_are_refused(sender, clock):
    device, other = Authenticator(ES256), Authenticator(ES256)
    registered(sign_in(sender).json, device)
    registered(sign_in(sender, OTHER_PHONE).json, other)
    good = device.get(ask())
    named = good | {"response": other.get(ask())["response"]}
    assert is_refused(enter(named))
    foreign = good | {"response": good["response"] | {"userHandle": b64(other.handle)}}
    assert is_refused(enter(foreign))
    nameless = good | {"response": {name: good["response"][name] for name in good["response"] if name != "userHandle"}}
    assert is_refused(enter(nameless))
    flipped = bytearray(unb64(good["response"]["authenticatorData"]))
    flipped[-1] ^= 2
    assert is_refused(enter(good | {"response": good["response"] | {"authenticatorData": b64(bytes(flipped))}}))
    assert is_refused(enter(good | {"id": b64(other.credential_id)}))
    assert enter(good).status == 200


@pytest.mark.parametrize("write", ["long length", "padded", "trailing", "raw", "empty r"])
def test_signatures_have_one_form(sender, clock, write):
    device = Authenticator(ES256)
    registered(sign_in(sender).json, device)
    good = device.get(ask())
    der = unb64(good["response"]["signature"])
    r, s = decode_dss_signature(der)
    zero_led = b"\x02" + bytes([der[3] + 1]) + b"\x00" + der[4:]
    forms = {
        "long length": b"\x30\x81" + der[1:],
        "padded": b"\x30" + bytes([der[1] + 1]) + zero_led,
        "trailing": der + b"\x00",
        "raw": r.to_bytes(32, "big") + s.to_bytes(32, "big"),
        "empty r": b"\x30\x06\x02\x01\x00\x02\x01\x00",
    }
    assert is_refused(enter(good | {"response": good["response"] | {"signature": b64(forms[write])}}))
    assert enter(good).status == 200


WEAK = rsa.generate_private_key(65_537, 1024).public_key().public_numbers().n.to_bytes(128, "big")
KEYS = {
    "an algorithm that was not asked for": {"alg": -35},
    "no algorithm": {"alg": 0},
    "EdDSA said of a curve": {"alg": EDDSA},
    "RSA said of a curve": {"alg": -257},
    "another type": {"kty": 3},
    "another curve": {"crv": 2},
    "a point off the curve": {"x": b"\x01" * 32},
    "a short point": {"y": b"\x01"},
    "no number": {"x": "x"},
    "a weak RSA key": {"kty": 3, "alg": -257, "crv": WEAK, "x": b"\x01\x00\x01"},
}


@pytest.mark.parametrize("cose", KEYS.values(), ids=KEYS)
def test_keys_that_are_not_sound_are_not_registered(sender, clock, cose):
    assert is_refused(register(sign_in(sender).json, Authenticator(ES256), **cose))


@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff", b"[]", b"null", b"{}", b"\x81" * 5000, cbor.encode({"fmt": "none", "authData": b"", "attStmt": {}})],
)
def test_what_cannot_be_read_is_refused(sender, clock, raw):
    device, pair = Authenticator(), sign_in(sender).json
    made = device.create(new(pair))
    for name in ("clientDataJSON", "attestationObject"):
        broken = made | {"response": made["response"] | {name: b64(raw) or "_"}}
        assert is_refused(call("POST", MINE, body={"name": "x", "credential": broken}, headers=bearer(pair)))
    registered(pair, device)
    good = device.get(ask())
    for name in ("clientDataJSON", "authenticatorData", "signature"):
        assert is_refused(enter(good | {"response": good["response"] | {name: b64(raw) or "_"}}))


def test_a_copied_key_is_noticed(sender, clock):
    device = Authenticator()
    pair = registered(sign_in(sender).json, device)["tokens"]
    copy = Authenticator(credential_id=device.credential_id, handle=device.handle)
    copy.key = device.key
    assert [enter(device.get(ask())).status for _ in range(2)] == [200, 200]
    assert is_refused(enter(copy.get(ask())))  # counts 1, as the other did
    assert [one.type for one in told("factor.cloned")] == ["factor.cloned"]
    query = {"object": f"account:{pair['account']['id']}"}
    noted = call("GET", "/v1/admin/audit", actor=ADMIN, query=query).json["items"]
    assert noted[0]["action"] == "accounts.cloned_passkey"
    copy.counts, copy.counter = False, 0
    assert is_refused(enter(copy.get(ask())))
    assert enter(device.get(ask())).status == 200


def test_a_key_that_may_be_synced_stays_one(sender, clock):
    device = Authenticator(flags=UP | UV)
    registered(sign_in(sender).json, device)
    device.flags |= BE
    assert is_refused(enter(device.get(ask())))


def test_an_app_of_ours_is_an_origin_too(sender, clock):
    device = Authenticator(origin="android:apk-key-hash:bGlubGk")
    registered(sign_in(sender).json, device)
    assert enter(device.get(ask())).status == 200


def test_a_frozen_account_is_not_signed_in_to_by_a_passkey_either(sender, clock):
    device, pair = Authenticator(), sign_in(sender).json
    registered(pair, device)
    subject = f"login:{pair['account']['id']}"
    frozen = call("POST", "/v1/admin/risk/freezes", actor=ADMIN, body={"subject": subject, "reason": "stolen"})
    assert frozen.status == 200, frozen.text
    refused = enter(device.get(ask()))
    assert (refused.status, refused.json["code"]) == (403, "sign-in-frozen")


def test_a_stage_without_a_site_offers_none(tables, monkeypatch):
    monkeypatch.setenv("WEBAUTHN_ORIGINS", "")
    forget()
    assert settings.settings().webauthn_origins == ()
    assert call("POST", BEGIN).json["code"] == "passkeys-not-offered"


def test_an_erased_account_leaves_no_key_and_a_copy_tells_none(sender, clock):
    device = Authenticator()
    account_id = registered(sign_in(sender).json, device)["tokens"]["account"]["id"]
    ports = wiring.factors()
    [passkey] = ports.factors.factors(account_id).passkeys
    copy = personal.personal_data(ports, account_id)["passkeys"]
    assert [one["name"] for one in copy] == ["我的手机"]
    assert b64(passkey.public_key) not in str(copy)
    personal.erase(ports, account_id)
    assert ports.factors.factors(account_id) == rules.Factors()
    assert ports.factors.passkey_owner(device.credential_id) is None
    assert is_refused(enter(device.get(ask())))


def test_a_session_let_in_before_the_first_factor_changes_no_factors_after_it(sender, clock):
    """Its request passed the door while there was no factor, and ends when there is one."""
    thief, owner = sign_in(sender).json, sign_in(sender).json
    ports, actor = wiring.factors(), wiring.tokens().read(thief["access_token"], clock.now())
    offer = use_cases.offer_totp(ports, actor)
    credential = Authenticator().create(new(thief))
    passkey_id = registered(owner, Authenticator())["passkey"]["id"]
    before = ports.factors.factors(actor.account_id)
    for late in (
        lambda: use_cases.register(ports, actor, credential, "x", None),
        lambda: use_cases.confirm_totp(ports, actor, pyotp.TOTP(offer.secret).at(clock.now()), None),
        lambda: use_cases.remove_passkey(ports, actor, passkey_id, None),
        lambda: use_cases.new_recovery_codes(ports, actor, None),
        lambda: use_cases.link(ports, actor, Kind.EMAIL, "thief@example.com", None),
        lambda: use_cases.unlink_all(ports, actor, lambda one: one.kind is Kind.PHONE, None),
        lambda: use_cases.set_password(ports, actor, "seven quiet herons", Visitor("en")),
    ):
        with pytest.raises(SecondFactorNeeded):
            late()
    assert ports.factors.factors(actor.account_id) == before
