"""Choices over the API, and what they do to notices."""

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.errors import Invalid
from chalicelib.profiles import use_cases
from chalicelib.profiles.ports import KINDS, Channel, Choices, Switch, Weight
from tests.api import CUSTOMER, OTHER, call
from tests.chalicelib.profiles.world import at_once
from tests.emulators import DYNOXIDE

PATH = "/v1/me/notice-choices"
DONE, REFUNDED = "order.completed.customer", "order.refunded.customer"


def switch(kind, on, actor=CUSTOMER, **more):
    body = {"switches": [{"kind": kind, "channel": "sms", "on": on}], **more}
    return call("PATCH", PATH, actor=actor, body=body)


def off(actor=CUSTOMER):
    return [one["kind"] for one in call("GET", PATH, actor=actor).json["notices"] if not one["on"]]


def test_notices_are_switched_off_and_on_again(tables):
    assert len(call("GET", PATH, actor=CUSTOMER).json["notices"]) == len(KINDS) * len(Channel)
    assert off() == []
    assert switch(DONE, on=False).status == 200
    assert (off(), off(OTHER)) == ([DONE], [])
    assert switch(DONE, on=True).status == 200
    assert off() == []


def test_what_matters_stays_on(tables):
    answer = switch(REFUNDED, on=False)
    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "switches.0.on")
    assert switch("order.unknown", on=True).json["errors"][0]["field"] == "switches.0.kind"
    assert off() == []
    for must in ("order.refunded.customer", "dispute.open.merchant", "claim.decided.customer"):
        assert KINDS[must] == Weight.MUST


def test_quiet_hours_stay_until_they_are_changed_or_removed(tables):
    hours = {"from_time": "22:00", "until_time": "08:00", "zone": "Asia/Shanghai"}
    assert call("PATCH", PATH, actor=CUSTOMER, body={"quiet_hours": hours}).json["quiet_hours"] == hours
    assert switch(DONE, on=False).json["quiet_hours"] == hours
    assert call("PATCH", PATH, actor=CUSTOMER, body={"quiet_hours": None}).json["quiet_hours"] is None
    for wrong in ({"zone": "Mars/Olympus"}, {"until_time": "22:00"}):
        assert call("PATCH", PATH, actor=CUSTOMER, body={"quiet_hours": hours | wrong}).status == 422


def test_a_digest_stays_until_it_is_changed_or_removed(tables):
    digest = {"kinds": ["order.confirmed.merchant", "review.posted.merchant"], "at_time": "18:00", "zone": "UTC"}
    assert call("PATCH", PATH, actor=CUSTOMER, body={"digest": digest}).json["digest"] == digest
    assert switch(DONE, on=False).json["digest"] == digest
    told = call("GET", PATH, actor=CUSTOMER).json
    assert told["digest"] == digest
    assert {one["kind"] for one in told["notices"] if one["may_gather"]} >= set(digest["kinds"])
    assert call("PATCH", PATH, actor=CUSTOMER, body={"digest": None}).json["digest"] is None
    for wrong in ({"zone": "Mars/Olympus"}, {"kinds": [DONE]}, {"kinds": ["order.refunded.customer"]}):
        assert call("PATCH", PATH, actor=CUSTOMER, body={"digest": digest | wrong}).status == 422


def test_a_kind_is_stopped_through_every_channel_without_signing_in(tables):
    for _ in range(2):
        use_cases.stop(wiring.choosing(), CUSTOMER.account_id, DONE)
    assert off() == [DONE] * len(Channel)
    with pytest.raises(Invalid):
        use_cases.stop(wiring.choosing(), CUSTOMER.account_id, REFUNDED)


@pytest.mark.store
def test_of_many_changes_at_once_each_takes_effect(tables):
    ports = wiring.profiles()
    kinds = [kind for kind, weight in KINDS.items() if weight != Weight.MUST][:6]
    at_once(
        *[
            lambda kind=kind: use_cases.change_choices(ports, CUSTOMER, [Switch(kind, Channel.SMS, False)], ...)
            for kind in kinds
        ],
        lambda: use_cases.keep_history(ports, CUSTOMER, kept=False),
    )
    chosen = use_cases.choices(ports, CUSTOMER)
    assert {kind for kind, _ in chosen.off} == set(kinds)
    assert not chosen.keeps_history


def test_what_asking_costs(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    with meter.measure() as used:
        assert use_cases.choices_of(wiring.choosing(), CUSTOMER.account_id) == Choices()
    assert (used.requests, used.read_units) == (1, 1)
    with meter.measure() as used:
        use_cases.change_choices(wiring.profiles(), CUSTOMER, [Switch(DONE, Channel.SMS, False)], ...)
    assert (used.requests, used.read_units, used.write_units) == (2, 1, 2)
