"""Classifiers that do not answer for a day: nothing is lost, nobody has to do anything, and people see each thing once."""

import os
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.patience import LONGEST, SHORTEST, patience
from chalicelib.kit.transaction import Contention
from chalicelib.moderation import messages as told_by_moderation
from chalicelib.moderation import use_cases
from chalicelib.moderation.ports import CaseState
from chalicelib.moderation.rules.waiting import unjudged
from chalicelib.reviews import use_cases as reviews
from chalicelib.reviews.gateways.pillow import PillowPainter
from chalicelib.reviews.media_ports import WorkPorts
from chalicelib.reviews.ports import ReplyState, State
from chalicelib.reviews.rules.media import MediaState
from tests.api import told
from tests.chalicelib.moderation.test_replies import AD, AUTHOR, answers, standing
from tests.chalicelib.moderation.world import ANNA, SHOW, Moderation, once
from tests.chalicelib.reviews.pictures import photo
from tests.chalicelib.reviews.test_media import Looker
from tests.fakes.files import FakeFiles

HOURS = int(os.environ.get("MODERATION_OUTAGE_HOURS", "24"))
STEP = timedelta(minutes=10)  # between two runs of the sweep; while nothing answers fewer of them do


class Outage(Moderation):
    """Both classifiers, the queues and the sweep, by a clock that is moved."""

    def __init__(self):
        super().__init__()
        self.files, self.looker = FakeFiles(), Looker()
        shared = vars(wiring.review_media()) | {"files": self.files, "clock": self.clock}
        self.work = WorkPorts(**shared, painter=PillowPainter(), classifier=self.looker)
        self.heard = set()
        self.goes(down=True)

    def goes(self, *, down):
        self.classifier.is_down = self.looker.is_down = down

    def deliver(self):
        """Work each message of the two queues once; whatever raises would be for the dead letters."""
        for message in told():
            if message.id in self.heard:
                continue
            self.heard.add(message.id)
            if "moderation" in message.queues:
                self.judge(message)
            if "media" in message.queues:
                reviews.work_media(self.work, message)

    def passes(self, time, step=LONGEST):
        """Let time pass, with the sweep at every step, and whatever it sends."""
        until, sent = self.clock.now() + time, 0
        while self.clock.now() < until:
            self.clock.move(seconds=step.total_seconds())
            sent += use_cases.sweep(self.sweeping, self.clock.now()).sent_again
            self.deliver()
        return sent

    def photographs(self, number):
        """The author sends a photograph for a review."""
        form = reviews.begin_upload(self.work, AUTHOR, f"rev_{number}", "image/jpeg")
        self.files.send(form.form.fields["key"], photo(64, 48), "image/jpeg")
        reviews.add_media(self.work, AUTHOR, f"rev_{number}", form.medium_id, once())

    def medium(self, number):
        return self.work.media.medium(f"rev_{number}", "p1")


@pytest.fixture
def outage(tables):
    return Outage()


def test_after_a_day_without_classifiers_nothing_is_lost_and_nobody_sees_a_thing_twice(outage, record_property):
    for number in range(1, 5):
        outage.writes(AUTHOR, number, text=AD if number == 2 else "fine, you are an idiot")
    for number in (1, 3):
        outage.photographs(number)
    answers(outage, "thank you, you are an idiot")
    outage.decided(ANNA, 2, SHOW)  # its words are judged by rules, and a person has seen them since
    sent = outage.passes(timedelta(hours=HOURS))
    assert [outage.state(number) for number in range(1, 5)] == [State.SHOWN] * 4
    assert standing(outage) == (ReplyState.JUDGING, None)
    assert [(one.state, one.tries) for one in map(outage.medium, (1, 3))] == [(MediaState.WORKING, 0)] * 2
    assert outage.ports.reviews.store.review("rev_1").media == ()
    assert outage.waiting(CaseState.WAITING) == []
    assert 7 * (HOURS - 2) < sent <= 7 * (HOURS + 1), "each is asked about about once an hour"

    for key in [one for one in outage.files.kept if one.startswith("uploads/")]:
        outage.files.delete(key)  # the bucket does it after two days: what was drawn is kept
    outage.goes(down=False)
    outage.classifier.says, outage.looker.says = ("insult",), ("violence",)
    outage.passes(LONGEST + STEP, STEP)
    states = [outage.state(number) for number in range(1, 5)]
    assert states == [State.HELD, State.SHOWN, State.HELD, State.HELD], "what a person has seen is not held again"
    assert outage.waiting(CaseState.WAITING) == ["rev_1", "rev_3", "rev_4", "rpl_1"]
    assert outage.case(1).reasons == ("image:violence", "toxic:insult")
    assert standing(outage) == (ReplyState.HELD, None)
    assert len(outage.classifier.asked) == 5
    assert len(outage.ports.reviews.store.review("rev_1").media) == 1
    for kind, number in (("rev", 1), ("rev", 3), ("rev", 4), ("rpl", 1)):
        outage.decided(ANNA, number, SHOW, kind=kind)
    assert outage.passes(timedelta(days=1)) == 0
    assert outage.waiting(CaseState.WAITING) == []
    assert (outage.rating().count, standing(outage)[0]) == (4, ReplyState.SHOWN)
    assert len(outage.classifier.asked) == 5
    record_property(
        "moderation", f"{HOURS} hours without classifiers, 5 texts judged after it, 2 photographs seen after it"
    )


def test_words_that_come_while_others_are_judged_are_judged_too(outage):
    """A classifier answers about what stood there; the answer about what came meanwhile is still to come."""
    outage.writes(AUTHOR, 1, text="fine")
    waits = outage.store.unjudged("rev_1")
    wiring.committer().commit([outage.store.wait(unjudged("rev_1", outage.clock.now()))])  # others came, and it is down
    with pytest.raises(Contention):
        wiring.committer().commit([outage.store.judged(waits)])
    outage.goes(down=False)
    outage.judge(told_by_moderation.judge_again(waits, outage.clock.now()))
    assert outage.store.unjudged("rev_1") is None
    outage.judge(told_by_moderation.judge_again(waits, outage.clock.now()))  # a repeat
    assert outage.classifier.asked == ["fine"]


def test_a_reply_that_was_changed_meanwhile_is_judged_by_rules_too_before_it_is_read(outage):
    """What the sweep sends may overtake the message of the new words."""
    outage.writes(AUTHOR, 1)
    answers(outage, "谢谢光临")
    waits = outage.store.unjudged("rpl_1")
    answers(outage, AD, judged=False)
    outage.goes(down=False)
    outage.judge(told_by_moderation.judge_again(waits, outage.clock.now()))
    assert standing(outage) == (ReplyState.HELD, None)
    assert told("review.replied") == []


def test_of_what_was_taken_away_while_it_was_drawn_nothing_is_left(outage):
    outage.writes(AUTHOR, 1)
    outage.photographs(1)
    [sent], read = told("review.media_sent"), outage.files.read

    def meanwhile(*asked):
        content = read(*asked)
        reviews.take_media_away(outage.work, AUTHOR, "rev_1", sent.payload["medium_id"])
        reviews.work_media(outage.work, told("review.media_gone")[0])
        return content

    outage.files.read = meanwhile
    reviews.work_media(outage.work, sent)
    assert outage.files.kept == {}


def test_a_message_that_is_lost_costs_an_hour(outage):
    outage.writes(AUTHOR, 1, text="fine")
    outage.goes(down=False)
    outage.clock.move(minutes=10)
    assert use_cases.sweep(outage.sweeping, outage.clock.now()).sent_again == 1  # and nobody hears of it
    assert use_cases.sweep(outage.sweeping, outage.clock.now()).sent_again == 0
    outage.heard.update(one.id for one in told())
    outage.passes(LONGEST, STEP)
    assert outage.store.unjudged("rev_1") is None


def test_after_a_day_somebody_is_called(outage, monkeypatch):
    counted = {}
    monkeypatch.setattr(
        "chalicelib.moderation.use_cases.sweeping.metric", lambda name, value=1, *_: counted.update({name: value})
    )
    outage.writes(AUTHOR, 1, text="fine")
    outage.clock.move(hours=23, minutes=50)
    assert use_cases.sweep(outage.sweeping, outage.clock.now()).oldest_unjudged_hours == 23.8
    assert "ModerationLate" not in counted
    outage.clock.move(minutes=10)
    use_cases.sweep(outage.sweeping, outage.clock.now())
    assert counted["ModerationLate"] == 1


def test_what_was_removed_or_is_gone_waits_for_nothing(outage):
    outage.writes(AUTHOR, 1, text="fine")
    wiring.committer().commit(reviews.remove(outage.ports.reviews, "rev_1", ["x"]))
    outage.passes(timedelta(hours=1))
    assert outage.store.unjudged("rev_1") is None


def test_who_waits_is_asked_about_as_long_again_within_bounds():
    assert patience(timedelta()) == SHORTEST
    assert patience(timedelta(minutes=25)) == timedelta(minutes=25)
    assert patience(timedelta(days=3)) == LONGEST
