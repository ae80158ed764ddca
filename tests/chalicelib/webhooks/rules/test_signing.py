"""What we sign is verified by the specification's own library, and nothing else is."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from chalicelib.webhooks.rules.signing import PREFIX, headers, is_answer, new_secret, sign

TEXTS = st.text(st.characters(codec="utf-8"), max_size=200)
IDS = st.from_regex(r"evt_[0-9a-z]{26}", fullmatch=True)
KEYS = st.binary(min_size=24, max_size=64).map(lambda key: PREFIX + base64.b64encode(key).decode())


def now():
    return datetime.now(UTC)


@given(KEYS, IDS, TEXTS)
def test_what_is_signed_is_verified_by_the_reference_library(secret, message_id, body):
    at = now()
    Webhook(secret).verify(body, headers(message_id, at, body, (secret,)), json_parse=False)
    assert sign(secret, message_id, at, body) == Webhook(secret).sign(message_id, at, body)


@given(KEYS, KEYS, IDS, TEXTS, st.sampled_from(["body", "id", "secret", "time"]))
def test_what_was_changed_on_the_way_is_refused(secret, other, message_id, body, what):
    at, changed = now(), body
    told = headers(message_id, at, body, (secret,))
    if what == "body":
        changed = body + "x"
    elif what == "id":
        told["webhook-id"] += "x"
    elif what == "time":
        told["webhook-timestamp"] = str(int(told["webhook-timestamp"]) + 1)
    elif other == secret:
        return
    verifier = Webhook(other if what == "secret" else secret)
    with pytest.raises(WebhookVerificationError):
        verifier.verify(changed, told, json_parse=False)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_what_is_too_old_or_of_the_future_is_refused(minutes):
    secret = new_secret()
    told = headers("evt_1", now() + timedelta(minutes=minutes), "{}", (secret,))
    with pytest.raises(WebhookVerificationError, match="too"):
        Webhook(secret).verify("{}", told)


@given(KEYS, KEYS)
def test_while_a_secret_is_changed_both_verify(new, old):
    told = headers("evt_1", now(), "{}", (new, old))
    for secret in (new, old):
        Webhook(secret).verify("{}", told)


def test_secrets_are_fresh_and_long_enough():
    made = {new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(base64.b64decode(one.removeprefix(PREFIX))) for one in made} == {32}


@given(KEYS, TEXTS)
def test_a_challenge_is_answered_by_its_signature_alone(secret, nonce):
    at = now()
    good = Webhook(secret).sign("evt_1", at, nonce)
    assert is_answer(good, secret, "evt_1", at, nonce)
    for bad in (nonce, None, 1, "", good[:-1], "v1," + nonce, sign(new_secret(), "evt_1", at, nonce), "\ud800"):
        assert not is_answer(bad, secret, "evt_1", at, nonce)
