"""Who works for a merchant, and who is asked to. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib.kit.errors import Conflict, NotFound
from chalicelib.kit.i18n import Text
from chalicelib.kit.permissions import Role

INVITATION_LIFE = timedelta(days=7)
MOST_PEOPLE = 60  # members and open invitations of one merchant
MOST_ASKED = 30  # invitations of one merchant a day: each is a text message, and may make an account
MOST_ASKED_OF = 3  # invitations of one person a day, by whomever


@dataclass(frozen=True)
class Member:
    """Somebody who works for a merchant.

    Attributes:
        account_id: who.
        role: manager or staff.
        label: what the merchant calls them.
        since: when they accepted.
    """

    account_id: str
    role: Role
    label: str = field(repr=False)
    since: datetime


@dataclass(frozen=True)
class Invitation:
    """Somebody who is asked to work for a merchant; a later invitation of the same person takes its place.

    Attributes:
        id: `inv_...`: it tells nobody whose account it is for.
        merchant_id: by whom.
        account_id: whom.
        role: manager or staff.
        label: what the merchant calls them.
        until: it can be accepted until then.
    """

    id: str
    merchant_id: str
    account_id: str
    role: Role
    label: str = field(repr=False)
    until: datetime


@dataclass(frozen=True)
class Team:
    """Everybody of a merchant, by account.

    Attributes:
        version: rises with each change.
    """

    merchant_id: str
    version: int = 0
    members: Mapping[str, Member] = field(default_factory=dict, hash=False)
    invitations: Mapping[str, Invitation] = field(default_factory=dict, hash=False)

    def at(self, now: datetime) -> "Team":
        """Return the team without invitations that have run out."""
        return replace(self, invitations={who: one for who, one in self.invitations.items() if one.until > now})


class TeamFull(Conflict):
    code = "team-full"
    title = Text("The team is full", "团队人数已满")
    detail = Text("At most {most} people and invitations.", "成员与邀请合计最多 {most} 个。")


class AlreadyThere(Conflict):
    code = "already-a-member"
    title = Text("They work for you already", "对方已是团队成员")
    detail = Text("Change their role instead.", "请直接修改其角色。")


def invited(team: Team, invitation: Invitation) -> None:
    """Let an invitation be written, or refuse it; `team` as it is now.

    Raises:
        AlreadyThere: they are a member, or the merchant themselves.
        TeamFull: too many.
    """
    who = invitation.account_id
    if who in team.members or who == team.merchant_id:
        raise AlreadyThere
    if who not in team.invitations and len(team.members) + len(team.invitations) >= MOST_PEOPLE:
        raise TeamFull(most=MOST_PEOPLE)


def member(team: Team, account_id: str) -> Member:
    """Return a member.

    Raises:
        NotFound: none of that account.
    """
    if account_id not in team.members:
        raise NotFound("member")
    return team.members[account_id]


def invitation(team: Team, invitation_id: str) -> Invitation:
    """Return an invitation that stands.

    Raises:
        NotFound: none of that id.
    """
    for one in team.invitations.values():
        if one.id == invitation_id:
            return one
    raise NotFound("invitation")
