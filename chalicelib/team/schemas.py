"""What teams say over the wire."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field

from chalicelib.kit.auth import Role
from chalicelib.kit.http import Wire
from chalicelib.kit.wire import Line, Moment
from chalicelib.team import ports

MemberRole = Literal["manager", "staff"]


class InvitationIn(Wire):
    """Whom to ask, and to be what."""

    phone: str = Field(min_length=5, max_length=32, description="With country code.", examples=["+8613800138000"])
    role: MemberRole
    name: Line = Field(min_length=1, max_length=80, description="What you call them.", examples=["阿玲"])

    def as_role(self) -> Role:
        """Return the role as the domain knows it."""
        return Role(self.role)


class RoleIn(Wire):
    """What a member is to be."""

    role: MemberRole


class Invitation(Wire):
    """Somebody who is asked to work for a merchant."""

    id: str = Field(examples=["inv_01jd3x9k5r8m2q7w4t6y0z1abc"])
    merchant_id: str = Field(examples=["acc_01jd3x9k5r8m2q7w4t6y0z1abc"])
    role: MemberRole
    name: str = Field(description="What the merchant calls them.", examples=["阿玲"])
    until: Moment = Field(description="It can be accepted until then.")

    @classmethod
    def of(cls, one: ports.Invitation) -> Self:
        return cls.model_validate(
            {"id": one.id, "merchant_id": one.merchant_id, "role": one.role, "name": one.label, "until": one.until}
        )


class Invitations(Wire):
    """What you are asked to."""

    items: list[Invitation]

    @classmethod
    def of(cls, found: Sequence[ports.Invitation]) -> Self:
        return cls(items=[Invitation.of(one) for one in found])


class Member(Wire):
    """Somebody who works for a merchant."""

    account_id: str = Field(examples=["acc_01jd3x9k5r8m2q7w4t6y0z1abc"])
    role: MemberRole
    name: str = Field(description="What the merchant calls them.", examples=["阿玲"])
    since: Moment

    @classmethod
    def of(cls, one: ports.Member) -> Self:
        return cls.model_validate(
            {"account_id": one.account_id, "role": one.role, "name": one.label, "since": one.since}
        )


class Team(Wire):
    """Who works for you, and whom you asked to."""

    members: list[Member]
    invitations: list[Invitation]

    @classmethod
    def of(cls, found: ports.Team) -> Self:
        return cls(
            members=[Member.of(one) for one in sorted(found.members.values(), key=lambda one: one.since)],
            invitations=[Invitation.of(one) for one in sorted(found.invitations.values(), key=lambda one: one.until)],
        )
