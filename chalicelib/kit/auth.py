"""Who is calling: the actor of a request and the access tokens that say so. What they may do: `kit.permissions`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import jwt

from chalicelib.kit.errors import Forbidden, NotFound, SecondFactorNeeded, SignInAgain, Unauthorized
from chalicelib.kit.permissions import ACTING, GRANTS, MEMBER_ROLES, OPERATOR_ROLES, PERSONAL, Permission, Role
from chalicelib.kit.regions import Regions, TokenElsewhere

__all__ = [
    "ACCESS_LIFE",
    "FRESH",
    "PASSKEY",
    "PUBLIC",
    "Actor",
    "Permission",
    "Role",
    "Sessions",
    "SigningKey",
    "Tokens",
    "expiry",
    "is_strong",
]

ACCESS_LIFE = timedelta(minutes=15)
FRESH = timedelta(minutes=10)  # so long after signing in, what is sensitive can be done
PASSKEY = "hwk"  # the word of RFC 8176
ALGORITHM = "EdDSA"
PUBLIC: Permission | None = None
_ISSUER = "linli"
_ALONE = Regions("")
_READ_AGAIN = timedelta(minutes=15)  # before signing: so a key that was replaced signs no longer than that


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


class Sessions(Protocol):
    """Whether a session stands, whatever the token of its request says."""

    def must_stand(self, actor: Actor) -> None:
        """Let the actor pass.

        Raises:
            Unauthorized: the session is over.
        """
        ...


def expiry(actor: Actor, now: datetime) -> datetime:
    """Return until when an access token issued now is good: `ACCESS_LIFE`, but no longer than the token that the actor
    came with. Only a refresh, which looks at the session, makes it longer.
    """
    return min(now + ACCESS_LIFE, actor.expires_at or now + ACCESS_LIFE)


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 key of access tokens (RFC 8037).

    Attributes:
        id: its `kid`.
        seed: the private key's 32 bytes.
    """

    id: str
    seed: bytes = field(repr=False)


class Tokens:
    """Issues and reads access tokens: JWT signed with Ed25519, with the key's id in the header so that keys can change.

    Args:
        keys: returns every key that is still accepted, the one that signs last. With True it asks anew: a token may be
            signed with a key that is younger than this container; the asked is expected not to be asked often.
        audience: the stage, so that a token of one stage opens no other.
        regions: of the stage; a token of one opens no other, and says where it is from.
    """

    def __init__(
        self,
        keys: Callable[[bool], tuple[SigningKey, ...]],
        audience: str,
        regions: Regions = _ALONE,
    ) -> None:
        self._ask, self._audience, self._regions = keys, audience, regions
        self._pairs: dict[str, tuple[Any, Any]] = {}
        self._current = ""
        self._read_at: datetime | None = None
        self._load(keys(False))

    def _load(self, keys: tuple[SigningKey, ...]) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # ours alone need it

        made = {key.id: Ed25519PrivateKey.from_private_bytes(key.seed) for key in keys}
        self._pairs = {name: (private, private.public_key()) for name, private in made.items()}
        self._current = keys[-1].id

    def public_keys(self) -> list[dict[str, str]]:
        """Return the public keys as JSON Web Keys (RFC 7517, RFC 8037)."""
        algorithm = jwt.get_algorithm_by_name(ALGORITHM)
        told = {name: algorithm.to_jwk(public, as_dict=True) for name, (_, public) in self._pairs.items()}
        return [{**jwk, "kid": name, "alg": ALGORITHM, "use": "sig"} for name, jwk in told.items()]

    def issue(self, actor: Actor, now: datetime) -> str:
        """Return an access token that is good until `expiry`."""
        self._read_at = self._read_at or now
        if now - self._read_at >= _READ_AGAIN:
            self._read_at = now
            self._load(self._ask(True))
        claims: dict[str, Any] = {
            "iss": _ISSUER,
            "aud": self._audience,
            "typ": "access",
            "sub": actor.account_id,
            "sid": actor.session_id,
            "roles": sorted(actor.roles),
            "amr": list(actor.methods),
            "auth_time": int((actor.signed_in_at or now).timestamp()),
            "iat": now,
            "exp": expiry(actor, now),
            "region": self._regions.here,
        }
        if actor.memberships:
            claims["works_for"] = {merchant: role.value for merchant, role in actor.memberships.items()}
        if actor.is_half:
            claims["half"] = True
        if actor.agent_id is not None:
            claims["act"] = {"sub": actor.agent_id}  # RFC 8693
        private = self._pairs[self._current][0]
        return jwt.encode(claims, private, algorithm=ALGORITHM, headers={"kid": self._current})

    def read(self, token: str, now: datetime) -> Actor:
        """Return the actor that a token speaks for.

        Raises:
            Unauthorized: forged, run out, of another stage, or no access token at all; as TokenElsewhere where it says
                that it is of another region.
        """
        try:
            return self._read(token, now)
        except Unauthorized as refused:
            other = self._regions.other(_region_said(token))
            if other is not None:
                raise TokenElsewhere(other) from refused
            raise

    def _read(self, token: str, now: datetime) -> Actor:
        try:
            # The time is checked by hand below, against the clock that the rest of the request uses.
            claims: dict[str, Any] = jwt.decode(
                token,
                self._public(jwt.get_unverified_header(token)["kid"]),
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=_ISSUER,
                options={"require": ["exp", "iat", "sub", "aud", "iss"], "verify_exp": False, "verify_iat": False},
            )
            if claims["typ"] != "access" or claims["exp"] <= now.timestamp():
                raise Unauthorized
            # One from before regions were told of says none, and is of whose key it has.
            if claims.get("region", self._regions.here) != self._regions.here:
                raise Unauthorized
            return _actor(claims)
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise Unauthorized from error

    def _public(self, key_id: str) -> Any:
        if key_id not in self._pairs:
            self._load(self._ask(True))
        return self._pairs[key_id][1]


def _region_said(token: str) -> object:
    """Return the region that a token names, whoever wrote it: good for saying where to go, and for nothing else."""
    try:
        return jwt.decode(token, options={"verify_signature": False}).get("region")
    except jwt.PyJWTError:
        return None


def _actor(claims: Mapping[str, Any]) -> Actor:
    members = {merchant: Role(role) for merchant, role in claims.get("works_for", {}).items()}
    if not set(members.values()) <= MEMBER_ROLES:
        raise ValueError("not a role of members")
    return Actor(
        account_id=claims["sub"],
        roles=frozenset(Role(role) for role in claims["roles"]),
        session_id=claims["sid"],
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        memberships=members,
        methods=tuple(claims["amr"]),
        signed_in_at=datetime.fromtimestamp(claims["auth_time"], UTC),
        is_half=claims.get("half", False),
        agent_id=claims["act"]["sub"] if "act" in claims else None,
    )
