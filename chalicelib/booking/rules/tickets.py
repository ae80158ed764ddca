"""What a customer shows at the door: a signed text, which is drawn as a QR code. No I/O.

A ticket is a JWT signed with Ed25519 (RFC 8037): whoever has the public key can check it without asking anybody, also
where there is no network. It says which booking of which shop it is for, when that begins, and until when it is good,
and nothing about the customer. That it is used once is decided when it is handed in: by the booking's state, in one
conditional write. A device without network can only remember what it has seen itself.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.booking.rules.booking import CHECK_IN_FROM, Booking
from chalicelib.kit.errors import Invalid
from chalicelib.kit.i18n import Text

# With jwt a tenth of a second, and only tickets need them: imported where they are used.
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ALGORITHM = "EdDSA"
_ISSUER, _TYPE = "linli", "ticket"
_AFTER = timedelta(hours=12)  # it is good for so long after the end


class WrongTicket(Invalid):
    code = "wrong-ticket"
    title = Text("That is not a ticket for this booking", "票证无效")
    detail = Text(
        "It is forged, has run out, is for another booking, or the booking was moved.",
        "票证系伪造、已过期、不属于该预约，或预约已改期。",
    )


@dataclass(frozen=True)
class Tickets:
    """Issues and reads tickets.

    Args:
        secret: returns what the key is made of, at least 32 characters; asked for with the first ticket, because most
            functions sign none and may not read it.
        audience: the stage, so that a ticket of one stage opens no other.
    """

    secret: Callable[[], str]
    audience: str

    @cached_property
    def _key(self) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(self.secret().encode()).digest())

    @cached_property
    def _public(self) -> bytes:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def key_id(self) -> str:
        """The name of the key that signs: it follows from the key."""
        return _text(hashlib.sha256(self._public).digest()[:9])

    @property
    def public_key(self) -> dict[str, str]:
        """The public key as a JSON Web Key (RFC 8037)."""
        return {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": _text(self._public),
            "kid": self.key_id,
            "alg": ALGORITHM,
            "use": "sig",
        }

    def issue(self, booking: Booking) -> str:
        """Return the ticket of a booking; the same one each time, as long as it is not moved."""
        claims = {
            "iss": _ISSUER,
            "aud": self.audience,
            "typ": _TYPE,
            "sub": booking.id,
            "shop": booking.shop_id,
            "start": int(booking.starts_at.timestamp()),
            "nbf": int((booking.starts_at - CHECK_IN_FROM).timestamp()),
            "exp": int((booking.ends_at + _AFTER).timestamp()),
        }
        import jwt

        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self.key_id})

    def check(self, ticket: str, booking: Booking, now: datetime) -> None:
        """Let a ticket pass that is this booking's, as it stands.

        Raises:
            WrongTicket: it is not.
        """
        import jwt

        try:
            # The time is checked by hand below, against the clock that the rest of the request uses.
            claims: dict[str, Any] = jwt.decode(
                ticket,
                self._key.public_key(),
                algorithms=[ALGORITHM],
                audience=self.audience,
                issuer=_ISSUER,
                options={
                    "require": ["exp", "sub", "aud", "iss"],
                    "verify_exp": False,
                    "verify_nbf": False,
                },
            )
            stands = (claims["typ"], claims["sub"], claims["start"])
            if stands != (_TYPE, booking.id, int(booking.starts_at.timestamp())) or claims["exp"] <= now.timestamp():
                raise WrongTicket
        except (jwt.PyJWTError, KeyError, TypeError) as error:
            raise WrongTicket from error


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
