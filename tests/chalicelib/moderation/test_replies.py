"""What merchants answer is judged like what customers write, and read by nobody before."""

from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.kit.auth import Permission, Role
from chalicelib.kit.errors import Forbidden, NotFound
from chalicelib.moderation import personal
from chalicelib.moderation import use_cases as moderate
from chalicelib.moderation.ports import CaseState
from chalicelib.moderation.rules import cases
from chalicelib.reviews import messages, use_cases
from chalicelib.reviews.ports import Reply, ReplyState, ReviewPorts, State
from chalicelib.reviews.rules import ReplyNotPossible
from tests import racing
from tests.api import MERCHANT, OTHER, call, told, working_for
from tests.chalicelib.moderation.world import ANNA, BEN, REMOVE, SHOW, Moderation, once, person

AUTHOR, AD = person("author"), "加我微信 abc12345 有优惠"
OWN, REPLY = "/v1/reviews/{review_id}/reply/moderation", "/v1/reviews/{review_id}/reply"


@pytest.fixture
def moderation(tables):
    made = Moderation()
    made.writes(AUTHOR, 1)
    return made


def ports_of(moderation):
    shared = {name: value for name, value in vars(wiring.reviews()).items() if name != "clock"}
    return ReviewPorts(**shared | {"shops": moderation.near.shops_ports}, clock=moderation.clock)


def answers(moderation, text, judged=True):
    """The merchant answers; what moderation hears."""
    after = use_cases.reply(ports_of(moderation), MERCHANT, "rev_1", text)
    message = messages.to_judge(messages.REPLY_WRITTEN, after, moderation.clock.now())
    if judged:
        moderation.judge(message)
    return message


def decisions():
    """Return what was told of decisions."""
    return [one for one in told() if one.type.startswith("moderation.")]


def standing(moderation):
    review = moderation.ports.reviews.store.review("rev_1")
    return review.reply.state, review.read_reply and review.read_reply.text


@pytest.mark.store
def test_a_reply_is_read_when_nothing_is_found_in_it(moderation):
    message = answers(moderation, "谢谢光临", judged=False)
    assert standing(moderation) == (ReplyState.JUDGING, None)
    assert told("review.replied") == []
    racing.race([lambda: moderation.judge(message)] * 5, ())
    assert standing(moderation) == (ReplyState.SHOWN, "谢谢光临")
    assert moderation.case(1, "rpl") is None
    assert len(told("review.replied")) == 1
    assert moderation.classifier.asked[-1] == "谢谢光临"


@pytest.mark.parametrize(("text", "says"), [(AD, ()), ("you are an idiot", ("insult",))])
def test_what_is_suspicious_in_it_is_held_and_its_review_stays(moderation, text, says):
    moderation.classifier.says = says
    answers(moderation, text)
    assert standing(moderation) == (ReplyState.HELD, None)
    assert (moderation.state(1), moderation.rating().count) == (State.SHOWN, 1)
    assert moderation.waiting(CaseState.WAITING) == ["rpl_1"]
    assert moderation.case(1) is None
    moderation.decided(ANNA, 1, SHOW, kind="rpl")
    assert standing(moderation) == (ReplyState.SHOWN, text)
    assert len(told("review.replied")) == 1
    assert decisions() == []


def test_a_change_is_judged_before_it_is_read_and_takes_the_old_words_away(moderation):
    answers(moderation, "谢谢光临")
    moderation.clock.move(hours=1)
    message = answers(moderation, AD, judged=False)
    assert standing(moderation) == (ReplyState.JUDGING, None)
    moderation.judge(message)
    assert standing(moderation) == (ReplyState.HELD, None)
    answers(moderation, "谢谢您")  # what is held stays so
    assert standing(moderation) == (ReplyState.HELD, None)
    moderation.decided(ANNA, 1, SHOW, kind="rpl")
    assert standing(moderation) == (ReplyState.SHOWN, "谢谢您")
    answers(moderation, AD)  # other words than those that were cleared
    assert standing(moderation) == (ReplyState.HELD, None)
    assert len(told("review.replied")) == 1


def test_words_that_were_changed_meanwhile_do_not_pass_for_those_before(moderation):
    answers(moderation, "谢谢", judged=False)
    review = moderation.ports.reviews.store.review("rev_1")
    answers(moderation, AD, judged=False)
    assert use_cases.pass_reply(moderation.ports.reviews, "rev_1", review.reply.content) == []
    seen = moderation.seen("rpl_1")
    moderation.judge(messages.to_judge(messages.REPLY_WRITTEN, review, moderation.clock.now()))
    moderation.take(ANNA, 1, "rpl")
    answers(moderation, "谢谢您，欢迎再来")
    with pytest.raises(cases.CaseChanged):
        moderation.decide(ANNA, 1, SHOW, seen=seen, kind="rpl")


def test_the_merchant_is_told_why_and_appeals_once_and_nobody_of_the_two_decides(moderation, monkeypatch):
    monkeypatch.setattr(wiring, "moderation", lambda: moderation.ports)
    answers(moderation, AD)
    for who in (replace(ANNA, memberships={MERCHANT.account_id: "staff"}), replace(ANNA, account_id=AUTHOR.account_id)):
        with pytest.raises(Forbidden):
            moderation.take(who, 1, "rpl")
    moderation.decided(ANNA, 1, REMOVE, kind="rpl")
    assert standing(moderation) == (ReplyState.REMOVED, None)
    [message] = decisions()
    assert (message.type, message.payload["merchant_id"]) == ("moderation.reply_removed", MERCHANT.account_id)
    assert (message.payload["review_id"], "customer_id" in message.payload) == ("rev_1", False)
    with pytest.raises(ReplyNotPossible):
        answers(moderation, "谢谢")
    at, words = {"review_id": "rev_1"}, {"text": "这是我们的公众号"}
    for who in (AUTHOR, OTHER):
        assert call("POST", OWN, actor=who, body=words, **at).status in {403, 404}
    mine = call("GET", OWN, actor=MERCHANT, **at).json
    assert (mine["state"], mine["code"], mine["review_id"]) == ("removed", "advertising", "rpl_1")
    assert call("POST", OWN, actor=MERCHANT, body=words, **at).json["state"] == "appealed"
    assert call("POST", OWN, actor=MERCHANT, body=words, **at).status == 409
    with pytest.raises(cases.SamePerson):
        moderation.take(ANNA, 1, "rpl")
    moderation.decided(BEN, 1, SHOW, kind="rpl")
    assert standing(moderation) == (ReplyState.SHOWN, AD)
    assert {one.type for one in decisions()} == {"moderation.reply_removed", "moderation.reply_restored"}


def test_of_a_reply_that_passes_while_its_review_is_held_the_author_hears_when_it_can_be_read(moderation):
    message = answers(moderation, "谢谢光临", judged=False)
    ports = moderation.ports.reviews
    wiring.committer().commit(use_cases.hold(ports, "rev_1", ["x"]))
    moderation.judge(message)
    assert (standing(moderation)[0], told("review.replied")) == (ReplyState.SHOWN, [])
    for _ in range(2):
        wiring.committer().commit(use_cases.show(ports, "rev_1"))
        wiring.committer().commit(use_cases.hold(ports, "rev_1", ["x"]))
    assert len(told("review.replied")) == 1


def test_who_runs_the_shop_reads_it_meanwhile_and_nobody_else(moderation, monkeypatch):
    ports = ports_of(moderation)
    monkeypatch.setattr(wiring, "reviews", lambda: ports)
    body, at = {"text": AD}, {"review_id": "rev_1"}
    answer = call("PUT", REPLY, actor=MERCHANT, body=body, **at).json
    assert (answer["own_reply"]["state"], answer["own_reply"]["text"], answer["reply"]) == ("judging", AD, None)
    shown = call("GET", "/v1/shops/{shop_id}/reviews", shop_id="shp_1")
    assert AD not in shown.text
    boss = working_for(MERCHANT, OTHER)
    with pytest.raises(NotFound):
        use_cases.reply(ports, boss, "rev_1", "谢谢")  # not at work


def test_a_case_of_a_reply_has_nothing_to_delete(moderation):
    answers(moderation, AD)
    moderation.decided(ANNA, 1, REMOVE, kind="rpl")
    assert moderation.store.to_forget(moderation.clock.now() + 2 * cases.APPEAL_WITHIN, 9) == []
    assert moderation.case(1, "rpl").appeal_until is not None


def test_who_answered_for_the_merchant_and_is_erased_takes_no_words_of_the_merchants(moderation):
    staff = replace(person("staff"), memberships={MERCHANT.account_id: Role.MANAGER}, doing=Permission.REVIEW_REPLY)
    review = moderation.ports.reviews.store.review("rev_1")
    written = replace(review, reply=Reply(AD, staff.account_id, moderation.clock.now(), state=ReplyState.JUDGING))
    wiring.committer().commit(moderation.ports.reviews.store.change(review, replace(written, version=2)))
    moderation.judge(messages.to_judge(messages.REPLY_WRITTEN, written, moderation.clock.now()))
    moderation.decided(ANNA, 1, REMOVE, kind="rpl")
    owner = replace(MERCHANT, doing=Permission.REVIEW_REPLY)
    moderate.appeal(moderation.ports, owner, "rpl_1", "这是我们的公众号", once())
    personal.erase(moderation.ports, staff.account_id)
    assert moderation.case(1, "rpl").appeal == "这是我们的公众号"
    assert personal.personal_data(moderation.ports, staff.account_id) == {"moderation": []}
