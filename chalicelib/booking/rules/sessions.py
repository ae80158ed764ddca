"""Sessions: something that many attend at once, each on a seat. No I/O.

A session takes its staff and rooms like a booking, when the merchant plans it; what customers buy are its seats. They
lie in rows of `BUCKET`, and each is won or lost by itself: by a condition on that seat, not on the row's version, so
that a rush for many seats does not decide one after the other. A seat that is held is kept until `hold_until`, and
whoever comes after that overwrites it.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from chalicelib.booking.rules.days import Claim
from chalicelib.kit.errors import Conflict, Invalid
from chalicelib.kit.i18n import Text
from chalicelib.kit.money import Money

BUCKET = 25  # seats of a row: sold out it is about a kilobyte
MOST_AT_ONCE = 10  # seats of one line


class NoSeats(Conflict):
    """Too few seats are left: an answer, not an error."""

    code = "no-seats"
    title = Text("Too few seats are left", "余位不足")
    detail = Text("{free} are free, {wanted} were asked for.", "剩余 {free} 个，需要 {wanted} 个。")


class SessionOver(Conflict):
    code = "session-over"
    title = Text("It cannot be booked any more", "该场次已不可预订")
    detail = Text("The session has begun, or was cancelled.", "该场次已开始或已取消。")


class NotAClass(Invalid):
    code = "not-a-class"
    title = Text("It is sold by the seat", "该项目按席位预订")
    detail = Text(
        "Offerings with seats are booked by their sessions, the others by their free times.",
        "多人项目请按场次预订，其他项目请按可预约时间预订。",
    )


@dataclass(frozen=True)
class Session:
    """Something that many attend at once.

    Attributes:
        id: `ses_...`.
        offering_id, title, price: what it is; frozen when it was planned.
        zone: IANA zone of the shop.
        deposit_bps: see `shops.ports.Offering`; frozen like the price.
        claims: the staff's and the rooms' time that it takes.
        seats: how many.
        cancelled: nobody can come any more.
        version: rises when it is cancelled.
    """

    id: str
    shop_id: str
    merchant_id: str
    offering_id: str
    title: str
    price: Money
    zone: str
    starts_at: datetime
    ends_at: datetime
    seats: int
    claims: tuple[Claim, ...]
    staff_id: str | None = None
    deposit_bps: int = 10_000
    cancelled: bool = False
    version: int = 1

    @property
    def local_date(self) -> date:
        """The date of its start by the shop's clock."""
        return self.starts_at.astimezone(ZoneInfo(self.zone)).date()

    @property
    def buckets(self) -> int:
        """How many rows its seats lie in."""
        return -(-self.seats // BUCKET)

    def size(self, bucket: int) -> int:
        """Return how many seats lie in a row."""
        return min(BUCKET, self.seats - bucket * BUCKET)


@dataclass(frozen=True)
class Seat:
    """One seat that is, or was, somebody's.

    Attributes:
        hold_until: for a hold; None where it was sold.
    """

    number: int
    booking_id: str
    hold_until: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether it keeps others out."""
        return self.hold_until is None or now < self.hold_until


@dataclass(frozen=True)
class Room:
    """A session and those of its seats that somebody has, or had.

    Attributes:
        stamps: of its rows, as they were read: whoever writes on condition of these has missed nobody.
    """

    session: Session
    taken: Mapping[int, Seat] = field(default_factory=dict)
    stamps: tuple[int, ...] = ()

    def free(self, now: datetime) -> list[int]:
        """Return the numbers of the free seats, in order."""
        return [n for n in range(self.session.seats) if n not in self.taken or not self.taken[n].is_live(now)]

    def of(self, booking_id: str) -> list[int]:
        """Return the seats that a booking has, or had until somebody came after its hold."""
        return [number for number, seat in self.taken.items() if seat.booking_id == booking_id]

    def holders(self, now: datetime) -> list[str]:
        """Return the bookings that have seats now."""
        return sorted({seat.booking_id for seat in self.taken.values() if seat.is_live(now)})


def choose(room: Room, number: int, now: datetime, seed: str) -> list[int]:
    """Return seats for somebody: side by side where that can be, from a place on that `seed` says, so that many who ask
    at once do not all ask for the same.

    Raises:
        SessionOver: it has begun, or was cancelled. NoSeats: there are not so many.
    """
    if room.session.cancelled or room.session.starts_at <= now:
        raise SessionOver
    free = room.free(now)
    if len(free) < number:
        raise NoSeats(free=len(free), wanted=number)
    first = zlib.crc32(seed.encode()) % len(free)
    turned = [*free[first:], *free[:first]]
    runs = (turned[at : at + number] for at in range(len(turned) - number + 1))
    return next((run for run in runs if run[-1] - run[0] == number - 1 and _same_row(run)), turned[:number])


def still_theirs(room: Room, numbers: Iterable[int], booking_id: str, now: datetime) -> bool:
    """Whether seats that a booking held are its own, or free again."""
    for number in numbers:
        seat = room.taken.get(number)
        if seat is not None and seat.booking_id != booking_id and seat.is_live(now):
            return False
    return True


def called_off(session: Session) -> Session:
    """Return a session that does not take place."""
    return session if session.cancelled else replace(session, cancelled=True, version=session.version + 1)


def by_bucket(numbers: Sequence[int]) -> dict[int, list[int]]:
    """Return seats by the row that they lie in."""
    found: dict[int, list[int]] = {}
    for number in numbers:
        found.setdefault(number // BUCKET, []).append(number)
    return found


def _same_row(run: Sequence[int]) -> bool:
    return run[0] // BUCKET == run[-1] // BUCKET
