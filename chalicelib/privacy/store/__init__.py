"""The privacy table, and how what others have sealed is reached (`sealed`).

| row | pk | sk | gsi1 | dies |
|---|---|---|---|---|
| consent: the newest word about a purpose | account id | `CONSENT#<purpose>` | | |
| what was said | account id | `SAID#<at>#<purpose>#<number>` | | |

What was said is only ever added to: its put is conditional. It holds no more of a person than the account's id.

| pattern | requests | units (rows under 1 KB) |
|---|---|---|
| what somebody agrees to | 1 Query, consistent | 1 read per 4 KB |
| say something about a purpose | 1 Query, 1 transaction of 2 | 1 read; 4 write |
| to say it again | 1 Query | 1 read |
| sign up with n purposes | part of the transaction | 4 n write |
| what was said | 1 Query | 0.5 read per 4 KB |
"""

from chalicelib.privacy.store.consents import ConsentTable
from chalicelib.privacy.store.sealed import SealedTables

__all__ = ["ConsentTable", "SealedTables"]
