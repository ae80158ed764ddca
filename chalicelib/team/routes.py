"""Teams over HTTP."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.accounts.ports import CountryNotServed, TooManyJobs
from chalicelib.kit.auth import Permission, Role
from chalicelib.kit.errors import Busy, Invalid, NotFound, TooMany
from chalicelib.kit.http import Call, endpoint
from chalicelib.kit.regions import WrongRegion
from chalicelib.team import schemas, use_cases
from chalicelib.team.rules import AlreadyThere, TeamFull

bp = Blueprint(__name__)

_TAG = "team"
_INVITATIONS = "/v1/team/invitations"
_MEMBER = "/v1/team/members/{account_id}"
_MINE = "/v1/me/invitations"


@endpoint(
    bp, "GET", "/v1/team", summary="Who works for me", tag=_TAG, needs=Permission.TEAM_MANAGE, returns=schemas.Team,
)  # fmt: skip
def team(call: Call) -> schemas.Team:
    return schemas.Team.of(use_cases.team(wiring.team(), call.actor))


@endpoint(
    bp, "POST", _INVITATIONS, summary="Ask somebody to work for me", tag=_TAG, needs=Permission.TEAM_MANAGE,
    body=schemas.InvitationIn, returns=schemas.Invitation, status=201, idempotent=True,
    errors=(Invalid, CountryNotServed, WrongRegion, AlreadyThere, TeamFull, TooMany, Busy),
)  # fmt: skip
def invite(call: Call) -> schemas.Invitation:
    wish: schemas.InvitationIn = call.body
    once, show = call.once(schemas.Invitation.of), schemas.Invitation.of
    asked = (wish.phone, wish.as_role(), wish.name, call.source_ip)
    return show(use_cases.invite(wiring.team(), call.actor, *asked, once))


@endpoint(
    bp, "DELETE", f"{_INVITATIONS}/{{invitation_id}}", summary="Ask somebody no more", tag=_TAG,
    needs=Permission.TEAM_MANAGE, status=204, errors=(NotFound, Busy),
)  # fmt: skip
def take_back(call: Call, invitation_id: str) -> None:
    use_cases.take_back(wiring.team(), call.actor, invitation_id)


@endpoint(
    bp, "PUT", _MEMBER, summary="Make a manager or staff of a member", tag=_TAG, needs=Permission.TEAM_MANAGE,
    body=schemas.RoleIn, returns=schemas.Member, errors=(NotFound, Busy),
)  # fmt: skip
def set_role(call: Call, account_id: str) -> schemas.Member:
    role = Role(call.body.role)
    return schemas.Member.of(use_cases.set_role(wiring.team(), call.actor, account_id, role, call.source_ip))


@endpoint(
    bp, "DELETE", _MEMBER, summary="Let somebody work for me no longer", tag=_TAG, needs=Permission.TEAM_MANAGE,
    status=204, errors=(NotFound, Busy),
)  # fmt: skip
def remove(call: Call, account_id: str) -> None:
    use_cases.remove(wiring.team(), call.actor, account_id, call.source_ip)


@endpoint(
    bp, "GET", _MINE, summary="Who asks me to work for them", tag=_TAG, needs=Permission.TEAM_JOIN,
    returns=schemas.Invitations,
)  # fmt: skip
def invitations(call: Call) -> schemas.Invitations:
    return schemas.Invitations.of(use_cases.invitations(wiring.team(), call.actor))


@endpoint(
    bp, "POST", f"{_MINE}/{{invitation_id}}/accept", summary="Work for a merchant; refresh your tokens then", tag=_TAG,
    needs=Permission.TEAM_JOIN, returns=schemas.Member, errors=(NotFound, TooManyJobs, Busy),
)  # fmt: skip
def accept(call: Call, invitation_id: str) -> schemas.Member:
    return schemas.Member.of(use_cases.accept(wiring.team(), call.actor, invitation_id, call.source_ip))


@endpoint(
    bp, "DELETE", f"{_MINE}/{{invitation_id}}", summary="Turn an invitation down", tag=_TAG,
    needs=Permission.TEAM_JOIN, status=204, errors=(NotFound, Busy),
)  # fmt: skip
def decline(call: Call, invitation_id: str) -> None:
    use_cases.decline(wiring.team(), call.actor, invitation_id)


@endpoint(
    bp, "DELETE", "/v1/me/jobs/{merchant_id}", summary="Work for a merchant no longer", tag=_TAG,
    needs=Permission.TEAM_JOIN, status=204, errors=(NotFound, Busy),
)  # fmt: skip
def leave(call: Call, merchant_id: str) -> None:
    use_cases.leave(wiring.team(), call.actor, merchant_id, call.source_ip)
