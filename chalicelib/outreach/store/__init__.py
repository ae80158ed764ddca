"""The outreach table.

| row | pk | sk | gsi1 |
|---|---|---|---|
| customer with tags | `MERCHANT#<id>` | `CUSTOMER#<id>` | `PERSON#<customer>`, `<merchant>` |
| how many have which tag | `MERCHANT#<id>` | `TAGS` | |
| what a merchant began to send of late | `MERCHANT#<id>` | `STARTED` | |
| one text to many | `MERCHANT#<id>` | `OUTREACH#<id>` | `DUE#<shard>`, `<next at>#<id>` while anything is to be done |
| who got it | `OUTREACH#<id>` | `TO#<customer>` | |
| what a customer said about a merchant's offers | `CUSTOMER#<id>` | `OFFERS#<merchant>` | |
| what a customer was sent of late | `CUSTOMER#<id>` | `HEARD` | |

Who got what dies 90 days after, what somebody heard 30 days after the last. All else stays until it is removed.

| pattern | requests | units (rows under 1 KB) |
|---|---|---|
| tag a customer | 2 GetItem, consistent; part of the transaction | 2 read, 3 write and 2 of the tally |
| drop the tags | likewise | 2 read, 3 write and 2 |
| customers of a merchant, what it has sent, who got one | 1 Query | 0.5 read per 4 KB |
| a merchant's tags, a wish, what was heard, one text | 1 GetItem, consistent | 1 read |
| say a wish | part of the transaction | 2 write |
| begin | part of the transaction | 3 write and 2 of what was begun |
| send to one | part of the transaction | 2 write of the check, 2 of who got it, 2 of what they heard |
| a turn, a report | part of the transaction | 4 write, for it moves in the index |
| what is due | 1 Query a shard, of 4 | 0.5 read per 4 KB |
| forget a customer | 1 Query, consistent; 1 DeleteItem a row | 1 read, 1 write a row |

In a transaction a row costs two units, and one more for each index that it is written to; where it moves there, two.
"""

from chalicelib.outreach.store.customers import CustomerTable
from chalicelib.outreach.store.outreach import OutreachTable

__all__ = ["CustomerTable", "OutreachTable"]
