"""Tickets over the wire."""

from pydantic import Field

from chalicelib.kit.http import Wire


class Ticket(Wire):
    """What a customer shows at the door, drawn as a QR code."""

    ticket: str = Field(
        description="A JWT signed with Ed25519, to be checked with the keys of `/v1/ticket-keys`, also without "
        "network. `sub` is the booking, `shop` its shop, `start` when it begins, `nbf` and `exp` when it is good, in "
        "epoch seconds."
    )


class Redeem(Wire):
    """A ticket that was shown."""

    ticket: str = Field(min_length=1, max_length=2000)


class TicketKey(Wire):
    """A public key that tickets are signed with (JSON Web Key, RFC 8037)."""

    kty: str
    crv: str
    x: str
    kid: str
    alg: str
    use: str


class TicketKeys(Wire):
    """The public keys, as a JSON Web Key Set (RFC 7517)."""

    keys: list[TicketKey]
