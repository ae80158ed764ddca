"""Who is calling: roles, the actor of a request, and the access tokens that say so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import jwt

from chalicelib.kit.errors import Forbidden, NotFound, Unauthorized

ACCESS_LIFE = timedelta(minutes=15)
_ISSUER = "linli"


class Role(StrEnum):
    """What an account may be; one account can be several."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"
    ADMIN = "admin"


PUBLIC: frozenset[Role] | None = None
SIGNED_IN = frozenset(Role)
MERCHANTS = frozenset({Role.MERCHANT, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})


@dataclass(frozen=True)
class Actor:
    """The account behind a request, as its access token says.

    Attributes:
        account_id: who.
        roles: what they were when the token was issued.
        session_id: the session that the token belongs to.
        expires_at: when the token runs out; None where there was no token.
    """

    account_id: str
    roles: frozenset[Role]
    session_id: str
    expires_at: datetime | None = field(default=None, compare=False)

    @property
    def is_admin(self) -> bool:
        return Role.ADMIN in self.roles

    def must_be(self, account_id: str, what: str) -> None:
        """Let the owner and admins pass.

        Raises:
            NotFound: for everybody else: that it exists is not theirs to know.
        """
        if account_id != self.account_id and not self.is_admin:
            raise NotFound(what)

    def must_run(self, merchant_id: str) -> None:
        """Let the merchant who runs a (publicly visible) shop and admins pass.

        Raises:
            Forbidden: for everybody else.
        """
        if merchant_id != self.account_id and not self.is_admin:
            raise Forbidden


def expiry(actor: Actor, now: datetime) -> datetime:
    """Return until when an access token issued now is good: `ACCESS_LIFE`, but no longer than the token that the actor
    came with. Only a refresh, which looks at the session, makes it longer.
    """
    return min(now + ACCESS_LIFE, actor.expires_at or now + ACCESS_LIFE)


@dataclass(frozen=True)
class Tokens:
    """Issues and reads access tokens: JWT, HS256, with the key's id in the header so that keys can change.

    Args:
        keys: every key that is still accepted, by id; at least 32 bytes each.
        current: the id of the key that signs.
        audience: the stage, so that a token of one stage opens no other.
    """

    keys: Mapping[str, str]
    current: str
    audience: str

    def issue(self, actor: Actor, now: datetime) -> str:
        """Return an access token that is good until `expiry`."""
        claims = {
            "iss": _ISSUER,
            "aud": self.audience,
            "typ": "access",
            "sub": actor.account_id,
            "sid": actor.session_id,
            "roles": sorted(actor.roles),
            "iat": now,
            "exp": expiry(actor, now),
        }
        return jwt.encode(claims, self.keys[self.current], algorithm="HS256", headers={"kid": self.current})

    def read(self, token: str, now: datetime) -> Actor:
        """Return the actor that a token speaks for.

        Raises:
            Unauthorized: forged, run out, of another stage, or no access token at all.
        """
        try:
            key = self.keys[jwt.get_unverified_header(token)["kid"]]
            # The time is checked by hand below, against the clock that the rest of the request uses.
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["HS256"],
                audience=self.audience,
                issuer=_ISSUER,
                options={"require": ["exp", "iat", "sub", "aud", "iss"], "verify_exp": False, "verify_iat": False},
            )
            if claims["typ"] != "access" or claims["exp"] <= now.timestamp():
                raise Unauthorized
            roles = frozenset(Role(role) for role in claims["roles"])
            until = datetime.fromtimestamp(claims["exp"], UTC)
            return Actor(account_id=claims["sub"], roles=roles, session_id=claims["sid"], expires_at=until)
        except (jwt.PyJWTError, KeyError, ValueError) as error:
            raise Unauthorized from error
