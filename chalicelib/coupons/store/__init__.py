"""The coupons table.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| campaign | campaign id | `CAMPAIGN` | `SHOP#<id>`, `<created at>#<campaign>` (not of the platform's) | |
| coupon | coupon id | `COUPON` | `CUSTOMER#<id>`, `<claimed at>#<coupon>` | `ENDS#<shard>`, `<valid until>#<coupon>` |
| bucket of a number | `<campaign>#BUCKET<n>` | `BUCKET` | | |
| purse of money | `<campaign>#PURSE<n>` | `PURSE` | | |
| part of it that is held | `<campaign>#PURSE<n>` | `HELD#<until>#<coupon>` | | |
| what a coupon has drawn | coupon id | `DRAW` | | |
| batch of codes | `cdb_...` | `BATCH` | `CODES#<campaign>`, `<created at>#<batch>` | |
| code; that it was used | `CODE#<index>` | `CODE`; `USED` | | |
| poster | `pst_...` | `POSTER` | `POSTERS#<campaign>`, `<created at>#<poster>` | |
| tally | of a device, a code shown, a poster's day, tries | `TALLY` | | |
| up to where owners are told | `EXPIRING` | shard | | |
| shop that takes part | campaign id | `JOINED#<shop>` | | |
| simulation, for a week | `sim_...` | `SIMULATION` | | |

A coupon's id follows from campaign and customer, and which of theirs it is: the row itself is what keeps anybody from
more than they may have. It leaves the second index, which the sweep reads, when it is used or expired.

| pattern | requests | units (rows under 1 KB) |
|---|---|---|
| read a coupon or a campaign | 1 GetItem, consistent | 1 read |
| open | part of the transaction | 3 write (the platform's: 2), and 3 for its message |
| claim: campaign and coupon; buckets and other coupons | 1 BatchGetItem each | 1 read a row; `again` and sold out: 2 |
| claim | part of the transaction | 4 write, 2 for the account; of a shop 2 for who blocks whom; see the count |
| count on the campaign's row | part of the transaction | 3 write (the platform's: 2) |
| count at a bucket | part of the transaction | 2 write; with its last one as the campaign's row on top, 3 a message |
| tally of a device or a scan | part of the transaction | 2 write |
| one campaign with what all its buckets say | 1 BatchGetItem | 0.5 read a bucket that is not known to be empty |
| and with what is left of its money | 1 BatchGetItem | 0.5 read a purse |
| whether any is left, at a claim | 1 BatchGetItem | 1 read a purse |
| draw; keep; put back | 2 requests, 1 to put back; part of the transaction | 2; 3; 1 read, 6; 4; 4 write |
| make codes | 2 GetItem, BatchWriteItem of 25, 1 transaction | 1 write a code, 3 a batch |
| a code: tries, code, batch | 1 transaction, 1 Query, 1 GetItem | 4 write, 2 read; 2 write in the claim |
| replace: reserve, use, free, expire | part of the transaction | 4 write |
| a shop's campaigns, a customer's coupons | 1 Query | 0.5 read per 4 KB |
| over; ending | 1 Query a shard, of 8 | 0.5 read per 4 KB |
| up to where owners are told | 1 GetItem a shard; part of the transaction | 1 read; 2 write |
| coupons (sweep, several of an order) | 1 BatchGetItem | 1 read each |
| join; which of some campaigns a shop joined | part of the transaction; 1 BatchGetItem | 2 write; 1 read each |
| a simulation's step | 1 GetItem, part of the transaction | 1 read, 2 write per KB: 9 bytes a customer |

In a transaction a row costs two units, and one more for each index that it is written to.
"""

from chalicelib.coupons.store.codes import SEALED, CodeTable
from chalicelib.coupons.store.purses import PurseTable
from chalicelib.coupons.store.rows import SHARDS, CampaignRow, CouponRow
from chalicelib.coupons.store.simulations import SimulationTable
from chalicelib.coupons.store.table import CouponStore

__all__ = [
    "SEALED",
    "SHARDS",
    "CampaignRow",
    "CodeTable",
    "CouponRow",
    "CouponStore",
    "PurseTable",
    "SimulationTable",
]
