"""What a shop shows and a customer scans to claim a coupon. No I/O.

A screen at the counter shows a code that is another one every `WINDOW`: it says which campaign and which window, and is
signed. It is good until the end of the next window, and for so many claims: who photographs it can pass it on for a
minute at most, and to few. A printed poster cannot change: its code is good for as long as the poster is, for so many
claims a day, and can be taken back.

    S1.<campaign>.<window>.<MAC>      P1.<poster>.<MAC>

The MAC is the first 128 bits of HMAC-SHA256. We alone make and check them, so there is no public key.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

WINDOW = timedelta(seconds=30)
PER_WINDOW = 10  # claims with one code of a screen
_SCREEN, _POSTER = "S1", "P1"
_MAC_BYTES = 16
_PAGE = "coupons/claim?scanned="


@dataclass(frozen=True)
class Poster:
    """A code that is printed.

    Attributes:
        id: `pst_...`.
        name: what the merchant calls it, such as where it hangs.
        per_day: claims within a date of the shop's zone.
        until: when it is no longer good.
        is_revoked: it was taken back.
    """

    id: str
    campaign_id: str
    name: str
    per_day: int
    until: datetime
    created_at: datetime
    is_revoked: bool = False

    def is_good(self, now: datetime) -> bool:
        """Whether it can be scanned at this moment."""
        return not self.is_revoked and now < self.until


@dataclass(frozen=True)
class Scanned:
    """What a code says: a campaign and the window that it was shown in, or a poster."""

    campaign_id: str | None = None
    window: int = 0
    poster_id: str | None = None


@dataclass(frozen=True)
class Scans:
    """Makes and reads the codes.

    Args:
        secret: returns what they are signed with; asked for with the first code, because most functions make none.
        audience: the stage, so that a code of one stage is none of another.
        pages: where the app is (`https://app.example.com/`): then a telephone's own camera leads there; None where
            there is none.
    """

    secret: Callable[[], str] = field(repr=False)
    audience: str
    pages: str | None = None

    def screen(self, campaign_id: str, now: datetime) -> tuple[str, datetime]:
        """Return the code that a screen shows now, and when the next one comes."""
        window = _window(now)
        following = datetime.fromtimestamp((window + 1) * WINDOW.total_seconds(), UTC)
        return self._signed(f"{_SCREEN}.{campaign_id}.{window}"), following

    def poster(self, poster_id: str) -> str:
        """Return the code of a poster: always the same."""
        return self._signed(f"{_POSTER}.{poster_id}")

    def drawn(self, token: str) -> str:
        """Return what the QR code of a token says: a page of the app that is told the token, or the token alone."""
        return token if self.pages is None else f"{self.pages}{_PAGE}{token}"

    def read(self, scanned: str, now: datetime) -> Scanned | None:
        """Return what a code says, scanned or as its token; None where it is not ours, or its time is over."""
        token = scanned.rpartition("=")[2]
        body, _, _ = token.rpartition(".")
        if not token.isascii() or not hmac.compare_digest(self._signed(body), token):
            return None
        kind, what, *window = body.split(".")
        if kind == _POSTER:
            return Scanned(poster_id=what)
        shown = int(window[0])
        return Scanned(what, shown) if _window(now) - shown in {0, 1} else None

    def _signed(self, body: str) -> str:
        # The beginning keeps these apart from all else that is signed with the key.
        text = f"coupon-scan|{self.audience}|{body}"
        mac = hmac.digest(self.secret().encode(), text.encode(), hashlib.sha256)[:_MAC_BYTES]
        return f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def window_end(window: int) -> datetime:
    """Return until when a code that was shown in a window is good."""
    return datetime.fromtimestamp((window + 2) * WINDOW.total_seconds(), UTC)


def _window(now: datetime) -> int:
    return int(now.timestamp() // WINDOW.total_seconds())
