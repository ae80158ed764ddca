from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.kit.auth import Role
from chalicelib.kit.errors import NotFound
from chalicelib.team.rules import (
    MOST_PEOPLE,
    AlreadyThere,
    Invitation,
    Member,
    Team,
    TeamFull,
    invitation,
    invited,
    member,
)

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)


def asked(who, until=NOW + timedelta(days=1)):
    return Invitation(f"inv_{who}", "acc_m", who, Role.STAFF, "阿玲", until)


def team(members=0, invitations=0):
    return Team(
        "acc_m",
        1,
        {f"m{n}": Member(f"m{n}", Role.STAFF, "阿玲", NOW) for n in range(members)},
        {f"i{n}": asked(f"i{n}") for n in range(invitations)},
    )


@given(st.integers(0, MOST_PEOPLE), st.integers(0, MOST_PEOPLE))
def test_there_is_room_for_so_many_and_no_more(members, invitations):
    standing = team(members, invitations)
    if members + invitations < MOST_PEOPLE:
        invited(standing, asked("new"))
    else:
        with pytest.raises(TeamFull):
            invited(standing, asked("new"))
    if invitations:
        invited(standing, asked("i0"))  # takes the place of the earlier one


def test_who_is_there_is_not_invited():
    for who in ("m0", "acc_m"):
        with pytest.raises(AlreadyThere):
            invited(team(1), asked(who))


def test_an_invitation_runs_out():
    standing = Team("acc_m", 1, {}, {"a": asked("a", NOW), "b": asked("b", NOW + timedelta(seconds=1))})
    assert set(standing.at(NOW).invitations) == {"b"}


def test_who_is_not_there_is_not_found():
    assert member(team(1), "m0").role == Role.STAFF
    assert invitation(team(0, 1), "inv_i0").account_id == "i0"
    for missing in (lambda: member(team(1), "m1"), lambda: invitation(team(0, 1), "inv_i1")):
        with pytest.raises(NotFound):
            missing()


def test_names_do_not_stand_in_a_repr():
    assert "阿玲" not in repr(team(1, 1))
