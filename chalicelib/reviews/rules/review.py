"""What a review is."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.kit.ids import derived_id
from chalicelib.reviews.rules.aspects import Aspect
from chalicelib.reviews.rules.media import Shown
from chalicelib.reviews.rules.states import State

STARS = (1, 2, 3, 4, 5)


class Side(StrEnum):
    """Who wrote a review: the customer of a shop, or those who run the shop of their guest."""

    CUSTOMER = "customer"
    MERCHANT = "merchant"

    @property
    def other(self) -> "Side":
        return Side.MERCHANT if self is Side.CUSTOMER else Side.CUSTOMER


class ReplyState(StrEnum):
    """See `rules.replies`."""

    JUDGING = "judging"
    SHOWN = "shown"
    HELD = "held"
    REMOVED = "removed"


@dataclass(frozen=True)
class Reply:
    """What the merchant answers.

    Attributes:
        text: the words.
        author_id: the account of whoever wrote them; not shown.
        at: when it was first written; it can be changed for `blind.EDITABLE` from then on.
        edited_at: when it was changed last; None where it never was.
        state: who reads it.
        told: the author of the review has heard that there is one.
    """

    text: str
    author_id: str
    at: datetime
    edited_at: datetime | None = None
    state: ReplyState = ReplyState.SHOWN
    told: bool = False

    @property
    def content(self) -> str:
        """The digest of its words: who decides says by it what they have seen."""
        return _digest([self.text])


@dataclass(frozen=True)
class Review:
    """What one side thought of one line of an order.

    Attributes:
        id: `rev_...` of a customer, `gst_...` of a merchant; follows from the line, so that a line has one of each.
        shop_id, merchant_id: where it was.
        order_id: of which order.
        line_id: of which of its lines.
        author_id: the account of whoever wrote it; not shown to the public.
        author: the customer's name as it was abbreviated when the review was written; None where there was none.
        stars: 1 to 5, for the whole of it; what the customer gave, not what their aspects add up to.
        text: may be empty.
        language: BCP 47 tag of the text.
        created_at: when.
        side: who wrote it.
        guest_id: the customer's account, whom the merchant's people speak of; None where the customer speaks.
        aspects: stars for parts of it, as many as were given.
        staff_id: who served; None where the line names nobody.
        staff_stars: for them; None where none were given.
        state: see `State`.
        opened: the other side wrote as well, or the time for that is over.
        paired: both sides wrote while neither could read the other's.
        opens_at: when it is opened, whether the other side has written or not.
        reasons: codes of why it is held or removed.
        edited_at: when it was changed last by its author; None where it never was.
        edits: how often that was.
        reply: what the merchant answers.
        helpful: how many readers found it so.
        reports: how many readers reported it.
        cleared: somebody of the operator's looked at it and showed it: reports alone hold it no more.
        media: photographs and films that readers see with it, by place.
        version: rises with every change but that of `helpful`, which counts by itself; each change is on the condition
            that the version is the one it decided on. 0 where it was written before reviews had one: its first change
            brings it into the lists and weights of today.
    """

    id: str
    shop_id: str
    order_id: str
    line_id: str
    author_id: str
    author: str | None
    stars: int
    text: str
    language: str
    created_at: datetime
    merchant_id: str = ""
    side: Side = Side.CUSTOMER
    guest_id: str | None = None
    aspects: Mapping[Aspect, int] = field(default_factory=dict)
    staff_id: str | None = None
    staff_stars: int | None = None
    state: State = State.SHOWN
    opened: bool = True
    paired: bool = False
    opens_at: datetime | None = None
    reasons: tuple[str, ...] = ()
    edited_at: datetime | None = None
    edits: int = 0
    reply: Reply | None = None
    helpful: int = 0
    reports: int = 0
    cleared: bool = False
    media: tuple[Shown, ...] = ()
    version: int = 1

    def uncleared(self) -> "Review":
        """Return it as nobody has looked at what it says or shows now: reports count anew."""
        return replace(self, cleared=False, reports=0) if self.cleared else self

    @property
    def content(self) -> str:
        """The digest of what it says and shows: who decides says by it what they have seen."""
        return _digest([self.stars, self.text, *sorted(one.id for one in self.media)])

    @property
    def read_reply(self) -> Reply | None:
        """The reply, where whoever reads the review reads it."""
        return self.reply if self.reply is not None and self.reply.state is ReplyState.SHOWN else None

    @property
    def other_id(self) -> str:
        """The id of what the other side wrote, or would."""
        return review_id(self.line_id, self.side.other)


def review_id(line_id: str, side: Side) -> str:
    """Return the id of a side's review of a line."""
    return derived_id("rev" if side is Side.CUSTOMER else "gst", line_id)


def _digest(parts: list[object]) -> str:
    """Return 128 bits: who writes both of two texts cannot have them alike."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:32]
