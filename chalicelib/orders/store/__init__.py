"""The orders table.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| order, held | order id | `ORDER` | `CUSTOMER#<id>`, `<created at>#<order>` | `HELD#<shard>`, `<hold until>#<order>` |
| order, sold | likewise | | likewise | `SHOP#<id>`, `<created at>#<order>` |
| order, dropped | likewise | | likewise | none |
| live holds of a customer | `CUSTOMER#<id>` | `HOLDS` | | |
| where a customer has bought | `CUSTOMER#<id>` | `BOUGHT` | | |

The second index is sparse: the sweep finds what is held, the merchant what was sold, and nobody what was dropped. An
order's lines lie in its row: they are read and written with it, and there are few.

Where a customer has bought is what makes a coupon for a first order safe: each order that is sold in a shop where none
was is written there in the transaction that sells it, and what reserves such a coupon writes the same row. It knows
nothing of orders from before it was kept: for those the customer's orders are looked through as well.

| pattern | requests | units (order of one line, under 1 KB) |
|---|---|---|
| read an order | 1 GetItem, consistent | 1 read |
| create | part of the transaction | 4 write |
| replace where it stays in its place of the second index | part of the transaction | 4 write |
| replace where it moves there (paid) | part of the transaction | 5 write |
| take_hold | 1 GetItem, consistent; the rest is part of the transaction | 1 read, 2 write |
| drop_hold | part of the transaction | 2 write |
| bought | 1 GetItem, consistent | 1 read |
| put_bought: the first order of a shop, a coupon for a first order | part of the transaction | 2 write |
| a customer's, a shop's orders | 1 Query | 0.5 read per 4 KB |
| sold, of a shop, of all | 1 Query, 1 Scan of the second index | 0.5 read per 4 KB |
| run_out | 1 Query a shard, of 8 | 0.5 read per 4 KB |

In a transaction a row costs two units, and one more for each index that it is written to.
"""

from chalicelib.orders.store.holds import HoldsRow
from chalicelib.orders.store.rows import SHARDS, OrderRow
from chalicelib.orders.store.table import OrderStore

__all__ = ["SHARDS", "HoldsRow", "OrderRow", "OrderStore"]
