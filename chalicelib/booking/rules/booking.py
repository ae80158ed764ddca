"""A booking: its states, and how it is proved that the customer came. No I/O."""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from chalicelib.booking.rules.days import Claim
from chalicelib.kit.errors import Conflict, FieldError, Invalid, TooMany
from chalicelib.kit.i18n import Text

CODE_LENGTH = 6
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is read as something else
MOST_TRIES = 5  # wrong codes; then nobody may try for LOCKED
LOCKED = timedelta(minutes=15)
CHECK_IN_FROM = timedelta(hours=24)  # before the start


class State(StrEnum):
    """Where a booking stands."""

    HELD = "held"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NO_SHOW = "no_show"


# Where a booking may go from each state. Money may arrive after a hold ran out: where the time is still free, it is
# confirmed all the same.
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.HELD: frozenset({State.CONFIRMED, State.CANCELLED, State.EXPIRED}),
    State.EXPIRED: frozenset({State.CONFIRMED}),
    State.CONFIRMED: frozenset({State.CHECKED_IN, State.CANCELLED, State.NO_SHOW}),
    State.CHECKED_IN: frozenset({State.COMPLETED, State.CANCELLED}),
    State.COMPLETED: frozenset(),
    State.CANCELLED: frozenset(),
    State.NO_SHOW: frozenset(),
}


class NotPossible(Conflict):
    """The booking's state does not allow it; says what it does allow."""

    code = "booking-state"
    title = Text("Not possible in the booking's present state", "预约当前状态不允许此操作")
    detail = Text("The booking is {state}. It can become: {possible}.", "预约状态为 {state}，可变为：{possible}。")


class TooEarly(Conflict):
    code = "too-early"
    title = Text("Too early", "时间未到")
    detail = Text("Possible from {since} on.", "{since} 之后方可操作。")


class NotOffered(Invalid):
    code = "time-not-offered"
    title = Text("That time cannot be booked", "该时间不可预约")
    detail = Text(
        "It is outside the opening hours, off the grid of starts, in the past or too far ahead; see the free times.",
        "不在营业时间内、不在可选时段上、已过去或超出可预约范围，请查询可预约时间。",
    )


class SlotTaken(Conflict):
    """Somebody else has the time: an answer, not an error.

    Attributes:
        start: the time, by the shop's clock.
        free: other times of that date, likewise.
    """

    code = "slot-taken"
    title = Text("That time is taken", "该时间已被预约")
    detail = Text("{start} is taken. Free: {free}.", "{start} 已被预约。可选时间：{free}。")

    def __init__(self, start: datetime, free: Sequence[datetime] = (), errors: Sequence[FieldError] = ()) -> None:
        told = ", ".join(at.isoformat() for at in free)
        super().__init__(start=start.isoformat(), free=told or "-", errors=errors)
        self.start = start
        self.free = tuple(free)


class WrongCode(Invalid):
    code = "wrong-code"
    title = Text("That is not the code", "核销码不正确")
    detail = Text("The customer sees the code with the booking.", "顾客可在预约详情中查看核销码。")


class TooManyTries(TooMany):
    code = "too-many-tries"
    title = Text("Too many wrong codes", "核销码错误次数过多")


@dataclass(frozen=True)
class Booking:
    """A time that a customer has in a shop.

    Attributes:
        id: `bkg_...`; the order's line refers to it.
        claims: what it takes of which resource, buffers included.
        staff_id: who serves; None where the shop names no staff.
        zone: IANA zone of the shop when it was sold.
        starts_at, ends_at: for the customer, without buffers.
        hold_until: others can take a hold's time from this moment on; None once it is confirmed.
        confirmed_at: when it was sold; None until then.
        code: proves that the customer came; theirs alone to see.
        tries: wrong codes since the last lock.
        locked_until: no code is looked at before.
        version: rises with every change.
    """

    id: str
    order_id: str
    line_id: str
    shop_id: str
    merchant_id: str
    customer_id: str
    offering_id: str
    title: str
    zone: str
    claims: tuple[Claim, ...]
    starts_at: datetime
    ends_at: datetime
    code: str = field(repr=False)
    created_at: datetime
    staff_id: str | None = None
    state: State = State.HELD
    hold_until: datetime | None = None
    confirmed_at: datetime | None = None
    tries: int = 0
    locked_until: datetime | None = None
    version: int = 1

    @property
    def local_date(self) -> date:
        """The date of its start by the shop's clock."""
        return self.starts_at.astimezone(ZoneInfo(self.zone)).date()

    def state_at(self, now: datetime) -> State:
        """Return its state, knowing that a hold runs out without anybody writing so."""
        ran_out = self.state == State.HELD and self.hold_until is not None and self.hold_until <= now
        return State.EXPIRED if ran_out else self.state

    def to(self, state: State, now: datetime) -> "Booking":
        """Return its next version in another state.

        Raises:
            NotPossible: there is no such way.
        """
        present = self.state_at(now)
        possible = TRANSITIONS[present]
        if state not in possible:
            raise NotPossible(state=present.value, possible=", ".join(sorted(possible)) or "-")
        return replace(self, state=state, version=self.version + 1)


def new_code() -> str:
    """Return a code that nobody can guess within the tries: one of 31^6, about 890 million."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))


def confirmed(booking: Booking, now: datetime) -> Booking:
    """Return a booking that is the customer's for good."""
    return replace(booking.to(State.CONFIRMED, now), hold_until=None, confirmed_at=now)


def held_longer(booking: Booking, until: datetime) -> Booking:
    """Return a hold that lasts longer."""
    return replace(booking, hold_until=until, version=booking.version + 1)


def released(booking: Booking, state: State, now: datetime) -> Booking | None:
    """Return a booking that is given up, None where it was before.

    Raises:
        NotPossible: it is over.
    """
    if booking.state in {State.CANCELLED, State.EXPIRED}:
        return None
    if booking.state == State.HELD:  # also one that ran out: now it is written
        return replace(booking, state=state, version=booking.version + 1)
    return booking.to(state, now)


def checked_in(booking: Booking, code: str, now: datetime) -> Booking:
    """Return a booking whose customer came, as the code proves.

    Raises:
        TooManyTries: after several wrong codes nobody may try for a while.
        WrongCode: not the code; write down `missed`.
        TooEarly, NotPossible: not now.
    """
    after = booking.to(State.CHECKED_IN, now)
    _not_before(booking.starts_at - CHECK_IN_FROM, booking, now)
    if booking.locked_until is not None and now < booking.locked_until:
        raise TooManyTries(retry_after=int((booking.locked_until - now).total_seconds()) + 1)
    if not hmac.compare_digest(_plain(code).encode(), booking.code.encode()):
        raise WrongCode
    return replace(after, tries=0, locked_until=None)


def missed(booking: Booking, now: datetime) -> Booking:
    """Return a booking after one more wrong code."""
    tries = booking.tries + 1
    if tries < MOST_TRIES:
        return replace(booking, tries=tries, version=booking.version + 1)
    return replace(booking, tries=0, locked_until=now + LOCKED, version=booking.version + 1)


def completed(booking: Booking, now: datetime) -> Booking:
    """Return a booking whose service was given."""
    return booking.to(State.COMPLETED, now)


def no_show(booking: Booking, now: datetime) -> Booking:
    """Return a booking whose customer did not come; its start must have passed."""
    after = booking.to(State.NO_SHOW, now)
    _not_before(booking.starts_at, booking, now)
    return after


def _not_before(since: datetime, booking: Booking, now: datetime) -> None:
    if now < since:
        raise TooEarly(since=since.astimezone(ZoneInfo(booking.zone)).isoformat())


def _plain(code: str) -> str:
    return "".join(code.split()).upper()
