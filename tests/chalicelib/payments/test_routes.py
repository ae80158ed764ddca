"""The webhooks at their route: who is believed, what is answered, what is written down, and what that costs."""

import os
import subprocess
import sys
from datetime import timedelta
from functools import cache

import pytest

from chalicelib import settings, wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.money import Money
from chalicelib.payments.use_cases import PaymentRefused, Transfer
from infra.local.environments import ROOT
from infra.secrets import STRIPE_SECRETS
from tests.api import call, told
from tests.chalicelib.payments.conftest import NOW
from tests.chalicelib.payments.notices import Told, secrets
from tests.emulators import DYNOXIDE

PROVIDERS = ("stripe", "wechat", "alipay")
ANSWERS = {"stripe": '{"received":true}', "wechat": '{"code":"SUCCESS","message":"成功"}', "alipay": "success"}
TEN_MINUTES = timedelta(minutes=10)
LARGEST = 256 * 1024


@pytest.fixture
def accounts(clock, monkeypatch):
    """The operator has accounts everywhere."""
    before = settings.secrets()
    monkeypatch.setattr(settings, "secrets", cache(lambda: {**before, **secrets()}))
    wiring.reset()
    return clock


def send(provider, made, **other):
    raw, headers = made.of(provider)
    return call("POST", f"/v1/webhooks/{provider}", raw=raw.decode(), headers={**headers, **other})


def inbox():
    """Every notice that waits to be worked."""
    store, end = wiring.payments().store, NOW + timedelta(days=36500)
    return [event for shard in range(store.shards) for event in store.unworked(shard, end, 100)]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_notice_is_written_down_sent_on_its_way_and_answered_as_its_sender_insists(accounts, provider):
    answer = send(provider, Told("evt_1", NOW))
    assert (answer.status, answer.text) == (200, ANSWERS[provider])
    [event], [message] = inbox(), told()
    assert (event.provider, event.id, event.subject) == (provider, "evt_1", "charge")
    assert (message.type, message.payload["provider"]) == ("payment.event_received", provider)
    assert message.payload["ref"] == event.ref


OTHER_MEDIA = {"stripe": "text/plain", "wechat": "application/x-www-form-urlencoded", "alipay": "application/json"}
WRONG = {
    "another key": ({"forged": True}, 400),
    "old": ({"at": NOW - timedelta(hours=26)}, 400),  # Alipay repeats for 25 hours, the others sign anew
    "future": ({"at": NOW + TEN_MINUTES}, 400),
    "replayed under a new date": ({"at": NOW - timedelta(hours=26), "claims": NOW}, 400),
    "altered amount": ({"altered": True}, 400),
    "another merchant": ({"elsewhere": True}, 400),
    "huge": ({"padding": LARGEST}, 413),
    "another media type": ({}, 415),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_forged_notice_is_refused_by_each_and_leaves_nothing(accounts, wrong):
    change, status = WRONG[wrong]
    # Stripe's signing secret is one endpoint's: another merchant's notice is one with another key.
    for provider in PROVIDERS[1:] if wrong == "another merchant" else PROVIDERS:
        media = {"Content-Type": OTHER_MEDIA[provider]} if status == 415 else {}
        answer = send(provider, Told(**{"id": "evt_1", "at": NOW} | change), **media)
        assert (provider, answer.status) == (provider, status)
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert (inbox(), told()) == ([], [])


def test_a_notice_that_is_ten_minutes_old_is_a_replay_save_at_alipay_who_repeats(accounts):
    made = Told("evt_1", NOW)
    accounts.move(minutes=10)
    assert [send(provider, made).status for provider in PROVIDERS] == [400, 400, 200]
    assert [event.provider for event in inbox()] == ["alipay"]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_notice_that_comes_again_is_one_and_one_that_is_worked_wakes_nobody(accounts, provider):
    made = Told("evt_1", NOW)
    assert [send(provider, made).status for _ in range(3)] == [200] * 3
    [event] = inbox()
    wiring.payments().store.mark_worked(event)
    wiring.outbox().remove([message.id for message in told()])
    assert send(provider, made).text == ANSWERS[provider]
    assert (inbox(), told()) == ([], [])


@pytest.mark.parametrize("provider", ["wechat", "alipay"])
def test_a_provider_without_an_account_is_not_found(clock, provider):
    for made in (Told("evt_1", NOW), Told("evt_1", NOW, forged=True), Told("evt_1", NOW, altered=True)):
        answer = send(provider, made)
        assert (answer.status, answer.json["code"]) == (404, "not-found")
    assert (inbox(), told()) == ([], [])


NONSENSE = ("", "{", "[]", "null", "a=b", "a=b&a=b", "%00", "sign=x&sign_type=RSA2", "\ud7ff", "[" * 10_000)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_nonsense_is_a_bad_signature(accounts, provider):
    media = {"Content-Type": "application/x-www-form-urlencoded" if provider == "alipay" else "application/json"}
    for raw in NONSENSE:
        assert call("POST", f"/v1/webhooks/{provider}", raw=raw, headers=media).json["code"] == "bad-signature"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_acknowledgement_is_one_request_to_the_database(accounts, tables, provider):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    with meter.measure() as first:
        send(provider, Told("evt_1", NOW))
    with meter.measure() as again:
        send(provider, Told("evt_1", NOW))
    with meter.measure() as forged:
        send(provider, Told("evt_2", NOW, forged=True))
    assert (first.requests, first.read_units, first.write_units) == (1, 0, 6)
    assert (again.requests, again.read_units, again.write_units) == (1, 0, 5)
    assert forged.requests == 0


@pytest.mark.parametrize(
    ("mode", "without", "found"),
    [
        ("direct", (), {"alipay": "alipay", "wechat_pay": "wechat"}),
        ("direct", ("alipay",), {"alipay": "stripe", "wechat_pay": "wechat"}),
        ("direct", ("alipay", "wechat-pay"), {"alipay": "stripe", "wechat_pay": "stripe"}),
        ("stripe", (), {"alipay": "stripe", "wechat_pay": "stripe"}),
    ],
)
def test_wallets_go_direct_where_there_is_an_account_and_stripe_is_not_forced(
    accounts, monkeypatch, mode, without, found
):
    stored = {name: value for name, value in settings.secrets().items() if name not in without}
    monkeypatch.setenv("WALLETS", mode)
    settings.reset()
    monkeypatch.setattr(settings, "secrets", cache(lambda: stored))
    wiring.reset()
    ports = wiring.payments()
    assert {name: ports.via[name] for name in found} == found
    assert ports.via["card"] == "stripe"
    # What was paid while they went direct is still theirs.
    kept = {"stripe", *({"wechat", "alipay"} - {"wechat" if name == "wechat-pay" else name for name in without})}
    assert set(ports.providers) == kept


def test_where_stripe_is_off_nobody_takes_what_it_took(accounts, monkeypatch):
    stored = {name: value for name, value in settings.secrets().items() if name not in {"alipay", *STRIPE_SECRETS}}
    monkeypatch.setenv("STRIPE", "off")
    settings.reset()
    monkeypatch.setattr(settings, "secrets", cache(lambda: stored))
    wiring.reset()
    ports = wiring.payments()
    assert {str(method): name for method, name in ports.via.items()} == {"wechat_pay": "wechat", "balance": "balance"}
    assert set(ports.providers) == {"wechat"}
    assert call("POST", "/v1/webhooks/stripe", body={}).status == 404
    transfer = Transfer("leg_1", "acct_1", Money(1, "CNY"), None)
    with pytest.raises(PaymentRefused):
        wiring.sending().transfers.transfer(transfer)
    with pytest.raises(PaymentRefused):
        wiring.sending().transfers.reverse(transfer, "rev_1", 1)
    assert wiring.sending().transfers.find_transfer(transfer) is None


ONE_PROVIDER = """
import sys
from chalicelib import settings, wiring
from tests.chalicelib.payments.notices import secrets
from tests.emulators import SECRETS
told = SECRETS | secrets()
settings.secrets = lambda: told
ports = wiring.payments()
assert set(ports.providers) == {"stripe", "wechat", "alipay"}
assert "chalicelib.payments.gateways" not in sys.modules
ports.providers["wechat"]
assert "chalicelib.payments.gateways.wechat" in sys.modules
assert not {"chalicelib.payments.gateways.stripe", "chalicelib.payments.gateways.alipay"} & set(sys.modules)
"""


def test_a_function_imports_the_providers_that_it_asks(tables):
    done = subprocess.run(
        [sys.executable, "-c", ONE_PROVIDER], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
