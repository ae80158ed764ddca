"""Bookings as feeds for calendar programs, and calendars from elsewhere whose busy times cannot be booked."""

import hashlib

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.calendars import schemas, use_cases
from chalicelib.calendars.rules import faults
from chalicelib.calendars.rules.writing import MEDIA, calendar
from chalicelib.calendars.use_cases import feeds
from chalicelib.kit.auth import PUBLIC, Permission
from chalicelib.kit.errors import Busy, Forbidden, NotFound
from chalicelib.kit.http import Call, Reply, endpoint
from chalicelib.kit.wire import PageQuery

bp = Blueprint(__name__)

_TAG = "calendars"
_SHOP, _STAFF, _OWN = "/v1/shops/{shop_id}/feed", "/v1/shops/{shop_id}/staff/{staff_id}/feed", "/v1/me/feed"
_CALENDARS = "/v1/shops/{shop_id}/calendars"
_BODY = faults.MOST_BYTES * 2  # JSON writes the end of a line as four bytes, and a Chinese character as six perhaps
_NAME = "邻里 Linli"


@endpoint(
    bp, "GET", "/v1/calendars/{token}/feed.ics", summary="Bookings as iCalendar, for whoever knows the address",
    tag=_TAG, needs=PUBLIC, media=MEDIA, errors=(NotFound,), also={304: "You have it already (If-None-Match)."},
)  # fmt: skip
def feed(call: Call, token: str) -> Reply:
    read = feeds.read(wiring.feeds(), token)
    text = calendar(read.feed.name or _NAME, read.events)
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=300"}
    # Gateways that compress an answer make its tag a weak one.
    known = [one.strip().removeprefix("W/") for one in call.headers.get("if-none-match", "").split(",")]
    if tag in known or "*" in known:
        return Reply("", 304, MEDIA, headers)
    return Reply(text, 200, MEDIA, headers)


@endpoint(
    bp, "PUT", _SHOP, summary="Make the address of your shop's feed, anew where there is one", tag=_TAG,
    needs=Permission.CALENDAR_MANAGE, returns=schemas.NewFeed, errors=(NotFound, Forbidden, Busy),
)  # fmt: skip
def open_shop_feed(call: Call, shop_id: str) -> schemas.NewFeed:
    return schemas.NewFeed.opened(feeds.open_of_shop(wiring.feeds(), call.actor, shop_id))


@endpoint(
    bp, "PUT", _STAFF, summary="Make the address of a feed of one of your staff, anew where there is one", tag=_TAG,
    needs=Permission.CALENDAR_MANAGE, returns=schemas.NewFeed, errors=(NotFound, Forbidden, Busy),
)  # fmt: skip
def open_staff_feed(call: Call, shop_id: str, staff_id: str) -> schemas.NewFeed:
    return schemas.NewFeed.opened(feeds.open_of_shop(wiring.feeds(), call.actor, shop_id, staff_id))


@endpoint(
    bp, "PUT", _OWN, summary="Make the address of a feed of your bookings, anew where there is one", tag=_TAG,
    needs=Permission.CALENDAR_OWN, returns=schemas.NewFeed, errors=(Busy,),
)  # fmt: skip
def open_own_feed(call: Call) -> schemas.NewFeed:
    return schemas.NewFeed.opened(feeds.open_own(wiring.feeds(), call.actor))


@endpoint(
    bp, "GET", "/v1/shops/{shop_id}/feeds", summary="Feeds of your shop and its staff", tag=_TAG,
    needs=Permission.CALENDAR_MANAGE,
    query=PageQuery, returns=schemas.Feeds, errors=(NotFound, Forbidden),
)  # fmt: skip
def shop_feeds(call: Call, shop_id: str) -> schemas.Feeds:
    scope, cursors = f"feeds|{shop_id}", wiring.cursors()
    after = cursors.unpack(scope, call.query.cursor)
    page = feeds.of_shop(wiring.feeds(), call.actor, shop_id, after, call.query.limit)
    return schemas.Feeds(items=tuple(map(schemas.Feed.of, page.items)), next_cursor=cursors.pack(scope, page.next))


@endpoint(
    bp, "GET", _OWN, summary="The feed of your bookings", tag=_TAG, needs=Permission.CALENDAR_OWN, returns=schemas.Feed,
    errors=(NotFound,),
)  # fmt: skip
def own_feed(call: Call) -> schemas.Feed:
    return schemas.Feed.of(feeds.own(wiring.feeds(), call.actor))


@endpoint(
    bp, "DELETE", _SHOP, summary="Let the address of your shop's feed open nothing any more", tag=_TAG,
    needs=Permission.CALENDAR_MANAGE, status=204, errors=(NotFound, Forbidden, Busy),
)  # fmt: skip
def close_shop_feed(call: Call, shop_id: str) -> None:
    feeds.close_of_shop(wiring.feeds(), call.actor, shop_id)


@endpoint(
    bp, "DELETE", _STAFF, summary="Let the address of a feed of one of your staff open nothing any more", tag=_TAG,
    needs=Permission.CALENDAR_MANAGE, status=204, errors=(NotFound, Forbidden, Busy),
)  # fmt: skip
def close_staff_feed(call: Call, shop_id: str, staff_id: str) -> None:
    feeds.close_of_shop(wiring.feeds(), call.actor, shop_id, staff_id)


@endpoint(
    bp, "DELETE", _OWN, summary="Let the address of your feed open nothing any more", tag=_TAG,
    needs=Permission.CALENDAR_OWN,
    status=204, errors=(NotFound, Busy),
)  # fmt: skip
def close_own_feed(call: Call) -> None:
    feeds.close_own(wiring.feeds(), call.actor)


@endpoint(
    bp, "POST", _CALENDARS, summary="Keep the times free of bookings at which a calendar elsewhere is busy", tag=_TAG,
    needs=Permission.CALENDAR_MANAGE, body=schemas.CalendarIn, returns=schemas.Calendar, status=201,
    idempotent=True, max_body=_BODY,
    errors=(
        NotFound, Forbidden, faults.NotACalendar, faults.TooComplex, faults.CalendarTooLarge, faults.AddressRefused,
        faults.TooManyCalendars, Busy,
    ),
)  # fmt: skip
def add(call: Call, shop_id: str) -> schemas.Calendar:
    once = call.once(lambda made: schemas.Calendar.of(made, call.language))
    made = use_cases.add(wiring.calendars(), call.actor, shop_id, call.body.draft(), once)
    return schemas.Calendar.of(made, call.language)


@endpoint(
    bp, "GET", _CALENDARS, summary="Calendars from elsewhere, and what became of the last attempt to read each",
    tag=_TAG, needs=Permission.CALENDAR_MANAGE, returns=schemas.Calendars, errors=(NotFound, Forbidden),
)  # fmt: skip
def calendars(call: Call, shop_id: str) -> schemas.Calendars:
    found = use_cases.of_shop(wiring.calendars(), call.actor, shop_id)
    return schemas.Calendars(items=tuple(schemas.Calendar.of(one, call.language) for one in found))


@endpoint(
    bp, "DELETE", f"{_CALENDARS}/{{calendar_id}}", summary="Forget a calendar, and free the times that it took",
    tag=_TAG, needs=Permission.CALENDAR_MANAGE, status=204, errors=(NotFound, Forbidden, Busy),
)  # fmt: skip
def remove(call: Call, shop_id: str, calendar_id: str) -> None:
    use_cases.remove(wiring.calendars(), call.actor, shop_id, calendar_id)
