"""Tagged, asked, written to once, within limits, stopped and counted, with everything around it in memory."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from chalicelib.kit.auth import Actor, Role
from chalicelib.kit.clock import iso
from chalicelib.kit.dealings import NotAvailable
from chalicelib.kit.errors import Forbidden, Invalid, NotFound
from chalicelib.kit.transaction import Contention
from chalicelib.notifications.words import source, words
from chalicelib.outreach import personal, use_cases
from chalicelib.outreach.ports import Draft, Outcome, State
from chalicelib.outreach.rules.outreach import MOST_RECIPIENTS, MOST_STARTED
from chalicelib.outreach.rules.problems import NotAllowedText, NotSending, SentEnough
from chalicelib.outreach.rules.wishes import MOST_A_WEEK
from tests.chalicelib.booking.world import order
from tests.chalicelib.outreach.world import MERCHANT, NOW, TEXT, FakeCampaign, World, once

HOUR = timedelta(hours=1)
OTHER = Actor("acc_other", frozenset({Role.MERCHANT}), "ses_2")


@pytest.fixture
def world():
    return World()


def draft(**fields):
    return replace(Draft("May", ("regular",), TEXT, None, NOW), **fields)


def customer(number):
    return Actor(f"acc_{number:05}", frozenset({Role.CUSTOMER}), "ses_3")


def test_who_bought_gets_tags_and_loses_them(world):
    made = world.tag(1, " Regular ", "烫染")
    assert (made.tags, made.order_id, made.version) == (("regular", "烫染"), "ord_1", 1)
    assert world.tag(1, "regular") is made, "nothing is new"
    assert world.tag(1, "vip", remove=["烫染"]).tags == ("regular", "vip")
    world.tag(2, "vip")
    assert use_cases.tally(world.ports, MERCHANT).counts == {"regular": 1, "vip": 2}
    found = use_cases.tagged(world.ports, MERCHANT, "VIP", None, 9).items
    assert [one.customer_id for one in found] == ["acc_00001", "acc_00002"]
    assert world.tag(1, remove=["vip", "regular"]) is None
    use_cases.forget(world.ports, MERCHANT, "acc_00002")
    use_cases.forget(world.ports, MERCHANT, "acc_00002")
    assert use_cases.tally(world.ports, MERCHANT).customers == 0
    assert world.customers.tags == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"merchant_id": "acc_other"},
        {"customer_id": "acc_00002"},
        {"confirmed_at": None},
        {"customer_id": "acc_merchant"},
    ],
)
def test_who_did_not_buy_there_gets_none(world, wrong):
    told = {"id": "ord_1", "customer_id": "acc_00001", "merchant_id": "acc_merchant", "confirmed_at": NOW, **wrong}
    world.orders["ord_1"] = order([], **told)
    who = "acc_merchant" if told["customer_id"] == "acc_merchant" else "acc_00001"
    with pytest.raises(NotFound):
        use_cases.change(world.ports, MERCHANT, who, "ord_1", ["vip"], [])
    with pytest.raises(Invalid):
        use_cases.change(world.ports, MERCHANT, who, None, ["vip"], [])
    assert use_cases.change(world.ports, MERCHANT, who, None, [], ["vip"]) is None


def test_who_is_blocked_gets_none_and_can_lose_them(world):
    world.tag(1, "vip")
    world.blocked.add("acc_00001")
    with pytest.raises(NotAvailable):
        world.tag(1, "regular")
    assert world.tag(1, remove=["vip"]) is None


def test_those_are_written_to_who_have_a_tag_and_said_so(world):
    world.crowd(6)
    world.tag(7, "other")
    world.agreed -= {"acc_00002"}
    world.off.add("acc_00003")
    world.blocked.add("acc_00004")
    world.agreed.add("acc_00007")
    use_cases.say(world.ports, customer(5), "shp_1", wanted=False)
    made = world.begin()
    assert world.run()[0].sent == 2
    assert world.told == {"acc_00001": 1, "acc_00006": 1}
    done = world.stands(made)
    assert done.outcomes == {
        Outcome.SENT: 2,
        Outcome.NO_CONSENT: 2,
        Outcome.SWITCHED_OFF: 1,
        Outcome.BLOCKED: 1,
    }
    assert (done.state, done.tagged) == (State.DONE, 6)
    assert set(world.messages[0].payload) == {
        "outreach_id",
        "shop_id",
        "shop",
        "customer_id",
        "text",
        "coupon",
        "about",
        "until",
    }
    assert source("outreach.offer").names == {"shop", "text", "coupon"}


def test_a_word_about_the_merchant_goes_before_one_about_all(world):
    world.crowd(2, agreed=False)
    use_cases.say(world.ports, customer(1), "shp_1", wanted=True)
    assert use_cases.wants(world.ports, "acc_00001", "acc_merchant")
    assert not use_cases.wants(world.ports, "acc_00001", "acc_other")
    world.begin()
    world.run()
    assert world.told == {"acc_00001": 1}
    (wish,) = use_cases.my_wishes(world.ports, customer(1), None, 9).items
    assert use_cases.say(world.ports, customer(1), "shp_1", wanted=True) is wish
    with pytest.raises(NotFound):
        use_cases.say(world.ports, customer(1), "shp_9", wanted=True)


def test_it_goes_out_over_time_by_day_and_to_each_once(world):
    world.crowd(40)
    made = world.begin(per_hour=60)
    ran = world.run(4)
    assert [one.sent for one in ran] == [10, 0, 10, 0]
    world.clock.moment = NOW + 9 * HOUR  # eight in the evening
    assert [one.sent for one in world.run(12 * 10)] == [0] * (12 * 10)
    world.clock.moment = NOW + 23 * HOUR
    world.run(20)
    assert world.stands(made).state == State.DONE
    assert set(world.told.values()) == {1}
    assert len(world.told) == 40
    assert all(one.occurred_at.hour in range(2, 12) for one in world.messages), "10 to 20 in Shanghai"


def test_it_begins_when_it_is_to_begin(world):
    world.crowd(2)
    world.begin(starts_at=NOW + 2 * HOUR)
    ran = world.run(30)
    assert [number for number, one in enumerate(ran) if one.sent] == [24]
    world = World(now=NOW + 12 * HOUR)
    world.crowd(1)
    assert world.begin().next_at == NOW + 23 * HOUR, "asked for at night"


def test_a_turn_that_dies_is_taken_again_and_nobody_gets_it_twice(world):
    world.crowd(20)
    made, left = world.begin(), [7]

    def dies():
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    world.committer.before = dies
    with pytest.raises(KeyboardInterrupt):
        world.run()
    world.committer.before = lambda: None
    assert len(world.messages) == 6
    world.run(2)
    done = world.stands(made)
    assert (done.state, done.sent, done.tagged) == (State.DONE, 20, 20)
    assert set(world.told.values()) == {1}


def test_two_turns_at_once_are_one(world):
    world.crowd(20)
    made = world.begin(per_hour=60)
    before, turns = world.store.outreach, []

    def read(merchant_id, outreach_id):
        found = before(merchant_id, outreach_id)
        if not turns:
            turns.append(1)
            world.store.outreach = before
            use_cases.run(world.ports, world.clock.moment)  # another takes the whole turn in between
        return found

    world.store.outreach = read
    world.run()
    stands = world.stands(made)
    assert (stands.sent, stands.version, len(world.messages)) == (10, 2, 10)


def test_what_is_stopped_goes_to_nobody_else(world):
    world.crowd(20)
    made, left = world.begin(), [4]

    def stops():
        left[0] -= 1
        if not left[0]:
            world.committer.before = lambda: None
            use_cases.stop(world.ports, MERCHANT, made.id)

    world.committer.before = stops
    world.run()
    assert len(world.messages) == 3
    world.run(30)
    stands = world.stands(made)
    assert (stands.state, stands.sent, len(world.messages)) == (State.STOPPED, 3, 3), "found by its report"
    with pytest.raises(NotSending):
        use_cases.stop(world.ports, MERCHANT, made.id)


def test_what_waits_is_told_in_the_morning_while_it_is_wanted_and_not_stopped(world):
    world.crowd(3)
    made = world.begin()
    world.run()
    (about,) = {one.payload["about"] for one in world.messages}

    def still(number):
        return use_cases.still(world.ports, f"acc_{number:05}", about)

    assert all(map(still, (1, 2, 3)))
    use_cases.say(world.ports, customer(1), "shp_1", wanted=False)
    world.blocked.add("acc_00002")
    assert [still(number) for number in (1, 2, 3)] == [False, False, True]
    assert not use_cases.still(world.ports, "acc_00003", "acc_merchant/otr_gone")
    made = world.begin()
    use_cases.stop(world.ports, MERCHANT, made.id)
    assert not use_cases.still(world.ports, "acc_00003", f"{MERCHANT.account_id}/{made.id}")


def test_nobody_hears_more_than_a_weeks_whoever_writes(world):
    world.crowd(1)
    for number in range(4):
        shop_id = f"shp_{number}"
        merchant = Actor(f"acc_m{number}", frozenset({Role.MERCHANT}), "ses_1")
        world.shop = replace(world.shop, id=shop_id, merchant_id=merchant.account_id)
        world.tag(1, "regular", actor=merchant)
        world.begin(actor=merchant)
    world.run()
    assert world.told == {"acc_00001": MOST_A_WEEK}
    outcomes = [dict(one.outcomes) for one in world.store.rows.values()]
    assert outcomes.count({Outcome.SENT: 1}) == MOST_A_WEEK
    assert outcomes.count({Outcome.HEARD_ENOUGH: 1}) == 4 - MOST_A_WEEK


def test_a_merchant_writes_so_often_and_to_so_many(world, monkeypatch):
    monkeypatch.setattr("chalicelib.outreach.rules.outreach.MOST_RECIPIENTS", 3)
    assert MOST_RECIPIENTS == 2_000
    world.crowd(5)
    made = world.begin()
    world.run()
    assert world.stands(made).outcomes == {Outcome.SENT: 3, Outcome.TOO_MANY: 2}
    for _ in range(MOST_STARTED - 1):
        world.begin()
    with pytest.raises(SentEnough):
        world.begin()


def test_more_customers_than_one_turn_looks_at(world, monkeypatch):
    monkeypatch.setattr("chalicelib.outreach.rules.outreach.LOOKED_AT", 4)
    world.crowd(10, "other")
    world.tag(10, "regular")
    made = world.begin()
    ran = world.run(3)
    assert [one.sent for one in ran] == [0, 0, 1]
    assert world.stands(made).state == State.DONE


def test_what_may_not_be_written_or_is_somebody_elses_is_refused(world):
    with pytest.raises(NotAllowedText):
        use_cases.begin(world.ports, MERCHANT, "shp_1", draft(text={**TEXT, "en": "See evil.com for more"}), once())
    with pytest.raises(Invalid):
        use_cases.begin(world.ports, MERCHANT, "shp_1", draft(tags=("#",)), once())
    with pytest.raises(Forbidden):
        use_cases.begin(world.ports, OTHER, "shp_1", draft(), once())
    with pytest.raises(NotFound):
        use_cases.begin(world.ports, MERCHANT, "shp_1", draft(coupon_campaign="cmp_1"), once())
    world.campaigns["cmp_1"] = FakeCampaign("20", NOW + HOUR, shop_id="shp_2")
    with pytest.raises(NotFound):
        use_cases.begin(world.ports, MERCHANT, "shp_1", draft(coupon_campaign="cmp_1"), once())
    world.campaigns["cmp_1"] = FakeCampaign("20", NOW)
    with pytest.raises(Invalid):
        use_cases.begin(world.ports, MERCHANT, "shp_1", draft(coupon_campaign="cmp_1"), once())
    world.campaigns["cmp_1"] = FakeCampaign("满100减20，加V领红包", NOW + HOUR)
    with pytest.raises(NotAllowedText):  # its title is sent along
        use_cases.begin(world.ports, MERCHANT, "shp_1", draft(coupon_campaign="cmp_1"), once())
    assert world.store.rows == {}
    made = world.begin()
    with pytest.raises(NotFound):
        use_cases.get(world.ports, OTHER, made.id)
    assert use_cases.mine(world.ports, MERCHANT, None, 9).items == (made,)


@pytest.mark.parametrize("names", [{"name": "加V信领红包"}, {"name": "剪发屋", "name_en": "Cuts at evil.work"}])
def test_a_shop_whose_name_leads_elsewhere_writes_to_nobody(world, names):
    """It stands before the text, and is sent along."""
    world.crowd(1)
    world.shop = replace(world.shop, **names)
    with pytest.raises(NotAllowedText) as refused:
        world.begin()
    assert {one.field for one in refused.value.errors} == {"shop_id"}


def test_a_shop_speaks_under_the_name_that_was_looked_at(world):
    """Another one, given to it while its text goes out, was looked at by nobody."""
    world.crowd(2)
    world.shop = replace(world.shop, name="最佳剪发屋", name_en=None)
    world.begin(starts_at=NOW + HOUR)
    world.shop = replace(world.shop, name="加V信领红包")
    world.run(14)
    assert [words(None, one)("en")["shop"] for one in world.messages] == ["最佳剪发屋"] * 2


def test_the_report_says_what_came_of_it(world):
    world.crowd(6)
    world.campaigns["cmp_1"] = FakeCampaign("满100减20", NOW + 99 * HOUR)
    made = world.begin(coupon_campaign="cmp_1")
    world.run()
    assert world.messages[0].payload["coupon"] == "满100减20"
    assert world.messages[0].payload["until"] == iso(NOW + 99 * HOUR)
    world.read = {"acc_00001", "acc_00002"}
    world.off.add("acc_00003")
    use_cases.say(world.ports, customer(4), "shp_1", wanted=False)
    world.coupons = {"cpn_1": "cmp_1", "cpn_2": "cmp_2"}
    line = SimpleNamespace(net=9_000)
    for number, who, coupon, hours in (
        (1, "acc_00001", "cpn_1", 1), (2, "acc_00002", "cpn_2", 2), (3, "acc_00099", None, 2), (4, "acc_00005", None, -1),
        (5, "acc_00006", None, 24 * 15),
    ):  # fmt: skip
        world.sold.append(
            SimpleNamespace(
                id=f"o{number}",
                customer_id=who,
                coupon_ids=(coupon,) if coupon else (),
                created_at=NOW + hours * HOUR,
                lines=[line],
            )
        )
    world.clock.moment = NOW + 50 * HOUR
    world.run()
    report = world.stands(made).report
    assert (report.sent, report.delivered, report.read, report.unsubscribed) == (6, 6, 2, 2)
    assert (report.orders, report.coupons_used, report.revenue) == (2, 1, 18_000)


def test_while_it_goes_out_it_is_counted_too(world):
    world.crowd(30)
    made = world.begin(per_hour=60)
    world.read.add("acc_00001")
    world.run(2)
    assert world.stands(made).report.read == 1
    assert world.stands(made).state == State.SENDING


def test_one_that_fails_keeps_no_other_waiting(world):
    world.crowd(2)
    first, second = world.begin(), world.begin("regular")
    real = world.ports.customers.of_merchant
    calls = []

    def fails(*told):
        calls.append(told)
        if len(calls) == 1:
            raise OSError("away")
        return real(*told)

    world.ports.customers.of_merchant = fails
    (ran,) = world.run()
    assert (ran.worked, ran.failed) == (1, 1)
    world.run()
    assert {world.stands(one).state for one in (first, second)} == {State.DONE}


def test_somebody_who_takes_the_turn_first_has_it(world):
    world.crowd(2)
    made = world.begin()
    world.store.replace = lambda outreach: world.store.rows.put((outreach.merchant_id, outreach.id), outreach, 99)
    (ran,) = world.run()
    assert (ran.sent, ran.failed) == (0, 0)
    assert world.stands(made) == made
    assert len(world.messages) == 2, "and who got it is known"


def test_what_is_known_of_somebody_is_told_and_goes(world):
    world.crowd(2)
    use_cases.say(world.ports, customer(1), "shp_1", wanted=True)
    world.begin()
    world.run()
    told = personal.personal_data(world.ports, "acc_00001")
    assert told["tags"][0]["tags"] == ["regular"]
    assert told["offers_wanted"][0]["wanted"] is True
    assert [one["merchant_id"] for one in told["offers_sent"]] == ["acc_merchant"]
    for _ in range(2):
        personal.erase(world.ports, "acc_00001")
    assert personal.personal_data(world.ports, "acc_00001") == {"tags": [], "offers_wanted": [], "offers_sent": []}
    assert use_cases.tally(world.ports, MERCHANT).counts == {"regular": 1}


def test_a_merchant_who_goes_takes_their_tags_along_and_writes_no_more(world):
    world.crowd(3)
    made = world.begin(starts_at=NOW + HOUR)
    personal.erase(world.ports, MERCHANT.account_id)
    assert world.stands(made).state == State.STOPPED
    assert world.customers.tags == {}
    assert use_cases.tally(world.ports, MERCHANT).customers == 0


def test_two_changes_of_tags_at_once_both_take_effect(world):
    world.tag(1, "a")
    turns = [1]

    def meanwhile():
        if turns:
            turns.pop()
            world.committer.before = lambda: None
            world.tag(1, "b")

    world.committer.before = meanwhile
    assert world.tag(1, "c").tags == ("a", "b", "c")
    assert use_cases.tally(world.ports, MERCHANT).counts == {"a": 1, "b": 1, "c": 1}


def test_contention_of_one_offer_is_met_by_another_look(world):
    world.crowd(1)
    world.begin()
    turns = [1, 1]

    def contended():
        if turns:
            turns.pop()
            raise Contention

    world.committer.before = contended
    world.run()
    assert world.told == {"acc_00001": 1}
