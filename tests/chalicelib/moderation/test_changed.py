"""What changes before, while and after somebody looks."""

from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.moderation.ports import CaseState, ClassifierDown
from chalicelib.moderation.rules import cases
from chalicelib.reviews import messages
from chalicelib.reviews import use_cases as reviews
from chalicelib.reviews.ports import State
from tests.chalicelib.moderation.world import ANNA, BEN, SHOW, Moderation, person

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
    edited(moderation, "加我微信 xyz98765")
    moderation.clock.move(minutes=1)
    with pytest.raises(cases.CaseNotTaken):
        moderation.decide(ANNA, 1, SHOW)
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


def test_while_a_classifier_is_down_rules_and_signs_hold(moderation, monkeypatch):
    def is_down(*_):
        raise ClassifierDown("ThrottlingException")

    monkeypatch.setattr(moderation.classifier, "labels", is_down)
    moderation.works(AUTHOR)
    moderation.writes(AUTHOR, 1, text=AD, judged=False)
    with pytest.raises(ClassifierDown):
        moderation.judge(moderation.message)
    assert moderation.state(1) is State.HELD
    assert moderation.case(1).reasons == ("contact", "self-review")
