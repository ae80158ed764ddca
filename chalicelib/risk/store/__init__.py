"""The risk table.

| row | pk | sk | gsi1 | dies |
|---|---|---|---|---|
| counter | `COUNT#<subject>` | `COUNT` | | when nothing in it counts any more |
| payer | `PAYER#<subject>` | `PAYER` | | 40 days after its last use |
| history | `HISTORY#<account>` | `HISTORY` | | 40 days after the last payment or refund |
| mark | `SEEN#<payment or refund>` | `SEEN` | | 40 days later |
| alert | alert id | `ALERT` | `OPEN`, `<since or reopened>#<alert>` (open ones only) | a year after it was closed |
| freeze | `FREEZE#<subject>` | `FREEZE` | `FREEZES`, `<at>#<subject>` | |
| sign-ins of an account | `LOGIN#<account>` | `LOGIN` | | 90 days after the last one |
| who is new at a place | `CROWD#<device or ip>#<window>` | `CROWD` | | with the window after it |
| who was guessed at from a network | `VICTIMS#<ip>#<hour>` | `CROWD` | | likewise |

A subject is `account:<id>`, `shop:<id>`, or of what is personal (device, address, payer, what is tried or guessed) its
blind index: `device:<40 hexadecimal digits>`. None of them can be read back, and without the key none can be tried out.
Where an account was signed in to last is rounded to a tenth of a degree and sealed to its row.

| pattern | requests | units (rows under 1 KB) |
|---|---|---|
| attempt | 1 transaction; 1 UpdateItem each for address and shop | 6 write: freeze, account, device; 1 + 1 write |
| the same, over the limit or frozen | 1 transaction | 6 write: AWS bills what is cancelled |
| paid | 2 GetItem, 1 transaction | 2 read; 6 write: mark, history, payer; 3 each alert |
| refunded | 1 GetItem, 1 transaction | 1 read; 4 write: mark, history; 3 for an alert, 7 for a freeze |
| is something frozen | 1 GetItem, consistent; of payouts 2 | 1 read, 2 |
| freeze, lift | 1 GetItem, 1 transaction | 1 read; 3 write, 4 for the entry, 2 for the answer |
| look at an alert | 1 GetItem, consistent | 1 read |
| assign, note, close an alert | 1 GetItem, 1 transaction | 1 read; 3 write, 4 for the entry, 2 for the answer |
| try to sign in | 1 transaction | 2 write |
| the same, too often | 1 transaction, 1 BatchGetItem; on a device that is known 1 more | 2 write, 3 read; 2 write |
| a wrong guess | 2 UpdateItem | 2 write; 1 an alert, and 1 for its index |
| devices of some accounts | 1 BatchGetItem | 1 read each |
| sign in | 1 BatchGetItem; the caller's transaction | 4 read; 4 write: freeze, file |
| on a new device | 1 BatchGetItem, 2 UpdateItem; the caller's transaction | 4 read, 2 write; 4 write, the message |
| open alerts, freezes | 1 Query; of one kind or person as many as a page needs | 0.5 read per 4 KB |

In a transaction a row costs two units, and one more for each index that it is written to. An UpdateItem that takes no
part in a transaction costs one, and never conflicts: a shop's and an address's counters are shared by many. A full log
of 40 payments with money stays below 1 KB.
"""

from chalicelib.risk.store.cases import CaseTable
from chalicelib.risk.store.files import FileTable
from chalicelib.risk.store.sign_ins import SEALED, SignInTable

__all__ = ["SEALED", "RiskTable", "SignInTable"]


class RiskTable(FileTable, CaseTable):
    """See `risk.ports.RiskStore`."""
