"""States of an endpoint, which addresses pass, and who signs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.kit.errors import Invalid
from chalicelib.webhooks.problems import NoSecret, NotInThisState, TooManyTests, TooSoon
from chalicelib.webhooks.rules import endpoint as rules
from chalicelib.webhooks.rules.endpoint import Change, Endpoint, Reason, State
from chalicelib.webhooks.rules.events import TYPES
from chalicelib.webhooks.rules.listening import STALE

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)
NEW = Endpoint(
    "whe_1", "acc_1", "https://till.example.com/x", ("order.confirmed",), "", State.PENDING, NOW, secret="whsec_YQ=="
)
ACTIVE = rules.activated(NEW, NOW)


def test_an_endpoint_hears_of_nothing_before_it_was_active():
    assert not NEW.wants("order.confirmed")
    assert ACTIVE.wants("order.confirmed")
    assert not ACTIVE.wants("order.cancelled")


def test_what_happens_while_it_is_paused_or_moves_is_kept_and_not_once_it_is_disabled():
    paused = rules.changed(ACTIVE, Change(paused=True), NOW)
    moved = rules.changed(ACTIVE, Change(url="https://other.example.com/"), NOW)
    assert (paused.state, paused.wake_at, paused.collects) == (State.PAUSED, None, True)
    assert (moved.state, moved.wake_at, moved.collects) == (State.PENDING, None, True)
    assert not rules.disabled(ACTIVE, Reason.GONE).collects
    again = rules.changed(paused, Change(paused=False), NOW + timedelta(hours=1))
    assert (again.state, again.wake_at) == (State.ACTIVE, NOW + timedelta(hours=1))


@pytest.mark.parametrize("standing", [NEW, rules.disabled(ACTIVE, Reason.FAILING)])
@pytest.mark.parametrize("paused", [True, False])
def test_only_a_challenge_leads_from_pending_and_disabled_to_active(standing, paused):
    with pytest.raises(NotInThisState):
        rules.changed(standing, Change(paused=paused), NOW)
    assert rules.activated(standing, NOW).state == State.ACTIVE


def test_the_same_address_needs_no_other_challenge_and_types_change_alone():
    same = rules.changed(ACTIVE, Change(url=ACTIVE.url, types=("review.posted",), text="till"), NOW)
    assert (same.state, same.types, same.text, same.version) == (State.ACTIVE, ("review.posted",), "till", 3)
    assert same.wake_at == ACTIVE.wake_at


def test_two_secrets_sign_for_a_day():
    rotated = rules.rotated(ACTIVE, "whsec_Yg==", NOW, keeps_old=True)
    assert rotated.secrets(NOW + timedelta(hours=24, seconds=-1)) == ("whsec_Yg==", "whsec_YQ==")
    assert rotated.secrets(NOW + timedelta(hours=24)) == ("whsec_Yg==",)
    assert rules.rotated(ACTIVE, "whsec_Yg==", NOW, keeps_old=False).secrets(NOW) == ("whsec_Yg==",)
    assert rules.rotated(replace(NEW, secret=None), "whsec_Yg==", NOW, keeps_old=True).secrets(NOW) == ("whsec_Yg==",)


def test_challenges_need_a_secret_and_some_time_between_them():
    with pytest.raises(NoSecret):
        rules.challenged(replace(NEW, secret=None), NOW)
    asked = rules.challenged(NEW, NOW)
    with pytest.raises(TooSoon) as refused:
        rules.challenged(asked, NOW + timedelta(seconds=7))
    assert refused.value.retry_after == 3
    assert rules.challenged(asked, NOW + timedelta(seconds=10)).challenged_at == NOW + timedelta(seconds=10)


def test_the_circuit_opens_after_three_failures_until_it_is_tried_again():
    failing = replace(ACTIVE, failures=3, wake_at=NOW + timedelta(minutes=1))
    assert failing.is_open(NOW)
    assert not failing.is_open(NOW + timedelta(minutes=1))
    assert not replace(failing, failures=2).is_open(NOW)
    assert not replace(failing, wake_at=None).is_open(NOW)


@pytest.mark.parametrize(
    "url",
    [
        "http://till.example.com/",
        "https://till.example.com:8443/",
        "https://user:pass@till.example.com/",
        "https://till.example.com/#part",
        "ftp://till.example.com/",
        "till.example.com",
        "https://",
        "https://böse.example.com/",
        "https://till.example.com/a b",
        "https://till.example.com\\@127.0.0.1/",
        "http://127.0.0.1:8080/",
    ],
)
def test_addresses_that_are_not_called(url):
    with pytest.raises(Invalid):
        rules.check_url(url)


def test_this_machine_passes_where_a_local_stack_says_so():
    rules.check_url("http://127.0.0.1:8080/x", is_local=True)
    for url in ("http://127.0.0.1.example.com:80/", "http://10.0.0.1:80/", "http://localhost:80/"):
        with pytest.raises(Invalid):
            rules.check_url(url, is_local=True)


def test_types_are_those_that_are_published():
    assert rules.check_types(["review.posted", "order.confirmed", "review.posted"]) == (
        "order.confirmed",
        "review.posted",
    )
    assert rules.check_types(list(TYPES)) == tuple(sorted(TYPES))
    for kind in ("shop.changed", "webhook.test", "webhook.challenge", "*"):
        with pytest.raises(Invalid):
            rules.check_types([kind])


def test_tests_are_few_for_each_takes_a_worker_as_long_as_it_likes():
    one = ACTIVE
    for number in range(rules.MOST_TESTS):
        one = rules.tested(one, NOW + timedelta(seconds=number))
    with pytest.raises(TooManyTests) as refused:
        rules.tested(one, NOW + timedelta(seconds=20))
    assert refused.value.retry_after == 40
    again = rules.tested(one, NOW + rules.TESTS_WITHIN)
    assert len(again.tested) == rules.MOST_TESTS


def test_from_when_on_it_hears_is_told_and_not_before_relays_know():
    assert replace(ACTIVE, active_at=None, state=State.PENDING).hears_from is None
    assert replace(ACTIVE, state=State.DISABLED).hears_from is None
    first = replace(ACTIVE, active_at=NOW + timedelta(seconds=2))
    assert first.hears_from - first.created_at > STALE
    assert replace(ACTIVE, active_at=NOW + timedelta(minutes=5)).hears_from == NOW + timedelta(minutes=5)
    assert replace(ACTIVE, state=State.PAUSED).hears_from is not None, "what happens meanwhile is kept"


@pytest.mark.parametrize(
    ("state", "failures", "wake", "slow", "takes"),
    [
        (State.ACTIVE, 0, None, None, True),
        (State.ACTIVE, 3, 60, None, False),
        (State.ACTIVE, 3, 0, None, True),
        (State.ACTIVE, 0, None, 60, False),
        (State.ACTIVE, 0, None, 0, True),
        (State.PAUSED, 0, None, None, False),
    ],
)
def test_what_is_sent_at_once(state, failures, wake, slow, takes):
    def later(seconds):
        return None if seconds is None else NOW + timedelta(seconds=seconds)

    one = replace(ACTIVE, state=state, failures=failures, wake_at=later(wake), slow_until=later(slow))
    assert one.takes_now(NOW) == takes
