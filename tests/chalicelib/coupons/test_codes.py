"""Codes from batch to coupon, over real tables."""

import os
import time
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest

from chalicelib import settings, wiring
from chalicelib.coupons import use_cases
from chalicelib.coupons.ports import Coupon
from chalicelib.coupons.rules import Limits, PersonLimit
from chalicelib.coupons.rules import codes as rules
from chalicelib.coupons.rules.codes import BatchState
from chalicelib.coupons.rules.problems import BatchNotReady, CodeUsed, NotByCode, TooManyTries, WrongCode
from chalicelib.kit.dynamo import meter
from chalicelib.kit.errors import Forbidden, Invalid, NotFound, SignInAgain
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call
from tests.chalicelib.coupons.test_rush import at_once
from tests.chalicelib.coupons.test_use_cases import campaign, customer
from tests.chalicelib.orders.world import NOW, once
from tests.emulators import DYNOXIDE
from tests.fakes.files import FakeFiles

CODES = int(os.environ.get("CODES", "60"))
BY_CODE = Limits(access="code")
HERE = "203.0.113.9"
WHY = use_cases.codes.UNSAID
OWNER = replace(MERCHANT, signed_in_at=NOW)


@pytest.fixture
def ports(ports):
    return replace(ports, files=FakeFiles())


def batch_of(ports, number, opened=None, **said):
    opened = opened or campaign(ports, "shp_1", number=max(number, 10), limits=BY_CODE, **said)
    return use_cases.open_codes(ports, OWNER, opened.id, number, once(), WHY)


def made(ports, batch):
    while batch.state == BatchState.MAKING:
        batch = use_cases.make_codes(ports, OWNER, batch.campaign_id, batch.id)
    return batch


def exported(ports, batch):
    done = use_cases.export_codes(ports, OWNER, batch.campaign_id, made(ports, batch).id, once(), WHY)
    [content] = [content for key, (content, _) in ports.files.kept.items() if batch.id in key]
    head, *codes = content.decode().split("\r\n")[:-1]
    assert head == "code"
    return done.batch, codes


def redeem(ports, actor, code, ip=HERE):
    return use_cases.redeem_code(ports, actor, code, ip, once())


@pytest.mark.store
def test_codes_are_made_exported_once_and_brought_once_each(ports, monkeypatch, tables, record_property):
    monkeypatch.setattr(rules, "STEP", max(7, CODES // 50))
    batch, began = batch_of(ports, CODES), time.monotonic()
    with pytest.raises(BatchNotReady):
        use_cases.export_codes(ports, OWNER, batch.campaign_id, batch.id, once(), WHY)
    steps = 0
    while batch.state == BatchState.MAKING:
        assert batch.made == steps * rules.STEP
        batch, steps = use_cases.make_codes(ports, OWNER, batch.campaign_id, batch.id), steps + 1
    assert (batch.made, use_cases.make_codes(ports, OWNER, batch.campaign_id, batch.id)) == (CODES, batch)
    batch, codes = exported(ports, batch)
    assert len(set(codes)) == len(codes) == CODES
    assert ports.codes.seed(batch) is None
    with pytest.raises(BatchNotReady):
        use_cases.export_codes(ports, OWNER, batch.campaign_id, batch.id, once(), WHY)
    coupon = redeem(ports, CUSTOMER, codes[0].lower())
    assert (coupon.customer_id, coupon.campaign_id) == (CUSTOMER.account_id, batch.campaign_id)
    assert redeem(ports, CUSTOMER, codes[0]) == coupon
    with pytest.raises(CodeUsed):
        redeem(ports, OTHER, codes[0])
    with pytest.raises(PersonLimit):
        redeem(ports, CUSTOMER, codes[1])
    assert redeem(ports, OTHER, codes[1]).customer_id == OTHER.account_id
    record_property("rush", f"{CODES} codes made")
    record_property(
        "figure", f"{tables.name}: {CODES} codes in {steps} steps, exported, in {time.monotonic() - began:.1f} s"
    )


@pytest.mark.store
def test_many_bring_one_code_and_one_gets_a_coupon(ports):
    _, codes = exported(ports, batch_of(ports, 2))
    outcomes = at_once([partial(redeem, ports, customer(n), codes[0], f"198.51.100.{n}") for n in range(20)])
    assert Counter(type(one).__name__ for one in outcomes) == {"Coupon": 1, "CodeUsed": 19}
    again = at_once([partial(redeem, ports, OTHER, codes[1]) for _ in range(8)])
    assert len({one.id for one in again if isinstance(one, Coupon)}) == 1
    assert all(isinstance(one, Coupon) for one in again)


def test_making_that_died_goes_on_and_two_at_once_make_the_same(ports, monkeypatch):
    monkeypatch.setattr(rules, "STEP", 10)
    batch = batch_of(ports, 30)

    class Dies:
        def commit(self, _actions):
            raise MemoryError("killed")

    with pytest.raises(MemoryError):
        use_cases.make_codes(replace(ports, committer=Dies()), OWNER, batch.campaign_id, batch.id)
    assert ports.codes.batch(batch.id).made == 0
    outcomes = at_once([partial(use_cases.make_codes, ports, OWNER, batch.campaign_id, batch.id) for _ in range(6)])
    assert max(one.made for one in outcomes) == 30
    _, codes = exported(ports, ports.codes.batch(batch.id))
    assert all(ports.codes.known(ports.blind(rules.read(code), "coupon:code")) for code in codes)


def test_what_is_stored_gives_no_code(ports, tables):
    batch = batch_of(ports, 5)
    seed = ports.codes.seed(made(ports, batch))
    _, codes = exported(ports, batch)
    rows = str(tables.dynamodb.scan(TableName=f"{settings.settings().table_prefix}-coupons")["Items"])
    assert "CODE#" in rows
    assert not any(code in rows or rules.read(code) in rows for code in codes)
    assert seed.hex() not in rows


def test_a_batch_that_is_revoked_is_good_for_nothing_and_what_was_brought_stays(ports):
    batch, codes = exported(ports, batch_of(ports, 3))
    coupon = redeem(ports, CUSTOMER, codes[0])
    gone = use_cases.revoke_codes(ports, OWNER, batch.campaign_id, batch.id)
    assert (gone.state, ports.files.kept) == (BatchState.REVOKED, {})
    assert use_cases.revoke_codes(ports, OWNER, batch.campaign_id, batch.id) == gone
    with pytest.raises(WrongCode):
        redeem(ports, OTHER, codes[1])
    assert redeem(ports, CUSTOMER, codes[0]) == coupon
    early = made(ports, batch_of(ports, 3))
    stolen = rules.shown(rules.code_of(ports.codes.seed(early), 0))
    with pytest.raises(WrongCode):  # nobody was given it
        redeem(ports, OTHER, stolen)


@pytest.mark.store
def test_there_are_never_more_codes_than_coupons_and_others_instead_of_those_taken_back(ports):
    opened = campaign(ports, "shp_1", number=10, limits=BY_CODE)
    with pytest.raises(Invalid):
        batch_of(ports, 11, opened)
    lost, codes = exported(ports, batch_of(ports, 10, opened))
    with pytest.raises(Invalid):
        batch_of(ports, 1, opened)
    assert redeem(ports, CUSTOMER, codes[0])
    for _ in range(2):  # the second time changes nothing
        use_cases.revoke_codes(ports, OWNER, opened.id, lost.id)
    with pytest.raises(Invalid):
        batch_of(ports, 10, opened)  # one was brought
    assert batch_of(ports, 9, opened)
    with pytest.raises(Invalid):
        batch_of(ports, 2, opened)


def test_who_guesses_is_stopped_alone_and_with_others_of_their_network(ports, clock, monkeypatch):
    _, codes = exported(ports, batch_of(ports, 1))
    guess = partial(rules.code_of, b"another batch")
    with pytest.raises(WrongCode):
        redeem(ports, CUSTOMER, "7K3M-9QXA-2RTV-P0W5H")  # mistyped: not looked at
    for number in range(20):
        with pytest.raises(WrongCode):
            redeem(ports, CUSTOMER, guess(number))
    with pytest.raises(TooManyTries) as refused:
        redeem(ports, CUSTOMER, codes[0])
    assert 0 < refused.value.retry_after <= 3_600
    assert redeem(ports, OTHER, codes[0])
    clock.move(hours=1)
    monkeypatch.setattr(use_cases.codes, "_TRIES_OF_NETWORK", 3)
    tried = at_once([partial(redeem, ports, customer(n), guess(n), f"2001:db8::{n:x}") for n in range(8)])
    assert Counter(type(one).__name__ for one in tried) == {"WrongCode": 3, "TooManyTries": 5}


def test_a_code_that_could_not_be_used_can_be_brought_again(ports):
    opened = campaign(ports, "shp_1", number=10, limits=Limits(access="code", per_person=2))
    _, codes = exported(ports, batch_of(ports, 10, opened))
    assert len({redeem(ports, CUSTOMER, code).id for code in codes[:2]}) == 2
    with pytest.raises(PersonLimit):
        redeem(ports, CUSTOMER, codes[2])
    assert redeem(ports, OTHER, codes[2])
    for number, code in enumerate(codes[3:]):
        redeem(ports, customer(number), code)
    assert ports.store.campaign(opened.id).is_sold_out
    with pytest.raises(Invalid):
        batch_of(ports, 1, opened)


def test_who_may_make_codes(ports):
    opened = campaign(ports, "shp_1", limits=BY_CODE)
    plain, platform = campaign(ports, "shp_1"), campaign(ports, None, limits=BY_CODE)
    with pytest.raises(NotByCode):
        batch_of(ports, 1, plain)
    with pytest.raises(NotFound):
        batch_of(ports, 1, platform)
    with pytest.raises(Forbidden):
        use_cases.open_codes(ports, OTHER, opened.id, 1, once(), WHY)
    assert use_cases.open_codes(ports, ADMIN, platform.id, 1, once(), WHY)
    batch = made(ports, batch_of(ports, 3, opened))
    stale = replace(OWNER, signed_in_at=None)
    with pytest.raises(SignInAgain):
        use_cases.export_codes(ports, stale, opened.id, batch.id, once(), WHY)
    for work in (use_cases.make_codes, use_cases.revoke_codes):
        with pytest.raises(Forbidden):
            work(ports, OTHER, opened.id, batch.id)
        for wrong in ((opened.id, "cdb_none"), (plain.id, batch.id), ("cmp_none", batch.id)):
            with pytest.raises(NotFound):
                work(ports, OWNER, *wrong)
    assert use_cases.code_batches(ports, OWNER, opened.id, None, 9).items == (batch,)


def test_codes_over_http(ports, monkeypatch):
    for name in ("coupons", "claiming"):
        monkeypatch.setattr(wiring, name, lambda: ports)
    opened = campaign(ports, "shp_1", limits=BY_CODE)
    route = "/v1/campaigns/{campaign_id}/code-batches"
    batch = call("POST", route, actor=MERCHANT, body={"number": 3}, campaign_id=opened.id)
    assert (batch.status, batch.json["state"], batch.json["made"]) == (201, "making", 0)
    at = {"campaign_id": opened.id, "code_batch_id": batch.json["id"]}
    ready = call("PUT", f"{route}/{{code_batch_id}}", actor=MERCHANT, **at)
    assert (ready.status, ready.json["state"], ready.json["made"]) == (200, "ready", 3)
    got = call("POST", f"{route}/{{code_batch_id}}", actor=MERCHANT, **at)
    assert (got.status, got.json["batch"]["state"]) == (200, "exported")
    [(content, _)] = ports.files.kept.values()
    code = content.decode().split("\r\n")[1]
    claimed = call("POST", "/v1/me/coupons", actor=CUSTOMER, body={"code": code})
    assert (claimed.status, claimed.json["campaign_id"]) == (201, opened.id)
    used = call("POST", "/v1/me/coupons", actor=OTHER, body={"code": code})
    assert (used.status, used.json["code"]) == (409, "coupon-code-used")
    wrong = call("POST", "/v1/me/coupons", actor=OTHER, body={"code": "x"})
    assert (wrong.status, wrong.json["code"]) == (422, "coupon-code-wrong")
    for body in ({}, {"code": code, "scanned": "x"}):
        neither = call("POST", "/v1/me/coupons", actor=OTHER, body=body)
        assert (neither.status, neither.json["errors"][0]["field"]) == (422, "code")
    seen = call("GET", route, actor=MERCHANT, campaign_id=opened.id)
    assert [one["state"] for one in seen.json["items"]] == ["exported"]
    assert call("DELETE", f"{route}/{{code_batch_id}}", actor=MERCHANT, **at).json["state"] == "revoked"


def test_what_codes_cost(ports, tables, record_property):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    costs = {}

    def measured(name, work):
        with meter.measure() as usage:
            result = work()
        costs[name] = (usage.requests, usage.read_units, usage.write_units)
        return result

    opened = campaign(ports, None, limits=BY_CODE)
    batch = use_cases.open_codes(ports, ADMIN, opened.id, 10, once(), WHY)
    admin = replace(ADMIN, signed_in_at=NOW)
    measured("make 10", lambda: use_cases.make_codes(ports, admin, opened.id, batch.id))
    measured("export", lambda: use_cases.export_codes(ports, admin, opened.id, batch.id, once(), WHY))
    content = next(iter(ports.files.kept.values()))[0].decode()
    measured("redeem", lambda: redeem(ports, CUSTOMER, content.split("\r\n")[1]))
    with pytest.raises(CodeUsed):
        measured("used", lambda: redeem(ports, OTHER, content.split("\r\n")[1]))
    # Two tallies are 4; a code is 1 to write and 2 to use up; a batch and its index 3; an entry of the log 4, a
    # stored answer 2; a claim 2 for the account that is not frozen, 4 for the coupon, 2 for the platform's campaign.
    assert costs == {
        "make 10": (5, 3, 10 + 3),
        "export": (4, 3, 3 + 2 + 4),
        "redeem": (5, 4, 4 + 2 + 4 + 2 + 2 + 2),
    }
    record_property("figure", f"codes (requests, read, write units): {costs}")
