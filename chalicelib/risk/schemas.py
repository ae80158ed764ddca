"""What risk says over the wire."""

from datetime import datetime, timedelta
from typing import Annotated, Self

from pydantic import Field

from chalicelib.audit.ports import LONGEST_REASON
from chalicelib.kit.http import Wire
from chalicelib.kit.pagination import Page
from chalicelib.kit.wire import Line, Moment, PageQuery
from chalicelib.risk import ports

Subject = Annotated[
    str,
    Field(
        pattern="^(account|login|payouts):[A-Za-z0-9_.-]{1,100}$",
        description="`account:` shall not pay, `login:` shall not be signed in to (both end the account's sessions), "
        "`payouts:` of a merchant shall wait.",
        examples=["payouts:acc_01jd8x2n7v4k9x3c6z0b8d1f2g"],
    ),
]
Reason = Annotated[
    Line,
    Field(
        min_length=1,
        max_length=LONGEST_REASON,
        description="Why; it is kept for ever, so no name, number or address.",
        examples=["银行卡被盗用，等待持卡人确认"],
    ),
]
NextCursor = Annotated[str | None, Field(description="Where the list goes on; null at its end.")]


class FreezeIn(Wire):
    """What to freeze, or to let go on."""

    subject: Subject
    reason: Reason


class Freeze(Wire):
    """Whether something may go on, pending review."""

    subject: str = Field(examples=["payouts:acc_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    frozen: bool
    reason: str
    by: str = Field(description="Who decided it last: an account, or `system:risk` where a rule did.")
    at: Moment

    @classmethod
    def of(cls, freeze: ports.Freeze) -> Self:
        return cls(subject=freeze.subject, frozen=freeze.is_frozen, reason=freeze.reason, by=freeze.by, at=freeze.at)


class Freezes(Wire):
    """Some of what is frozen, newest first."""

    items: list[Freeze]
    next_cursor: NextCursor

    @classmethod
    def of(cls, page: Page[ports.Freeze], cursor: str | None) -> Self:
        return cls(items=[Freeze.of(one) for one in page.items], next_cursor=cursor)


AccountId = Annotated[str, Field(pattern="^[A-Za-z0-9_.-]{1,100}$", examples=["acc_01jd8x2n7v4k9x3c6z0b8d1f2g"])]


class AlertsQuery(PageQuery):
    """Which open alerts."""

    kind: ports.AlertKind | None = None
    older_than_hours: int | None = Field(default=None, ge=0, le=10_000, description="That have waited for so long.")
    assigned_to: AccountId | None = Field(default=None, description="Whose they are to look at.")

    def wanted(self, now: datetime) -> ports.Wanted:
        """Return it as the domain knows it."""
        age = self.older_than_hours
        before = None if age is None else now - timedelta(hours=age)
        return ports.Wanted(self.kind, before, self.assigned_to)


class AssignIn(Wire):
    """Whose an alert shall be to look at."""

    assigned_to: AccountId | None = Field(description="An account; null gives it back to everybody.")
    reason: Reason


class NoteIn(Wire):
    """What somebody found out on the way."""

    text: Reason


class Note(Wire):
    """What somebody wrote down."""

    by: str
    at: Moment
    text: str

    @classmethod
    def of(cls, note: ports.Note) -> Self:
        return cls(by=note.by, at=note.at, text=note.text)


class CloseIn(Wire):
    """What was found."""

    reason: Reason


class Alert(Wire):
    """Something to be looked at."""

    id: str = Field(examples=["alr_01jd3x9k5r8m2q7w4t6y0z1abc"])
    kind: ports.AlertKind
    subject: str = Field(description="Whom it is about; what is personal as an index.", examples=["account:acc_01jd8x"])
    about: list[str] = Field(description="Ids of orders, payments, refunds and accounts, as of the last time.")
    since: Moment
    last_at: Moment
    times: int = Field(ge=1, description="How often it happened.")
    open: bool
    closed_by: str | None
    closed_at: Moment | None
    note: str | None = Field(description="What was found.")
    assigned_to: str | None = Field(description="Whose it is to look at; null while it is anybody's.")
    notes: list[Note] = Field(description="What was written down on the way, oldest first; the newest 20.")

    @classmethod
    def of(cls, alert: ports.Alert) -> Self:
        return cls(
            id=alert.id,
            kind=alert.kind,
            subject=alert.subject,
            about=list(alert.about),
            since=alert.since,
            last_at=alert.last_at,
            times=alert.times,
            open=alert.closed_by is None,
            closed_by=alert.closed_by,
            closed_at=alert.closed_at,
            note=alert.note,
            assigned_to=alert.assigned_to,
            notes=[Note.of(one) for one in alert.notes],
        )


class Alerts(Wire):
    """Some open alerts, the one that has waited longest first."""

    items: list[Alert]
    next_cursor: NextCursor

    @classmethod
    def of(cls, page: Page[ports.Alert], cursor: str | None) -> Self:
        return cls(items=[Alert.of(one) for one in page.items], next_cursor=cursor)
