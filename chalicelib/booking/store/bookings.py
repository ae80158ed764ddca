"""The booking table.

| row | pk | sk | gsi1, from its sale on | gsi2, likewise | dies |
|---|---|---|---|---|---|
| day | `DAY#<resource>` | UTC date | | | 30 days after its date |
| booking | `BKG#<id>` | `BKG` | `SHOP#<shop>`, `<start>#<id>` | `CUSTOMER#<account>`, `<start>#<id>` | 30 days after its hold, unless sold |
| a booking that is to be answered | `ANSWER#<shard>` | `<until>#<booking>` | | | when the sweep met it |

A day lists what is taken of one resource: `[start, end, booking, hold until]` in epoch seconds, about 60 bytes each. It
is always written whole, on condition of the version that was read: whoever decides on old rows meets contention and
decides again. A month of one resource is one query.

| pattern | requests | units (small rows) |
|---|---|---|
| free times of a date (n resources) | 1 BatchGet, and the shop's query | 0.5 read each of 2n rows (per 4 KB; 60 bookings take that much) |
| next times of all offerings (n resources, d dates) | 1 BatchGet | 0.5 read each of n x d rows, 100 at most |
| hold | 1 BatchGet, and the shop's query; part of the order's transaction | 1 read each of 2n rows; 7 write: booking, day and message |
| whom a customer had | 1 Query of gsi2 | 0.5 read per 4 KB of 20 bookings |
| confirm | 2 BatchGet; part of the payment's transaction | 2 read; 6 write: booking, its entries in both indexes, day |
| release | 2 BatchGet; part of the order's transaction | 2 read; 9 write, 7 where it was never sold |
| release of a hold that ran out | 1 BatchGet | 1 read; 5 write: the day is left alone |
| look at one | 1 GetItem | 1 read |
| agenda, a customer's bookings | 1 Query of an index, and the shop for an agenda | 0.5 read per 4 KB |
| check in, complete, no-show | 1 GetItem, 1 transaction | 1 read; 4 write, and what the order and the answer's row cost |

What runs over midnight (UTC) has a day row more. A BatchGet takes 100 rows: from 51 resources on it is two.
"""  # noqa: E501 - a table's rows are one line each

import json
import zlib
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex

from chalicelib.booking.ports import Awaited
from chalicelib.booking.rules.booking import Booking, State
from chalicelib.booking.rules.days import Claim, Day, DayKey, Taken
from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta, delete, put
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action
from chalicelib.kit.wall import Window

KEPT = timedelta(days=30)
SHARDS = 4
_NEWEST = 20  # bookings of a customer that are looked through for whom they had
_ANSWERED = timedelta(days=2)  # an answer's row dies so long after it was due, should the sweep not have met it
_SK = "BKG"


class DayRow(Row):
    class Meta(TableMeta):
        table = "booking"

    version = NumberAttribute()
    taken = UnicodeAttribute()  # JSON: written whole, read whole


class BookingRow(Row):
    class Meta(TableMeta):
        table = "booking"

    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    order_id = UnicodeAttribute()
    line_id = UnicodeAttribute()
    shop_id = UnicodeAttribute()
    merchant_id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    offering_id = UnicodeAttribute()
    staff_id = UnicodeAttribute(null=True)
    title = UnicodeAttribute()
    zone = UnicodeAttribute()
    claims = UnicodeAttribute()  # JSON: read whole
    starts_at = UnicodeAttribute()
    ends_at = UnicodeAttribute()
    code = UnicodeAttribute()
    created_at = UnicodeAttribute()
    state = UnicodeAttribute()
    hold_until = UnicodeAttribute(null=True)
    confirmed_at = UnicodeAttribute(null=True)
    tries = NumberAttribute(default=0)
    locked_until = UnicodeAttribute(null=True)
    approval = BooleanAttribute(null=True)
    answer_by = UnicodeAttribute(null=True)
    late_minutes = NumberAttribute(null=True)
    session_id = UnicodeAttribute(null=True)
    seats = UnicodeAttribute(null=True)  # JSON: read whole
    version = NumberAttribute()
    of_shop = Gsi1()
    of_customer = Gsi2()


class AnswerRow(Row):
    class Meta(TableMeta):
        table = "booking"


class BookingTable:
    """See `booking.ports.BookingStore`."""

    shards = SHARDS

    def booking(self, booking_id: str) -> Booking | None:
        try:
            return _booking(BookingRow.get(f"BKG#{booking_id}", _SK, consistent_read=True))
        except BookingRow.DoesNotExist:
            return None

    def bookings(self, booking_ids: Collection[str]) -> Mapping[str, Booking]:
        keys = [(f"BKG#{one}", _SK) for one in booking_ids]
        found = map(_booking, BookingRow.batch_get(keys, consistent_read=True)) if keys else ()
        return {booking.id: booking for booking in found}

    def create(self, booking: Booking) -> Action:
        return put(_row(booking), BookingRow.pk.does_not_exist())

    def replace(self, booking: Booking) -> Action:
        return put(_row(booking), BookingRow.version == booking.version - 1)

    def last_staff(self, account_id: str, shop_id: str) -> str | None:
        rows = BookingRow.of_customer.query(f"CUSTOMER#{account_id}", scan_index_forward=False, limit=_NEWEST)
        return next((row.staff_id for row in rows if row.shop_id == shop_id and row.staff_id), None)

    def await_answer(self, booking: Booking) -> Action:
        due = booking.answer_by or booking.starts_at
        shard = zlib.crc32(booking.id.encode()) % SHARDS
        dies = int((due + _ANSWERED).timestamp())
        return put(AnswerRow(f"ANSWER#{shard}", f"{iso(due)}#{booking.id}", expires_at=dies))

    def unanswered(self, shard: int, before: datetime, limit: int) -> Iterable[Awaited]:
        rows = AnswerRow.query(f"ANSWER#{shard}", AnswerRow.sk < iso(before), limit=limit)
        return (Awaited(row.pk, row.sk, row.sk.partition("#")[2]) for row in rows)

    def forget_answer(self, awaited: Awaited) -> Action:
        return delete(AnswerRow(awaited.shard, awaited.place))

    def days(self, keys: Collection[DayKey], *, consistent: bool) -> Iterable[Day]:
        asked = [(f"DAY#{resource_id}", day.isoformat()) for resource_id, day in sorted(set(keys))]
        rows = DayRow.batch_get(asked, consistent_read=consistent) if asked else ()
        found = {(row.pk.partition("#")[2], date.fromisoformat(row.sk)): row for row in rows}
        return [_day(key, found.get(key)) for key in sorted(set(keys))]

    def replace_day(self, day: Day) -> Action:
        row = DayRow(
            f"DAY#{day.resource_id}",
            day.date.isoformat(),
            version=day.version + 1,
            taken=json.dumps([_packed(one) for one in day.taken], separators=(",", ":")),
            expires_at=int((datetime.combine(day.date, time(), UTC) + KEPT).timestamp()),
        )
        return put(row, DayRow.version == day.version if day.version else DayRow.pk.does_not_exist())

    def agenda(self, shop_id: str, span: Window, after: Mapping[str, Any] | None, limit: int) -> Page[Booking]:
        return _page(BookingRow.of_shop, f"SHOP#{shop_id}", BookingRow.gsi1sk, span, after, limit)

    def of_customer(self, account_id: str, span: Window, after: Mapping[str, Any] | None, limit: int) -> Page[Booking]:
        return _page(BookingRow.of_customer, f"CUSTOMER#{account_id}", BookingRow.gsi2sk, span, after, limit)


def _page(
    index: GlobalSecondaryIndex[Any],
    key: str,
    start: UnicodeAttribute,
    span: Window,
    after: Mapping[str, Any] | None,
    limit: int,
) -> Page[Booking]:
    in_span = start.between(iso(span.start), iso(span.end))  # a start and its id sort behind the end that they equal
    return page_of(index.query(key, in_span, **paged(after, limit)), _booking)


def _packed(taken: Taken) -> list[Any]:
    return [_seconds(taken.start), _seconds(taken.end), taken.booking_id, _seconds(taken.hold_until)]


def _seconds(moment: datetime | None) -> float | int | None:
    """Epoch seconds; a fraction only where a hold ends within a second."""
    if moment is None:
        return None
    seconds = moment.timestamp()
    return int(seconds) if seconds.is_integer() else seconds


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _day(key: DayKey, row: DayRow | None) -> Day:
    if row is None:
        return Day(*key)
    taken = tuple(
        Taken(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC), booking_id, _moment(hold_until))
        for start, end, booking_id, hold_until in json.loads(row.taken)
    )
    return Day(*key, version=int(row.version), taken=taken)


def _row(booking: Booking) -> BookingRow:
    sold = booking.confirmed_at is not None
    dies = None if sold or booking.hold_until is None else int((booking.hold_until + KEPT).timestamp())
    place = f"{iso(booking.starts_at)}#{booking.id}"
    return BookingRow(
        f"BKG#{booking.id}",
        _SK,
        gsi1pk=f"SHOP#{booking.shop_id}" if sold else None,
        gsi1sk=place if sold else None,
        gsi2pk=f"CUSTOMER#{booking.customer_id}" if sold else None,
        gsi2sk=place if sold else None,
        order_id=booking.order_id,
        line_id=booking.line_id,
        shop_id=booking.shop_id,
        merchant_id=booking.merchant_id,
        customer_id=booking.customer_id,
        offering_id=booking.offering_id,
        staff_id=booking.staff_id,
        title=booking.title,
        zone=booking.zone,
        claims=json.dumps([[one.resource_id, iso(one.start), iso(one.end)] for one in booking.claims]),
        starts_at=iso(booking.starts_at),
        ends_at=iso(booking.ends_at),
        code=booking.code,
        created_at=iso(booking.created_at),
        state=booking.state.value,
        hold_until=iso_or_none(booking.hold_until),
        confirmed_at=iso_or_none(booking.confirmed_at),
        tries=booking.tries,
        locked_until=iso_or_none(booking.locked_until),
        approval=booking.approval or None,
        answer_by=iso_or_none(booking.answer_by),
        late_minutes=booking.late_minutes or None,
        session_id=booking.session_id,
        seats=json.dumps(booking.seats) if booking.seats else None,
        version=booking.version,
        expires_at=dies,
    )


def _booking(row: BookingRow) -> Booking:
    return Booking(
        id=row.pk.partition("#")[2],
        order_id=row.order_id,
        line_id=row.line_id,
        shop_id=row.shop_id,
        merchant_id=row.merchant_id,
        customer_id=row.customer_id,
        offering_id=row.offering_id,
        staff_id=row.staff_id,
        title=row.title,
        zone=row.zone,
        claims=tuple(Claim(one, parse(start), parse(end)) for one, start, end in json.loads(row.claims)),
        starts_at=parse(row.starts_at),
        ends_at=parse(row.ends_at),
        code=row.code,
        created_at=parse(row.created_at),
        state=State(row.state),
        hold_until=parse_or_none(row.hold_until),
        confirmed_at=parse_or_none(row.confirmed_at),
        tries=int(row.tries),
        locked_until=parse_or_none(row.locked_until),
        approval=bool(row.approval),
        answer_by=parse_or_none(row.answer_by),
        late_minutes=int(row.late_minutes or 0),
        session_id=row.session_id,
        seats=tuple(json.loads(row.seats)) if row.seats else (),
        version=int(row.version),
    )
