"""The notifications table.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| notice | notice id  | `NOTICE` | `ACC#<account>`, `<created at>#<notice id>` | see below |
| tally | `ACC#<account>` | `UNREAD#<month>` | | |
| digest | `ACC#<account>` | `DIGEST#<due>#<kind>` | | `DUE#digest#<shard>`, `<due>#<account>` |
| suspended | `GONE#<blind index of channel and address>` | `SUSPENDED` | | |
| lifted | likewise | `LIFTED` | | |
| spent | `SPENT#<kind>#<date>` | shard | | |

A notice's id follows from message and account. One that waits is in the second index: `DUE#<lane>#<shard>`,
`<due>#<notice id>`; it leaves it when nothing is left to do. The lanes are the end of quiet hours, a push that is not
read, and each channel that is down.

Notices and tallies of a month die together, 180 days after it began. Texts hold no personal data; addresses are not
kept, but for the blind index of those that nothing is sent to. A suspension dies after two years, that it was
lifted after 30 days, what was spent after three.

| pattern | requests | units (small rows) |
|---|---|---|
| tally | 1 Query, consistent | 1 read |
| open: a notice is written and counted | 1 transaction | 3 + 2 write; gathered 3 more; held 1 more |
| take | 1 UpdateItem; where it must be unread 1 transaction | 2 write; 3 + 2, and 1 where it leaves the second index |
| settle | 1 UpdateItem | 2 write, and 1 where it waits from then on |
| read one | 1 GetItem, 1 transaction | 1 read; 3 + 2 write, and 1 where it waited for that |
| read all | 1 Query, 1 transaction | 1 read; 2 write a month |
| a notice | 1 GetItem, consistent | 1 read |
| notices of an account | 1 Query | 0.5 read per 4 KB |
| what is due | 1 Query a shard, of 4 | 0.5 read per 4 KB |
| postpone (sweep) | part of a transaction | 5 write |
| suspended | 1 BatchGetItem | 0.5 read each |
| suspend, lift | 1 transaction | 4 write |
| spend | 1 UpdateItem; the first shard full, 1 Query and 1 UpdateItem more | 1 write; 0.5 read, 2 write |

In a transaction a row costs two units, and one more for each index that it is written to.
"""

from chalicelib.notifications.store.addresses import AddressTable
from chalicelib.notifications.store.inbox import InboxTable
from chalicelib.notifications.store.notices import NoticeTable
from chalicelib.notifications.store.spent import SpentTable

__all__ = ["AddressTable", "InboxTable", "NoticeTable", "SpentTable"]
