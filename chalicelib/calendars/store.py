"""The calendars table.

| row | pk | sk | gsi1 |
|---|---|---|---|
| feed | feed id (follows from whose it is) | `FEED` | `SHOP#<shop>`, `<feed id>` (not of a customer's) |
| calendar | `SHOP#<shop>` | `CAL#<calendar>` | `DUE#<shard>`, `<next at>#<calendar>` |
| what it said | `SHOP#<shop>` | `BUSY#<calendar>` | |
| number of calendars | `SHOP#<shop>` | `COUNT` | |

Of a feed's secret the hash alone is kept. The address of a calendar opens it to whoever knows it, so it is sealed to
its row. Busy times are pairs of epoch seconds, about 25 bytes each, 2,000 at most.

| pattern | requests | units (small rows) |
|---|---|---|
| what a feed shows | 1 GetItem, consistent; and 1 Query of the bookings | 1 read, and 0.5 read per 4 KB |
| make a feed's address, also anew | 1 GetItem, 1 transaction | 1 read; 3 write (a customer's: 2) |
| feeds of a shop | 1 Query of the index | 0.5 read per 4 KB |
| import a calendar | part of the transaction | 5 write: row with index 3, count 2; and 2 per KB of what it said |
| calendars of a shop | 1 Query, consistent | 1 read per 4 KB |
| write the next version | 1 GetItem, 1 transaction | 1 read; 4 write, the place in the index changes |
| what it said | 1 GetItem, consistent | 1 read per 4 KB |
| remove | 1 GetItem, 1 transaction | 1 read; 7 write |
| whose turn has come | 1 Query a shard, of 4 | 0.5 read per 4 KB |

With a calendar's busy times go the days that change: each 2 write units for a KB, and one read of 92 rows.
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.calendars.rules.external import Calendar, State
from chalicelib.calendars.rules.faults import MOST_CALENDARS, TooManyCalendars
from chalicelib.calendars.rules.feed import Feed, Kind
from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, delete, put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.seal import SealedField, Sealer
from chalicelib.kit.transaction import Action
from chalicelib.kit.wall import Window

SHARDS = 4
_FEED, _COUNT = "FEED", "COUNT"
SEALED = (SealedField("calendars", "url", "calendars|{sk}|url", "CAL#"),)


class FeedRow(Row):
    class Meta(TableMeta):
        table = "calendars"

    kind = UnicodeAttribute()
    secret_hash = UnicodeAttribute()
    shop_id = UnicodeAttribute(null=True)
    staff_id = UnicodeAttribute(null=True)
    account_id = UnicodeAttribute(null=True)
    name = UnicodeAttribute(null=True)
    place = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    of_shop = Gsi1()


class CalendarRow(Row):
    class Meta(TableMeta):
        table = "calendars"

    staff_id = UnicodeAttribute(null=True)
    name = UnicodeAttribute()
    url = UnicodeAttribute(null=True)  # sealed
    state = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    etag = UnicodeAttribute(null=True)
    read_at = UnicodeAttribute(null=True)
    written_at = UnicodeAttribute(null=True)
    spans = NumberAttribute()
    until = UnicodeAttribute(null=True)
    conflicts = NumberAttribute()
    skipped = NumberAttribute()
    failures = NumberAttribute()
    created_at = UnicodeAttribute()
    next_at = UnicodeAttribute()
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    by_turn = Gsi1()


class BusyRow(Row):
    class Meta(TableMeta):
        table = "calendars"

    spans = UnicodeAttribute()  # JSON: written whole, read whole


class CountRow(Row):
    class Meta(TableMeta):
        table = "calendars"

    number = NumberAttribute(default=0)


class FeedTable:
    """See `calendars.ports.FeedStore`."""

    def feed(self, feed_id: str) -> Feed | None:
        try:
            return _feed(FeedRow.get(feed_id, _FEED, consistent_read=True))
        except FeedRow.DoesNotExist:
            return None

    def put_feed(self, feed: Feed) -> Action:
        row = FeedRow(
            feed.id,
            _FEED,
            kind=feed.kind.value,
            secret_hash=feed.secret_hash,
            shop_id=feed.shop_id,
            staff_id=feed.staff_id,
            account_id=feed.account_id,
            name=feed.name,
            place=feed.place,
            created_at=iso(feed.created_at),
            version=feed.version,
            gsi1pk=f"SHOP#{feed.shop_id}" if feed.shop_id else None,
            gsi1sk=feed.id if feed.shop_id else None,
        )
        return put(row, FeedRow.version == feed.version - 1 if feed.version > 1 else FeedRow.pk.does_not_exist())

    def drop_feed(self, feed: Feed) -> Action:
        return delete(FeedRow(feed.id, _FEED), FeedRow.version == feed.version)

    def feeds_of_shop(self, shop_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Feed]:
        rows = FeedRow.of_shop.query(f"SHOP#{shop_id}", **paged(after, limit))
        return page_of(rows, _feed)


class CalendarTable:
    """See `calendars.ports.CalendarStore`."""

    shards = SHARDS

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def calendar(self, shop_id: str, calendar_id: str) -> Calendar | None:
        try:
            return self._calendar(CalendarRow.get(f"SHOP#{shop_id}", f"CAL#{calendar_id}", consistent_read=True))
        except CalendarRow.DoesNotExist:
            return None

    def calendars(self, shop_id: str) -> tuple[Calendar, ...]:
        rows = CalendarRow.query(f"SHOP#{shop_id}", CalendarRow.sk.startswith("CAL#"), consistent_read=True)
        return tuple(map(self._calendar, rows))

    def busy(self, calendar: Calendar) -> tuple[Window, ...]:
        try:
            row = BusyRow.get(f"SHOP#{calendar.shop_id}", f"BUSY#{calendar.id}", consistent_read=True)
        except BusyRow.DoesNotExist:
            return ()
        return tuple(Window(_moment(start), _moment(end)) for start, end in json.loads(row.spans))

    def create(self, calendar: Calendar) -> list[Action]:
        counted = update(
            CountRow(f"SHOP#{calendar.shop_id}", _COUNT),
            [CountRow.number.add(1)],
            CountRow.pk.does_not_exist() | (CountRow.number < MOST_CALENDARS),
            _too_many,
        )
        return [put(self._row(calendar), CalendarRow.pk.does_not_exist()), counted]

    def replace(self, calendar: Calendar) -> Action:
        return put(self._row(calendar), CalendarRow.version == calendar.version - 1)

    def put_busy(self, calendar: Calendar, spans: Iterable[Window]) -> Action:
        told = [[int(one.start.timestamp()), int(one.end.timestamp())] for one in spans]
        row = BusyRow(f"SHOP#{calendar.shop_id}", f"BUSY#{calendar.id}", spans=json.dumps(told, separators=(",", ":")))
        return put(row)

    def remove(self, calendar: Calendar) -> list[Action]:
        shop = f"SHOP#{calendar.shop_id}"
        return [
            delete(CalendarRow(shop, f"CAL#{calendar.id}"), CalendarRow.version == calendar.version),
            delete(BusyRow(shop, f"BUSY#{calendar.id}")),
            update(CountRow(shop, _COUNT), [CountRow.number.add(-1)], CountRow.number > 0),
        ]

    def due(self, shard: int, before: datetime, limit: int) -> Iterable[tuple[str, str]]:
        rows = CalendarRow.by_turn.query(f"DUE#{shard}", CalendarRow.gsi1sk < iso(before), limit=limit, page_size=limit)
        return [(row.pk.partition("#")[2], row.sk.partition("#")[2]) for row in rows]

    def _row(self, calendar: Calendar) -> CalendarRow:
        return CalendarRow(
            f"SHOP#{calendar.shop_id}",
            f"CAL#{calendar.id}",
            staff_id=calendar.staff_id,
            name=calendar.name,
            url=self._sealer.seal(calendar.url, _place(calendar.id)) if calendar.url else None,
            state=calendar.state.value,
            reason=calendar.reason,
            etag=calendar.etag,
            read_at=iso_or_none(calendar.read_at),
            written_at=iso_or_none(calendar.written_at),
            spans=calendar.spans,
            until=iso_or_none(calendar.until),
            conflicts=calendar.conflicts,
            skipped=calendar.skipped,
            failures=calendar.failures,
            created_at=iso(calendar.created_at),
            next_at=iso(calendar.next_at),
            version=calendar.version,
            gsi1pk=f"DUE#{zlib.crc32(calendar.id.encode()) % SHARDS}",
            gsi1sk=f"{iso(calendar.next_at)}#{calendar.id}",
        )

    def _calendar(self, row: CalendarRow) -> Calendar:
        calendar_id = row.sk.partition("#")[2]
        return Calendar(
            id=calendar_id,
            shop_id=row.pk.partition("#")[2],
            staff_id=row.staff_id,
            name=row.name,
            created_at=parse(row.created_at),
            next_at=parse(row.next_at),
            url=self._sealer.open(row.url, _place(calendar_id)) if row.url else None,
            state=State(row.state),
            reason=row.reason,
            etag=row.etag,
            read_at=parse_or_none(row.read_at),
            written_at=parse_or_none(row.written_at),
            spans=int(row.spans),
            until=parse_or_none(row.until),
            conflicts=int(row.conflicts),
            skipped=int(row.skipped),
            failures=int(row.failures),
            version=int(row.version),
        )


def _feed(row: FeedRow) -> Feed:
    return Feed(
        id=row.pk,
        kind=Kind(row.kind),
        created_at=parse(row.created_at),
        secret_hash=row.secret_hash,
        shop_id=row.shop_id,
        staff_id=row.staff_id,
        account_id=row.account_id,
        name=row.name,
        place=row.place,
        version=int(row.version),
    )


def _too_many(_row: object) -> Exception:
    return TooManyCalendars(limit=MOST_CALENDARS)


def _place(calendar_id: str) -> str:
    return f"calendars|{calendar_id}|url"


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
