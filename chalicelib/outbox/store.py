"""The outbox table: messages that wait for the relay.

| row | pk | sk | index |
|---|---|---|---|
| message | message id | "MSG" | gsi1: `PENDING#<shard>` by time, for the sweep |

The stream of this table (new images) feeds the relay; the relay deletes what it has sent, so the table is nearly
empty, and the sweep reads only what was left behind.

| pattern | requests | units (rows of up to 1 KB) |
|---|---|---|
| put | part of the use case's transaction | 2 write, and 1 for the index |
| remove | 1 BatchWriteItem for 25 | 1 write a message, and 1 for the index |
| sweep of an outbox with nothing left behind | 8 Query | 0.5 read each |
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kit.clock import iso
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, put
from chalicelib.kit.observability import log, putting
from chalicelib.kit.outbox import Message
from chalicelib.kit.transaction import Action

SHARDS = 8
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
            gsi1pk=f"PENDING#{zlib.crc32(message.id.encode()) % SHARDS}",
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


def _readable(rows: Iterable[MessageRow]) -> Iterator[Message]:
    """Yield the messages of rows. One that this version of the code cannot read stays where it is, for a version that
    can; the log says so at each sweep.
    """
    for row in rows:
        try:
            message = Message.from_json(json.loads(row.body))
        except (ValueError, KeyError, TypeError):
            log.exception("unreadable message in the outbox", message_id=row.pk)
        else:
            yield message
