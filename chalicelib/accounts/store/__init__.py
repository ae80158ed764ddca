"""The accounts table.

| row | pk | sk | dies |
|---|---|---|---|
| account | account id | `ACCOUNT` | |
| identity: whose it is, and that it is taken | `IDN#<kind>#<blind subject>` | `IDENTITY` | |
| password | account id | `PASSWORD` | |
| session | account id | `SES#<session id>` | 30 days after its last refresh |
| code | `COD#<purpose>#<blind receiver>` | `CODE` | after 5 minutes |
| way to a provider and back | `FLW#<blind state>` | `FLOW` | after 10 minutes |
| authenticator app | account id | `FAC#TOTP` | after 15 minutes, unless confirmed |
| recovery codes that are left | account id | `FAC#RECOVERY` | |
| passkey | account id | `FAC#KEY#<blind credential id>` | |
| passkey: whose it is, and that it is taken | `PSK#<blind credential id>` | `PASSKEY` | |
| challenge of a passkey | `CHL#<blind challenge>` | `CHALLENGE` | after 5 minutes |
| budget: codes, their cost, wrong factors | `BUD#<kind>#<blind who>#<seconds>#<window>` | `BUDGET` | with its window |

Nothing in a row can be read back as a phone number, name or address: the account's fields are sealed to their row, the
keys are blind indexes, and a code is kept as an HMAC with its receiver. A password's hash is sealed as well.

| pattern | requests | units |
|---|---|---|
| read an account, its contact | 1 GetItem, consistent | 1 read |
| ask for a code by mail | 1 transaction of 5 | 10 write |
| ask for a code by SMS | 1 transaction of 7 | 14 write |
| likewise, a counter of the day's cost is full | 1 BatchGetItem, 1 transaction more | 8 read, 14 write more |
| sign in, known identity and device | 1 UpdateItem, 2 GetItem, 2 BatchGetItem, 1 transaction of 4 | 9 write, 6.5 read |
| sign in, new identity | 3 UpdateItem, 1 GetItem, 2 BatchGetItem, 1 transaction of 6 | 15 write, 5.5 read |
| sign in by password, device known | 1 GetItem, 2 BatchGetItem, 2 transactions of 1 and 4 | 10 write, 7 read |
| wrong password, or of nobody | 1 GetItem, 1 BatchGetItem, 1 transaction of 1, 2 UpdateItem | 4 write, 3 read |
| set a password | 1 GetItem, 1 BatchGetItem, 1 transaction of 5 | 13 write, 3 read |
| show a code of an app | 3 transactions (1, 2, 6), 2 BatchGetItem, 1 Query | 18 write, 7 read |
| show a recovery code | likewise, the last of 8 | 25 write, 7 read |
| one's second factors | 1 Query, consistent | 1 read |
| wrong code | 1 UpdateItem | 1 write |
| refresh | 1 BatchGetItem, 1 transaction of 1 | 2 read, 2 write |
| whether a session stands | 1 BatchGetItem, consistent | 2 read |
| sign out | 1 DeleteItem | 1 write |
| an account's sessions | 1 Query, consistent | 1 read per 4 KB |
| change profile or roles | 1 GetItem, 1 transaction of 1 | 1 read, 2 write |
| link, unlink an identity, told and noted | 1 BatchGetItem, 1 transaction of 5 | 2 read, 13 write |
| begin a sign-in at a provider | 1 transaction of 1 | 2 write |
| come back from a provider | 1 UpdateItem, then as signing in or linking | 1 write more |
| sign in by WeChat with a unionid | 1 GetItem more than signing in | 1 read more |
| the same, when one of both names is new | likewise, and 3 more in the transaction | 1 read, 8 write more |

Signing in asks risk (`risk.use_cases.signing_in`), whose rows are in its own table, and whether the address that a code
came back from is suspended (`AccountPorts.arrives`): what both cost is counted above.
DynamoDB bills a write that a condition refuses like one that it lets pass.
"""

from chalicelib.accounts.store.accounts import SEALED as OF_ACCOUNTS
from chalicelib.accounts.store.accounts import AccountRows
from chalicelib.accounts.store.codes import CodeRow, CodeRows
from chalicelib.accounts.store.factors import SEALED as OF_FACTORS
from chalicelib.accounts.store.factors import FactorRows
from chalicelib.accounts.store.flows import FlowRows
from chalicelib.accounts.store.passwords import PasswordRows
from chalicelib.accounts.store.sessions import SessionRows

__all__ = ["SEALED", "AccountsTable", "CodeRow", "FactorRows"]

SEALED = (*OF_ACCOUNTS, *OF_FACTORS)


class AccountsTable(AccountRows, CodeRows, FlowRows, PasswordRows, SessionRows):
    """See `ports.AccountStore`."""
