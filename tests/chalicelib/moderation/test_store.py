"""Rows on real DynamoDB semantics: capacity is asserted on dynoxide, which tells it right."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import wiring
from chalicelib.kit.dynamo import meter
from chalicelib.kit.transaction import Contention
from chalicelib.moderation.ports import CaseState
from chalicelib.moderation.rules import cases
from chalicelib.moderation.rules.waiting import sent_again, unjudged
from chalicelib.moderation.store import ModerationTable
from tests.chalicelib.moderation.test_cases import NOW, REMOVE, SHOW, WAITING, decided
from tests.chalicelib.moderation.test_signs import seen
from tests.emulators import DYNOXIDE

STORE = ModerationTable()


def commit(*actions):
    """Write them; return what that costs."""
    with meter.measure() as used:
        wiring.committer().commit(actions)
    return used.write_units


def reading(read, *arguments):
    with meter.measure() as used:
        read(*arguments)
    return used.requests, used.read_units


@pytest.mark.store
def test_cases_are_kept_whole_by_version(tables):
    assert STORE.case("rev_1") is None
    commit(STORE.put(WAITING))
    with pytest.raises(Contention):
        commit(STORE.put(WAITING))
    removed = decided(WAITING, REMOVE)
    whole = replace(cases.appealed(removed, "不是广告", NOW), cleared=("ring",), forgotten=True, version=2)
    commit(STORE.put(whole))
    with pytest.raises(Contention):
        commit(STORE.put(whole))
    assert STORE.case("rev_1") == whole
    assert STORE.of_person("acc_author") == [whole]
    assert STORE.of_person("acc_other") == []


@pytest.mark.store
def test_what_waits_is_listed_while_it_does_the_longest_first(tables):
    rows = [replace(WAITING, review_id=f"rev_{turn}", since=NOW - timedelta(hours=turn)) for turn in range(4)]
    for one in rows:
        commit(STORE.put(one))
    first = STORE.waiting(CaseState.WAITING, None, 3)
    rest = STORE.waiting(CaseState.WAITING, first.next, 3)
    assert [one.review_id for one in (*first.items, *rest.items)] == ["rev_3", "rev_2", "rev_1", "rev_0"]
    over = replace(decided(rows[3], SHOW), version=2)
    gone = replace(decided(rows[2], REMOVE), version=2)
    commit(STORE.put(over))
    commit(STORE.put(gone))
    assert [one.review_id for one in STORE.waiting(CaseState.WAITING, None, 9).items] == ["rev_1", "rev_0"]
    assert STORE.to_forget(NOW + cases.APPEAL_WITHIN - timedelta(seconds=1), 9) == []
    assert STORE.to_forget(NOW + cases.APPEAL_WITHIN, 9) == [gone]
    up = replace(cases.appealed(gone, "x", NOW), version=3)
    commit(STORE.put(up))
    assert STORE.to_forget(NOW + cases.APPEAL_WITHIN, 9) == []
    assert STORE.waiting(CaseState.APPEALED, None, 9).items == (up,)


@pytest.mark.store
def test_what_waits_for_a_classifier_keeps_its_time_and_is_taken_away_as_it_was_read(tables):
    waits = unjudged("rev_1", NOW)
    commit(STORE.wait(waits))
    assert STORE.unjudged("rev_1") == waits
    commit(STORE.wait(unjudged("rev_1", NOW + timedelta(hours=5))))  # other words: it waits since it did
    assert STORE.unjudged("rev_1") == replace(waits, version=2)
    commit(STORE.wait(unjudged("rev_2", NOW - timedelta(hours=1))))
    assert [one.review_id for one in STORE.all_unjudged(9)] == ["rev_2", "rev_1"]
    with pytest.raises(Contention):
        commit(STORE.judged(waits))
    with pytest.raises(Contention):
        commit(STORE.put_off(replace(waits, version=2)))
    commit(STORE.judged(replace(waits, version=2)))
    assert STORE.unjudged("rev_1") is None


@pytest.mark.store
def test_reviews_are_remembered_by_shop_and_author_and_once(tables):
    rows = [
        seen(turn, author="acc_1", ago=timedelta(days=turn), devices=["d1", "d2"], network="n1") for turn in range(3)
    ]
    for one in (*rows, rows[0]):
        STORE.note(one, NOW + timedelta(days=30))
    assert STORE.at_shop("shp_1", NOW - timedelta(days=1), NOW, 9) == rows[:2]
    assert STORE.of_author("acc_1", NOW - timedelta(days=9), 2) == rows[:2]
    assert STORE.at_shop("shp_1", rows[2].at, rows[1].at, 9) == rows[1:]
    STORE.forget(rows[:1])
    assert STORE.of_author("acc_1", NOW - timedelta(days=9), 9) == rows[1:]
    assert STORE.at_shop("shp_1", NOW - timedelta(days=9), NOW, 9) == rows[1:]


def test_what_it_costs(tables):
    if tables.name != DYNOXIDE:
        pytest.skip("only dynoxide tells capacity right")
    taken = cases.taken(WAITING, "acc_1", NOW)
    assert commit(STORE.put(WAITING)) == 4
    assert commit(STORE.put(taken)) == 4
    assert commit(STORE.put(cases.decided(taken, "acc_1", *REMOVE, "x", "seen", NOW))) == 5
    other = replace(WAITING, review_id="rev_2")
    commit(STORE.put(other))
    assert commit(STORE.put(replace(decided(other, SHOW), version=2))) == 4
    assert reading(STORE.case, "rev_1") == (1, 1.0)
    assert reading(STORE.waiting, CaseState.WAITING, None, 20)[0] == 1
    waits = unjudged("rev_1", NOW)
    assert commit(STORE.wait(waits)) == 3
    assert commit(STORE.put_off(sent_again(waits, NOW + timedelta(hours=1)))) == 4
    assert reading(STORE.unjudged, "rev_1") == (1, 1.0)
    assert reading(STORE.all_unjudged, 500) == (1, 0.5)
    assert commit(STORE.judged(sent_again(waits, NOW))) == 3
    for turn in range(20):
        STORE.note(seen(turn, ago=timedelta(minutes=turn)), NOW + timedelta(days=30))
    with meter.measure() as used:
        STORE.note(seen(99), NOW + timedelta(days=30))
    assert (used.requests, used.write_units) == (2, 2.0)
    assert reading(STORE.at_shop, "shp_1", NOW - timedelta(days=1), NOW, 20) == (1, 1.0)
