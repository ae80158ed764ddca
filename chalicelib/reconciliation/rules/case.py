"""A case: one difference between those who should agree, until somebody knows why."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from chalicelib.kit.errors import Conflict
from chalicelib.kit.i18n import Text
from chalicelib.kit.ids import derived_id

ORDERS, BOOKS = "orders", "books"
"""The parts of a day's run beside those of the providers."""


class CaseKind(StrEnum):
    """What does not agree."""

    MISSING_IN_BOOKS = "missing_in_books"
    MISSING_AT_PROVIDER = "missing_at_provider"
    AMOUNT_DIFFERS = "amount_differs"
    DOUBLE_CAPTURE = "double_capture"
    MOVED_TWICE = "moved_twice"
    UNKNOWN_MOVEMENT = "unknown_movement"
    OVERDUE_IN_TRANSIT = "overdue_in_transit"
    REFUND_FAILED = "refund_failed"
    ORDER_DIFFERS = "order_differs"
    BOOKS_DIFFER = "books_differ"


REASONS: Mapping[CaseKind, Text] = {
    CaseKind.MISSING_IN_BOOKS: Text(
        "The provider moved {stated} {currency}; the books have nothing of it.",
        "支付渠道有 {stated} {currency} 的资金变动，账簿中没有记录。",
    ),
    CaseKind.MISSING_AT_PROVIDER: Text(
        "The books have {booked} {currency}; the provider never moved it.",
        "账簿中有 {booked} {currency}，支付渠道没有对应的资金变动。",
    ),
    CaseKind.AMOUNT_DIFFERS: Text(
        "The provider moved {stated} {currency}, the books have {booked}.",
        "支付渠道变动 {stated} {currency}，账簿记录为 {booked}。",
    ),
    CaseKind.DOUBLE_CAPTURE: Text(
        "The customer was charged more than once: {stated} {currency} against {booked} in the books.",
        "顾客被重复扣款：实收 {stated} {currency}，账簿记录为 {booked}。",
    ),
    CaseKind.MOVED_TWICE: Text(
        "The provider moved this more than once: {stated} {currency} against {booked} in the books.",
        "支付渠道重复划款：{stated} {currency}，账簿记录为 {booked}。",
    ),
    CaseKind.UNKNOWN_MOVEMENT: Text(
        "{stated} {currency} moved at the provider, and nobody here asked for it.",
        "支付渠道有 {stated} {currency} 的资金变动，并非由平台发起。",
    ),
    CaseKind.OVERDUE_IN_TRANSIT: Text(
        "{stated} {currency} has been on its way for too long.",
        "{stated} {currency} 在途时间过长。",
    ),
    CaseKind.REFUND_FAILED: Text(
        "A refund of {stated} {currency} did not reach the customer.",
        "一笔 {stated} {currency} 的退款未能到达顾客。",
    ),
    CaseKind.ORDER_DIFFERS: Text(
        "The order says {stated} {currency}, the books have {booked}: {about}.",
        "订单为 {stated} {currency}，账簿为 {booked}：{about}。",
    ),
    CaseKind.BOOKS_DIFFER: Text(
        "The journal says {stated} {currency}, the balance is {booked}: somebody changed the books.",
        "流水合计 {stated} {currency}，余额为 {booked}：账簿可能被改动。",
    ),
}


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    ASSIGNED = "assigned"
    CLOSED = "closed"


class Resolution(StrEnum):
    """How a case ended."""

    EXPLAINED = "explained"  # they agree now, or somebody knows why they do not
    HEALED = "healed"  # a run caught up on what was missed
    WRITTEN_OFF = "written_off"  # booked to `suspense`
    RECOVERED = "recovered"  # the money came back by another way


class CaseClosed(Conflict):
    code = "case-closed"
    title = Text("The case is closed", "该差异已关闭")
    detail = Text("It ended as {resolution}.", "处理结果：{resolution}。")


class NothingToWriteOff(Conflict):
    code = "nothing-to-write-off"
    title = Text("There is nothing to write off", "没有可核销的金额")
    detail = Text(
        "Only what a provider's account and the books differ by can be.", "只能核销支付渠道账户与账簿之间的差额。"
    )


@dataclass(frozen=True)
class Difference:
    """What a run found.

    Attributes:
        part: whose it is: a provider, `orders` or `books`.
        ref: what it is about: movement, transaction, order and what of it, account.
        stated: what the other side says, minor units, signed as on the account concerned.
        booked: what the books say.
        transaction_id: under which the books have it, or should; None where they cannot.
        provider_ref: what the provider calls what moved.
        moved: why it moved, in the provider's words.
        about: what of an order.
    """

    kind: CaseKind
    part: str
    ref: str
    currency: str
    stated: int
    booked: int
    transaction_id: str | None = None
    order_id: str | None = None
    provider_ref: str | None = None
    moved: str | None = None
    about: str = ""

    @property
    def id(self) -> str:
        """The case that it makes: the same difference is the same case."""
        return derived_id("rec", self.kind, self.part, self.ref)


@dataclass(frozen=True)
class Note:
    """What somebody wrote on a case."""

    by: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Case:
    """A difference that somebody looks after.

    Attributes:
        day: the UTC date whose run found it first.
        last_seen_at: when a run found it last.
        owner: the account of whoever looks after it.
        closed_by: None where a run closed it.
        version: rises with every change.
    """

    found: Difference
    day: date
    opened_at: datetime
    last_seen_at: datetime
    state: CaseState = CaseState.OPEN
    owner: str | None = None
    resolution: Resolution | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    notes: tuple[Note, ...] = ()
    version: int = 1

    @property
    def id(self) -> str:
        return self.found.id

    def age_days(self, now: datetime) -> int:
        """Return for how many days it has been, or was, open."""
        return ((self.closed_at or now) - self.opened_at).days

    def reason(self) -> Text:
        """Return what is wrong, in words."""
        words, facts = REASONS[self.found.kind], vars(self.found)
        return Text(words.render("en", **facts), words.render("zh-CN", **facts))


def seen_again(case: Case, found: Difference, now: datetime) -> Case:
    """Return a case that a run met again; one that ended by itself is open again, one that a person closed is not."""
    if case.state == CaseState.CLOSED:
        if case.closed_by is not None:
            return case
        back = CaseState.ASSIGNED if case.owner else CaseState.OPEN
        case = replace(case, state=back, resolution=None, closed_at=None)
    return replace(case, found=found, last_seen_at=now, version=case.version + 1)


def closed(case: Case, resolution: Resolution, now: datetime, by: str | None = None) -> Case:
    """Return a case that ended.

    Raises:
        CaseClosed: it has already.
    """
    if case.state == CaseState.CLOSED:
        raise CaseClosed(resolution=case.resolution)
    return replace(
        case,
        state=CaseState.CLOSED,
        resolution=resolution,
        closed_at=now,
        closed_by=by,
        version=case.version + 1,
    )
