"""Several at the same moment, on both emulators: a licence has one account, an application one decision."""

import pytest

from chalicelib.kit.auth import Role
from chalicelib.vetting import problems
from chalicelib.vetting.ports import Reason, State
from chalicelib.vetting.use_cases import Outcome
from tests import racing
from tests.api import ADMIN, told
from tests.chalicelib.vetting.world import Vetting, number

pytestmark = pytest.mark.store


@pytest.fixture
def vetting(tables):
    return Vetting()


def race(*works):
    return racing.race(works, (problems.NotPossible,))


def test_of_accounts_that_submit_one_licence_at_once_one_has_it(vetting):
    people = [vetting.person() for _ in range(3)]
    for one in people:
        vetting.describe(one, number=number(1))
        vetting.document(one)
    results = race(*(lambda one=one: vetting.submit(one) for one in people))
    assert sorted(one.state for one in results) == [State.IN_REVIEW, State.REJECTED, State.REJECTED]
    assert {one.reasons for one in results} == {(), (Reason.LICENCE_TAKEN,)}


def test_of_reviewers_who_decide_at_once_one_does(vetting):
    actor = vetting.applied()
    outcomes = [Outcome.APPROVE, Outcome.REJECT, Outcome.APPROVE, Outcome.ASK]
    results = race(*(lambda outcome=outcome: vetting.decide(actor, outcome, by=ADMIN) for outcome in outcomes))
    [won] = [one for one in results if not isinstance(one, Exception)]
    file = vetting.file(actor)
    assert file == won
    assert (Role.MERCHANT in vetting.roles(actor)) == (file.application.state == State.APPROVED)
    assert (file.standing is not None) == (file.application.state == State.APPROVED)
    assert len([one for one in told() if one.type.startswith("vetting.")]) == 1


def test_who_submits_while_it_is_edited_submits_what_stands(vetting):
    actor = vetting.person()
    vetting.describe(actor)
    vetting.document(actor)
    submitted, edited = race(lambda: vetting.submit(actor), lambda: vetting.describe(actor, number=number(7)))
    found = vetting.file(actor).application
    assert found.state == State.IN_REVIEW
    assert (found.details.number == number(7)) == (not isinstance(edited, Exception))
    assert found == submitted


def test_two_runs_at_once_tell_once(vetting):
    actor = vetting.applied()
    vetting.decide(actor)
    vetting.clock.move(days=150)
    race(vetting.look_after, vetting.look_after)
    assert len(told("vetting.lapsed")) == 1
