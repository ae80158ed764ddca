"""Time that a merchant keeps free of bookings, and what they write down for a date. No I/O."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.booking.rules.days import Claim
from chalicelib.kit.errors import Conflict
from chalicelib.kit.i18n import Text

LONGEST = timedelta(days=14)  # holidays are exceptions of the hours
LONGEST_NOTE = 2000


class TimeBooked(Conflict):
    """Somebody has booked it: the bookings come first."""

    code = "time-booked"
    title = Text("There are bookings at that time", "该时段已有预约")
    detail = Text("Move or cancel them first: {bookings}.", "请先改期或取消：{bookings}。")


@dataclass(frozen=True)
class Block:
    """Time of one of a shop's people or things that nobody can book.

    Attributes:
        id: `blk_...`; it stands under it on the days' rows.
        claim: whose time, and when.
        reason: for the shop's own people; one line.
    """

    id: str
    shop_id: str
    merchant_id: str
    claim: Claim
    reason: str | None
    created_at: datetime


@dataclass(frozen=True)
class Note:
    """What a shop's people are to know of a local date.

    Attributes:
        version: rises with every change; 0 where nothing was written.
    """

    shop_id: str
    day: date
    text: str = ""
    version: int = 0
