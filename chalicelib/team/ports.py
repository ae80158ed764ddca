"""What teams need from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.accounts.ports import AccountPorts
from chalicelib.audit.ports import AuditPorts
from chalicelib.kit.clock import Clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.transaction import Action, Committer
from chalicelib.team.rules import Invitation, Member, Team

__all__ = ["Invitation", "Member", "Team", "TeamPorts", "TeamStore"]


class TeamStore(Protocol):
    """Where teams are kept."""

    def team(self, merchant_id: str) -> Team:
        """Return a merchant's team, read consistently; an empty one where there is none."""
        ...

    def invitations_of(self, account_id: str) -> Sequence[Invitation]:
        """Return what somebody is asked to, also what has run out."""
        ...

    def follow(self, team: Team) -> Action:
        """Return the write that the team is one version on, provided that nobody changed it: every change has it."""
        ...

    def spend(self, budget: str, most: int, now: datetime) -> Action:
        """Return the write that counts one more within the UTC day; refused with `TooMany` where they are `most`."""
        ...

    def put_invitation(self, invitation: Invitation) -> Action: ...

    def drop_invitation(self, invitation: Invitation) -> Action: ...

    def put_member(self, merchant_id: str, member: Member) -> Action: ...

    def drop_member(self, merchant_id: str, account_id: str) -> Action: ...


@dataclass(frozen=True)
class TeamPorts:
    """What the use cases are given."""

    store: TeamStore
    accounts: AccountPorts
    audit: AuditPorts
    clock: Clock
    committer: Committer
    outbox: Outbox
    idempotency: Idempotency
