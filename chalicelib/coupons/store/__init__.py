"""The coupons table.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| campaign | campaign id | `CAMPAIGN` | `SHOP#<id>`, `<created at>#<campaign>` (not of the platform's) | |
| coupon | coupon id | `COUPON` | `CUSTOMER#<id>`, `<claimed at>#<coupon>` | `ENDS#<shard>`, `<valid until>#<coupon>` |

A coupon's id follows from campaign and customer: the row itself is what keeps anybody from a second one. It leaves the
second index, which the sweep reads, when it is used or expired.

| pattern | requests | units (rows under 1 KB) |
|---|---|---|
| read a coupon or a campaign | 1 GetItem, consistent | 1 read |
| open | part of the transaction | 3 write (the platform's: 2), and 3 for its message |
| issue (claim) | part of the transaction | 4 + 3 write; of a shop 2 for who blocks whom, its last ten 3 for a message |
| replace: reserve, use, free, expire | part of the transaction | 4 write |
| a shop's campaigns, a customer's coupons | 1 Query | 0.5 read per 4 KB |
| over | 1 Query a shard, of 8 | 0.5 read per 4 KB |
| coupons (sweep) | 1 BatchGetItem | 1 read each |

In a transaction a row costs two units, and one more for each index that it is written to.
"""

from chalicelib.coupons.store.codes import SEALED, CodeTable
from chalicelib.coupons.store.purses import PurseTable
from chalicelib.coupons.store.rows import SHARDS, CampaignRow, CouponRow
from chalicelib.coupons.store.table import CouponStore

__all__ = ["SEALED", "SHARDS", "CampaignRow", "CodeTable", "CouponRow", "CouponStore", "PurseTable"]
