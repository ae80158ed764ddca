"""A booking: its states, and how it is proved that the customer came. No I/O."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.booking.rules.days import Claim
from chalicelib.booking.rules.problems import AnswerTooLate, NotPossible, TooEarly, TooManyTries, WrongCode

CODE_LENGTH = 6
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is read as something else
MOST_TRIES = 5  # wrong codes; then nobody may try for LOCKED
LOCKED = timedelta(minutes=15)
CHECK_IN_FROM = timedelta(hours=24)  # before the start
ANSWER = timedelta(hours=24)  # a merchant has so long to accept or decline, and no longer than until the start
MOST_LATE = 120  # minutes that a customer may say they come late


class State(StrEnum):
    """Where a booking stands."""

    HELD = "held"
    REQUESTED = "requested"  # paid for, and the merchant has not answered yet
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    NO_SHOW = "no_show"


# Where a booking may go from each state. Money may arrive after a hold ran out: where the time is still free, it is
# confirmed all the same.
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.HELD: frozenset({State.CONFIRMED, State.REQUESTED, State.CANCELLED, State.EXPIRED}),
    State.EXPIRED: frozenset({State.CONFIRMED, State.REQUESTED}),
    State.REQUESTED: frozenset({State.CONFIRMED, State.CANCELLED}),
    State.CONFIRMED: frozenset({State.CHECKED_IN, State.CANCELLED, State.NO_SHOW}),
    State.CHECKED_IN: frozenset({State.COMPLETED, State.CANCELLED}),
    State.COMPLETED: frozenset(),
    State.CANCELLED: frozenset(),
    State.NO_SHOW: frozenset(),
}


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
        approval: its merchant accepts or declines it when it is paid for.
        answer_by: until when, once it is.
        late_minutes: how late the customer says they come.
        session_id, seats: of a session, its id and the numbers of the seats; it takes no other time.
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
    approval: bool = False
    answer_by: datetime | None = None
    late_minutes: int = 0
    session_id: str | None = None
    seats: tuple[int, ...] = ()
    version: int = 1

    @property
    def resource_ids(self) -> list[str]:
        """The rooms and things that it takes."""
        return [one.resource_id for one in self.claims if one.resource_id not in {self.staff_id, self.shop_id}]

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
        if state not in TRANSITIONS[present]:
            raise _not_possible(present)
        return replace(self, state=state, version=self.version + 1)


def new_code() -> str:
    """Return a code that nobody can guess within the tries: one of 31^6, about 890 million."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))


def confirmed(booking: Booking, now: datetime) -> Booking:
    """Return a booking that is the customer's for good, or that its merchant has to answer first."""
    to = State.REQUESTED if booking.approval else State.CONFIRMED
    answer_by = min(now + ANSWER, booking.starts_at) if booking.approval else None
    return replace(booking.to(to, now), hold_until=None, confirmed_at=now, answer_by=answer_by)


def begun(booking: Booking, now: datetime) -> Booking:
    """Return a new booking as it begins: held, or sold at once where there is nothing to wait for."""
    return booking if booking.hold_until else replace(confirmed(booking, now), version=1)


def accepted(booking: Booking, now: datetime) -> Booking:
    """Return a booking that its merchant accepts.

    Raises:
        NotPossible: it waits for no answer. AnswerTooLate: it did.
    """
    check_unanswered(booking)
    if booking.answer_by is not None and booking.answer_by <= now:
        raise AnswerTooLate(by=booking.answer_by.astimezone(ZoneInfo(booking.zone)).isoformat())
    return replace(booking, state=State.CONFIRMED, answer_by=None, version=booking.version + 1)


def check_unanswered(booking: Booking) -> None:
    """Raise `NotPossible` where a booking waits for no answer."""
    if booking.state != State.REQUESTED:
        raise _not_possible(booking.state)


def moved(booking: Booking, now: datetime, *, by_customer: bool, **fields: Any) -> Booking:
    """Return a booking at another time, with somebody else, or of something else; `fields` are what differs. One that a
    customer moves is answered by its merchant anew.

    Raises:
        NotPossible: it is neither confirmed nor waiting for an answer, or the customer is there already.
    """
    if booking.state not in {State.CONFIRMED, State.REQUESTED}:
        raise _not_possible(booking.state_at(now))
    new = replace(booking, **fields, late_minutes=0, version=booking.version + 1)
    waits = new.approval and (by_customer or booking.state == State.REQUESTED)
    if not waits:
        return replace(new, state=State.CONFIRMED, answer_by=None)
    since = now if by_customer or booking.answer_by is None else booking.answer_by - ANSWER
    return replace(new, state=State.REQUESTED, answer_by=min(since + ANSWER, new.starts_at))


def late(booking: Booking, minutes: int, now: datetime) -> Booking:
    """Return a booking whose customer says that they come late.

    Raises:
        NotPossible: it is not confirmed.
    """
    if booking.state_at(now) != State.CONFIRMED:
        raise _not_possible(booking.state_at(now))
    return replace(booking, late_minutes=minutes, version=booking.version + 1)


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


def came(booking: Booking, now: datetime) -> Booking:
    """Return a booking whose customer came, as their ticket proved.

    Raises:
        TooEarly, NotPossible: not now.
    """
    after = booking.to(State.CHECKED_IN, now)
    _not_before(booking.starts_at - CHECK_IN_FROM, booking, now)
    return replace(after, tries=0, locked_until=None)


def checked_in(booking: Booking, code: str, now: datetime) -> Booking:
    """Return a booking whose customer came, as the code proves.

    Raises:
        TooManyTries: after several wrong codes nobody may try for a while.
        WrongCode: not the code; write down `missed`.
        TooEarly, NotPossible: not now.
    """
    after = came(booking, now)
    if booking.locked_until is not None and now < booking.locked_until:
        raise TooManyTries(retry_after=int((booking.locked_until - now).total_seconds()) + 1)
    if not hmac.compare_digest(_plain(code).encode(), booking.code.encode()):
        raise WrongCode
    return after


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
    """Return a booking whose customer did not come; its start, and the lateness that they told, must have passed."""
    after = booking.to(State.NO_SHOW, now)
    _not_before(booking.starts_at + timedelta(minutes=booking.late_minutes), booking, now)
    return after


def _not_possible(state: State) -> NotPossible:
    return NotPossible(state=state.value, possible=", ".join(sorted(TRANSITIONS[state])) or "-")


def _not_before(since: datetime, booking: Booking, now: datetime) -> None:
    if now < since:
        raise TooEarly(since=since.astimezone(ZoneInfo(booking.zone)).isoformat())


def _plain(code: str) -> str:
    return "".join(code.split()).upper()
