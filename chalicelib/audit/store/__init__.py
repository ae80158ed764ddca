"""The audit table. Append only: a put is conditional, and policies need no more than PutItem and Query.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| entry | `OBJECT#<object>` | `<at>#<entry>` | `ACTOR#<actor>`, `<at>#<entry>` | `DAY#<UTC date>#<shard>`, `<at>#<entry>` |
| seal | `SEAL` | `<UTC date>` | | |

No row is written twice, so nothing is hot; an entry never dies. The date of `gsi2` is that of the writer's clock,
whatever moment the entry tells: it is sealed after the end of that date. The shard follows from the entry's id. An
entry is hashed as its row stands, with its places in the indexes: nobody hides one from a search unseen.

| pattern | requests | units (rows under 1 KB) |
|---|---|---|
| note | part of the caller's transaction | 4 write |
| what happened to an object | 1 Query, consistent | 1 read per 4 KB |
| what an actor did | 1 Query | 0.5 read per 4 KB |
| a shard of a day | 1 Query per MB | 0.5 read per 4 KB |
| an entry to prove | 1 GetItem, consistent | 1 read |
| tell a seal | 1 GetItem, consistent, and 1 PutItem where none stands | 1 read, 1 write |

A day's seal reads its 8 shards and those of the three days before, which it looks at again, and writes one row.
"""  # noqa: E501 - a table's rows are one line each

from chalicelib.audit.store.entries import AuditTable
from chalicelib.audit.store.seals import SealTable

__all__ = ["AuditTable", "SealTable"]
