"""Reconciliation over the wire."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import Field

from chalicelib.audit.ports import LONGEST_REASON
from chalicelib.kit.http import Wire
from chalicelib.kit.i18n import Language
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Line, Moment, PageQuery
from chalicelib.reconciliation import ports

NextCursor = Annotated[str | None, Field(description="Where the list goes on; null at its end.")]
Words = Annotated[Line, Field(min_length=1, max_length=LONGEST_REASON, description="What was found out.")]


class Figures(Wire):
    """Of one part of a day and one currency; amounts in minor units."""

    currency: str = Field(description="`---` for what has no currency.", examples=["CNY"])
    checked: int = Field(description="Movements of a provider, orders, or accounts of the books.")
    matched: int
    healed: int = Field(description="Agree now, because the run caught up on what was missed.")
    in_transit: int
    transit_amount: int
    differences: int
    difference_amount: int = Field(description="What the provider, the order or the journal says, less the books.")
    opened: int = Field(description="Cases that this day's run found first.")
    closed: int = Field(description="Cases that this day's run closed.")
    fees: int = Field(description="What the provider kept.")
    to_bank: int = Field(description="What the provider paid to the operator's bank.")


class Part(Wire):
    """Of one provider, of the orders or of the books."""

    part: str = Field(examples=["stripe", "orders", "books"])
    done: bool = Field(description="False: it could not be finished, and is repeated.")
    reason: str | None = Field(description="Why not.", examples=["provider-unavailable"])
    figures: list[Figures]


class Report(Wire):
    """The run of one UTC date."""

    day: date
    ran_at: Moment
    done: bool
    closed: bool = Field(description="The day's books are closed for good.")
    parts: list[Part]

    @classmethod
    def of(cls, report: ports.Report) -> Self:
        return cls(
            day=report.day,
            ran_at=report.ran_at,
            done=report.done,
            closed=report.closed,
            parts=[
                Part(
                    part=name,
                    done=part.done,
                    reason=part.reason,
                    figures=[Figures(currency=code, **vars(one)) for code, one in sorted(part.figures.items())],
                )
                for name, part in report.parts.items()
            ],
        )


class Reports(Wire):
    """Some reports, newest first."""

    items: list[Report]
    next_cursor: NextCursor

    @classmethod
    def of(cls, page: Page[ports.Report], cursor: str | None) -> Self:
        return cls(items=[Report.of(one) for one in page.items], next_cursor=cursor)


class NewRun(Wire):
    """Which day to run, now."""

    day: date = Field(description="A UTC date that ended an hour ago, or earlier.", examples=["2030-05-01"])


class CasesQuery(PageQuery):
    """Which cases."""

    state: ports.CaseState = ports.CaseState.OPEN


class Assignment(Wire):
    """Who looks after a case."""

    owner: Line = Field(min_length=1, max_length=100, description="Account.", examples=["acc_01jd8x2n7v4k9x3c6z"])
    note: Words | None = None


class Closing(Wire):
    """How a case ends."""

    resolution: ports.Resolution = Field(description="`written_off` books the difference to `suspense`.")
    reason: Words


class CaseNote(Wire):
    """What somebody wrote."""

    by: str
    at: Moment
    text: str


class Case(Wire):
    """A difference that somebody looks after; amounts in minor units, signed as on the account."""

    id: str = Field(examples=["rec_01jd3x9k5r8m2q7w4t6y0z1abc"])
    kind: ports.CaseKind
    state: ports.CaseState
    part: str = Field(description="A provider, `orders` or `books`.", examples=["stripe"])
    ref: str = Field(description="Movement, transaction, order or account.", examples=["txn_1Qx"])
    reason: str = Field(description="In words, in the client's language.")
    currency: str
    stated: int = Field(description="What the provider, the order or the journal says.")
    booked: int = Field(description="What the books say.")
    transaction_id: str | None
    order_id: str | None
    provider_ref: str | None = Field(description="What the provider calls it.")
    moved: str | None = Field(description="Why it moved, as the provider says.", examples=["transfer"])
    day: date = Field(description="The date whose run found it first.")
    opened_at: Moment
    last_seen_at: Moment
    age_days: int
    owner: str | None
    resolution: ports.Resolution | None
    closed_at: Moment | None
    closed_by: str | None = Field(description="Null where a run closed it.")
    notes: list[CaseNote]

    @classmethod
    def of(cls, case: ports.Case, language: Language, now: datetime) -> Self:
        found = asdict(case.found)
        found.pop("about")
        return cls(
            id=case.id,
            **found,
            state=case.state,
            reason=case.reason().render(language),
            day=case.day,
            opened_at=case.opened_at,
            last_seen_at=case.last_seen_at,
            age_days=case.age_days(now),
            owner=case.owner,
            resolution=case.resolution,
            closed_at=case.closed_at,
            closed_by=case.closed_by,
            notes=[CaseNote(by=note.by, at=note.at, text=note.text) for note in case.notes],
        )


class Cases(Wire):
    """Some cases, the oldest first."""

    items: list[Case]
    next_cursor: NextCursor
