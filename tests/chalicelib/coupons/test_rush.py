"""Many claims for few coupons at the same moment. The sizes are the environment's: `make prove-commerce` has 2,000."""

import os
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from chalicelib import wiring
from chalicelib.accounts.ports import Session
from chalicelib.coupons import use_cases
from chalicelib.coupons.rules import DeviceLimit, DeviceUnknown, Limits, OtherwiseClaimed, PersonLimit, SoldOut
from chalicelib.coupons.rules.limits import size_of
from chalicelib.coupons.use_cases import claims
from chalicelib.kit import transaction
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.dynamo import client, meter
from chalicelib.kit.errors import Busy, Problem
from chalicelib.kit.transaction import Contention
from chalicelib.risk.ports import Frozen
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call, told
from tests.chalicelib.coupons.test_use_cases import campaign, customer
from tests.chalicelib.orders.world import once
from tests.emulators import DYNOXIDE

CLAIMS = int(os.environ.get("RUSH_CLAIMS", "120"))
COUPONS = int(os.environ.get("RUSH_COUPONS", "40"))
HTTP_CLAIMS = int(os.environ.get("RUSH_HTTP_CLAIMS", "16"))
AT_ONCE = 200
CLAIMS_OF = "/v1/campaigns/{campaign_id}/claims"
RUSH = 10_000


@contextmanager
def writes():
    """Count what is written of each row: keys of transactions, tried ones too."""
    seen, lock = Counter(), threading.Lock()

    def note(params, **_):
        with lock:
            for one in params["TransactItems"]:
                said = one.get("Put") or one.get("Update") or {}
                key = said.get("Key") or said.get("Item")
                if key:
                    seen[key["pk"]["S"], key["sk"]["S"]] += 1

    events, name = client().meta.events, "provide-client-params.dynamodb.TransactWriteItems"
    events.register(name, note)
    try:
        yield seen
    finally:
        events.unregister(name, note)


def at_once(works):
    def run(work):
        for _ in range(50):
            try:
                return work()
            except Busy:
                continue
            except Problem as problem:
                return problem
        raise AssertionError("busy without end")

    with ThreadPoolExecutor(min(AT_ONCE, len(works))) as pool:
        return list(pool.map(run, works))


@pytest.mark.store
def test_many_claims_for_few_coupons(ports, tables, record_property):
    opened = campaign(ports, "shp_1", number=COUPONS, limits=Limits(rush=RUSH))
    assert opened.buckets == min(32, COUPONS // 8)
    works = [partial(use_cases.claim, ports, customer(n), opened.id, once()) for n in range(CLAIMS)]
    with writes() as seen, meter.measure() as usage:
        outcomes = at_once(works)
    assert Counter(type(one).__name__ for one in outcomes) == {"Coupon": COUPONS, "SoldOut": CLAIMS - COUPONS}
    assert len({one.id for one in outcomes if not isinstance(one, SoldOut)}) == COUPONS
    [listed] = use_cases.campaigns(ports, "shp_1", None, 9).items
    assert (listed.is_sold_out, listed.left) == (True, None)
    shown = use_cases.campaign(ports, opened.id)
    assert (shown.is_sold_out, shown.claimed, shown.left) == (True, COUPONS, 0)
    assert use_cases.claimable(ports, "shp_1", ports.clock.now()).campaigns == ()
    # The campaign's own row is written once for each bucket that ran empty, and search is told as often.
    of_buckets = {pk: count for (pk, sk), count in seen.items() if sk == "BUCKET"}
    rows = Counter(sk for _, sk in seen)
    assert (len(of_buckets), rows["COUPON"]) == (opened.buckets, rows["ONCE"])
    assert len([one for one in told("coupon.campaign_changed") if one.version]) == opened.buckets
    taken = ports.store.counted(opened, range(opened.buckets), ()).taken
    assert taken == {n: size_of(COUPONS, opened.buckets, n) for n in range(opened.buckets)}
    # Whoever is refused at a bucket reads it again before the next try, and finds it full, or with its last one left.
    largest, total = max(of_buckets.values()), sum(of_buckets.values())
    assert largest <= max(taken.values()) + 2 * AT_ONCE
    record_property("rush", f"{CLAIMS} claims, {COUPONS} claimed, {CLAIMS - COUPONS} refused")
    record_property(
        "figure",
        f"{tables.name}: {CLAIMS} claims for {COUPONS} coupons in {opened.buckets} buckets: {COUPONS} handed out, {max(taken.values())} at most from one row; of "
        f"{total} writes tried at buckets the most at one was {largest} ({largest / total:.1%}), at the campaign's row "
        f"{seen[opened.id, 'CAMPAIGN']}; {usage.requests / CLAIMS:.2f} requests, {usage.read_units / CLAIMS:.2f} read and "
        f"{usage.write_units / CLAIMS:.2f} write units a claim",
    )


def test_many_claims_over_http(ports, monkeypatch, record_property):
    monkeypatch.setattr(wiring, "coupons", lambda: ports)
    monkeypatch.setattr(wiring, "claiming", lambda: ports)
    opened = campaign(ports, number=HTTP_CLAIMS // 4, limits=Limits(rush=RUSH))

    def claim(number):
        for _ in range(50):
            answer = call("POST", CLAIMS_OF, actor=customer(number), campaign_id=opened.id)
            if answer.status != 503:
                return answer
        raise AssertionError("busy without end")

    claim(-1)
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(claim, range(HTTP_CLAIMS)))
    refused = Counter(answer.json["code"] for answer in answers if answer.status == 409)
    won = [answer.json["id"] for answer in answers if answer.status == 201]
    assert len(set(won)) == len(won) == HTTP_CLAIMS // 4 - 1
    assert refused == {"campaign-sold-out": HTTP_CLAIMS - len(won)}
    record_property("rush", f"{HTTP_CLAIMS + 1} claims over HTTP, {len(won) + 1} claimed over HTTP")


def test_left_overs_are_found_one_by_one(ports):
    opened = campaign(ports, "shp_1", number=24, limits=Limits(rush=RUSH))
    assert opened.buckets == 3
    for number in range(24):
        use_cases.claim(ports, customer(number), opened.id, once())
        assert use_cases.campaign(ports, opened.id).left == 23 - number
    stands = ports.store.campaign(opened.id)
    assert (stands.empty, stands.is_sold_out) == (frozenset(range(3)), True)


def test_what_a_claim_costs_in_a_rush(ports, tables, record_property):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    opened, costs = campaign(ports, number=64, limits=Limits(rush=RUSH)), {}
    assert opened.buckets == 8

    def measured(name, number, refusal=None):
        with meter.measure() as usage:
            try:
                use_cases.claim(ports, customer(number), opened.id, once())
            except SoldOut:
                assert refusal
        costs[name] = (usage.requests, usage.read_units, usage.write_units)

    measured("first", 0)
    measured("again", 0)
    for number in range(1, 63):
        use_cases.claim(ports, customer(number), opened.id, once())
    assert len(ports.store.campaign(opened.id).empty) == 7
    measured("last", 63)
    measured("sold out", 64, SoldOut)
    # A coupon is 4, its bucket, that the account is not frozen and the stored answer 2 each; who takes the last one of a
    # bucket of the platform's writes that on the campaign: 2.
    assert costs == {
        "first": (3, 3, 10),
        "again": (1, 2, 0),
        "last": (3, 3, 12),
        "sold out": (1, 2, 0),
    }
    record_property("figure", f"a claim in a rush (requests, read, write units): {costs}")


@pytest.mark.store
def test_a_person_gets_as_many_as_they_may_however_they_ask(ports):
    opened = campaign(ports, number=200, limits=Limits(rush=RUSH, per_person=3))
    outcomes = at_once([lambda: use_cases.claim(ports, CUSTOMER, opened.id, once()) for _ in range(12)])
    assert Counter(type(one).__name__ for one in outcomes) == {"Coupon": 3, "PersonLimit": 9}
    assert len({one.id for one in outcomes if not isinstance(one, PersonLimit)}) == 3
    assert len(use_cases.mine(ports, CUSTOMER, None, 9).items) == 3
    assert use_cases.claim(ports, OTHER, opened.id, once()).customer_id == OTHER.account_id


class Devices:
    """Everybody holds the device that their id says; some none."""

    def device_of(self, actor):
        number = int(actor.account_id.removeprefix("acc_"))
        return None if number < 0 else f"device {number % 4}"


@pytest.mark.store
def test_a_device_gets_as_many_as_it_may_whoever_holds_it(ports, monkeypatch):
    monkeypatch.setattr(type(ports.devices), "device_of", lambda _self, actor: Devices().device_of(actor))
    opened = campaign(ports, number=200, limits=Limits(rush=RUSH, per_device=2))
    works = [partial(use_cases.claim, ports, customer(n), opened.id, once()) for n in range(24)]
    outcomes = Counter(type(one).__name__ for one in at_once(works))
    assert outcomes == {"Coupon": 8, "DeviceLimit": 16}
    other = campaign(ports, limits=Limits(per_device=1))
    assert use_cases.claim(ports, customer(0), other.id, once())
    with pytest.raises(DeviceLimit):
        use_cases.claim(ports, customer(4), other.id, once())
    with pytest.raises(DeviceUnknown):
        use_cases.claim(ports, customer(-1), other.id, once())


def test_who_claims_several_times_at_once_has_theirs_whatever_the_first_used_up(ports, monkeypatch):
    monkeypatch.setattr(type(ports.devices), "device_of", lambda _self, actor: Devices().device_of(actor))
    opened = campaign(ports, number=1, limits=Limits(per_device=1))
    outcomes = at_once([partial(use_cases.claim, ports, customer(1), opened.id, once()) for _ in range(10)])
    assert {one.id for one in outcomes} == {outcomes[0].id}


class Conflicting:
    """Refuses some transactions as DynamoDB does when two meet on a row, which no emulator does."""

    def __init__(self, committer, chance, share):
        self.committer, self.chance, self.share, self.refused = committer, chance, share, 0

    def commit(self, actions):
        if self.chance.random() < self.share:
            self.refused += 1
            raise Contention
        self.committer.commit(actions)


def test_claims_that_meet_are_tried_again(ports):
    conflicting = Conflicting(ports.committer, random.Random(1), 0.4)
    meeting = replace(ports, committer=conflicting)
    opened = campaign(ports, number=16, limits=Limits(rush=RUSH))
    works = [partial(use_cases.claim, meeting, customer(n), opened.id, once()) for n in range(48)]
    assert Counter(type(one).__name__ for one in at_once(works)) == {"Coupon": 16, "SoldOut": 32}
    assert use_cases.campaign(ports, opened.id).left == 0
    assert conflicting.refused > 5


def test_a_claim_gives_up_when_it_meets_others_all_the_time(ports, monkeypatch):
    monkeypatch.setattr(claims, "retrying", partial(transaction.retrying, sleep=lambda _seconds: None))
    never = replace(ports, committer=Conflicting(ports.committer, random.Random(1), 1))
    opened = campaign(ports, number=16, limits=Limits(rush=RUSH))
    with meter.measure() as usage, pytest.raises(Busy):
        use_cases.claim(never, CUSTOMER, opened.id, once())
    assert usage.requests <= 2 * 14
    assert use_cases.campaign(ports, opened.id).left == 16


def test_frozen_customers_claim_nothing(ports):
    opened = campaign(ports, "shp_1")
    frozen = {"subject": f"account:{CUSTOMER.account_id}", "reason": "looked at"}
    assert call("POST", "/v1/admin/risk/freezes", actor=ADMIN, body=frozen).status == 200
    with pytest.raises(Frozen):
        use_cases.claim(ports, CUSTOMER, opened.id, once())
    assert use_cases.claim(ports, OTHER, opened.id, once())
    assert ports.store.campaign(opened.id).claimed == 1


def test_a_campaign_that_takes_a_code_is_not_simply_claimed(ports):
    opened = campaign(ports, limits=Limits(access="code"))
    with pytest.raises(OtherwiseClaimed):
        use_cases.claim(ports, CUSTOMER, opened.id, once())


def test_a_budget_of_money_is_said_over_http(ports, monkeypatch):
    monkeypatch.setattr(wiring, "coupons", lambda: ports)
    said = {
        "title": "满减",
        "terms": {"currency": "CNY", "amount_off": 2000},
        "valid_from": "2030-05-01T08:00:00Z",
        "valid_until": "2030-06-01T00:00:00Z",
    }
    route = "/v1/shops/{shop_id}/campaigns"
    refused = call("POST", route, actor=MERCHANT, body=said, shop_id="shp_1")
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "number")
    limits = {"money": 50_000, "per_person": 2, "per_device": 3, "rush": None, "access": "open"}
    opened = call("POST", route, actor=MERCHANT, body=said | {"limits": limits}, shop_id="shp_1")
    assert (opened.status, opened.json["number"], opened.json["left"]) == (201, None, None)
    assert opened.json["limits"] == limits
    assert size_of(50_000, 1, 0) == ports.purses.look(opened.json["id"], [0]).rooms[0]


def test_the_device_of_a_session_counts_over_http_and_no_header_changes_it(ports, monkeypatch):
    for name in ("coupons", "claiming"):
        monkeypatch.setattr(wiring, name, lambda: ports)
    opened, now = campaign(ports, limits=Limits(per_device=1)), ports.clock.now()

    def claim(number, device):
        actor = Actor(f"acc_{number}", frozenset({Role.CUSTOMER}), f"ses_{number}")
        session = Session(actor.account_id, actor.session_id, 0, 1, now, now, ("sms",), None, device)
        ports.committer.commit([wiring.accounts().store.open_session(session)])
        headers = {"X-Device-Id": f"another-{number}"}
        answer = call("POST", CLAIMS_OF, actor=actor, headers=headers, campaign_id=opened.id)
        return answer.json.get("code", answer.status)

    tries = [claim(1, "one"), claim(2, "one"), claim(3, "two"), claim(4, None)]
    assert tries == [201, "campaign-device-limit", 201, "device-unknown"]
