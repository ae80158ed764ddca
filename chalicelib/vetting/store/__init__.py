"""The vetting table. What says who somebody is, and what their licence says, is sealed as one; the sweep opens nothing.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| application | account id | `APPLICATION` | `STATE#<state>#<shard>`, `<since>#<account>` | `DUE#<shard>`, see below |
| as it was approved | account id | `APPROVED` | | |
| what stands | account id | `STANDING` | | likewise |
| document to be erased | account id | `ERASE#<file name>` | | likewise |
| licence | `LICENCE#<blind index>` | `LICENCE` | | |
| blocked name | `BLOCKED` | `<id>` | | |

The second index is sorted by when something is due: an application forgotten, a licence looked at, a document erased.
The last day of a licence stands in clear, for the index is sorted by it. Shards are of the account's id, of four: no
index has a hot key, and a list of a state is read from all of them and merged.

| pattern | requests | units (an application with one document has less than 2 KB) |
|---|---|---|
| all of an account | 2 GetItem, consistent | 2 read |
| draft, a form | 2 GetItem, 1 transaction | 2 read, 4 write |
| register a document | 2 GetItem, 1 transaction | 2 read, 10 write |
| submit | 2 GetItem, 1 Query of blocked names, 1 transaction | 2.5 read, 18 write |
| look at documents | 2 GetItem, 1 transaction | 2 read, 4 write |
| approve | 2 GetItem, the account, the freeze, 1 transaction | 4 read, 26 write |
| a state's list | 1 Query a shard, of 4 | 0.5 read per 4 KB each |
| what is due | 1 Query a shard, of 4 | 0.5 read per 4 KB each |
| a licence lapses | 2 GetItem, 1 transaction | 2 read, 13 write |

In a transaction a row costs two units per KB, and one more for each index that it is written to; where it moves there,
two.

Of two accounts that submit one licence one finds the licence's row another's; of two reviewers one finds the
application's version gone.
"""

from chalicelib.vetting.store.rows import SEALED
from chalicelib.vetting.store.table import VettingTable

__all__ = ["SEALED", "VettingTable"]
