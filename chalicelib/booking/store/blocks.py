"""Blocked time and notes, in rows of the booking table.

| row | pk | sk | gsi1 | dies |
|---|---|---|---|---|
| blocked time | `BLK#<id>` | `BLK` | `BLOCKS#<shop>`, `<start>#<id>` | 30 days after its end |
| note of a local date | `NOTE#<shop>` | local date | | 400 days after it |

| pattern | requests | units |
|---|---|---|
| block, unblock | the shop's query or 1 GetItem, 1 BatchGet, 1 transaction | 1 read a day's row; 5 write and 2 a day's row |
| blocked time of a date | 1 Query of gsi1, and the shop | 0.5 read per 4 KB |
| read a note, write one | 1 GetItem, and the shop; 1 transaction more | 1 read; 2 write |
"""  # noqa: E501 - a table's rows are one line each

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.booking.rules.blocks import LONGEST, Block, Note
from chalicelib.booking.rules.days import Claim
from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, delete, put
from chalicelib.kit.transaction import Action
from chalicelib.kit.wall import Window

_BLOCK = "BLK"
_KEPT, _NOTE_KEPT = timedelta(days=30), timedelta(days=400)


class BlockRow(Row):
    class Meta(TableMeta):
        table = "booking"

    shop_id = UnicodeAttribute()
    merchant_id = UnicodeAttribute()
    resource_id = UnicodeAttribute()
    starts_at = UnicodeAttribute()
    ends_at = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    of_shop = Gsi1()


class NoteRow(Row):
    class Meta(TableMeta):
        table = "booking"

    text = UnicodeAttribute()
    version = NumberAttribute()


class BlockTable:
    """See `booking.ports.BlockStore`."""

    def block(self, block_id: str) -> Block | None:
        try:
            return _block(BlockRow.get(f"BLK#{block_id}", _BLOCK, consistent_read=True))
        except BlockRow.DoesNotExist:
            return None

    def create(self, block: Block) -> Action:
        row = BlockRow(
            f"BLK#{block.id}",
            _BLOCK,
            shop_id=block.shop_id,
            merchant_id=block.merchant_id,
            resource_id=block.claim.resource_id,
            starts_at=iso(block.claim.start),
            ends_at=iso(block.claim.end),
            reason=block.reason,
            created_at=iso(block.created_at),
            gsi1pk=f"BLOCKS#{block.shop_id}",
            gsi1sk=f"{iso(block.claim.start)}#{block.id}",
            expires_at=int((block.claim.end + _KEPT).timestamp()),
        )
        return put(row, BlockRow.pk.does_not_exist())

    def remove(self, block: Block) -> Action:
        return delete(BlockRow(f"BLK#{block.id}", _BLOCK), BlockRow.pk.exists())

    def of_shop(self, shop_id: str, span: Window, limit: int) -> Sequence[Block]:
        # One that reaches into the span began no earlier than the longest there can be.
        rows = BlockRow.of_shop.query(
            f"BLOCKS#{shop_id}", BlockRow.gsi1sk.between(iso(span.start - LONGEST), iso(span.end))
        )
        return list(islice((block for row in rows if (block := _block(row)).claim.end > span.start), limit))

    def note(self, shop_id: str, day: date) -> Note:
        try:
            row = NoteRow.get(f"NOTE#{shop_id}", day.isoformat(), consistent_read=True)
        except NoteRow.DoesNotExist:
            return Note(shop_id, day)
        return Note(shop_id, day, row.text, int(row.version))

    def write_note(self, note: Note) -> Action:
        row = NoteRow(
            f"NOTE#{note.shop_id}",
            note.day.isoformat(),
            text=note.text,
            version=note.version,
            expires_at=int((datetime.combine(note.day, time(), UTC) + _NOTE_KEPT).timestamp()),
        )
        stands = NoteRow.version == note.version - 1 if note.version > 1 else NoteRow.pk.does_not_exist()
        return put(row, stands)


def _block(row: BlockRow) -> Block:
    return Block(
        id=row.pk.partition("#")[2],
        shop_id=row.shop_id,
        merchant_id=row.merchant_id,
        claim=Claim(row.resource_id, parse(row.starts_at), parse(row.ends_at)),
        reason=row.reason,
        created_at=parse(row.created_at),
    )
