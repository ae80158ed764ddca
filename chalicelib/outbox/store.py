"""The outbox table: messages that wait for the relay.

| row | pk | sk | index |
|---|---|---|---|
| message | message id | "MSG" | gsi1: `PENDING#<shard>` by time, for the sweep |

The stream of this table (new images) feeds the relay; the relay deletes what it has sent, so the table is nearly
empty, and the sweep reads only what was left behind. What it has sent is kept beside it for two weeks, without
`NOT_KEPT`, in a table that nothing listens to:

| row | pk | sk | index |
|---|---|---|---|
| sent | `SENT#<UTC date>#<shard>` of what happened | `<at>#<message id>` | |

| pattern | requests | units (rows of up to 1 KB) |
|---|---|---|
| put | part of the use case's transaction | 2 write, and 1 for the index |
| keep what was sent | 1 BatchWriteItem for 25 | 1 write a message |
| what was sent on a date | 8 Query | 0.5 read per 4 KB |
| remove | 1 BatchWriteItem for 25 | 1 write a message, and 1 for the index |
| sweep of an outbox with nothing left behind | 8 Query | 0.5 read each |
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kit.clock import iso
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, put
from chalicelib.kit.observability import log, putting
from chalicelib.kit.outbox import Message
from chalicelib.kit.transaction import Action

SHARDS = 8
KEPT = timedelta(days=14)
"""How long a message that was sent is kept, as long as a queue keeps it."""
NOT_KEPT = frozenset({"login.new", "outreach.offer", "visit.day_before", "visit.soon"})
"""Types of which nothing is kept: with what device and where somebody signed in, what is near, and offers. Told late
they help nobody."""
_SK = "MSG"


class MessageRow(Row):
    class Meta(TableMeta):
        table = "outbox"

    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    body = UnicodeAttribute()
    pending = Gsi1()


class OutboxStore:
    """Puts, lists and removes messages. See `kit.outbox.Outbox` and `outbox.ports.Pending`."""

    shards = SHARDS

    def put(self, message: Message) -> Action:
        """Return the write of a message. Without a condition: fresh ids never meet, and a message whose id is derived
        from what happened may be put again until it is sent.
        """
        putting(message.id)
        row = MessageRow(
            message.id,
            _SK,
            gsi1pk=f"PENDING#{_shard(message.id)}",
            gsi1sk=f"{iso(message.occurred_at)}#{message.id}",
            body=message.to_text(),
        )
        return put(row)

    def read_images(self, images: Iterable[Mapping[str, Any]]) -> list[Message]:
        """Return the messages of a stream's new images, without those that cannot be read."""
        rows = []
        for image in images:
            row = MessageRow()
            row.deserialize(dict(image))
            rows.append(row)
        return list(_readable(rows))

    def left_behind(self, shard: int, before: datetime) -> Iterator[Message]:
        rows = MessageRow.pending.query(f"PENDING#{shard}", MessageRow.gsi1sk < iso(before), page_size=100)
        return _readable(rows)

    def remove(self, message_ids: Sequence[str]) -> None:
        with MessageRow.batch_write() as batch:
            for message_id in dict.fromkeys(message_ids):
                batch.delete(MessageRow(message_id, _SK))


class SentRow(Row):
    class Meta(TableMeta):
        table = "sent"

    body = UnicodeAttribute()


class SentTable:
    """See `outbox.ports.Sent`."""

    def keep(self, messages: Sequence[Message]) -> None:
        rows = {message.id: self._row(message) for message in messages if message.type not in NOT_KEPT}
        with SentRow.batch_write() as batch:
            for row in rows.values():
                batch.save(row)

    def _row(self, message: Message) -> SentRow:
        at = message.occurred_at.astimezone(UTC)
        return SentRow(
            f"SENT#{at.date()}#{_shard(message.id)}",
            f"{iso(at)}#{message.id}",
            body=message.to_text(),
            expires_at=int((at + KEPT).timestamp()),
        )

    def of_day(self, day: date) -> Iterator[Message]:
        for shard in range(SHARDS):
            yield from _readable(SentRow.query(f"SENT#{day}#{shard}"))


def _shard(message_id: str) -> int:
    return zlib.crc32(message_id.encode()) % SHARDS


def _readable(rows: Iterable[MessageRow | SentRow]) -> Iterator[Message]:
    """Yield the messages of rows. One that this version of the code cannot read stays where it is, for a version that
    can; the log says so at each sweep.
    """
    for row in rows:
        try:
            message = Message.from_json(json.loads(row.body))
        except (ValueError, KeyError, TypeError) as error:
            reason = type(error).__name__  # its text may repeat what is in the message
            log.error("unreadable message in the outbox", message_id=row.pk, at=row.sk, reason=reason)
        else:
            yield message
