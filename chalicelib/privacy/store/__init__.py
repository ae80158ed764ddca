"""The privacy table, and how what others have sealed is reached (`sealed`).

| row | pk | sk | gsi1 | dies |
|---|---|---|---|---|
| consent: the newest word about a purpose | account id | `CONSENT#<purpose>` | | |
| what was said | account id | `SAID#<at>#<purpose>#<number>` | | |
| copy | account id | `EXPORT#<export>` | | 90 days after it was asked for |
| number of copies ever asked for | account id | `EXPORTS` | | |
| erasure | account id | `ERASURE` | `ERASURES`, `<due at>#<account>` until it is done or withdrawn | |

What was said is only ever added to: its put is conditional. It holds no more of a person than the account's id.

| pattern | requests | units (rows under 1 KB) |
|---|---|---|
| what somebody agrees to | 1 Query, consistent | 1 read per 4 KB |
| say something about a purpose | 1 Query, 1 transaction of 2 | 1 read; 4 write |
| to say it again | 1 Query | 1 read |
| sign up with n purposes | part of the transaction | 4 n write |
| what was said | 1 Query | 0.5 read per 4 KB |
| ask for a copy | 1 Query, 1 transaction of 4 | 1 read; 4 write, the message 3, the answer 2 |
| make one | 1 GetItem, what the domains read, 1 transaction of 2 | 1 read; 2 write, the message 3 |
| copies, one copy | 1 Query, 1 GetItem | 1 read |
| ask for an erasure | 1 GetItem, what the domains read, 1 transaction of 4 | 1 read; 3 write, and 8 for the others |
| a step of one | 1 GetItem, what the domains do, 1 transaction | 1 read; 4 write |
| what is due | 1 Query | 0.5 read per 4 KB |
"""

from chalicelib.privacy.store.consents import ConsentTable
from chalicelib.privacy.store.requests import RequestTable
from chalicelib.privacy.store.sealed import SealedTables

__all__ = ["ConsentTable", "RequestTable", "SealedTables"]
