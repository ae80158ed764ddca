"""The team table: everybody of a merchant in one partition.

| row | pk | sk | gsi1 | dies |
|---|---|---|---|---|
| head | merchant id | `TEAM` | | |
| member | merchant id | `MEM#<account>` | | |
| invitation | merchant id | `INV#<account>` | `INVITED#<account>`, by when it runs out | 30 days after it ran out |
| invitations of a day, by a merchant or of somebody | `ASKED#<by or of>#<account>` | the date | | two days later |

Every change writes the head too, under the condition that nobody did since it was read: so what was decided of the
whole team still holds.

| pattern | requests | units (a team below 4 KB) |
|---|---|---|
| a team | 1 Query, consistent | 1 read |
| what somebody is asked to | 1 Query | 0.5 read |
| invite | 2 GetItem, 1 Query, 2 transactions: count; head, row, count, answer, entry, message | 3 read, 18 write |
| accept | 2 Query, 1 GetItem, 1 transaction: head, two rows, account, entry | 2.5 read, 13 write |
| change | 1 Query, 1 GetItem, 1 transaction: head, row, account, entry | 2 read, 10 write |
| remove | the same and a message | 2 read, 13 write |
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit.auth import Role
from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, delete, put, update
from chalicelib.kit.errors import TooMany
from chalicelib.kit.seal import SealedField, Sealer
from chalicelib.kit.transaction import Action
from chalicelib.team.rules import Invitation, Member, Team

_TEAM, _MEMBER, _INVITATION = "TEAM", "MEM#", "INV#"
_KEPT = timedelta(days=30)
SEALED = (
    SealedField("team", "label", "team|{pk}|{sk}", _MEMBER),
    SealedField("team", "label", "team|{pk}|{sk}", _INVITATION),
)


class TeamRow(Row):
    class Meta(TableMeta):
        table = "team"

    version = NumberAttribute(null=True)  # of the head alone
    role = UnicodeAttribute(null=True)
    label = UnicodeAttribute(null=True)  # sealed
    at = UnicodeAttribute(null=True)  # a member since, an invitation until
    invitation_id = UnicodeAttribute(null=True)
    asked = NumberAttribute(null=True)  # of a day's count alone
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    invited = Gsi1()


class TeamTable:
    """See `team.ports.TeamStore`."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def team(self, merchant_id: str) -> Team:
        rows = list(TeamRow.query(merchant_id, consistent_read=True))
        heads = [int(row.version or 0) for row in rows if row.sk == _TEAM]
        members = [self._member(row) for row in rows if row.sk.startswith(_MEMBER)]
        invitations = [self._invitation(row) for row in rows if row.sk.startswith(_INVITATION)]
        return Team(
            merchant_id,
            heads[0] if heads else 0,
            {one.account_id: one for one in members},
            {one.account_id: one for one in invitations},
        )

    def invitations_of(self, account_id: str) -> Sequence[Invitation]:
        return [self._invitation(row) for row in TeamRow.invited.query(f"INVITED#{account_id}")]

    def follow(self, team: Team) -> Action:
        row = TeamRow(team.merchant_id, _TEAM, version=team.version + 1)
        return put(row, TeamRow.version == team.version if team.version else TeamRow.pk.does_not_exist())

    def spend(self, budget: str, most: int, now: datetime) -> Action:
        day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        left = int((day + timedelta(days=1) - now).total_seconds()) + 1
        row = TeamRow(f"ASKED#{budget}", day.date().isoformat())
        return update(
            row,
            [TeamRow.asked.add(1), TeamRow.expires_at.set(int((day + timedelta(days=2)).timestamp()))],
            TeamRow.asked.does_not_exist() | (TeamRow.asked < most),
            lambda _standing: TooMany(retry_after=left),
        )

    def put_invitation(self, invitation: Invitation) -> Action:
        merchant_id, account_id, until = invitation.merchant_id, invitation.account_id, iso(invitation.until)
        row = TeamRow(
            merchant_id,
            f"{_INVITATION}{account_id}",
            role=invitation.role,
            label=self._sealer.seal(invitation.label, _place(merchant_id, account_id)),
            at=until,
            invitation_id=invitation.id,
            gsi1pk=f"INVITED#{account_id}",
            gsi1sk=f"{until}#{merchant_id}",
        )
        row.expires_at = int((invitation.until + _KEPT).timestamp())
        return put(row)

    def drop_invitation(self, invitation: Invitation) -> Action:
        row = TeamRow(invitation.merchant_id, f"{_INVITATION}{invitation.account_id}")
        return delete(row, TeamRow.invitation_id == invitation.id)

    def put_member(self, merchant_id: str, member: Member) -> Action:
        label = self._sealer.seal(member.label, _place(merchant_id, member.account_id))
        row = TeamRow(merchant_id, f"{_MEMBER}{member.account_id}", role=member.role, label=label, at=iso(member.since))
        return put(row)

    def drop_member(self, merchant_id: str, account_id: str) -> Action:
        return delete(TeamRow(merchant_id, f"{_MEMBER}{account_id}"), TeamRow.pk.exists())

    def _member(self, row: TeamRow) -> Member:
        account_id = row.sk.removeprefix(_MEMBER)
        return Member(account_id, Role(row.role), self._label(row, account_id), parse(str(row.at)))

    def _invitation(self, row: TeamRow) -> Invitation:
        account_id = row.sk.removeprefix(_INVITATION)
        label, until = self._label(row, account_id), parse(str(row.at))
        return Invitation(str(row.invitation_id), row.pk, account_id, Role(row.role), label, until)

    def _label(self, row: TeamRow, account_id: str) -> str:
        return self._sealer.open(str(row.label), _place(row.pk, account_id))


def _place(merchant_id: str, account_id: str) -> str:
    return f"team|{merchant_id}|{account_id}"
