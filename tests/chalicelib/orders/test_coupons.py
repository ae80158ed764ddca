"""Orders with several coupons, over real tables: what they take off, who has one first, and what comes back."""

import os
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.coupons import use_cases as coupons
from chalicelib.coupons.ports import (
    CampaignDraft,
    Conditions,
    CouponDoesNotFit,
    CouponUnavailable,
    CouponWhereOneWorks,
    FirstOf,
    Misfit,
    PaidBy,
    Part,
    Returned,
    Terms,
)
from chalicelib.coupons.rules import Limits
from chalicelib.kit.dynamo import meter
from chalicelib.kit.errors import Busy
from chalicelib.kit.permissions import Role
from chalicelib.orders import use_cases
from chalicelib.orders.ports import CouponBound
from chalicelib.orders.store import OrderRow
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, call, present, working_for
from tests.chalicelib.orders.world import LATER, NOW, OFFERING, SHOP, once
from tests.emulators import DYNOXIDE
from tests.racing import race

HOUR = timedelta(hours=1)
RACERS = int(os.environ.get("COUPON_RACERS", "8"))
FIRST = Conditions(first_of=FirstOf.PLATFORM)


def at(hours):
    return LATER + timedelta(hours=hours)


def campaign(world, *, number=50, **terms):
    """A campaign of the platform."""
    said = CampaignDraft("五月", Terms("CNY", **terms), number, NOW, NOW + timedelta(days=30))
    return coupons.open_campaign(world.ports.coupons, ADMIN, None, said, once())


def two(world):
    """A coupon that the platform pays and one that it pays half of, which go together."""
    ten = world.coupon(amount_off=1_001, stacks_as="a")
    tenth = world.coupon(percent_bps=1_000, stacks_as="b", platform_bps=5_000)
    world.ports.committer.commit([world.ports.coupons.store.join(tenth.campaign_id, SHOP, NOW)])
    return ten, tenth


@pytest.mark.store
def test_several_coupons_are_held_used_and_given_back_with_their_order(world):
    ten, tenth = two(world)
    order = world.hold(at(0), at(1), coupon_ids=[tenth.id, ten.id])
    assert [line.discounts for line in order.lines] == [
        (Part(ten.id, 501, 501), Part(tenth.id, 950, 475)),
        (Part(ten.id, 500, 500), Part(tenth.id, 950, 475)),
    ]
    assert order.discounts == (Part(ten.id, 1_001, 1_001), Part(tenth.id, 1_900, 950))
    assert (order.coupon_ids, order.paid_by, order.total) == ((ten.id, tenth.id), "shared", 20_000 - 2_901)
    assert world.read(order) == order
    use_cases.extend(world.ports, CUSTOMER, order.id, once())
    world.clock.move(minutes=15)
    assert [world.coupon_state(one) for one in (ten, tenth)] == ["reserved"] * 2
    assert world.pay(order).fulfilled
    assert [world.coupon_state(one) for one in (ten, tenth)] == ["used"] * 2
    world.cancel(order)
    assert [world.coupon_state(one) for one in (ten, tenth)] == ["issued"] * 2


@pytest.mark.store
def test_what_is_delivered_falls_due_with_the_platforms_part_alone(world):
    ten, tenth = two(world)
    order = world.bought(at(0), at(1), coupon_ids=[ten.id, tenth.id])
    for line in order.lines:
        world.deliver(order, line)
    dues = sorted((due.gross, due.platform_discount) for due in world.waiting())
    assert dues == [(8_549, 976), (8_550, 975)]
    assert sum(map(sum, dues)) == 20_000 - (1_900 - 950)  # the merchant's part of the discounts is nobody's to pay


@pytest.mark.parametrize(
    ("returned", "notice", "by", "after"),
    [
        (Returned.IN_TIME, 120, CUSTOMER, "issued"),
        (Returned.IN_TIME, 9_999, CUSTOMER, "used"),
        (Returned.ALWAYS, 9_999, CUSTOMER, "issued"),
        (Returned.NEVER, 120, CUSTOMER, "used"),
        (Returned.NEVER, 9_999, MERCHANT, "issued"),
    ],
)
def test_a_used_coupon_comes_back_as_its_terms_say(world, returned, notice, by, after):
    world.kind.policy = replace(world.kind.policy, free_until_minutes_before=notice)
    world.kind.merchant_id = MERCHANT.account_id
    coupon = world.coupon(amount_off=1_000, returned=returned)
    order = world.bought(at(0), at(1), coupon_id=coupon.id)
    world.cancel(order, actor=by, lines=order.lines[:1])
    assert world.coupon_state(coupon) == "used"  # as long as something is bought with it
    world.cancel(order, actor=by)
    assert world.coupon_state(coupon) == after


def test_what_was_never_paid_gives_every_coupon_back_and_what_is_over_is_not_revived(world):
    coupon = world.coupon(amount_off=1_000, returned=Returned.NEVER)
    world.cancel(world.hold(coupon_id=coupon.id))
    assert world.coupon_state(coupon) == "issued"
    short = world.coupon(amount_off=1_000, days=1)
    order = world.bought(LATER + timedelta(days=3), coupon_id=short.id)
    world.clock.move(days=2)
    world.cancel(order)
    assert world.ports.coupons.store.coupon(short.id).state == "expired"


def test_a_first_order_is_the_first(world):
    first, second, here = (
        world.coupon(amount_off=1_000, conditions=conditions)
        for conditions in (FIRST, FIRST, Conditions(first_of=FirstOf.SHOP))
    )
    held = world.hold(coupon_id=first.id)
    assert held.first_of == ("platform",)
    with pytest.raises(CouponDoesNotFit) as refused:
        world.hold(at(1), coupon_id=second.id)
    assert refused.value.misfit == Misfit.FIRST_ELSEWHERE
    world.clock.move(minutes=11)  # it ran out: the next one may
    other = world.hold(at(1), coupon_id=second.id)
    assert not world.pay(held).fulfilled  # the late money finds that another order is the first now
    assert world.pay(other, "pay_2").fulfilled
    for coupon in (first, here):
        with pytest.raises(CouponDoesNotFit) as refused:
            world.hold(at(2), coupon_id=coupon.id)
        assert refused.value.misfit == Misfit.NOT_FIRST
    world.cancel(other)  # it came to nothing, so that the next one is the first again
    world.refund(world.read(other), world.read(other).lines[0].refund, "pay_2")
    assert world.hold(at(3), coupon_id=first.id).first_of == ("platform",)


def test_orders_from_before_it_was_kept_count_as_well(world):
    world.bought(at(0))
    world.ports.store.put_bought(CUSTOMER.account_id, world.ports.store.bought(CUSTOMER.account_id))
    from chalicelib.orders.store.bought import BoughtRow

    BoughtRow.get(f"CUSTOMER#{CUSTOMER.account_id}", "BOUGHT").delete()
    coupon = world.coupon(amount_off=1_000, conditions=FIRST)
    with pytest.raises(CouponDoesNotFit):
        world.hold(at(1), coupon_id=coupon.id)


@pytest.mark.store
def test_of_first_orders_at_once_one_uses_its_coupon(world, record_property):
    owned = [world.coupon(amount_off=1_000, conditions=FIRST) for _ in range(RACERS)]
    works = [lambda n=n: world.hold(at(n), coupon_id=owned[n].id) for n in range(RACERS)]
    outcomes = race(works, (CouponDoesNotFit, CouponUnavailable))
    held = [one for one in outcomes if not isinstance(one, Exception)]
    assert len(held) == 1
    assert {one.misfit for one in outcomes if isinstance(one, CouponDoesNotFit)} == {Misfit.FIRST_ELSEWHERE}
    assert world.pay(held[0]).fulfilled
    record_property("discounts", f"{RACERS} first orders at once")


@pytest.mark.store
def test_a_coupon_in_orders_at_once_is_in_one(world, record_property):
    ten, tenth = two(world)
    works = [lambda n=n: world.hold(at(n), coupon_ids=[(ten, tenth)[n % 2].id]) for n in range(RACERS)]
    works += [lambda n=n: world.hold(at(n), coupon_ids=[ten.id, tenth.id]) for n in range(RACERS, RACERS * 2)]
    outcomes = race(works, CouponUnavailable)
    held = [one for one in outcomes if not isinstance(one, Exception)]
    used = Counter(coupon_id for order in held for coupon_id in order.coupon_ids)
    assert used == {ten.id: 1, tenth.id: 1}
    for order in held:
        assert world.pay(order, f"pay_{order.id}").fulfilled
    record_property("discounts", f"{len(works)} orders at once with a coupon")


def test_a_coupon_in_orders_at_once_over_http_is_in_one(world, monkeypatch, record_property):
    monkeypatch.setattr(wiring, "orders", lambda: world.ports)
    ten, tenth = two(world)
    present(CUSTOMER)

    def order(number):
        line = {"kind": "booking", "shop_id": SHOP, "offering_id": OFFERING, "start": at(number).isoformat()}
        answer = call("POST", "/v1/orders", actor=CUSTOMER, body={"lines": [line], "coupon_ids": [ten.id, tenth.id]})
        if answer.status == 409 and answer.json["code"] == "busy":
            raise Busy
        return answer

    answers = race([lambda n=n: order(n) for n in range(RACERS)], ())
    assert Counter(one.status for one in answers) == {201: 1, 409: RACERS - 1}
    assert {one.json["code"] for one in answers if one.status == 409} == {"coupon-unavailable"}
    record_property("discounts", f"{RACERS} orders at once over HTTP")


@pytest.mark.store
def test_money_and_the_next_order_at_once_for_one_coupon(world):
    """The hold ran out: its late money and another order want the coupon at the same moment."""
    coupon = world.coupon(amount_off=1_000)
    late = world.hold(coupon_id=coupon.id)
    world.clock.move(minutes=11)
    works = [lambda: world.pay(late), *(lambda n=n: world.hold(at(n), coupon_id=coupon.id) for n in range(1, 4))]
    paid, *others = race(works, CouponUnavailable)
    held = [one for one in others if not isinstance(one, Exception)]
    assert paid.fulfilled + len(held) == 1
    assert world.coupon_state(coupon) == ("used" if paid.fulfilled else "reserved")


def test_rows_from_before_there_were_several_are_read(world):
    coupon = world.coupon(amount_off=1_000)
    order = world.bought(coupon_id=coupon.id)
    row = OrderRow.get(order.id, "ORDER")
    assert (row.coupon_ids, row.lines[0].discounts) == (None, None)  # of one coupon that one pays they still are
    row.lines[0].offering_id = None
    row.save()
    read = world.read(order)
    assert read.coupon_ids == (coupon.id,)
    assert read.lines[0].discounts == (Part(coupon.id, 1_000, 1_000),)
    row.coupon_paid_by = "merchant"
    row.save()
    assert (world.read(order).lines[0].discounts, world.read(order).paid_by) == ((Part(coupon.id, 1_000),), "merchant")


def test_what_using_coupons_costs(world, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    costs = {}

    def measured(name, work):
        with meter.measure() as usage:
            made = work()
        costs[name] = (usage.requests, usage.read_units, usage.write_units)
        return made

    world.cancel(world.hold(at(9)))  # the merchant's terms are remembered from here on
    plain = measured("hold", lambda: world.hold(at(0)))
    one = world.coupon(amount_off=1_000)
    first = world.coupon(amount_off=1_000, conditions=FIRST)
    ten, tenth = two(world)
    own = of_shop(world)
    orders = {
        "one": measured("hold, one", lambda: world.hold(at(1), coupon_id=one.id)),
        "two": measured("hold, two", lambda: world.hold(at(2), coupon_ids=[ten.id, tenth.id])),
        "first": measured("hold, first", lambda: world.hold(at(3), coupon_id=first.id)),
    }
    measured("hold, of the shop", lambda: world.hold(at(4), coupon_id=own.id))
    measured("pay", lambda: world.pay(plain, f"pay_{plain.id}"))
    for name, order in orders.items():
        measured(f"pay, {name}", lambda order=order: world.pay(order, f"pay_{order.id}"))
    more = {name: tuple(a - b for a, b in zip(costs[name], costs[name.split(",")[0]], strict=True)) for name in costs}
    assert {name: cost for name, cost in more.items() if "," in name} == {
        "hold, of the shop": (1, 1, 4),  # the coupon
        "hold, one": (2, 2, 4),  # the coupon, and for whom the customer works: the platform pays
        "hold, two": (3, 4, 8 + 4),  # both, and whether the shop joined; the order has more than 1 KB now
        "hold, first": (5, 4.5, 6),  # the coupon, the customer's row twice, one page of their orders
        # The order has more than 1 KB now, 4 or 5; and the customer has bought there already, 2 less, but for the first.
        "pay, one": (1, 1, 4 + 4 - 2),
        "pay, two": (1, 2, 8 + 5 - 2),
        "pay, first": (1, 1, 4 + 4),
    }


def of_shop(world, **terms):
    """A coupon of the shop, which pays for it alone."""
    one = world.coupon(**(terms or {"amount_off": 1_000}))
    own = replace(one, shop_id=SHOP, paid_by=PaidBy.MERCHANT, terms=replace(one.terms, platform_bps=0), version=2)
    world.ports.committer.commit([world.ports.coupons.store.replace(own)])
    return own


def test_a_line_does_not_leave_what_its_coupon_is_for(world):
    coupon = world.coupon(amount_off=1_000, conditions=Conditions(offering_ids=(OFFERING,)))
    order = world.bought(coupon_id=coupon.id)
    line = order.lines[0]

    def moved(**changes):
        return use_cases.line_changed(
            world.ports, order.id, line.id, lambda old: replace(old, **changes), NOW, by_customer=True
        )

    with pytest.raises(CouponBound):
        moved(offering_id="off_other")
    world.ports.committer.commit(moved(starts_at=at(1)))
    shop = use_cases.line_changed(
        world.ports, order.id, line.id, lambda old: replace(old, offering_id="off_other"), NOW
    )
    assert shop  # what the shop changes keeps its discount


QUOTE = "/v1/orders/quote"


def test_a_quote_finds_the_best_and_says_why_not_the_others(world, monkeypatch):
    monkeypatch.setattr(wiring, "orders", lambda: world.ports)
    ten, tenth = two(world)
    poor = world.coupon(amount_off=1)
    dear = world.coupon(amount_off=9_999, minimum_spend=10_001)
    early = world.coupon(amount_off=5)
    line = {
        "kind": "booking",
        "shop_id": SHOP,
        "offering_id": OFFERING,
        "start": LATER.isoformat(),
    }
    present(CUSTOMER)
    with meter.measure() as usage:
        answer = call("POST", QUOTE, actor=CUSTOMER, body={"lines": [line]}, headers={"Accept-Language": "zh-CN"})
    assert (answer.status, usage.write_units) == (200, 0)
    said = answer.json
    assert said["coupon_ids"] == [ten.id, tenth.id]
    assert (said["discount"]["amount"], said["total"]["amount"]) == (1_001 + 900, 10_000 - 1_901)
    assert [(one["by_platform"]["amount"], one["by_merchant"]["amount"]) for one in said["discounts"]] == [
        (1_001, 0), (450, 450),
    ]  # fmt: skip
    why = {one["coupon_id"]: (one["reason"], one["words"]) for one in said["left_out"]}
    assert why == {
        poor.id: ("not-with-others", "不可与其他优惠券同时使用。"),
        early.id: ("not-with-others", "不可与其他优惠券同时使用。"),
        dear.id: ("minimum-not-reached", "未达到最低消费金额。"),
    }
    order = call("POST", "/v1/orders", actor=CUSTOMER, body={"lines": [line], "coupon_ids": said["coupon_ids"]})
    assert (order.status, order.json["total"], order.json["discounts"]) == (201, said["total"], said["discounts"])
    assert order.json["coupon_id"] == ten.id
    plain = call("POST", QUOTE, actor=OTHER, body={"lines": [{**line, "start": at(2).isoformat()}], "coupon_ids": []})
    assert (plain.status, plain.json["discount"]["amount"]) == (200, 0)


def test_a_coupon_whose_campaigns_money_is_spent_is_not_among_the_best(world, monkeypatch):
    monkeypatch.setattr(wiring, "orders", lambda: world.ports)
    said = CampaignDraft(
        "五月", Terms("CNY", amount_off=2_000), None, NOW, NOW + timedelta(days=9), Limits(money=3_000)
    )
    opened = coupons.open_campaign(world.ports.coupons, ADMIN, None, said, once())
    dear, spent = (coupons.claim(wiring.claiming(), one, opened.id, once()) for one in (CUSTOMER, OTHER))
    small = world.coupon(amount_off=500)
    body = {"lines": [{"kind": "booking", "shop_id": SHOP, "offering_id": OFFERING, "start": LATER.isoformat()}]}
    assert call("POST", QUOTE, actor=CUSTOMER, body=body).json["coupon_ids"] == [dear.id]
    world.hold(at(5), actor=OTHER, coupon_id=spent.id)
    quoted = call("POST", QUOTE, actor=CUSTOMER, body=body).json
    assert (quoted["coupon_ids"], [one["reason"] for one in quoted["left_out"]]) == ([small.id], ["budget-spent"])
    refused = call("POST", "/v1/orders", actor=CUSTOMER, body={**body, "coupon_ids": [dear.id]})
    assert (refused.status, refused.json["code"]) == (409, "campaign-budget-spent")


def test_coupons_that_do_not_go_together_say_so_in_both_languages(world, monkeypatch):
    monkeypatch.setattr(wiring, "orders", lambda: world.ports)
    alone, other = world.coupon(amount_off=5), world.coupon(amount_off=6)
    line = {
        "kind": "booking",
        "shop_id": SHOP,
        "offering_id": OFFERING,
        "start": LATER.isoformat(),
    }
    body = {"lines": [line], "coupon_ids": [alone.id, other.id]}
    for language, words in (
        ("en", "It does not go together with other coupons."),
        ("zh-CN", "不可与其他优惠券同时使用。"),
    ):
        answer = call("POST", "/v1/orders", actor=CUSTOMER, body=body, headers={"Accept-Language": language})
        assert (answer.status, answer.json["code"], answer.json["detail"]) == (422, "coupon-does-not-fit", words)
        assert (answer.json["reason"], answer.json["coupon_id"]) == ("not-with-others", other.id)
    both = call(
        "POST", "/v1/orders", actor=CUSTOMER, body={"lines": [line], "coupon_ids": [alone.id], "coupon_id": alone.id}
    )
    assert both.json["errors"][0]["field"] == "coupon_id"


@pytest.mark.store
def test_who_works_for_the_shop_spends_nothing_of_the_platforms_there(world, monkeypatch):
    """A job that began after the access token was made counts; what the shop itself pays is its own affair."""
    monkeypatch.setattr(wiring, "orders", lambda: world.ports)
    own, (all_of_it, half) = of_shop(world), two(world)
    present(working_for(MERCHANT, CUSTOMER, Role.STAFF))
    body = {"lines": [{"kind": "booking", "shop_id": SHOP, "offering_id": OFFERING, "start": LATER.isoformat()}]}
    quoted = call("POST", QUOTE, actor=CUSTOMER, body=body).json
    assert quoted["coupon_ids"] == [own.id]
    why = {one["coupon_id"]: one["reason"] for one in quoted["left_out"]}
    assert why == dict.fromkeys((all_of_it.id, half.id), "works-there")
    for coupon in (all_of_it, half):
        with pytest.raises(CouponWhereOneWorks):
            world.hold(coupon_id=coupon.id)
    for language, words in (("en", "where one works oneself"), ("zh-CN", "自己任职的商铺")):
        answer = call(
            "POST", "/v1/orders", actor=CUSTOMER, body={**body, "coupon_ids": [half.id]},
            headers={"Accept-Language": language},
        )  # fmt: skip
        assert (answer.status, answer.json["code"], answer.json["reason"]) == (
            422, "coupon-where-one-works", "works-there",
        )  # fmt: skip
        assert words in answer.json["detail"]
    assert world.hold(coupon_id=own.id).discount == 1_000
    world.kind.merchant_id = "acc_elsewhere"
    assert world.hold(at(1), coupon_id=all_of_it.id).discount == 1_001
