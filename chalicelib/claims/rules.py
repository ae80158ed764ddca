"""What a claim is: a customer asks for money of a line back, beside what cancelling brings; and what may happen to it.

What is not answered, or was declined, runs out or can be escalated by the moments in its row: nothing sweeps. No I/O.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.claims.keys import ClaimKey
from chalicelib.claims.problems import AlreadyOpen, ClaimedEnough, NotPossible, TooLateToClaim
from chalicelib.kit.errors import invalid
from chalicelib.kit.money import Money
from chalicelib.orders.ports import Line, Order

ASK_WITHIN = timedelta(days=30)  # after the line's end
ANSWER_WITHIN = timedelta(hours=48)  # from then on the customer may escalate what has no answer
ESCALATE_WITHIN = timedelta(days=7)  # after it was declined
MOST_CLAIMS = 3  # of one line
LONGEST_TEXT = 2_000  # characters


class ReasonCode(StrEnum):
    """Why a customer asks."""

    NOT_DELIVERED = "not_delivered"
    QUALITY = "quality"
    LATE = "late"
    WRONG = "wrong"
    OTHER = "other"


class State(StrEnum):
    """Where a claim stands."""

    ASKED = "asked"
    AGREED = "agreed"
    DECLINED = "declined"
    ESCALATED = "escalated"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Happening(StrEnum):
    """What can happen to a claim."""

    AGREE = "agree"
    DECLINE = "decline"
    ESCALATE = "escalate"
    DECIDE = "decide"
    WITHDRAW = "withdraw"


# What may happen in which state; time allows less, see `possible`. Everything else is refused.
TRANSITIONS: Mapping[State, frozenset[Happening]] = {
    State.ASKED: frozenset({Happening.AGREE, Happening.DECLINE, Happening.ESCALATE, Happening.WITHDRAW}),
    State.DECLINED: frozenset({Happening.AGREE, Happening.ESCALATE, Happening.WITHDRAW}),
    State.ESCALATED: frozenset({Happening.AGREE, Happening.DECIDE, Happening.WITHDRAW}),
    State.AGREED: frozenset(),
    State.REFUSED: frozenset(),
    State.WITHDRAWN: frozenset(),
}


@dataclass(frozen=True)
class Wish:
    """What a customer asks for.

    Attributes:
        line_id: of the order.
        amount: minor units.
        code: why.
        text: the same in the customer's words.
    """

    line_id: str
    amount: int
    code: ReasonCode
    text: str


@dataclass(frozen=True)
class Claim:
    """A customer wants money of a line back.

    Attributes:
        key: order, line, and the how-manieth of the line it is.
        amount: what is asked for.
        code, text: why.
        given: what of it goes back, minor units; None until somebody has agreed or decided.
        answer: why the merchant declined.
        appeal: what the customer told the platform.
        verdict: why an admin decided so.
        answered_at: when the merchant agreed or declined.
        ended_at: when it was agreed to, decided or withdrawn.
        version: rises with every change.
    """

    key: ClaimKey
    shop_id: str
    customer_id: str
    merchant_id: str
    amount: Money
    code: ReasonCode
    text: str
    asked_at: datetime
    state: State = State.ASKED
    given: int | None = None
    answer: str | None = None
    appeal: str | None = None
    verdict: str | None = None
    answered_at: datetime | None = None
    escalated_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1

    @property
    def id(self) -> str:
        """`clm_...`; see `keys`."""
        return self.key.claim_id

    @property
    def escalates_from(self) -> datetime | None:
        """From when on the customer may ask the platform to decide; None where there is no more to decide."""
        if self.state == State.ASKED:
            return self.asked_at + ANSWER_WITHIN
        return self.answered_at if self.state == State.DECLINED else None

    @property
    def open_until(self) -> datetime | None:
        """When a declined claim is over unless it was escalated."""
        if self.state != State.DECLINED or self.answered_at is None:
            return None
        return self.answered_at + ESCALATE_WITHIN

    def is_open(self, now: datetime) -> bool:
        """Whether something may still come of it."""
        return bool(TRANSITIONS[self.state]) and (self.open_until is None or now < self.open_until)


def possible(claim: Claim, now: datetime) -> frozenset[Happening]:
    """Return what may happen to a claim now."""
    if not claim.is_open(now):
        return frozenset()
    waits = claim.escalates_from is not None and now < claim.escalates_from
    return TRANSITIONS[claim.state] - ({Happening.ESCALATE} if waits else set())


def asked(order: Order, line: Line, earlier: Sequence[Claim], wish: Wish, now: datetime) -> Claim:
    """Return a new claim.

    Args:
        order: what was bought.
        line: the line of it; that so much is left of its money is the orders' to say.
        earlier: the line's claims so far.
        wish: what is asked for.
        now: the moment.

    Raises:
        AlreadyOpen: one of the earlier ones is open. ClaimedEnough: they are `MOST_CLAIMS`.
        TooLateToClaim: the line ended more than `ASK_WITHIN` ago; one without a time, when it was sold.
    """
    standing = next((one for one in earlier if one.is_open(now)), None)
    if standing is not None:
        raise AlreadyOpen(claim_id=standing.id)
    if len(earlier) >= MOST_CLAIMS:
        raise ClaimedEnough(limit=MOST_CLAIMS)
    ended = line.ends_at or order.confirmed_at or order.created_at
    if now >= ended + ASK_WITHIN:
        raise TooLateToClaim(days=ASK_WITHIN.days)
    return Claim(
        key=ClaimKey(order.id, line.id, len(earlier) + 1),
        shop_id=order.shop_id,
        customer_id=order.customer_id,
        merchant_id=order.merchant_id,
        amount=Money(wish.amount, order.currency),
        code=wish.code,
        text=wish.text,
        asked_at=now,
    )


def agreed(claim: Claim, amount: int | None, now: datetime) -> Claim:
    """Return a claim that the merchant agrees to, in full or in part. Once it was declined or escalated only in full:
    a part would take the decision from the customer.

    Raises:
        NotPossible: it is over. Invalid: another amount than may be agreed to.
    """
    new = _moved(claim, Happening.AGREE, State.AGREED, now, given=_given(claim, amount), ended_at=now, answered_at=now)
    if claim.state != State.ASKED and new.given != claim.amount.amount:
        raise invalid("amount", "what was declined or escalated can only be agreed to in full")
    return new


def declined(claim: Claim, reason: str, now: datetime) -> Claim:
    """Return a claim that the merchant declines.

    Raises:
        NotPossible: it was answered, escalated or withdrawn.
    """
    return _moved(claim, Happening.DECLINE, State.DECLINED, now, answer=reason, answered_at=now)


def escalated(claim: Claim, text: str | None, now: datetime) -> Claim:
    """Return a claim that the platform is to decide.

    Raises:
        NotPossible: the merchant may still answer, or it was declined too long ago, or it is over.
    """
    return _moved(claim, Happening.ESCALATE, State.ESCALATED, now, appeal=text, escalated_at=now)


def decided(claim: Claim, *, agrees: bool, amount: int | None, reason: str, now: datetime) -> Claim:
    """Return a claim that the platform has decided.

    Raises:
        NotPossible: it is not escalated. Invalid: more than was asked for, or an amount of nothing.
    """
    if not agrees and amount is not None:
        raise invalid("amount", "nothing goes back of what is refused")
    given, to = (_given(claim, amount), State.AGREED) if agrees else (0, State.REFUSED)
    return _moved(claim, Happening.DECIDE, to, now, given=given, verdict=reason, ended_at=now)


def withdrawn(claim: Claim, now: datetime) -> Claim:
    """Return a claim that the customer asks for no more.

    Raises:
        NotPossible: it is over.
    """
    return _moved(claim, Happening.WITHDRAW, State.WITHDRAWN, now, ended_at=now)


def _given(claim: Claim, amount: int | None) -> int:
    most = claim.amount.amount
    if amount is not None and amount > most:
        raise invalid("amount", f"at most what was asked for: {most}")
    return most if amount is None else amount


def _moved(claim: Claim, happening: Happening, to: State, now: datetime, **changes: Any) -> Claim:
    may = possible(claim, now)
    if happening not in may:
        raise NotPossible(state=claim.state, possible=", ".join(sorted(may)) or "-")
    return replace(claim, state=to, version=claim.version + 1, **changes)
