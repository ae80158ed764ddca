"""Sessions and their seats, in rows of the booking table.

| row | pk | sk | gsi1 | dies |
|---|---|---|---|---|
| 25 seats of a session, with what the session is | `SES#<id>` | `SEATS#<row>` | `SESSIONS#<shop>`, `<start>#<id>#<row>` | 30 days after its end |

A row says of each seat that is taken which booking has it, and until when (epoch seconds; far in the future once it is
sold). A write changes single seats on condition that they are free, or the booking's own: two who buy different seats of
a row do not undo each other. DynamoDB lets no two transactions touch one row at the same moment; who comes second is
told so and tries again. So a session of 500 seats, in 20 rows, sells about twenty times as fast as one of 25.

| pattern | requests | units (a row sold out is 2 KB) |
|---|---|---|
| sessions of some dates with their free seats | 1 Query of gsi1 | 0.5 read per 4 KB |
| hold seats | 1 Query, consistent; part of the order's transaction | 1 read per 4 KB; 2 write per KB of a row, and 1 for its index |
| confirm, extend, release | 1 Query, consistent; part of the transaction | the same |
| plan, call off | part of the transaction | 2 write per KB of each row, and 1 for its index |
"""  # noqa: E501 - a table's rows are one line each

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, cast

from pynamodb.attributes import BooleanAttribute, MapAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path

from chalicelib.booking.rules.days import Claim
from chalicelib.booking.rules.sessions import Room, Seat, Session, by_bucket
from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, put, update
from chalicelib.kit.money import Money
from chalicelib.kit.transaction import Action
from chalicelib.kit.wall import Window

_KEPT = timedelta(days=30)
_SOLD = 99_999_999_999  # epoch seconds; the year 5138


class SeatsRow(Row):
    class Meta(TableMeta):
        table = "booking"

    session = UnicodeAttribute()  # JSON: read whole
    version = NumberAttribute()
    stamp = NumberAttribute(default=0)  # rises with every change of a seat
    cancelled = BooleanAttribute(null=True)
    holders: MapAttribute[str, str] = MapAttribute()  # type: ignore[no-untyped-call] # booking by seat; untyped there
    until: MapAttribute[str, float] = MapAttribute()  # type: ignore[no-untyped-call] # as above
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    of_shop = Gsi1()


class SessionTable:
    """See `booking.ports.SessionStore`."""

    def room(self, session_id: str) -> Room | None:
        rows = list(SeatsRow.query(f"SES#{session_id}", consistent_read=True))
        return _room(rows) if rows else None

    def of_shop(self, shop_id: str, span: Window, limit: int) -> Sequence[Room]:
        rows = SeatsRow.of_shop.query(
            f"SESSIONS#{shop_id}", SeatsRow.gsi1sk.between(iso(span.start), iso(span.end)), limit=limit
        )
        sessions = [list(some) for _, some in groupby(rows, key=lambda row: row.pk)]
        # The last one may have been cut off by the limit.
        return [room for some in sessions if (room := _room(some)).session.buckets == len(some)]

    def plan(self, session: Session) -> list[Action]:
        return [put(_row(session, bucket), SeatsRow.pk.does_not_exist()) for bucket in range(session.buckets)]

    def call_off(self, room: Room, session: Session) -> list[Action]:
        changes = [SeatsRow.cancelled.set(True), SeatsRow.version.set(session.version)]
        standing = SeatsRow.version == session.version - 1
        return [
            update(_key(session.id, bucket), changes, standing & (SeatsRow.stamp == stamp))
            for bucket, stamp in enumerate(room.stamps)
        ]

    def take(
        self, session: Session, booking_id: str, numbers: Sequence[int], hold_until: datetime | None, now: datetime
    ) -> list[Action]:
        open_ = SeatsRow.cancelled.does_not_exist()
        return [
            _set(session.id, bucket, some, booking_id, hold_until, [open_, *(_is_free(n, now) for n in some)])
            for bucket, some in by_bucket(numbers).items()
        ]

    def keep(
        self, session_id: str, booking_id: str, numbers: Sequence[int], hold_until: datetime | None, now: datetime
    ) -> list[Action]:
        open_ = SeatsRow.cancelled.does_not_exist()
        return [
            _set(
                session_id, bucket, some, booking_id, hold_until,
                [open_, *(_is_free(n, now) | (_holder(n) == booking_id) for n in some)],
            )
            for bucket, some in by_bucket(numbers).items()
        ]  # fmt: skip

    def give(self, session_id: str, booking_id: str, numbers: Sequence[int]) -> list[Action]:
        actions = []
        for bucket, some in by_bucket(numbers).items():
            left = (change for n in some for change in (_holder(n).remove(), _until(n).remove()))
            changes = [*left, SeatsRow.stamp.add(1)]
            theirs = [_holder(n) == booking_id for n in some]
            actions.append(update(_key(session_id, bucket), changes, _all(theirs)))
        return actions


def _set(
    session_id: str,
    bucket: int,
    numbers: Sequence[int],
    booking_id: str,
    hold_until: datetime | None,
    conditions: Sequence[Condition],
) -> Action:
    until = hold_until.timestamp() if hold_until else _SOLD
    taken = (change for n in numbers for change in (_holder(n).set(booking_id), _until(n).set(until)))
    return update(_key(session_id, bucket), [*taken, SeatsRow.stamp.add(1)], _all(conditions))


def _all(conditions: Sequence[Condition]) -> Condition:
    whole = conditions[0]
    for one in conditions[1:]:
        whole &= one
    return whole


def _is_free(number: int, now: datetime) -> Condition:
    free: Condition = _until(number).does_not_exist() | (_until(number) <= now.timestamp())
    return free


def _holder(number: int) -> Path:
    # On the class PynamoDB's maps are paths, which their types do not say.
    return cast("Path", SeatsRow.holders[str(number)])


def _until(number: int) -> Path:
    return cast("Path", SeatsRow.until[str(number)])


def _key(session_id: str, bucket: int) -> SeatsRow:
    return SeatsRow(f"SES#{session_id}", f"SEATS#{bucket:02d}")


def _row(session: Session, bucket: int) -> SeatsRow:
    row = _key(session.id, bucket)
    row.session = json.dumps(_body(session), ensure_ascii=False, separators=(",", ":"))
    row.version = session.version
    row.holders, row.until = {}, {}
    row.gsi1pk = f"SESSIONS#{session.shop_id}"
    row.gsi1sk = f"{iso(session.starts_at)}#{session.id}#{bucket:02d}"
    row.expires_at = int((session.ends_at + _KEPT).timestamp())
    return row


def _body(session: Session) -> dict[str, Any]:
    return {
        "shop_id": session.shop_id,
        "merchant_id": session.merchant_id,
        "offering_id": session.offering_id,
        "title": session.title,
        "price": [session.price.amount, session.price.currency],
        "zone": session.zone,
        "starts_at": iso(session.starts_at),
        "ends_at": iso(session.ends_at),
        "seats": session.seats,
        "claims": [[one.resource_id, iso(one.start), iso(one.end)] for one in session.claims],
        "staff_id": session.staff_id,
        "deposit_bps": session.deposit_bps,
    }


def _session(row: SeatsRow) -> Session:
    body: dict[str, Any] = json.loads(row.session)
    body |= {
        "price": Money(*body["price"]),
        "starts_at": parse(body["starts_at"]),
        "ends_at": parse(body["ends_at"]),
        "claims": tuple(Claim(one, parse(start), parse(end)) for one, start, end in body["claims"]),
    }
    return Session(id=row.pk.partition("#")[2], cancelled=bool(row.cancelled), version=int(row.version), **body)


def _room(rows: Sequence[SeatsRow]) -> Room:
    seats = {seat.number: seat for row in rows for seat in _seats(row)}
    return Room(_session(rows[0]), seats, tuple(int(row.stamp) for row in rows))


def _seats(row: SeatsRow) -> Iterable[Seat]:
    holders: Mapping[str, str] = row.holders.as_dict()  # type: ignore[no-untyped-call] # as above
    until: Mapping[str, float] = row.until.as_dict()  # type: ignore[no-untyped-call] # as above
    for number, booking_id in holders.items():
        moment = float(until[number])
        hold = None if moment >= _SOLD else datetime.fromtimestamp(moment, UTC)
        yield Seat(int(number), booking_id, hold)
