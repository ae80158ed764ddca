"""The risk table.

| row | pk | sk | gsi1 | dies |
|---|---|---|---|---|
| counter | `COUNT#<subject>` | `COUNT` | | when nothing in it counts any more |
| payer | `PAYER#<subject>` | `PAYER` | | 40 days after its last use |
| history | `HISTORY#<account>` | `HISTORY` | | 40 days after the last payment or refund |
| mark | `SEEN#<payment or refund>` | `SEEN` | | 40 days later |
| alert | alert id | `ALERT` | `OPEN`, `<since or reopened>#<alert>` (open ones only) | a year after it was closed |
| freeze | `FREEZE#<subject>` | `FREEZE` | `FREEZES`, `<at>#<subject>` | |

A subject is `account:<id>`, `shop:<id>`, or of what is personal (device, address, payer) its blind index: `device:<40
hexadecimal digits>`. None of them can be read back, and without the key none can be tried out.

| pattern | requests | units (rows under 1 KB) |
|---|---|---|
| attempt | 1 transaction; 1 UpdateItem each for address and shop | 6 write: freeze, account, device; 1 + 1 write |
| the same, over the limit or frozen | 1 transaction | 6 write: AWS bills what is cancelled |
| paid | 2 GetItem, 1 transaction | 2 read; 6 write: mark, history, payer; 3 each alert |
| refunded | 1 GetItem, 1 transaction | 1 read; 4 write: mark, history; 3 for an alert, 6 for a freeze |
| is something frozen | 1 GetItem, consistent | 1 read |
| freeze, lift | 1 GetItem, 1 transaction | 1 read; 3 write, 3 for the entry, 2 for the answer |
| close an alert | 1 GetItem, 1 transaction | 1 read; 4 write (it leaves the index), 3 for the entry, 2 for the answer |
| open alerts, freezes | 1 Query | 0.5 read per 4 KB |

In a transaction a row costs two units, and one more for each index that it is written to. An UpdateItem that takes no
part in a transaction costs one, and never conflicts: a shop's and an address's counters are shared by many. A full log
of 40 payments with money stays below 1 KB.
"""

from chalicelib.risk.store.cases import CaseTable
from chalicelib.risk.store.files import FileTable

__all__ = ["RiskTable"]


class RiskTable(FileTable, CaseTable):
    """See `risk.ports.RiskStore`."""
