"""The profiles table: a partition for each account, and a row for each two accounts with a block between them.

| row | pk | sk | gsi1 | dies |
|---|---|---|---|---|
| address book: the ids, the default | `ACC#<account>` | `ADDRESSES` | | |
| address | `ACC#<account>` | `ADDRESS#<address>` | | |
| favourite | `ACC#<account>` | `FAVOURITE#<shop>` | `FAVOURITE#<account>`, `<at>#<shop>` | |
| shop that was looked at | `ACC#<account>` | `SEEN#<shop>` | `SEEN#<account>`, `<at>#<shop>` | after 90 days |
| choices | `ACC#<account>` | `CHOICES` | | |
| how many favourites, how many blocked | `ACC#<account>` | `TALLY` | | |
| questions to the geocoder in an hour | `ACC#<account>` | `SPENT#<hour>` | | with its hour |
| block, with its maker | `ACC#<by>` | `BLOCK#<side>#<other>` | `BLOCKED#<other>`, `<by>#<side>` | |
| what stands between two accounts | `PAIR#<smaller>#<larger>` | `PAIR` | | |

The fields of addresses and the reasons of blocks are sealed to their row. The row of a pair is there while any block
stands between the two: that it is not is what an order, a number, a wait and a coupon have as a condition in their own
transactions, so none slips past a block that is made meanwhile. No shop or merchant is hot by that: each customer has a
row of their own with them.

What is written together:

| happening | rows |
|---|---|
| add an address | address, book on condition of its version, stored answer (which says the id alone) |
| change it | address on condition of its version; to make it the default, the book as well |
| remove it | address, book on condition of its version |
| keep, drop a favourite | the row on condition that it is not, is there; the tally |
| look at a shop | condition that a history is kept; the row |
| block, unblock | block, pair on condition of how it stood, tally; a merchant's also an audit entry (4) |

| pattern | requests | units (small rows) |
|---|---|---|
| read the book with n addresses | 1 Query, consistent | 1 read per 4 KB |
| add, remove an address | 1 GetItem, 1 transaction | 1 read; 6, 4 write |
| change it; make it the default too | 1 Query, 1 transaction | 1 read per 4 KB; 2; 4 write |
| ask the geocoder: its budget | 1 UpdateItem | 1 write |
| keep a favourite; drop it | 1 transaction | 5 write |
| look at a shop; look again | 1 transaction | 5; 6 write |
| favourites, history, one page | 1 Query, 1 BatchGetItem of shops | 0.5 read per 4 KB, 0.5 a shop |
| clear a history of n | 1 Query, 1 BatchWriteItem for 25 | 1 read per 4 KB, 2 write each |
| read choices; change them | 1 GetItem; and 1 transaction | 1 read; 2 write |
| block; unblock | 1 GetItem, 1 transaction | 1 read; 7 write |
| that no block stands (order, number, wait, coupon) | part of the caller's transaction | 2 write |

DynamoDB bills a condition in a transaction like a write, also of a row that is not there.
"""

from chalicelib.profiles.store import addresses, blocks
from chalicelib.profiles.store.addresses import AddressTable
from chalicelib.profiles.store.blocks import BlockTable
from chalicelib.profiles.store.choices import ChoiceTable
from chalicelib.profiles.store.shelf import ShelfTable
from chalicelib.profiles.store.whole import WholeTable

SEALED = (*addresses.SEALED, *blocks.SEALED)

__all__ = ["SEALED", "AddressTable", "BlockTable", "ChoiceTable", "ShelfTable", "WholeTable"]
