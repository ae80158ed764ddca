"""Feeds: bookings as a calendar that somebody's phone subscribes to, at an address that nobody can guess. No I/O."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.booking.ports import Booking, State
from chalicelib.calendars.rules.writing import Event
from chalicelib.kit.ids import derived_id
from chalicelib.kit.wall import Window

BEFORE, AHEAD = timedelta(days=30), timedelta(days=180)
MOST_EVENTS = 1_000
_SECRET_BYTES = 32
_OVER = {State.CANCELLED, State.EXPIRED}


class Kind(StrEnum):
    """Whose bookings a feed shows."""

    SHOP = "shop"
    STAFF = "staff"
    CUSTOMER = "customer"


@dataclass(frozen=True)
class Feed:
    """An address at which bookings can be read as a calendar. There is one of each shop, each member of the staff and
    each customer, so its id follows from whose it is.

    Attributes:
        id: `cfd_...`; the first half of the address, no secret.
        name: what calendar programs call it; that of the shop, of the staff, or None for a customer's.
        place: where all of it happens, as it was when the address was made; None for a customer's.
        secret_hash: SHA-256 of the second half, in hex; the secret itself is kept nowhere.
        created_at: when the present address was made.
        version: rises with every new address.
    """

    id: str
    kind: Kind
    created_at: datetime
    secret_hash: str = field(repr=False)
    shop_id: str | None = None
    staff_id: str | None = None
    account_id: str | None = None
    name: str | None = None
    place: str | None = None
    version: int = 1


def feed_id(kind: Kind, owner_id: str, staff_id: str | None = None) -> str:
    """Return the id of the feed of a shop, of one of its staff or of an account."""
    return derived_id("cfd", kind.value, owner_id, staff_id or "")


def with_secret(draft: Feed, standing: Feed | None) -> tuple[Feed, str]:
    """Return a feed with a fresh secret that follows the one that stands, and the token that opens it."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    version = standing.version + 1 if standing else 1
    return replace(draft, secret_hash=_hash(secret), version=version), f"{draft.id}.{secret}"


def id_in(token: str) -> str:
    """Return the id that a token begins with, which says nothing of whether it is good."""
    return token.partition(".")[0]


def opens(token: str, feed: Feed) -> bool:
    """Whether a token is the present one of a feed. Its secret has 256 bits of chance: a plain hash guards it."""
    return hmac.compare_digest(_hash(token.partition(".")[2]), feed.secret_hash)


def shown_at(now: datetime) -> Window:
    """Return the span that a feed shows."""
    return Window(now - BEFORE, now + AHEAD)


def event(booking: Booking, place: str | None) -> Event:
    """Return a booking as an event: its title and its id, and nobody's name.

    A row does not say when it was last changed. What it says (when it was sold, and a version that rises with every
    change) is what calendar programs need to tell a newer event from an older.
    """
    return Event(
        uid=f"{booking.id}@linli",
        start=booking.starts_at,
        end=booking.ends_at,
        summary=booking.title,
        location=place,
        modified=booking.confirmed_at or booking.created_at,
        sequence=booking.version,
        cancelled=booking.state in _OVER,
    )


def shops_to_name(bookings: Iterable[Booking], now: datetime, most: int) -> tuple[str, ...]:
    """Return the shops that a customer has yet to go to, the next ones first: for those an event says where."""
    ahead = (one.shop_id for one in bookings if one.ends_at > now and one.state not in _OVER)
    return tuple(dict.fromkeys(ahead))[:most]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
