"""Whom somebody works for, and who works for them."""

from collections.abc import Sequence

from chalicelib.accounts import use_cases as accounts
from chalicelib.kit.errors import NotFound
from chalicelib.kit.i18n import Text
from chalicelib.kit.personal import Matter, Told, plain
from chalicelib.kit.transaction import retrying
from chalicelib.team.ports import Invitation, TeamPorts


def personal_data(ports: TeamPorts, account_id: str) -> Told:
    """Return whom they work for and who asks them to; who works for them is about others."""
    return {
        "works_for": plain(_jobs(ports, account_id)),
        "invitations": [plain(one, "label") for one in ports.store.invitations_of(account_id)],
    }


def open_matters(ports: TeamPorts, account_id: str) -> Sequence[Matter]:
    """Return their jobs, and that somebody works for them."""
    jobs, members = tuple(_jobs(ports, account_id)), tuple(ports.store.team(account_id).members)
    works = Text("You work for merchants: leave them first.", "您仍在商户任职，请先退出。")
    employs = Text("People work for you: let them go first.", "仍有成员为您工作，请先移除。")
    return [
        Matter(code, text, ids)
        for code, text, ids in (("has-jobs", works, jobs), ("has-team", employs, members))
        if ids
    ]


def erase(ports: TeamPorts, account_id: str) -> None:
    """Turn down what they are asked to, and take back what they asked of others."""
    asked = (*ports.store.invitations_of(account_id), *ports.store.team(account_id).invitations.values())
    for one in asked:
        retrying(lambda one=one: _drop(ports, one))  # type: ignore[misc] # bound to this turn


def _drop(ports: TeamPorts, invitation: Invitation) -> None:
    team = ports.store.team(invitation.merchant_id)
    stands = team.invitations.get(invitation.account_id)
    if stands is not None and stands.id == invitation.id:
        ports.committer.commit([ports.store.follow(team), ports.store.drop_invitation(stands)])


def _jobs(ports: TeamPorts, account_id: str) -> list[str]:
    try:
        return sorted(accounts.account(ports.accounts, account_id).memberships)
    except NotFound:
        return []
