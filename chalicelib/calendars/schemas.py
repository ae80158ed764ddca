"""What calendars say over the wire."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from chalicelib.calendars.rules import external, faults, feed
from chalicelib.calendars.use_cases import Draft, Opened
from chalicelib.kit.http import Wire
from chalicelib.kit.i18n import Language
from chalicelib.kit.wire import Line, Moment

_SHOP, _STAFF = "shp_01jd8x2n7v4k9x3c6z0b8d1f2g", "stf_01jd8x2n7v4k9x3c6z0b8d1f2g"


class Feed(Wire):
    """A feed, without what opens it."""

    id: str = Field(examples=["cfd_3c6z0b8d1f2g5h1w8q2n7v4k9x"])
    kind: feed.Kind = Field(description="Whose bookings it shows: a shop's, those of one of its staff, or your own.")
    shop_id: str | None = Field(description="Null of your own.", examples=[_SHOP])
    staff_id: str | None = Field(description="Null unless it is of one of the staff.", examples=[_STAFF])
    created_at: Moment = Field(description="When its present address was made.")

    @classmethod
    def of(cls, told: feed.Feed) -> "Feed":
        return cls(id=told.id, kind=told.kind, shop_id=told.shop_id, staff_id=told.staff_id, created_at=told.created_at)


class NewFeed(Feed):
    """A feed with its address, told this once. Whoever knows it can read the feed."""

    path: str = Field(
        description="Where calendar programs read it, below the address of this API. Keep it like a password.",
        examples=["/v1/calendars/cfd_3c6z0b8d1f2g5h1w8q2n7v4k9x.Zk3v/feed.ics"],
    )

    @classmethod
    def opened(cls, told: Opened) -> "NewFeed":
        """Return it for the wire."""
        return cls(**dict(Feed.of(told.feed)), path=f"/v1/calendars/{told.token}/feed.ics")


class Feeds(Wire):
    """Some feeds of a shop and its staff."""

    items: tuple[Feed, ...]
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")


class CalendarIn(Wire):
    """A calendar that is kept elsewhere: its address, or what it exports."""

    name: Annotated[Line, Field(min_length=1, max_length=80, description="What you call it.", examples=["我的日历"])]
    staff_id: str | None = Field(
        default=None,
        max_length=128,
        description="Whose time it takes; null where the shop names no staff.",
        examples=[_STAFF],
    )
    url: str | None = Field(
        default=None,
        min_length=1,
        max_length=external.LONGEST_URL,
        description="https, on the public internet; read every quarter of an hour. Either this or `ics`.",
        examples=["https://calendar.example.com/private-5f2c/basic.ics"],
    )
    ics: str | None = Field(
        default=None,
        min_length=1,
        max_length=faults.MOST_BYTES,
        description="The text of an .ics file, at most 1 MB of UTF-8. It is not kept, only the busy times of a year.",
    )

    @model_validator(mode="before")
    @classmethod
    def _one_source(cls, told: Any) -> Any:
        if isinstance(told, dict) and (told.get("url") is None) == (told.get("ics") is None):
            raise ValueError("either url or ics, and not both")
        return told

    def draft(self) -> Draft:
        """Return it as the domain knows it."""
        return Draft(name=self.name, staff_id=self.staff_id, url=self.url, text=self.ics)


class Fault(Wire):
    """Why a calendar could not be read."""

    code: str = Field(description="Stable name of the reason.", examples=["calendar-unreachable"])
    title: str = Field(description="In your language.", examples=["The calendar did not answer"])
    detail: str = Field(description="What to do, in your language.")

    @classmethod
    def of(cls, code: str, language: Language) -> "Fault":
        told = faults.FAULTS.get(code, faults.CalendarFault)
        return cls(code=code, title=told.title.render(language), detail=told.detail.render(language))


class Calendar(Wire):
    """A calendar that is kept elsewhere, and what became of the last attempt to read it."""

    id: str = Field(examples=["cal_01jd8x2n7v4k9x3c6z0b8d1f2g"])
    shop_id: str = Field(examples=[_SHOP])
    staff_id: str | None = Field(description="Whose time it takes; null for the shop's own.", examples=[_STAFF])
    name: str = Field(examples=["我的日历"])
    host: str | None = Field(
        description="Where it is read; the whole address is a secret and not told again. Null of a file.",
        examples=["calendar.example.com"],
    )
    state: external.State = Field(description="`waiting` until it is first read.")
    fault: Fault | None = Field(description="Why the last attempt failed; what it said before counts on.")
    last_fetched_at: Moment | None = Field(description="When it was last looked at.")
    next_fetch_at: Moment = Field(description="When it is looked at again, a quarter of an hour later at most.")
    busy_times: int = Field(ge=0, description="Busy times within a year; of them 90 days are kept free of bookings.")
    left_out_after: Moment | None = Field(description="What begins later was left out: it was too much. Mostly null.")
    conflicts: int = Field(ge=0, description="Bookings that stand where the calendar is busy: they stay.")
    skipped: int = Field(ge=0, description="Events that could not be understood, such as those that repeat hourly.")
    created_at: Moment

    @classmethod
    def of(cls, told: external.Calendar, language: Language) -> "Calendar":
        return cls(
            id=told.id,
            shop_id=told.shop_id,
            staff_id=told.staff_id,
            name=told.name,
            host=urlsplit(told.url).hostname if told.url else None,
            state=told.state,
            fault=Fault.of(told.reason, language) if told.reason else None,
            last_fetched_at=told.read_at,
            next_fetch_at=told.next_at,
            busy_times=told.spans,
            left_out_after=told.until,
            conflicts=told.conflicts,
            skipped=told.skipped,
            created_at=told.created_at,
        )


class Calendars(Wire):
    """The calendars of a shop and its staff, oldest first."""

    items: tuple[Calendar, ...]
