"""What changes before, while and after somebody looks."""

from dataclasses import replace
from functools import partial

import pytest

from chalicelib import wiring
from chalicelib.kit.errors import Forbidden
from chalicelib.kit.transaction import Contention
from chalicelib.moderation import use_cases
from chalicelib.moderation.ports import CaseState
from chalicelib.moderation.rules import cases
from chalicelib.reviews import messages
from chalicelib.reviews import use_cases as reviews
from chalicelib.reviews.ports import Reply, ReplyState, Side, State
from chalicelib.reviews.use_cases.working import _shown
from tests import racing
from tests.api import MERCHANT
from tests.chalicelib.moderation.world import ANNA, BEN, REMOVE, SHOW, Moderation, person
from tests.chalicelib.reviews.world import PHOTO

AUTHOR = person("author")
AD = "加我微信 abc12345 有优惠"


@pytest.fixture
def moderation(tables):
    return Moderation()


def edited(moderation, text):
    """Have the author change the words, as `reviews.use_cases.edit` writes it; return what moderation hears."""
    before = moderation.ports.reviews.store.review("rev_1")
    now = moderation.clock.now()
    new = replace(before, text=text, edited_at=now, edits=before.edits + 1, version=before.version + 1)
    wiring.committer().commit(moderation.ports.reviews.store.change(before, new))
    return messages.to_judge(messages.EDITED, new, now)


def test_words_that_come_after_somebody_looked_are_looked_at_for_the_same_reason(moderation):
    moderation.writes(AUTHOR, 1, text=AD)
    moderation.decided(ANNA, 1, SHOW)
    moderation.clock.move(hours=1)
    message = edited(moderation, "加我微信 xyz98765")
    moderation.judge(message)
    assert moderation.state(1) is State.HELD
    assert moderation.waiting(CaseState.WAITING) == ["rev_1"]
    moderation.clock.move(hours=1)
    moderation.decided(BEN, 1, SHOW)
    moderation.judge(message)  # a repeat holds nothing again that was cleared
    assert moderation.state(1) is State.SHOWN


def test_who_decides_has_seen_the_words_that_are_shown(moderation):
    moderation.writes(AUTHOR, 1, text=AD)
    moderation.take(ANNA, 1)
    moderation.clock.move(minutes=1)
    seen = moderation.seen("rev_1")
    edited(moderation, "加我微信 xyz98765")
    moderation.clock.move(minutes=1)
    for how in (SHOW, REMOVE):
        with pytest.raises(cases.CaseChanged):
            moderation.decide(ANNA, 1, how, seen=seen)
    assert moderation.state(1) is State.HELD
    moderation.decided(ANNA, 1, SHOW)
    assert moderation.state(1) is State.SHOWN


@pytest.mark.parametrize("reason", ["image:violence", "reported"])
def test_what_is_held_again_for_what_was_cleared_is_not_forgotten(moderation, reason):
    """The worker of photographs, and readers, hold before moderation hears of it."""
    review = moderation.writes(AUTHOR, 1)
    flagged = messages.flagged("rev_1", (reason,), moderation.clock.now())
    moderation.judge(flagged)
    moderation.decided(ANNA, 1, SHOW)
    moderation.judge(flagged)  # a repeat
    assert moderation.state(1) is State.SHOWN
    wiring.committer().commit(reviews.hold(moderation.ports.reviews, review.id, [reason]))
    moderation.judge(messages.flagged("rev_1", (reason,), moderation.clock.now()))
    assert moderation.waiting(CaseState.WAITING) == ["rev_1"]
    moderation.decided(BEN, 1, SHOW)
    assert moderation.state(1) is State.SHOWN


def with_photograph(moderation, id_, labels=()):
    """Have the worker show a photograph, as `reviews.use_cases.work_media` writes it; return what moderation hears."""
    ports, now = moderation.ports.reviews, moderation.clock.now()
    before, shown = ports.store.review("rev_1"), replace(PHOTO, id=id_, place=id_)
    wiring.committer().commit(_shown(ports, before, shown, labels))
    return [messages.flagged("rev_1", tuple(f"image:{one}" for one in labels), now)] if labels else []


@pytest.mark.store
@pytest.mark.parametrize("labels", [(), ("violence",)], ids=["nothing in it", "warned of"])
def test_a_photograph_that_comes_while_somebody_looks_is_not_shown_unseen(moderation, labels):
    moderation.writes(AUTHOR, 1, text=AD)
    with_photograph(moderation, "med_1")
    moderation.take(ANNA, 1)
    seen = moderation.seen("rev_1")
    heard = with_photograph(moderation, "med_2", labels)
    with pytest.raises(cases.CaseChanged):
        moderation.decide(ANNA, 1, SHOW, seen=seen)
    assert (moderation.state(1), moderation.case(1).state) == (State.HELD, CaseState.WAITING)
    moderation.decide(ANNA, 1, SHOW)  # who looked again
    assert moderation.state(1) is State.SHOWN
    for message in heard:
        moderation.judge(message)  # late: what it warns of was seen
    assert moderation.state(1) is State.SHOWN
    for message in with_photograph(moderation, "med_3", labels):
        moderation.judge(message)
    assert moderation.state(1) is (State.HELD if labels else State.SHOWN)  # what came later is judged anew
    assert moderation.waiting(CaseState.WAITING) == (["rev_1"] if labels else [])


@pytest.mark.store
def test_of_a_photograph_and_a_decision_at_once_the_decision_is_of_what_was_seen(moderation):
    for number in range(2, 8):
        moderation.writes(AUTHOR, number, text=AD)
        moderation.take(ANNA, number)
        seen = moderation.seen(f"rev_{number}")

        def photographed(number=number):
            ports, before = moderation.ports.reviews, moderation.ports.reviews.store.review(f"rev_{number}")
            wiring.committer().commit(_shown(ports, before, PHOTO, ()))

        decide = partial(moderation.decide, ANNA, number, SHOW, seen=seen)
        racing.race([decide, photographed], (cases.CaseChanged, Contention))
        found, case = moderation.ports.reviews.store.review(f"rev_{number}"), moderation.case(number)
        if case.state is CaseState.CLEARED:
            assert case.seen == seen
            assert found.state is State.SHOWN
        else:
            assert (found.state, found.media) == (State.HELD, (PHOTO,))


def test_a_case_is_not_told_to_whom_it_concerns(moderation):
    """A moderator may run a shop, or work in one: what its customer wrote is not for them to read, open or blind."""
    moderation.writes(AUTHOR, 1, text=AD)
    stakes = (replace(ANNA, memberships={MERCHANT.account_id: "staff"}), replace(ANNA, account_id=AUTHOR.account_id))
    for who in stakes:
        with pytest.raises(Forbidden):
            use_cases.case(moderation.ports, who, "rev_1")
        assert moderation.waiting(CaseState.WAITING, who) == []
    assert use_cases.case(moderation.ports, BEN, "rev_1")[1].text == AD


def test_a_guest_and_an_answered_author_do_not_find_it_in_the_queue(moderation):
    """That a shop has written of its guest, and why that is held, would tell them before both wrote."""
    moderation.writes(MERCHANT, 1, id="gst_1", side=Side.MERCHANT, guest_id=AUTHOR.account_id, text=AD)
    review = moderation.writes(AUTHOR, 2)
    answered = replace(review, reply=Reply(AD, MERCHANT.account_id, moderation.clock.now(), state=ReplyState.JUDGING))
    wiring.committer().commit(moderation.ports.reviews.store.change(review, replace(answered, version=2)))
    moderation.judge(messages.to_judge(messages.REPLY_WRITTEN, answered, moderation.clock.now()))
    assert moderation.waiting(CaseState.WAITING, BEN) == ["gst_1", "rpl_2"]
    assert moderation.waiting(CaseState.WAITING, replace(ANNA, account_id=AUTHOR.account_id)) == []


def test_reports_that_are_heard_of_after_somebody_decided_hold_nothing(moderation):
    moderation.writes(AUTHOR, 1)
    wiring.committer().commit(reviews.hold(moderation.ports.reviews, "rev_1", ["reported"]))
    reported = messages.to_judge(
        messages.REPORTED, moderation.ports.reviews.store.review("rev_1"), moderation.clock.now()
    )
    moderation.judge(edited(moderation, AD))  # overtakes it
    moderation.decided(ANNA, 1, SHOW)
    moderation.judge(reported)
    assert (moderation.state(1), moderation.case(1).state) == (State.SHOWN, CaseState.CLEARED)


@pytest.mark.parametrize(("how", "state"), [(SHOW, State.SHOWN), (REMOVE, State.REMOVED)])
def test_what_its_shop_doubts_is_read_until_somebody_decided_and_looked_at_once(moderation, how, state):
    review = moderation.writes(AUTHOR, 1)
    doubted = messages.to_judge(messages.DOUBTED, review, moderation.clock.now())
    moderation.judge(doubted)
    moderation.judge(doubted)
    assert (moderation.state(1), moderation.case(1).reasons, moderation.case(1).version) == (
        State.SHOWN, ("reported",), 1,
    )  # fmt: skip
    assert moderation.rating().count == 1
    moderation.decided(ANNA, 1, how)
    moderation.judge(doubted)
    assert moderation.state(1) is state
    assert moderation.waiting(CaseState.WAITING) == []


def test_what_its_shop_doubts_is_held_as_well_where_something_is_found(moderation):
    review = moderation.writes(AUTHOR, 1)
    moderation.judge(messages.to_judge(messages.DOUBTED, review, moderation.clock.now()))
    moderation.judge(edited(moderation, AD))
    assert (moderation.state(1), moderation.case(1).reasons) == (State.HELD, ("contact", "reported"))
    moderation.decided(ANNA, 1, SHOW)
    assert moderation.state(1) is State.SHOWN
