"""Coupons from campaign to expiry, over real tables."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.coupons import use_cases
from chalicelib.coupons.ports import (
    CampaignDraft,
    CouponDoesNotFit,
    CouponUnavailable,
    Ending,
    Firsts,
    Item,
    Part,
    Purchase,
    Terms,
)
from chalicelib.coupons.rules import CampaignNotOpen, Limits, SoldOut
from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.dynamo import meter
from chalicelib.kit.errors import Forbidden, NotFound, Problem
from chalicelib.kit.ids import derived_id
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import retrying
from tests.api import ADMIN, CUSTOMER, MERCHANT, OTHER, told
from tests.chalicelib.orders.world import NOW, once
from tests.emulators import DYNOXIDE

DAY = timedelta(days=1)


def draft(number=10, valid_from=NOW, valid_until=NOW + DAY, limits=None, **terms):
    said = Terms(**{"currency": "CNY", "amount_off": 1_000, **terms})
    return CampaignDraft("五月", said, number, valid_from, valid_until, limits or Limits())


def campaign(ports, shop_id=None, **said):
    return use_cases.open_campaign(ports, MERCHANT, shop_id, draft(**said), once())


def issued(ports, actor=CUSTOMER, **said):
    return use_cases.claim(ports, actor, campaign(ports, **said).id, once())


def customer(number):
    return Actor(f"acc_{number}", frozenset({Role.CUSTOMER}), "ses")


def commit(ports, work):
    retrying(lambda: ports.committer.commit(work()), attempts=20)


def reserve(ports, coupon, order_id="ord_1", actor=CUSTOMER, hold=timedelta(minutes=10), net=5_000):
    now = ports.clock.now()
    purchase = Purchase("shp_1", "CNY", (Item("lin_1", net),), now)
    said = ([coupon.id], order_id, purchase, now + hold if hold else None)
    buyer, made = use_cases.Buyer(actor, "acc_merchant", lambda: Firsts(frozenset(), frozenset())), []
    commit(ports, lambda: (made.append(use_cases.reserve(ports, buyer, *said)), made[-1].actions)[1])
    return made[-1]


def state(ports, coupon):
    return ports.store.coupon(coupon.id).state


@pytest.mark.store
def test_a_shop_opens_a_campaign_that_everybody_sees(ports, clock):
    first = campaign(ports, "shp_1")
    clock.move(seconds=1)
    second = campaign(ports, "shp_1", amount_off=None, percent_bps=1_000, cap=500, minimum_spend=2_000)
    page = use_cases.campaigns(ports, "shp_1", None, 1)
    assert page.items == (second,)
    assert use_cases.campaigns(ports, "shp_1", page.next, 1).items == (first,)
    assert ports.store.campaign(second.id) == second
    with pytest.raises(Forbidden):
        use_cases.open_campaign(ports, OTHER, "shp_1", draft(), once())
    with pytest.raises(NotFound):
        use_cases.open_campaign(ports, MERCHANT, "shp_2", draft(), once())
    assert use_cases.open_campaign(ports, ADMIN, None, draft(), once()).shop_id is None
    assert len(use_cases.campaigns(ports, "shp_1", None, 9).items) == 2


@pytest.mark.store
def test_claiming_is_for_once(ports):
    opened = campaign(ports, "shp_1")
    coupon = use_cases.claim(ports, CUSTOMER, opened.id, once())
    assert (coupon.shop_id, coupon.paid_by, coupon.terms) == ("shp_1", "merchant", opened.terms)
    assert use_cases.claim(ports, CUSTOMER, opened.id, once()) == coupon
    assert ports.store.campaign(opened.id).claimed == 1
    assert use_cases.mine(ports, CUSTOMER, None, 10).items == (coupon,)
    assert use_cases.mine(ports, OTHER, None, 10).items == ()


def test_claiming_what_cannot_be_claimed(ports, clock):
    with pytest.raises(NotFound):
        use_cases.claim(ports, CUSTOMER, "cmp_none", once())
    early = campaign(ports, valid_from=NOW + timedelta(hours=1))
    with pytest.raises(CampaignNotOpen):
        use_cases.claim(ports, CUSTOMER, early.id, once())
    single = campaign(ports, number=1)
    use_cases.claim(ports, CUSTOMER, single.id, once())
    with pytest.raises(SoldOut):
        use_cases.claim(ports, OTHER, single.id, once())
    clock.move(days=1)
    with pytest.raises(CampaignNotOpen):
        use_cases.claim(ports, OTHER, early.id, once())


@pytest.mark.store
def test_fifty_claims_for_ten_coupons(ports):
    opened = campaign(ports, number=10)

    def claim(number):
        try:
            return use_cases.claim(ports, customer(number), opened.id, once())
        except Problem as problem:
            return problem

    with ThreadPoolExecutor(25) as pool:
        outcomes = Counter(type(one).__name__ for one in pool.map(claim, range(50)))
    assert outcomes == {"Coupon": 10, "SoldOut": 40}
    assert ports.store.campaign(opened.id).claimed == 10


@pytest.mark.store
def test_one_customer_claims_ten_times_at_once(ports):
    opened = campaign(ports, number=10)
    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(lambda _: use_cases.claim(ports, CUSTOMER, opened.id, once()), range(10)))
    assert len({coupon.id for coupon in made}) == ports.store.campaign(opened.id).claimed == 1


@pytest.mark.store
def test_a_coupon_is_reserved_used_and_given_back(ports):
    coupon = issued(ports)
    reserved = reserve(ports, coupon)
    assert reserved.parts("lin_1") == (Part(coupon.id, 1_000, 1_000),)
    assert state(ports, coupon) == "reserved"
    with pytest.raises(CouponUnavailable):
        reserve(ports, coupon, "ord_2")
    said = ([coupon.id], CUSTOMER.account_id)
    with pytest.raises(CouponUnavailable):
        use_cases.use(ports, *said, "ord_2", NOW)
    commit(ports, lambda: use_cases.use(ports, *said, "ord_1", NOW))
    assert state(ports, coupon) == "used"
    assert use_cases.use(ports, *said, "ord_1", NOW) == []
    ended = (Ending.IN_TIME, NOW)
    assert use_cases.give_back(ports, *said, "ord_2", *ended) == []
    commit(ports, lambda: use_cases.give_back(ports, *said, "ord_1", *ended))
    assert ports.store.coupon(coupon.id) == replace(coupon, version=4)
    assert use_cases.give_back(ports, *said, "ord_1", *ended) == []


def test_a_reservation_that_ran_out_is_overwritten(ports, clock):
    coupon = issued(ports)
    reserve(ports, coupon)
    clock.move(minutes=10)
    said = ([coupon.id], CUSTOMER.account_id, "ord_1", clock.now())
    assert len(use_cases.use(ports, *said)) == 1
    reserve(ports, coupon, "ord_2")
    with pytest.raises(CouponUnavailable):
        use_cases.use(ports, *said)
    clock.move(minutes=11)
    commit(ports, lambda: use_cases.use(ports, *said[:3], clock.now()))
    assert ports.store.coupon(coupon.id).order_id == "ord_1"


def test_a_coupon_that_covers_all_is_used_at_once(ports):
    coupon = issued(ports)
    reserve(ports, coupon, hold=None)
    assert state(ports, coupon) == "used"


def test_coupons_that_cannot_be_reserved(ports, clock):
    coupon = issued(ports)
    for actor, one in ((OTHER, coupon), (CUSTOMER, replace(coupon, id="cpn_none"))):
        with pytest.raises(NotFound):
            reserve(ports, one, actor=actor)
    with pytest.raises(NotFound):
        use_cases.use(ports, [coupon.id], "acc_x", "ord_1", NOW)
    with pytest.raises(CouponDoesNotFit):
        reserve(ports, coupon, net=0)
    clock.move(days=1)
    with pytest.raises(CouponUnavailable):
        reserve(ports, coupon)


@pytest.mark.store
def test_one_coupon_in_many_orders_at_once(ports):
    coupon = issued(ports)

    def take(number):
        try:
            return reserve(ports, coupon, f"ord_{number}")
        except CouponUnavailable:
            return None

    with ThreadPoolExecutor(10) as pool:
        assert sum(one is not None for one in pool.map(take, range(10))) == 1


def test_what_each_pattern_costs(ports, tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells consumed capacity right")
    store, costs = ports.store, {}

    def measured(name, work):
        with meter.measure() as usage:
            made = work()
        costs[name] = (usage.requests, usage.read_units, usage.write_units)
        return made

    opened = measured("open", lambda: campaign(ports, "shp_1"))
    coupon = measured("claim", lambda: use_cases.claim(ports, CUSTOMER, opened.id, once()))
    measured("coupon", lambda: store.coupon(coupon.id))
    measured("reserve", lambda: reserve(ports, coupon))
    said = ([coupon.id], CUSTOMER.account_id, "ord_1")
    measured("use", lambda: commit(ports, lambda: use_cases.use(ports, *said, NOW)))
    measured("give_back", lambda: commit(ports, lambda: use_cases.give_back(ports, *said, Ending.IN_TIME, NOW)))
    measured("campaigns", lambda: store.campaigns("shp_1", None, 20))
    for number in range(4):
        campaign(ports, "shp_1", number=100_000 + number)
    listed = measured("campaigns, split", lambda: use_cases.campaigns(ports, "shp_1", None, 20).items)
    measured("campaign, split", lambda: use_cases.campaign(ports, listed[0].id))
    measured("of_customer", lambda: store.of_customer(CUSTOMER.account_id, None, 20))
    measured("expire", lambda: use_cases.expire(ports, NOW + DAY * 2))
    assert coupon.id == derived_id("cpn", opened.id, CUSTOMER.account_id)
    # The stored answer of open and claim is 2 of theirs; that neither blocks the other, and that the account is not frozen,
    # 2 of claim each; a message 3: of open, of expire.
    assert costs == {
        "open": (1, 0, 3 + 2 + 3),
        "claim": (2, 2, 4 + 3 + 2 + 2 + 2),
        "coupon": (1, 1, 0),
        "reserve": (2, 1, 4),
        "use": (2, 1, 4),
        "give_back": (2, 1, 4),
        "campaigns": (1, 0.5, 0),
        "campaigns, split": (1, 0.5, 0),
        "campaign, split": (2, 1 + 32 * 0.5, 0),
        "of_customer": (1, 0.5, 0),
        "expire": (8 * 3 + 1 + 1, 8 * 2 + 1, 4 + 3),
    }


def of_search():
    return [message for message in told() if message.type == "coupon.campaign_changed"]


def test_search_hears_of_a_shops_campaign_and_of_its_end(ports):
    opened = campaign(ports, "shp_1", number=12)
    campaign(ports, None)
    assert [message.payload for message in of_search()] == [{"shop_id": "shp_1", "campaign_id": opened.id}]
    for number in range(12):
        use_cases.claim(ports, customer(number), opened.id, once())
        use_cases.claim(ports, customer(number), opened.id, once())  # the same one again
    assert sorted(message.version for message in of_search()) == [0, 12]


def test_what_can_be_claimed_is_told_in_spans(ports, clock):
    def spans():
        return use_cases.claimable(ports, "shp_1", clock.now()).spans

    assert spans() == ()
    first = campaign(ports, "shp_1", number=1)
    campaign(ports, "shp_1", valid_from=NOW + DAY, valid_until=NOW + DAY * 2)
    campaign(ports, "shp_1", valid_from=NOW + DAY * 3, valid_until=NOW + DAY * 4)
    assert spans() == ((NOW, NOW + DAY * 2), (NOW + DAY * 3, NOW + DAY * 4))
    use_cases.claim(ports, CUSTOMER, first.id, once())
    assert spans() == ((NOW + DAY, NOW + DAY * 2), (NOW + DAY * 3, NOW + DAY * 4))
    clock.move(days=2)
    assert spans() == ((NOW + DAY * 3, NOW + DAY * 4),)


def test_a_campaign_that_the_list_does_not_show_yet_counts_all_the_same(ports, clock, monkeypatch):
    opened = campaign(ports, "shp_1")
    elsewhere = campaign(ports, None)
    monkeypatch.setattr(ports.store, "campaigns", lambda *_: Page((), None))
    nothing, first = use_cases.Claimable(), use_cases.Claimable((opened.id,), ((NOW, NOW + DAY),))
    assert use_cases.claimable(ports, "shp_1", clock.now()) == nothing
    assert use_cases.claimable(ports, "shp_1", clock.now(), [opened.id]) == first
    assert use_cases.claimable(ports, "shp_1", clock.now(), [elsewhere.id, opened.id]) == first
    assert use_cases.claimable(ports, "shp_1", clock.now(), ["cmp_nobody"]) == nothing
    clock.move(days=1)
    assert use_cases.claimable(ports, "shp_1", clock.now(), [opened.id]) == nothing


def test_a_campaign_that_the_list_shows_as_it_was_is_not_claimable_again(ports, clock, monkeypatch):
    opened = campaign(ports, "shp_1", number=1)
    before = ports.store.campaigns("shp_1", None, 100)
    use_cases.claim(ports, CUSTOMER, opened.id, once())
    monkeypatch.setattr(ports.store, "campaigns", lambda *_: before)
    assert use_cases.claimable(ports, "shp_1", clock.now()) == use_cases.Claimable()
