"""The outbox table: messages that wait for the relay.

| row | pk | sk | index |
|---|---|---|---|
| message | message id | "MSG" | gsi1: `PENDING#<shard>` by time, for the sweep |

The stream of this table (new images) feeds the relay; the relay deletes what it has sent, so the table is nearly
empty, and the sweep reads only what was left behind.
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kit.clock import iso
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, put
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
    """Puts, lists and removes messages."""

    def put(self, message: Message) -> Action:
        """See `kit.outbox.Outbox`. Without a condition: fresh ids never meet, and a message whose id is derived from
        what happened may be put again until it is sent.
        """
        row = MessageRow(
            message.id,
            _SK,
            gsi1pk=f"PENDING#{zlib.crc32(message.id.encode()) % SHARDS}",
            gsi1sk=f"{iso(message.occurred_at)}#{message.id}",
            body=json.dumps(message.to_json(), ensure_ascii=False, separators=(",", ":")),
        )
        return put(row)

    def read_image(self, image: Mapping[str, Any]) -> Message:
        """Return the message of a stream record's new image."""
        row = MessageRow()
        row.deserialize(dict(image))
        return Message.from_json(json.loads(row.body))

    def left_behind(self, shard: int, before: datetime, limit: int) -> Iterable[Message]:
        """Yield messages of a shard that have waited since before a moment, oldest first."""
        rows = MessageRow.pending.query(f"PENDING#{shard}", MessageRow.gsi1sk < iso(before), limit=limit)
        return (Message.from_json(json.loads(row.body)) for row in rows)

    def remove(self, message_id: str) -> None:
        """Remove a message that was sent; no harm when it is gone."""
        MessageRow(message_id, _SK).delete()
