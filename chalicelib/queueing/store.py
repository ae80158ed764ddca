"""The queueing table.

| row | pk | sk | dies |
|---|---|---|---|
| letters | `SHOP#<shop>` | `LETTERS` | |
| line | `SHOP#<shop>` | `LINE#<line>` | |
| ticket | `TICKETS#<line>#<local date>` | number, three digits | 30 days after its date |
| place | `CUSTOMER#<customer>` | `SHOP#<shop>` | with its ticket, or 3 days after its date |

A line's row holds the day's count and, as hexadecimal text, a bit for each number that waits, is called or is skipped:
how many are ahead, who is next and how many wait is read from this one row. Every change of a ticket writes its line's
next version on condition of the one that was read; so all that happens to a line happens one after another. Nothing
is counted, listed or swept. A place keeps a customer from a second live ticket in a shop; one of a past date is simply
overwritten.

| pattern | requests | units (small rows) |
|---|---|---|
| lines of a shop | 1 Query (and the shop) | 0.5 read per 4 KB: ten lines are 4 to 12 KB |
| a line; a ticket | 1 GetItem each | 1 read each |
| where a ticket stands, how many are ahead | 2 GetItem | 2 read |
| who waits, n a page | 1 GetItem, 1 BatchGet (and the shop) | 1 + n read, n at most 100 |
| open a line | 1 GetItem, 1 transaction | 1 read; 4 write: line, letters |
| take a number | 1 GetItem, 1 transaction (and the shop) | 1 read; 8 write: line, ticket, place, who blocks whom |
| call the next | 1 GetItem, 1 BatchGet of one or two, 1 transaction (and the shop) | 2 or 3 read; 4 write: line, ticket |
| places of a customer, remove n | 1 Query, consistent; 1 transaction for 50 | 1 read per 4 KB; 2 write each |
| recall, skip, reinstate; call one | 2 GetItem, and 1 where somebody is nearly there; 1 transaction | 2 or 3 read; 4 write |
| seat, leave | as above | 2 or 3 read; 6 write: line, ticket, place |

In a transaction a row of up to 1 KB costs two units. A line's row is longer from about the 800th number of its date on
and then costs four; it never has 2 KB. What answer and messages cost comes on top: 2 and 3 each.
"""  # noqa: E501 - a table's rows are one line each

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Row, TableMeta, delete, put
from chalicelib.kit.transaction import Action
from chalicelib.queueing.keys import TicketKey
from chalicelib.queueing.line import Line
from chalicelib.queueing.ports import Letters
from chalicelib.queueing.problems import AlreadyInLine
from chalicelib.queueing.rules import LIVE, State, Ticket

KEPT = timedelta(days=30)
PLACE_KEPT = timedelta(days=3)  # a date is over everywhere two days after it began in UTC
_LETTERS, _LINE = "LETTERS", "LINE#"


class LettersRow(Row):
    class Meta(TableMeta):
        table = "queueing"

    letters = UnicodeAttribute()
    version = NumberAttribute()


class LineRow(Row):
    class Meta(TableMeta):
        table = "queueing"

    merchant_id = UnicodeAttribute()
    name = UnicodeAttribute()
    prefix = UnicodeAttribute()
    minutes = NumberAttribute()
    min_party = NumberAttribute()
    max_party = NumberAttribute()
    is_open = NumberAttribute()  # 1 or 0
    day = UnicodeAttribute()
    issued = NumberAttribute()
    waiting = UnicodeAttribute()
    called = UnicodeAttribute()
    skipped = UnicodeAttribute()
    told = NumberAttribute()
    last_called = NumberAttribute()
    pace = NumberAttribute(null=True)
    paced_at = UnicodeAttribute(null=True)
    version = NumberAttribute()


class TicketRow(Row):
    class Meta(TableMeta):
        table = "queueing"

    shop_id = UnicodeAttribute()
    merchant_id = UnicodeAttribute()
    customer_id = UnicodeAttribute()
    label = UnicodeAttribute()
    zone = UnicodeAttribute()
    party = NumberAttribute()
    taken_at = UnicodeAttribute()
    state = UnicodeAttribute()
    called_at = UnicodeAttribute(null=True)
    recalls = NumberAttribute()
    version = NumberAttribute()


class PlaceRow(Row):
    class Meta(TableMeta):
        table = "queueing"

    ticket_id = UnicodeAttribute()
    label = UnicodeAttribute()
    day = UnicodeAttribute()


def _already(row: PlaceRow | None) -> Exception:
    return AlreadyInLine(label=row.label if row else "-", ticket_id=row.ticket_id if row else "-")


class QueueingTable:
    """See `queueing.ports.QueueingStore`."""

    def letters(self, shop_id: str) -> Letters:
        try:
            row = LettersRow.get(_shop(shop_id), _LETTERS, consistent_read=True)
        except LettersRow.DoesNotExist:
            return Letters(shop_id)
        return Letters(shop_id, row.letters, int(row.version))

    def create(self, line: Line, letters: Letters) -> Sequence[Action]:
        row = LettersRow(_shop(letters.shop_id), _LETTERS, letters=letters.letters, version=letters.version)
        is_next = LettersRow.version == letters.version - 1 if letters.version > 1 else LettersRow.pk.does_not_exist()
        return [put(row, is_next), put(_line_row(line), LineRow.pk.does_not_exist())]

    def line(self, shop_id: str, queue_id: str) -> Line | None:
        try:
            return _line(LineRow.get(_shop(shop_id), f"{_LINE}{queue_id}", consistent_read=True))
        except LineRow.DoesNotExist:
            return None

    def lines(self, shop_id: str) -> Sequence[Line]:
        return [_line(row) for row in LineRow.query(_shop(shop_id), LineRow.sk.startswith(_LINE))]

    def replace_line(self, line: Line) -> Action:
        return put(_line_row(line), LineRow.version == line.version - 1)

    def ticket(self, key: TicketKey) -> Ticket | None:
        try:
            return _ticket(TicketRow.get(*_keys(key), consistent_read=True))
        except TicketRow.DoesNotExist:
            return None

    def tickets(self, queue_id: str, day: date, numbers: Sequence[int]) -> Sequence[Ticket]:
        keys = [_keys(TicketKey(queue_id, day, number)) for number in numbers]
        rows = TicketRow.batch_get(keys, consistent_read=True) if keys else ()
        return sorted(map(_ticket, rows), key=lambda one: one.number)

    def take(self, ticket: Ticket) -> Sequence[Action]:
        place = PlaceRow(
            *_place(ticket),
            ticket_id=ticket.id,
            label=ticket.label,
            day=ticket.day.isoformat(),
            expires_at=_dies(ticket.day, PLACE_KEPT),
        )
        is_free = PlaceRow.pk.does_not_exist() | (PlaceRow.day < ticket.day.isoformat())
        return [put(place, is_free, _already), put(_ticket_row(ticket), TicketRow.pk.does_not_exist())]

    def places(self, customer_id: str) -> Sequence[tuple[str, str]]:
        rows = PlaceRow.query(f"CUSTOMER#{customer_id}", consistent_read=True)
        return [(row.sk.removeprefix("SHOP#"), row.ticket_id) for row in rows]

    def vacate(self, customer_id: str, shop_id: str) -> Sequence[Action]:
        return [delete(PlaceRow(f"CUSTOMER#{customer_id}", f"SHOP#{shop_id}"))]

    def replace(self, ticket: Ticket) -> Sequence[Action]:
        writes = [put(_ticket_row(ticket), TicketRow.version == ticket.version - 1)]
        if ticket.state not in LIVE:
            # Another's where two clocks disagree about the date: decided again, the ticket turns out to be expired.
            writes.append(delete(PlaceRow(*_place(ticket)), PlaceRow.ticket_id == ticket.id))
        return writes


def _shop(shop_id: str) -> str:
    return f"SHOP#{shop_id}"


def _keys(key: TicketKey) -> tuple[str, str]:
    return f"TICKETS#{key.queue_id}#{key.day.isoformat()}", f"{key.number:03d}"


def _place(ticket: Ticket) -> tuple[str, str]:
    return f"CUSTOMER#{ticket.customer_id}", f"SHOP#{ticket.shop_id}"


def _dies(day: date, kept: timedelta) -> int:
    return int((datetime.combine(day, time(), UTC) + kept).timestamp())


def _line_row(line: Line) -> LineRow:
    return LineRow(
        _shop(line.shop_id),
        f"{_LINE}{line.id}",
        merchant_id=line.merchant_id,
        name=line.name,
        prefix=line.prefix,
        minutes=line.minutes,
        min_party=line.min_party,
        max_party=line.max_party,
        is_open=int(line.is_open),
        day=line.day.isoformat(),
        issued=line.issued,
        waiting=f"{line.waiting:x}",
        called=f"{line.called:x}",
        skipped=f"{line.skipped:x}",
        told=line.told,
        last_called=line.last_called,
        pace=line.pace,
        paced_at=iso_or_none(line.paced_at),
        version=line.version,
    )


def _line(row: LineRow) -> Line:
    return Line(
        id=row.sk.removeprefix(_LINE),
        shop_id=row.pk.partition("#")[2],
        merchant_id=row.merchant_id,
        name=row.name,
        prefix=row.prefix,
        minutes=int(row.minutes),
        min_party=int(row.min_party),
        max_party=int(row.max_party),
        is_open=bool(row.is_open),
        day=date.fromisoformat(row.day),
        issued=int(row.issued),
        waiting=int(row.waiting, 16),
        called=int(row.called, 16),
        skipped=int(row.skipped, 16),
        told=int(row.told),
        last_called=int(row.last_called),
        pace=None if row.pace is None else int(row.pace),
        paced_at=parse_or_none(row.paced_at),
        version=int(row.version),
    )


def _ticket_row(ticket: Ticket) -> TicketRow:
    return TicketRow(
        *_keys(TicketKey(ticket.queue_id, ticket.day, ticket.number)),
        shop_id=ticket.shop_id,
        merchant_id=ticket.merchant_id,
        customer_id=ticket.customer_id,
        label=ticket.label,
        zone=ticket.zone,
        party=ticket.party,
        taken_at=iso(ticket.taken_at),
        state=ticket.state.value,
        called_at=iso_or_none(ticket.called_at),
        recalls=ticket.recalls,
        version=ticket.version,
        expires_at=_dies(ticket.day, KEPT),
    )


def _ticket(row: TicketRow) -> Ticket:
    _, queue_id, day = row.pk.split("#")
    key = TicketKey(queue_id, date.fromisoformat(day), int(row.sk))
    return Ticket(
        id=key.ticket_id,
        queue_id=queue_id,
        shop_id=row.shop_id,
        merchant_id=row.merchant_id,
        customer_id=row.customer_id,
        day=key.day,
        number=key.number,
        label=row.label,
        zone=row.zone,
        party=int(row.party),
        taken_at=parse(row.taken_at),
        state=State(row.state),
        called_at=parse_or_none(row.called_at),
        recalls=int(row.recalls),
        version=int(row.version),
    )
