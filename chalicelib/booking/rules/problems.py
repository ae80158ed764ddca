"""What bookings refuse."""

from collections.abc import Sequence
from datetime import datetime

from chalicelib.kit.errors import Conflict, FieldError, Invalid, TooMany
from chalicelib.kit.i18n import Text


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


class AnswerTooLate(Conflict):
    code = "answer-too-late"
    title = Text("It is too late to accept it", "已超过接单时限")
    detail = Text("It had to be accepted by {by}; it is being declined.", "须在 {by} 前接单，该预约将自动取消。")


class WrongCode(Invalid):
    code = "wrong-code"
    title = Text("That is not the code", "核销码不正确")
    detail = Text("The customer sees the code with the booking.", "顾客可在预约详情中查看核销码。")


class TooManyTries(TooMany):
    code = "too-many-tries"
    title = Text("Too many wrong codes", "核销码错误次数过多")


class TooManyWaits(Conflict):
    code = "too-many-waits"
    title = Text("You wait for as much as one can", "候补数量已达上限")
    detail = Text(
        "At most {limit} at a time; withdraw one of them first.", "最多同时候补 {limit} 个，请先取消其中一个。"
    )


class WaitNotPossible(Conflict):
    """The wait's state does not allow it; says what it does allow."""

    code = "wait-state"
    title = Text("Not possible in the wait's present state", "候补当前状态不允许此操作")
    detail = Text("The wait is {state}. Possible: {possible}.", "候补状态为 {state}，可执行：{possible}。")
