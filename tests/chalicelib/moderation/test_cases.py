"""What may become of a case, by whom, and when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.errors import Invalid, Problem
from chalicelib.moderation.rules import cases
from chalicelib.moderation.rules.cases import OPEN, Case, CaseState, Outcome
from chalicelib.moderation.rules.reasons import Code

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
WAITING = Case("rev_1", "shp_1", "acc_merchant", "acc_author", ("contact",), NOW)
SHOW, REMOVE = (Outcome.SHOW, Code.FINE), (Outcome.REMOVE, Code.ADVERTISING)


def decided(case, how, by="acc_1", now=NOW):
    return cases.decided(cases.taken(case, by, now), by, *how, "看过了", "seen", now)


def test_a_case_is_one_persons_for_a_quarter_of_an_hour():
    mine = cases.taken(WAITING, "acc_1", NOW)
    with pytest.raises(cases.CaseTaken):
        cases.taken(mine, "acc_2", NOW + cases.LEASE - timedelta(seconds=1))
    with pytest.raises(cases.CaseNotTaken):
        cases.decided(mine, "acc_2", *SHOW, "", "seen", NOW)
    assert cases.taken(mine, "acc_1", NOW + timedelta(minutes=5)).taken_until == NOW + timedelta(minutes=20)
    late = NOW + cases.LEASE
    with pytest.raises(cases.CaseNotTaken):
        cases.decided(mine, "acc_1", *SHOW, "", "seen", late)
    assert cases.taken(mine, "acc_2", late).taken_by == "acc_2"


def test_what_was_cleared_does_not_come_back_for_the_same():
    cleared = decided(WAITING, SHOW)
    assert (cleared.state, cleared.cleared) == (CaseState.CLEARED, ("contact",))
    assert cases.signed(cleared, ["contact"], NOW) is None
    again = cases.signed(cleared, ["contact", "ring"], NOW + timedelta(days=1))
    assert (again.state, again.reasons, again.since) == (CaseState.WAITING, ("ring",), NOW + timedelta(days=1))


def test_what_a_classifier_says_late_of_what_somebody_has_judged_does_not_bring_it_back():
    cleared = decided(WAITING, SHOW)
    assert cases.signed(cleared, ["toxic:insult"], NOW, content="seen") is None
    assert cases.signed(cleared, ["toxic:insult"], NOW, content="other").reasons == ("toxic:insult",)
    assert cases.signed(cleared, ["toxic:insult", "ring"], NOW, content="seen").reasons == ("ring",)  # not in its words
    assert cases.signed(cleared, ["toxic:insult"], NOW, anew=True, content="seen").reasons == ("toxic:insult",)


def test_more_reasons_do_not_make_it_wait_anew():
    more = cases.signed(cases.taken(WAITING, "acc_1", NOW), ["ring"], NOW + timedelta(hours=1))
    assert (more.reasons, more.since, more.taken_by) == (("contact", "ring"), NOW, "acc_1")
    with pytest.raises(cases.CaseNotTaken):  # they have not seen what it came for
        cases.decided(more, "acc_1", *SHOW, "", "seen", NOW)
    assert cases.signed(more, ["ring", "contact"], NOW) is None


def test_an_appeal_comes_once_in_time_and_is_another_persons():
    removed = decided(WAITING, REMOVE)
    assert removed.appeal_until == NOW + cases.APPEAL_WITHIN
    with pytest.raises(cases.AppealOver):
        cases.appealed(removed, "x", NOW + cases.APPEAL_WITHIN)
    for state in set(CaseState) - {CaseState.REMOVED}:
        with pytest.raises(cases.AppealOver):
            cases.appealed(replace(removed, state=state), "x", NOW)
    appealed = cases.appealed(removed, "不是广告", NOW)
    assert cases.signed(removed, ["ring"], NOW) is None
    with pytest.raises(cases.SamePerson):
        cases.taken(appealed, "acc_1", NOW)
    for how, state in ((SHOW, CaseState.RESTORED), (REMOVE, CaseState.UPHELD)):
        over = decided(appealed, how, by="acc_2")
        assert over.state is state
        with pytest.raises(cases.AppealOver):
            cases.appealed(over, "x", NOW)
    again = cases.signed(decided(appealed, SHOW, by="acc_2"), ["ring"], NOW)
    assert decided(again, REMOVE, by="acc_3").state is CaseState.UPHELD


def test_what_it_shows_is_deleted_when_nothing_can_bring_it_back():
    removed = decided(WAITING, REMOVE)
    assert removed.forget_at == NOW + cases.APPEAL_WITHIN
    appealed = cases.appealed(removed, "x", NOW)
    assert appealed.forget_at is None
    assert decided(appealed, REMOVE, by="acc_2").forget_at == NOW
    assert decided(WAITING, SHOW).forget_at is None
    assert replace(removed, forgotten=True).forget_at is None


@pytest.mark.parametrize("how", [(Outcome.SHOW, Code.ABUSE), (Outcome.REMOVE, Code.FINE)])
def test_what_is_decided_and_why_go_together(how):
    with pytest.raises(Invalid):
        decided(WAITING, how)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["sign", "take", "show", "remove", "appeal"]),
        st.sampled_from(["acc_1", "acc_2", "acc_3"]),
        st.sampled_from(["contact", "ring", "burst"]),
        st.integers(0, 20),
    ),
    max_size=30,
)


@given(STEPS)
def test_whatever_happens_nobody_decides_their_own_removal_and_nobody_appeals_twice(steps):
    case, now, appeals = WAITING, NOW, 0
    for what, by, reason, minutes in steps:
        now += timedelta(minutes=minutes)
        before = case
        try:
            if what == "sign":
                case = cases.signed(case, [reason], now) or case
            elif what == "take":
                case = cases.taken(case, by, now)
            elif what == "appeal":
                case, appeals = cases.appealed(case, "x", now), appeals + 1
            else:
                case = cases.decided(case, by, *(SHOW if what == "show" else REMOVE), "", "seen", now)
        except Problem:
            assert case == before
            continue
        assert case.version - before.version in {0, 1}
        if before.state is CaseState.APPEALED and case.state in {CaseState.RESTORED, CaseState.UPHELD}:
            assert case.decided_by != before.removed_by
        if before.state is CaseState.UPHELD:
            assert case == before
        if case.state not in OPEN:
            assert case.taken_by is None
    assert appeals <= 1
