"""Blocks over the API: nothing begins between two accounts while one stands, what has begun goes on."""

import json
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import wiring
from chalicelib.audit.ports import Why
from chalicelib.booking.use_cases import offer
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.dealings import NotAvailable
from chalicelib.kit.dynamo import meter
from chalicelib.kit.wire import rfc3339
from chalicelib.profiles import use_cases
from chalicelib.profiles.ports import Side
from chalicelib.profiles.problems import TooManyBlocked
from chalicelib.profiles.rules import blocks as rules
from chalicelib.profiles.store import blocks as store
from chalicelib.settings import settings as settings_of
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call
from tests.chalicelib.profiles.world import at_once
from tests.emulators import DYNOXIDE
from tests.world import hold, hour, open_shop, wish

SHOPS, SHOP = "/v1/me/blocked-shops", "/v1/me/blocked-shops/{shop_id}"
CUSTOMERS = "/v1/shops/{shop_id}/blocked-customers"
BLOCKED = CUSTOMERS + "/{customer_id}"


def by_customer(shop, verb="PUT", actor=CUSTOMER):
    return call(verb, SHOP, actor=actor, shop_id=shop["id"])


def by_merchant(shop, verb="PUT", actor=MERCHANT, reason="多次未到店", customer=CUSTOMER):
    body = {"reason": reason} if verb == "PUT" else None
    return call(verb, BLOCKED, actor=actor, body=body, shop_id=shop["id"], customer_id=customer.account_id)


def order(shop, hours=24, actor=CUSTOMER):
    return call("POST", "/v1/orders", actor=actor, body={"lines": [wish(shop, hours)]})


def queue(shop):
    body = {"name": "2 人桌", "prefix": "A", "minutes": 10}
    return call("POST", "/v1/shops/{shop_id}/queues", actor=MERCHANT, body=body, shop_id=shop["id"]).json["id"]


def beginnings(shop, actor=CUSTOMER):
    """What may begin at a shop: an order, a number, a wait, a coupon; each begins when it is called."""
    now = wiring.clock().now()
    day = f"{hour(48):%Y-%m-%d}"
    at_shop = {"shop_id": shop["id"], "offering_id": shop["offering_id"], "first_date": day, "last_date": day}
    terms = {"currency": "CNY", "amount_off": 100}
    until = {"valid_from": rfc3339(now), "valid_until": rfc3339(now + timedelta(days=1))}
    campaign = {"title": "五月", "terms": terms, "number": 10, **until}
    opened = call("POST", "/v1/shops/{shop_id}/campaigns", actor=MERCHANT, body=campaign, shop_id=shop["id"]).json
    number = {"shop_id": shop["id"], "queue_id": shop["queue_id"]}
    tickets = "/v1/shops/{shop_id}/queues/{queue_id}/tickets"
    return [
        lambda: order(shop, 24, actor),
        lambda: call("POST", tickets, actor=actor, body={"party": 2}, **number),
        lambda: call("POST", "/v1/waits", actor=actor, body={"at_shop": at_shop}),
        lambda: call("POST", "/v1/campaigns/{campaign_id}/claims", actor=actor, campaign_id=opened["id"]),
    ]


@pytest.mark.parametrize("block", [by_customer, by_merchant])
def test_nothing_begins_between_them_whoever_blocked_and_nobody_is_told_who(tables, block):
    shop = open_shop()
    shop["queue_id"] = queue(shop)
    for _ in range(2):
        assert block(shop).status in {200, 204}
    refused = [begin() for begin in beginnings(shop)]
    assert {(one.status, one.json["code"]) for one in refused} == {(409, "not-available")}
    assert len({one.json["detail"] for one in refused}) == 1
    assert order(open_shop()).status == 409  # nor in another shop of the merchant's
    assert order(shop, 30, OTHER).status == 201
    for _ in range(2):
        assert block(shop, "DELETE").status == 204
    assert [begin().status for begin in beginnings(shop)] == [201] * 4


def test_it_holds_as_long_as_one_of_two_stands(tables):
    shop = open_shop()
    by_customer(shop), by_merchant(shop)
    by_customer(shop, "DELETE")
    assert order(shop).json["code"] == "not-available"
    by_merchant(shop, "DELETE")
    assert order(shop).status == 201


def test_what_has_begun_goes_on(tables):
    shop = open_shop()
    held = hold(shop)
    by_merchant(shop)
    path = {"order_id": held["id"]}
    assert call("POST", "/v1/orders/{order_id}/extend", actor=CUSTOMER, **path).status == 200
    assert call("POST", "/v1/orders/{order_id}/cancel", actor=CUSTOMER, body={}, **path).status == 200


def test_who_waits_already_is_offered_nothing_of_the_merchant(tables):
    shop = open_shop()
    day = f"{hour(24):%Y-%m-%d}"
    ask = {"at_shop": {"shop_id": shop["id"], "offering_id": shop["offering_id"], "first_date": day, "last_date": day}}
    wait = call("POST", "/v1/waits", actor=CUSTOMER, body=ask).json
    by_merchant(shop)
    assert offer.look(wiring.waiting(), wait["id"], [shop["id"]]) == 0
    by_merchant(shop, "DELETE")
    assert offer.look(wiring.waiting(), wait["id"], [shop["id"]]) == 1


def test_reasons_are_for_the_shops_people_alone(tables):
    shop = open_shop()
    assert by_merchant(shop).json["reason"] == "多次未到店"
    by_merchant(shop, reason="态度恶劣")
    [kept] = call("GET", CUSTOMERS, actor=MERCHANT, shop_id=shop["id"]).json["items"]
    assert (kept["customer_id"], kept["reason"]) == (CUSTOMER.account_id, "态度恶劣")
    assert call("GET", CUSTOMERS, actor=OTHER, shop_id=shop["id"]).status == 403
    assert by_merchant(shop, actor=OTHER).status == 403
    assert by_merchant(shop, "DELETE", actor=OTHER).status == 403
    assert call("GET", CUSTOMERS, actor=CUSTOMER, shop_id=shop["id"]).status == 403
    assert call("GET", SHOPS, actor=CUSTOMER).json["items"] == []
    noted = call("GET", "/v1/admin/audit", actor=ADMIN, query={"object": f"account:{CUSTOMER.account_id}"}).json
    assert {one["action"] for one in noted["items"]} == {"profiles.block"}
    rows = tables.dynamodb.scan(TableName=f"{settings_of().table_prefix}-profiles")["Items"]
    assert "态度恶劣" not in json.dumps([rows, noted], ensure_ascii=False, default=str)


def test_what_a_merchant_blocks_as_a_customer_is_not_the_shops_business(tables):
    shop = open_shop()
    theirs = {"name": "别家", "categories": ["hair"], "address": "1", "position": {"lat": 31.2, "lon": 121.4}}
    theirs |= {"zone": "Asia/Shanghai", "currency": "CNY", "hours": []}
    other = call("POST", "/v1/shops", actor=OTHER, body=theirs).json
    by_customer(other, actor=MERCHANT)
    assert call("GET", CUSTOMERS, actor=MERCHANT, shop_id=shop["id"]).json["items"] == []
    [mine] = call("GET", SHOPS, actor=MERCHANT).json["items"]
    assert mine["shop"]["name"] == "别家"
    assert order(shop, actor=OTHER).json["code"] == "not-available"  # it holds both ways


def test_nobody_blocks_themselves_or_what_is_not_there(tables):
    shop = open_shop()
    assert by_customer(shop, actor=MERCHANT).status == 422
    assert by_merchant(shop, customer=MERCHANT).status == 422
    assert by_customer({"id": "shp_nobody"}).status == 404
    assert order(shop, actor=MERCHANT).status == 201


@pytest.mark.parametrize("which", range(4))
def test_a_block_that_is_made_after_all_was_decided_still_counts(tables, monkeypatch, which):
    """The order, number, wait or coupon has read everything and is about to be written when the block comes."""
    shop, ports = open_shop(), wiring.profiles()
    shop["queue_id"] = queue(shop)
    begin, blocked = beginnings(shop)[which], []
    commit = type(ports.committer).commit

    def late(self, actions):
        if not blocked:
            blocked.append(True)
            use_cases.block_shop(ports, CUSTOMER, shop["id"])
        commit(self, actions)

    monkeypatch.setattr(type(ports.committer), "commit", late)
    assert begin().json["code"] == "not-available"


@pytest.mark.store
def test_no_order_slips_past_a_block_that_is_made_at_the_same_time(tables):
    """Whatever is refused or not: once the block is answered, no order comes any more."""
    shop = open_shop(staff=6)
    ports = wiring.profiles()
    outcomes = at_once(
        *[lambda n=n: order(shop, 24 + n) for n in range(4)],
        lambda: use_cases.block_shop(ports, CUSTOMER, shop["id"]),
        lambda: order(shop, 40),
    )
    codes = {one.json["code"] for one in outcomes if one is not None and one.status != 201}
    assert codes <= {"not-available", "busy"}
    assert order(shop, 50).json["code"] == "not-available"


@pytest.mark.store
def test_many_who_block_and_unblock_at_once_leave_one_truth(tables):
    shop, ports = open_shop(), wiring.profiles()
    block, unblock = use_cases.block_shop, use_cases.unblock_shop
    for _ in range(2):
        at_once(*[lambda verb=verb: verb(ports, CUSTOMER, shop["id"]) for verb in (block, unblock, block, block)])
        marks = ports.blocks.pair(CUSTOMER.account_id, MERCHANT.account_id).marks
        listed = use_cases.blocked_shops(ports, CUSTOMER, None, 9).items
        assert len(marks) == len(listed) <= 1


@pytest.mark.store
def test_there_is_an_end_to_blocking_and_it_is_counted_right(tables, monkeypatch):
    monkeypatch.setattr(store, "MOST_BLOCKED", 2)
    shop, ports = open_shop(), wiring.profiles()
    customers = [Actor(f"acc_{n}", frozenset({Role.CUSTOMER}), "ses") for n in range(3)]
    assert [by_merchant(shop, customer=one).status for one in customers] == [200, 200, 409]
    for _ in range(2):
        by_merchant(shop, "DELETE", customer=customers[0])
    assert [by_merchant(shop, customer=one).status for one in (customers[2], customers[0])] == [200, 409]
    with pytest.raises(TooManyBlocked):
        use_cases.block_customer(ports, MERCHANT, shop["id"], "acc_9", Why("x"))


NAMES = ("acc_a", "acc_b", "acc_c")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["block", "unblock"]), st.sampled_from(NAMES), st.sampled_from(Side), st.sampled_from(NAMES)
    ),
    max_size=12,
)


@given(STEPS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_pair_is_free_exactly_when_no_block_stands_either_way(steps):
    """Against a plain set of blocks: the marks of a pair do not depend on who is named first."""
    stands, pairs = set(), {}
    for verb, by, side, other in steps:
        if by == other:
            continue
        key = rules.ends(by, other)
        marks = pairs.get(key, frozenset())
        one = {rules.mark(by, side)}
        pairs[key] = marks | one if verb == "block" else marks - one
        (stands.add if verb == "block" else stands.discard)((by, side, other))
    for one in NAMES:
        for other in NAMES:
            blocked = any({by, whom} == {one, other} for by, _, whom in stands) and one != other
            assert bool(pairs.get(rules.ends(one, other))) == blocked == bool(pairs.get(rules.ends(other, one)))


@pytest.mark.store
def test_the_condition_is_the_same_both_ways(tables):
    ports, commit = wiring.profiles(), wiring.committer().commit
    shop = open_shop()
    pair = (CUSTOMER.account_id, MERCHANT.account_id)
    commit(use_cases.may_begin(ports, *pair))
    use_cases.block_shop(ports, CUSTOMER, shop["id"])
    for one, other in (pair, pair[::-1]):
        with pytest.raises(NotAvailable):
            commit(use_cases.may_begin(ports, one, other))
    assert use_cases.may_begin(ports, "acc_a", "acc_a") == []


def test_what_blocking_costs(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    shop, ports, costs = open_shop(), wiring.profiles(), {}

    def measured(name, work):
        with meter.measure() as used:
            work()
        costs[name] = (used.requests, used.read_units, used.write_units)

    measured("block", lambda: use_cases.block_shop(ports, CUSTOMER, shop["id"]))
    measured("again", lambda: use_cases.block_shop(ports, CUSTOMER, shop["id"]))
    measured("list", lambda: use_cases.blocked_shops(ports, CUSTOMER, None, 20))
    measured("unblock", lambda: use_cases.unblock_shop(ports, CUSTOMER, shop["id"]))
    measured("by the merchant", lambda: by_merchant(shop))
    measured("is it free", lambda: wiring.committer().commit(use_cases.may_begin(ports, "acc_a", "acc_b")))
    assert costs == {  # the shop's row is 1 of the reads; an entry of the audit log 4 of the writes
        "block": (3, 2, 3 + 2 + 2),
        "again": (2, 2, 0),
        "list": (2, 1 + 0.5, 0),
        "unblock": (3, 2, 3 + 2 + 2),
        "by the merchant": (3, 2, 7 + 4),
        "is it free": (1, 0, 2),
    }
