"""Access tokens: who is calling, signed by the region that they signed in at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.kit.auth import Actor, expiry
from chalicelib.kit.errors import Unauthorized
from chalicelib.kit.permissions import MEMBER_ROLES, Role
from chalicelib.kit.regions import Regions, TokenElsewhere

ALGORITHM = "EdDSA"
_ISSUER = "linli"
_READ_AGAIN = timedelta(minutes=15)  # before signing: so a key that was replaced signs no longer than that


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
        regions: Regions,
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
        import jwt  # as below: with cryptography a tenth of a second, and many import tokens who read none

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
        import jwt

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
        import jwt

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
    import jwt

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
