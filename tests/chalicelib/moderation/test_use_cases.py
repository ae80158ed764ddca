"""From the words of a review to the decision of an appeal, with what may go wrong between."""

import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.coupons.ports import Part
from chalicelib.kit.errors import Forbidden, NotFound
from chalicelib.kit.money import Money
from chalicelib.moderation import personal, use_cases
from chalicelib.moderation.ports import CaseState, Reason, Seen
from chalicelib.moderation.rules import cases
from chalicelib.orders.ports import LineState
from chalicelib.reviews import messages
from chalicelib.reviews import use_cases as reviews
from chalicelib.reviews.ports import Side, State
from tests import racing
from tests.api import MERCHANT, told
from tests.chalicelib.moderation.world import ANNA, BEN, CLEO, REMOVE, SHOW, Moderation, person
from tests.fakes.neighbours import LINE, SHOP

AUTHOR = person("author")
AD = "加我微信 abc12345 有优惠"


@pytest.fixture
def moderation(tables):
    return Moderation()


@pytest.mark.store
def test_what_is_suspicious_is_held_until_somebody_looked_and_the_rating_is_exact(moderation):
    moderation.writes(AUTHOR, 1)
    moderation.writes(AUTHOR, 2, text=AD, stars=1)
    assert (moderation.state(1), moderation.state(2)) == (State.SHOWN, State.HELD)
    assert (moderation.rating().sum, moderation.rating().count) == (5, 1)
    assert moderation.case(1) is None
    assert moderation.case(2).reasons == (Reason.CONTACT,)
    assert moderation.waiting(CaseState.WAITING) == ["rev_2"]
    moderation.decided(ANNA, 2, SHOW)
    assert moderation.state(2) is State.SHOWN
    assert (moderation.rating().sum, moderation.rating().count) == (6, 2)
    assert moderation.waiting(CaseState.WAITING) == []
    moderation.judge(moderation.message)  # a repeat holds nothing again that was cleared
    assert moderation.state(2) is State.SHOWN


def test_the_author_is_told_of_a_removal_with_its_reason_and_of_nothing_else(moderation):
    moderation.writes(AUTHOR, 1, text=AD)
    moderation.writes(AUTHOR, 2, text=AD)
    moderation.decided(ANNA, 1, REMOVE)
    moderation.decided(ANNA, 2, SHOW)
    [message] = [one for one in told() if one.type.startswith("moderation.")]
    assert (message.type, message.queues) == ("moderation.removed", ("notifications",))
    assert message.payload == {
        "review_id": "rev_1",
        "shop_id": "shp_1",
        "customer_id": AUTHOR.account_id,
        "code": "advertising",
        "reason": {"en": "it advertises", "zh-CN": "含有广告内容"},
    }
    assert moderation.state(1) is State.REMOVED
    assert moderation.rating().count == 1


def test_every_decision_is_noted(moderation):
    moderation.writes(AUTHOR, 1, text=AD)
    moderation.decided(ANNA, 1, REMOVE)
    [noted] = list(wiring.audit().store.of_object("review:rev_1", None, 9).items)
    entry = noted.entry
    assert (entry.actor_id, entry.action, entry.reason) == (ANNA.account_id, "moderation.decide", "看过了")
    decided = {"outcome": "remove", "code": "advertising", "state": "removed", "seen": moderation.seen("rev_1")}
    assert entry.details == decided


def test_an_appeal_is_decided_by_somebody_else(moderation):
    moderation.writes(AUTHOR, 1, text=AD)
    moderation.decided(ANNA, 1, REMOVE)
    with pytest.raises(NotFound):
        moderation.appeal(person("stranger"), 1)
    moderation.appeal(AUTHOR, 1)
    with pytest.raises(cases.AppealOver):
        moderation.appeal(AUTHOR, 1)
    assert moderation.waiting(CaseState.APPEALED) == ["rev_1"]
    with pytest.raises(cases.SamePerson):
        moderation.take(ANNA, 1)
    moderation.decided(BEN, 1, SHOW)
    assert moderation.state(1) is State.SHOWN
    assert sorted(one.type for one in told() if one.type.startswith("moderation.")) == [
        "moderation.removed",
        "moderation.restored",
    ]
    assert moderation.rating().count == 1


@pytest.mark.parametrize("who", [MERCHANT, AUTHOR], ids=["merchant", "author"])
def test_neither_side_decides(moderation, who):
    moderation.writes(AUTHOR, 1, text=AD)
    with pytest.raises(Forbidden):
        moderation.take(who, 1)
    with pytest.raises(Forbidden):
        moderation.take(replace(ANNA, memberships={MERCHANT.account_id: "staff"}), 1)


def test_nor_does_the_guest_of_whom_it_tells(moderation):
    moderation.writes(AUTHOR, 1, id="gst_1", text=AD, side=Side.MERCHANT, guest_id=ANNA.account_id)
    with pytest.raises(Forbidden):
        use_cases.take(moderation.ports, ANNA, "gst_1")
    assert use_cases.take(moderation.ports, BEN, "gst_1").taken_by == BEN.account_id


@pytest.mark.store
def test_of_two_who_take_a_case_one_has_it_and_one_decision_counts(moderation):
    moderation.writes(AUTHOR, 1, text=AD)
    results = racing.race([lambda who=who: moderation.take(who, 1) for who in (ANNA, BEN, CLEO)], (cases.CaseTaken,))
    [taken] = [one for one in results if not isinstance(one, Exception)]
    winner = next(one for one in (ANNA, BEN, CLEO) if one.account_id == taken.taken_by)
    refusals = (cases.CaseNotTaken, cases.CaseClosed)
    works = [
        lambda who=who, how=how: moderation.decide(who, 1, how) for who in (ANNA, BEN, CLEO) for how in (SHOW, REMOVE)
    ]
    decided = [one for one in racing.race(works, refusals) if not isinstance(one, Exception)]
    assert len(decided) == 1
    assert decided[0].decided_by == winner.account_id
    shown = moderation.state(1) is State.SHOWN
    assert shown is (decided[0].state is CaseState.CLEARED)
    assert moderation.rating().count == int(shown)
    assert len(wiring.audit().store.of_object("review:rev_1", None, 9).items) == 1


def test_a_case_that_somebody_left_is_anothers_after_a_quarter_of_an_hour(moderation):
    moderation.writes(AUTHOR, 1, text=AD)
    moderation.take(ANNA, 1)
    moderation.clock.move(minutes=15)
    with pytest.raises(cases.CaseNotTaken):
        moderation.decide(ANNA, 1, SHOW)
    moderation.decided(BEN, 1, SHOW)


@pytest.mark.store
def test_a_message_that_comes_five_times_at_once_holds_once(moderation):
    moderation.writes(AUTHOR, 1, text=AD, judged=False)
    racing.race([lambda: moderation.judge(moderation.message)] * 5, ())
    assert moderation.case(1).version == 1
    assert moderation.rating().count == 0
    assert moderation.ports.reviews.store.review("rev_1").version == 2


def test_a_review_that_readers_reported_comes_to_people(moderation):
    review = moderation.writes(AUTHOR, 1)
    wiring.committer().commit(reviews.hold(moderation.ports.reviews, "rev_1", ["reported"]))
    moderation.judge(messages.to_judge(messages.REPORTED, review, moderation.clock.now()))
    assert moderation.case(1).reasons == (Reason.REPORTED,)
    moderation.decided(ANNA, 1, SHOW)
    assert moderation.state(1) is State.SHOWN


def test_a_photograph_that_was_flagged_comes_to_people(moderation):
    moderation.writes(AUTHOR, 1)
    moderation.judge(messages.flagged("rev_1", ("image:violence",), moderation.clock.now()))
    assert moderation.case(1).reasons == ("image:violence",)
    assert moderation.state(1) is State.HELD


def test_a_classifier_is_asked_and_only_says_that_somebody_should_look(moderation):
    moderation.classifier.says = ("insult",)
    moderation.writes(AUTHOR, 1)
    assert moderation.case(1).reasons == ("toxic:insult",)
    moderation.writes(AUTHOR, 2, text="")
    assert moderation.case(2) is None


def test_words_that_were_edited_in_are_looked_at(moderation):
    review = moderation.writes(AUTHOR, 1)
    edited = replace(review, text=AD, version=2)
    wiring.committer().commit(moderation.ports.reviews.store.change(review, edited))
    moderation.judge(messages.to_judge(messages.EDITED, edited, moderation.clock.now()))
    assert moderation.state(1) is State.HELD


def test_what_is_said_of_guests_is_read_and_not_taken_for_praise_of_themselves(moderation):
    moderation.works(AUTHOR)
    of_guest = {"side": Side.MERCHANT, "guest_id": "acc_guest"}
    moderation.writes(AUTHOR, 1, id="gst_1", **of_guest)
    assert moderation.store.case("gst_1") is None
    moderation.writes(AUTHOR, 2, id="gst_2", text=AD, **of_guest)
    assert moderation.store.case("gst_2").reasons == (Reason.CONTACT,)


def test_who_praises_where_they_work_is_held(moderation):
    moderation.works(AUTHOR)
    moderation.writes(AUTHOR, 1)
    assert moderation.case(1).reasons == (Reason.SELF_REVIEW,)


def test_who_shares_a_telephone_with_the_shop_is_held(moderation):
    moderation.joins(AUTHOR, phone="+862162345678")
    moderation.writes(AUTHOR, 1, shop=replace(SHOP, id="shp_2", phone="+862162345678"))
    assert moderation.case(1).reasons == (Reason.SELF_REVIEW,)


def test_who_shares_a_device_with_the_merchant_is_held(moderation):
    moderation.on_device(MERCHANT, "phone-1")
    moderation.writes(AUTHOR, 1, trace={"device": wiring.sign_ins().sign_ins.device("phone-1"), "network": None})
    assert moderation.case(1).reasons == (Reason.SELF_REVIEW,)


def test_a_customer_at_the_counter_with_a_telephone_like_the_merchants_is_nobody_else(moderation):
    """Clients that name no device are known by their kind and network, which the two share."""
    alike = "Mozilla/5.0 (iPhone) 203.0.113.9"
    for who in (MERCHANT, AUTHOR):
        moderation.on_device(who, alike)
    network = wiring.sign_ins().sign_ins.network("203.0.113.9")
    moderation.writes(AUTHOR, 1, trace={"device": None, "network": network})
    assert moderation.case(1) is None


def test_two_accounts_on_one_device_are_both_held_also_what_was_shown(moderation):
    trace = {"device": "index-1", "network": None}
    moderation.writes(person("p1"), 1, trace=trace)
    assert moderation.state(1) is State.SHOWN
    moderation.writes(person("p2"), 2, trace=trace)
    assert [moderation.state(number) for number in (1, 2)] == [State.HELD, State.HELD]
    assert moderation.rating().count == 0


@pytest.mark.parametrize("number", [2, 8], ids=["same device", "burst"])
def test_who_is_judged_after_those_who_wrote_later_is_judged_with_them(moderation, number):
    """A queue knows no order, and a message that failed comes minutes later."""
    heard = []
    for one in range(1, number + 1):
        trace = {"device": "index-1" if number == 2 else None, "network": None}
        moderation.writes(person(f"l{one}"), one, trace=trace, judged=False)
        heard.append(moderation.message)
        moderation.clock.move(minutes=5)
    for message in reversed(heard):
        moderation.judge(message)
    assert {moderation.state(one) for one in range(1, number + 1)} == {State.HELD}


def test_new_accounts_on_one_network_are_held_and_old_ones_are_not(moderation):
    trace = {"device": None, "network": "index-1"}
    for number in range(1, 4):
        who = person(f"n{number}")
        moderation.joins(who, at=moderation.clock.now() - timedelta(hours=1 if number == 3 else 10_000))
        moderation.writes(who, number, trace=trace)
    assert [moderation.state(number) for number in (1, 2, 3)] == [State.SHOWN, State.SHOWN, State.HELD]
    assert moderation.case(3).reasons == (Reason.NEW_ACCOUNT, Reason.SAME_NETWORK)


def test_a_burst_at_a_shop_is_held_whole(moderation):
    for number in range(1, 9):
        moderation.writes(person(f"b{number}"), number)
        moderation.clock.move(minutes=5)
    assert {moderation.state(number) for number in range(1, 9)} == {State.HELD}
    assert moderation.rating().count == 0


@pytest.mark.parametrize(("usual", "held"), [(30, False), (1, True)], ids=["as every hour", "as never before"])
def test_a_shop_of_which_more_is_written_than_is_looked_at(moderation, monkeypatch, usual, held):
    """The newest are all of the last hour: how many is usual say those before."""
    monkeypatch.setattr(sys.modules[use_cases.judge.__module__], "MOST_SEEN", 20)
    now = moderation.clock.now()
    for hours, number in ((2, usual), (1, usual), (0, 30)):
        for one in range(number):
            at = now - timedelta(hours=hours, minutes=1 + one)
            name = f"{hours}-{one}"
            moderation.store.note(Seen(f"rev_{name}", SHOP.id, f"acc_{name}", at), now + timedelta(days=30))
    moderation.writes(AUTHOR, 1)
    assert (moderation.case(1) is not None) is held


@pytest.mark.store
def test_a_ring_is_held_when_its_last_member_wrote_and_every_rating_is_exact(moderation):
    shops = [replace(SHOP, id=f"shp_r{number}") for number in range(3)]
    number = 0
    for shop in shops:
        moderation.writes(person(f"honest-{shop.id}"), f"h{shop.id}", shop=shop, stars=3)
        for who in range(4):
            number += 1
            moderation.writes(person(f"r{who}"), number, shop=shop)
            moderation.clock.move(hours=2)
        moderation.clock.move(days=5)
    assert {moderation.state(one) for one in range(1, number + 1)} == {State.HELD}
    for shop in shops:
        assert (moderation.rating(shop).sum, moderation.rating(shop).count) == (3, 1)
        assert moderation.state(f"h{shop.id}") is State.SHOWN
    assert len(moderation.waiting(CaseState.WAITING)) == 12


def test_praise_whose_money_went_back_is_held(moderation):
    review = moderation.writes(AUTHOR, 1)
    moderation.near.orders["ord_1"] = moderation.order(1, given_back=LINE.price.amount)
    praised = replace(review, id=reviews_id("lin_1"), version=1)
    wiring.committer().commit(moderation.ports.reviews.store.write(praised, None, None))
    message = replace(moderation.message, type="order.refunded", payload={"order_id": "ord_1"})
    moderation.judge(message)
    assert moderation.store.case(praised.id).reasons == (Reason.REFUNDED,)


def test_praise_that_comes_after_the_money_went_back_is_held_too_and_what_it_becomes(moderation):
    """To refund first and write then, or to write three stars and change them, is no way around."""
    for number, stars in ((1, 5), (2, 3)):
        moderation.near.orders[f"ord_{number}"] = moderation.order(number, given_back=LINE.price.amount)
        review = moderation.writes(AUTHOR, number, stars=stars)
    assert (moderation.case(1).reasons, moderation.case(2)) == ((Reason.REFUNDED,), None)
    praised = replace(review, stars=5, version=2)
    wiring.committer().commit(moderation.ports.reviews.store.change(review, praised))
    moderation.judge(messages.to_judge(messages.EDITED, praised, moderation.clock.now()))
    assert moderation.case(2).reasons == (Reason.REFUNDED,)


def test_money_that_went_back_of_another_line_says_nothing_of_this_one(moderation):
    other = replace(LINE, id="lin_other", price=Money(LINE.price.amount * 20, "CNY"), state=LineState.REFUNDED)
    other = replace(other, refund=other.price.amount)
    order = moderation.order(1, other)
    moderation.near.orders["ord_1"] = replace(order, total=LINE.price.amount * 21, refunded=other.refund)
    moderation.writes(AUTHOR, 1)
    assert moderation.case(1) is None


def test_a_shop_that_makes_it_a_cent_before_it_is_done_gives_its_money_back_too(moderation):
    cent = {"price": Money(1, "CNY"), "sold_at": LINE.price.amount, "prepaid": 1}
    moderation.near.orders["ord_1"] = moderation.order(1, **cent)
    moderation.writes(AUTHOR, 1)
    assert moderation.case(1).reasons == (Reason.REFUNDED,)


@pytest.mark.parametrize(("off", "reasons"), [(100, None), (LINE.price.amount, (Reason.FREE, Reason.NEW_ACCOUNT))])
def test_what_is_paid_at_the_shop_is_not_for_free(moderation, off, reasons):
    line = {"prepaid": 0, "deposit_bps": 0, "discounts": (Part("cpn_1", off, 0),)}
    moderation.near.orders["ord_1"] = replace(moderation.order(1, **line), total=0, discount=off)
    moderation.joins(AUTHOR, at=moderation.clock.now() - timedelta(hours=1))
    moderation.writes(AUTHOR, 1)
    assert (moderation.case(1) and moderation.case(1).reasons) == reasons


def test_who_names_no_device_was_at_one_when_they_signed_in(moderation):
    moderation.on_device(MERCHANT, "phone-1")
    index = wiring.sign_ins().sign_ins.device("phone-1")
    moderation.writes(AUTHOR, 1, trace={"device": None, "signed_in_on": index, "network": None})
    moderation.writes(AUTHOR, 2, trace={"device": "made-up", "signed_in_on": index, "network": None})
    assert [moderation.case(number).reasons for number in (1, 2)] == [(Reason.SELF_REVIEW,)] * 2


def reviews_id(line_id):
    from chalicelib.kit.ids import derived_id

    return derived_id("rev", line_id)


def test_how_long_the_longest_waits_is_told_and_after_a_day_somebody_is_called(moderation, monkeypatch):
    counted = {}
    monkeypatch.setattr(
        "chalicelib.moderation.use_cases.sweeping.metric", lambda name, value=1, *_: counted.update({name: value})
    )
    swept = use_cases.sweep(moderation.sweeping, moderation.clock.now())
    assert (swept.oldest_hours, swept.oldest_appeal_hours) == (0.0, 0.0)
    moderation.writes(AUTHOR, 1, text=AD)
    moderation.clock.move(hours=23)
    assert use_cases.sweep(moderation.sweeping, moderation.clock.now()).oldest_hours == 23.0
    assert "ModerationLate" not in counted
    moderation.clock.move(hours=1)
    assert use_cases.sweep(moderation.sweeping, moderation.clock.now()).oldest_hours == 24.0
    assert counted == {"ModerationOldest": 86_400, "ModerationLate": 1}


def test_what_a_removed_review_showed_is_deleted_once_when_it_cannot_come_back(moderation):
    moderation.writes(AUTHOR, 1, text=AD)
    moderation.decided(ANNA, 1, REMOVE)
    until = moderation.case(1).appeal_until
    assert use_cases.sweep(moderation.sweeping, until - timedelta(seconds=1)).forgotten == 0
    assert use_cases.sweep(moderation.sweeping, until).forgotten == 1
    assert use_cases.sweep(moderation.sweeping, until).forgotten == 0
    [message] = told("moderation.forget_media")
    assert (message.queues, message.payload) == (("media",), {"review_id": "rev_1"})


def test_an_appeal_that_comes_as_it_is_to_be_deleted_wins_or_comes_too_late(moderation):
    moderation.writes(AUTHOR, 1, text=AD)
    moderation.decided(ANNA, 1, REMOVE)
    stands = moderation.case(1)
    moderation.appeal(AUTHOR, 1)
    moderation.store.to_forget = lambda *_: [stands]  # as an index that is a moment behind
    assert use_cases.sweep(moderation.sweeping, stands.appeal_until).forgotten == 0
    assert told("moderation.forget_media") == []


def test_a_copy_tells_what_became_of_it_and_not_how_and_an_erasure_takes_the_words(moderation):
    moderation.writes(AUTHOR, 1, text=AD)
    moderation.decided(ANNA, 1, REMOVE)
    moderation.appeal(AUTHOR, 1)
    [copy] = personal.personal_data(moderation.ports, AUTHOR.account_id)["moderation"]
    assert copy["appeal"] == "我确实去过"
    assert not {"reasons", "note", "decided_by", "removed_by", "taken_by"} & set(copy)
    since = moderation.clock.now() - timedelta(days=30)
    assert len(moderation.store.of_author(AUTHOR.account_id, since, 9)) == 1
    personal.erase(moderation.ports, AUTHOR.account_id)
    assert moderation.case(1).appeal == ""
    assert moderation.store.of_author(AUTHOR.account_id, since, 9) == []
    assert moderation.store.at_shop("shp_1", since, moderation.clock.now(), 9) == []


def test_of_who_is_erased_before_it_is_judged_nothing_is_remembered(moderation):
    moderation.writes(AUTHOR, 1, judged=False, trace={"device": "index-1", "network": "index-2"})
    account = moderation.near.accounts[AUTHOR.account_id]
    moderation.near.accounts[AUTHOR.account_id] = replace(account, identities=(), name=None)  # as an erasure leaves it
    personal.erase(moderation.ports, AUTHOR.account_id)
    moderation.judge(moderation.message)
    since = moderation.clock.now() - timedelta(days=30)
    assert moderation.store.of_author(AUTHOR.account_id, since, 9) == []
    assert moderation.store.at_shop("shp_1", since, moderation.clock.now(), 9) == []
