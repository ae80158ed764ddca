"""Who is calling: the actor of a request. What they may do: `kit.permissions`; the tokens that say so: `kit.tokens`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from chalicelib.kit.errors import Forbidden, NotFound, SecondFactorNeeded, SignInAgain
from chalicelib.kit.permissions import ACTING, GRANTS, OPERATOR_ROLES, PERSONAL, Permission, Role

__all__ = [
    "ACCESS_LIFE",
    "FRESH",
    "PASSKEY",
    "PUBLIC",
    "Actor",
    "Permission",
    "Role",
    "expiry",
    "is_strong",
]

ACCESS_LIFE = timedelta(minutes=15)
FRESH = timedelta(minutes=10)  # so long after signing in, what is sensitive can be done
PASSKEY = "hwk"  # the word of RFC 8176
PUBLIC: Permission | None = None


def is_strong(methods: Sequence[str]) -> bool:
    """Say whether somebody proved two things: by two methods, or by a passkey, which is had and unlocked."""
    return len(set(methods)) > 1 or PASSKEY in methods


@dataclass(frozen=True)
class Actor:
    """The account behind a request, as its access token says.

    Attributes:
        account_id: who.
        roles: what they were when the token was issued.
        session_id: the session that the token belongs to.
        expires_at: when the token runs out; None where there was no token.
        memberships: merchant -> manager or staff there, when the token was issued.
        methods: how they proved who they are (RFC 8176 where it has a word): `sms`, `pwd`, `otp`, `hwk` ...
        signed_in_at: when they last did; None where there was no token.
        is_half: they have a second factor and have not shown it yet.
        agent_id: who of the operator's people acts as this account; None where it is the person.
        doing: the permission that the request exercises; None outside of requests.
        for_merchant: the merchant whom a member works for in this request.
    """

    account_id: str
    roles: frozenset[Role]
    session_id: str
    expires_at: datetime | None = field(default=None, compare=False)
    memberships: Mapping[str, Role] = field(default_factory=dict, hash=False)
    methods: tuple[str, ...] = ()
    signed_in_at: datetime | None = field(default=None, compare=False)
    is_half: bool = False
    agent_id: str | None = None
    doing: Permission | None = field(default=None, compare=False)
    for_merchant: str | None = field(default=None, compare=False)

    @property
    def is_admin(self) -> bool:
        return Role.ADMIN in self._counting

    @property
    def _counting(self) -> frozenset[Role]:
        """The account's roles as far as the session lets them count: those of the operator's people need two proofs."""
        return self.roles if is_strong(self.methods) else self.roles - OPERATOR_ROLES

    @property
    def merchant_id(self) -> str:
        """The merchant that the request is about where nothing else says so: whom they work for, or themselves."""
        return self.for_merchant or self.account_id

    def may(self, permission: Permission) -> bool:
        """Say whether there is anything over which the actor holds a permission."""
        if self.is_half:
            return permission == Permission.SECOND_FACTOR
        if self.agent_id is not None and permission not in ACTING:
            return False
        roles = self._counting | set(self.memberships.values())
        return permission in PERSONAL or any(permission in GRANTS[role] for role in roles)

    def may_at(self, permission: Permission, merchant_id: str) -> bool:
        """Say whether the actor holds a permission over what is a merchant's: as the merchant, as a member, or as one
        of the operator's people.
        """
        if self.is_half:
            return False
        roles = set(self._counting & OPERATOR_ROLES)
        if merchant_id == self.account_id:
            roles |= self.roles & {Role.MERCHANT}
        elif merchant_id in self.memberships:
            roles.add(self.memberships[merchant_id])
        return any(permission in GRANTS[role] for role in roles)

    def has_part(self, person_id: str) -> bool:
        """Say whether what is a person's is in the reach of what the request does: it is their own, or one of the
        operator's people sees to it. Who works for a person's business has no part in what they do as a customer.
        """
        if self.doing is None:
            return person_id == self.account_id or self.is_admin
        return (person_id == self.account_id and self.doing in PERSONAL) or self._sees_to(self.doing)

    def runs(self, merchant_id: str) -> bool:
        """Say whether what is a merchant's is in the reach of what the request does. The account alone does not make
        a merchant: its role may have been taken away, and who acts as a customer acts as nothing else.
        """
        if self.doing is None:
            return merchant_id == self.account_id or self.is_admin
        return self.may_at(self.doing, merchant_id)

    def has_stake(self, *sides: str) -> bool:
        """Say whether the actor is, or works for, one of the sides of what is decided: then others decide."""
        mine = {self.account_id, self.agent_id, *self.memberships}
        return not mine.isdisjoint(sides)

    def _sees_to(self, permission: Permission) -> bool:
        return not self.is_half and any(permission in GRANTS[role] for role in self._counting & OPERATOR_ROLES)

    def speaks_for(self, owner_id: str) -> bool:
        """Say whether what the actor says is the owner's word: their own, or that of who works for them."""
        if owner_id == self.account_id:
            return True
        role = self.memberships.get(owner_id)
        return role is not None and self.doing in GRANTS[role]

    def standing_in(self) -> "Actor":
        """Return the merchant whom a member works for in this request, as whom they act; without one the actor."""
        if self.for_merchant in {None, self.account_id}:
            return self
        return replace(self, account_id=self.merchant_id, roles=frozenset({Role.MERCHANT}), memberships={})

    def must_be(self, person_id: str, what: str, merchant_id: str | None = None) -> None:
        """Let whoever it is of pass, the merchant on its other side where it has one, and the operator's people who
        see to it.

        Raises:
            NotFound: for everybody else: that it exists is not theirs to know.
            SecondFactorNeeded: they would pass in a session with two proofs.
        """

        def passes(actor: Actor) -> bool:
            return actor.has_part(person_id) or (merchant_id is not None and actor.runs(merchant_id))

        if not passes(self):
            raise SecondFactorNeeded if passes(self._proven_twice()) else NotFound(what)

    def must_have(self, merchant_id: str, what: str) -> None:
        """Let the merchant of what nobody else knows of pass, and those whom `must_run` lets.

        Raises:
            NotFound, SecondFactorNeeded: as `must_be`.
        """
        if not self.runs(merchant_id):
            raise SecondFactorNeeded if self._proven_twice().runs(merchant_id) else NotFound(what)

    def must_run(self, merchant_id: str) -> None:
        """Let the merchant of a (publicly visible) shop pass, those who work there, and the operator's people likewise.

        Raises:
            Forbidden: for everybody else; as SecondFactorNeeded where that is all that is missing.
        """
        if not self.runs(merchant_id):
            raise SecondFactorNeeded if self._proven_twice().runs(merchant_id) else Forbidden

    def must_be_fresh(self, now: datetime) -> None:
        """Let pass who signed in, or gave a second factor, within `FRESH`: for what a stolen session must not do.

        Raises:
            SignInAgain: it is longer ago.
        """
        if self.signed_in_at is None or now - self.signed_in_at > FRESH:
            raise SignInAgain

    def at_work(self, permission: Permission, for_merchant: str | None) -> "Actor":
        """Return the actor in the act of something, for a merchant if one is named.

        Raises:
            Forbidden: they may not, or not there; as SecondFactorNeeded where that is all that is missing.
        """
        if not self.may_work(permission, for_merchant):
            raise SecondFactorNeeded if self._proven_twice().may_work(permission, for_merchant) else Forbidden
        return replace(self, doing=permission, for_merchant=for_merchant)

    def may_work(self, permission: Permission, for_merchant: str | None) -> bool:
        """Say whether the actor holds a permission, and over what is a merchant's if one is named."""
        return self.may(permission) and (for_merchant is None or self.may_at(permission, for_merchant))

    def _proven_twice(self) -> "Actor":
        """Return the actor as if a second factor had been given."""
        return replace(self, is_half=False, methods=(*self.methods, PASSKEY))


def expiry(actor: Actor, now: datetime) -> datetime:
    """Return until when an access token issued now is good: `ACCESS_LIFE`, but no longer than the token that the actor
    came with. Only a refresh, which looks at the session, makes it longer.
    """
    return min(now + ACCESS_LIFE, actor.expires_at or now + ACCESS_LIFE)
