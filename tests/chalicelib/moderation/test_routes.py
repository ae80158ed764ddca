"""Moderation as clients see it: what people do, what the author reads, and who is let in."""

from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.kit.auth import Actor, Role
from chalicelib.moderation.ports import CaseState
from tests import racing
from tests.api import CUSTOMER, MERCHANT, call
from tests.chalicelib.moderation.world import Moderation, person

CASES, CASE, OWN = "/v1/admin/moderation", "/v1/admin/moderation/{review_id}", "/v1/reviews/{review_id}/moderation"
METHODS = ("sms", "otp")
ANNA, BEN = (
    Actor(f"acc_{name}", frozenset({Role.SUPPORT}), f"ses_m{name}", methods=METHODS) for name in ("anna", "ben")
)
FINANCE = Actor("acc_finance", frozenset({Role.FINANCE}), "ses_mf", methods=METHODS)
AUTHOR = person("author")
AD = "加我微信 abc12345 有优惠"
REMOVE = {"outcome": "remove", "code": "advertising", "note": "留下了微信号"}
SHOW = {"outcome": "show", "code": "fine", "note": "没有问题"}
AT = {"review_id": "rev_1"}


@pytest.fixture
def moderation(tables, monkeypatch):
    made = Moderation()
    monkeypatch.setattr(wiring, "moderation", lambda: made.ports)
    made.writes(AUTHOR, 1, text=AD)
    return made


def decide(actor, body, at=AT, **more):
    seen = call("GET", CASE, actor=actor, **at)
    return call("POST", CASE, actor=actor, body={"seen": seen.json.get("seen", "x")} | body, **at, **more)


def refusal(answer):
    return answer.status, answer.json["code"]


def test_a_case_from_the_queue_to_the_appeal(moderation):
    [waits] = call("GET", CASES, actor=ANNA).json["items"]
    assert (waits["review_id"], waits["reasons"], waits["taken_by"]) == ("rev_1", ["contact"], None)
    file = call("GET", CASE, actor=ANNA, **AT).json
    assert (file["review"]["text"], file["review"]["state"]) == (AD, "held")
    assert refusal(decide(ANNA, REMOVE)) == (409, "moderation-not-taken")
    assert call("PUT", CASE, actor=ANNA, **AT).json["taken_by"] == ANNA.account_id
    assert refusal(call("PUT", CASE, actor=BEN, **AT)) == (409, "moderation-taken")
    assert decide(ANNA, REMOVE | {"code": "fine"}).status == 422
    assert refusal(decide(ANNA, REMOVE | {"seen": "something else"})) == (409, "moderation-changed")
    decided = decide(ANNA, REMOVE, key="key-of-anna")
    assert (decided.json["state"], decided.json["code"]) == ("removed", "advertising")
    assert decide(ANNA, REMOVE, key="key-of-anna").text == decided.text
    assert refusal(decide(ANNA, REMOVE)) == (409, "moderation-closed")

    told = call("GET", OWN, actor=AUTHOR, **AT).json
    assert (told["state"], told["code"], told["appeal_until"] is not None) == ("removed", "advertising", True)
    words = {"text": "我确实去过，\n请看订单"}
    assert call("POST", OWN, actor=AUTHOR, body=words, **AT).json["state"] == "appealed"
    assert refusal(call("POST", OWN, actor=AUTHOR, body=words, **AT)) == (409, "appeal-over")
    assert refusal(call("PUT", CASE, actor=ANNA, **AT)) == (409, "moderation-same-person")
    [again] = call("GET", CASES, actor=BEN, query={"queue": "appealed"}).json["items"]
    assert again["appeal"] == words["text"]
    call("PUT", CASE, actor=BEN, **AT)
    assert decide(BEN, SHOW).json["state"] == "restored"
    told = call("GET", OWN, actor=AUTHOR, **AT).json
    assert (told["state"], told["code"], told["appeal_until"]) == ("restored", None, None)


@pytest.mark.parametrize("actor", [AUTHOR, CUSTOMER, MERCHANT, FINANCE])
def test_nobody_else_looks_or_decides(moderation, actor):
    for answer in (
        call("GET", CASES, actor=actor),
        call("GET", CASE, actor=actor, **AT),
        call("PUT", CASE, actor=actor, **AT),
        decide(actor, SHOW),
    ):
        assert answer.status == 403


def test_one_proof_is_not_enough_for_the_operators_people(moderation):
    answer = call("GET", CASES, actor=replace(ANNA, methods=("sms",)))
    assert refusal(answer) == (403, "second-factor-needed")


@pytest.mark.parametrize("actor", [CUSTOMER, MERCHANT, ANNA])
def test_what_became_of_a_review_is_its_authors_alone(moderation, actor):
    assert call("GET", OWN, actor=actor, **AT).status == 404
    assert call("POST", OWN, actor=actor, body={"text": "x"}, **AT).status == 404


def test_why_it_is_held_is_not_told(moderation):
    told = call("GET", OWN, actor=AUTHOR, **AT)
    assert told.json["state"] == "waiting"
    assert "contact" not in told.text


def test_pages_go_on_where_they_ended(moderation):
    for number in range(2, 6):
        moderation.clock.move(minutes=1)
        moderation.writes(AUTHOR, number, text=AD)
    first = call("GET", CASES, actor=ANNA, query={"limit": 3}).json
    rest = call("GET", CASES, actor=ANNA, query={"limit": 3, "cursor": first["next_cursor"]}).json
    assert [one["review_id"] for one in (*first["items"], *rest["items"])] == [
        f"rev_{number}" for number in range(1, 6)
    ]
    other = {"queue": "appealed", "cursor": first["next_cursor"]}
    assert call("GET", CASES, actor=ANNA, query=other).status == 422


def test_people_who_decide_at_once_over_http(moderation, record_property):
    people = [replace(ANNA, account_id=f"acc_race{turn}", session_id=f"ses_race{turn}") for turn in range(8)]
    taken = racing.race([lambda who=who: call("PUT", CASE, actor=who, **AT) for who in people], ())
    assert sorted(one.status for one in taken) == [200] + [409] * 7
    works = [lambda who=who, body=body: decide(who, body) for who in people for body in (SHOW, REMOVE)]
    answers = racing.race(works, ())
    assert sorted(one.status for one in answers) == [200] + [409] * 15
    state = moderation.case(1).state
    shown = int(state is CaseState.CLEARED)
    assert moderation.rating().count == shown
    assert len(wiring.audit().store.of_object("review:rev_1", None, 9).items) == 1
    record_property("moderation", f"{len(people)} moderators at once, {len(works)} decisions sent, 1 decisions counted")
