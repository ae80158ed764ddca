"""The payments table.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| payment | `PAY#<id>` | `PAY` | `ORDER#<order>` by time | `WAY#<shard>` by next look, while it is on its way |
| refund | `REF#<id>` | `REF` | `ORDER#<order>` by time | likewise |
| dispute | `DIS#<id>` | `DIS` | `MERCHANT#<merchant>` by time | `DISPUTED#<order>` |
| event (the inbox) | `EVT#<provider>#<provider's id>` | `EVT`, dies 90 days after it was worked | | `INBOX#<shard>` by when it was told last, until it is worked |

The provider repeats an event for up to 3 days; what is worked is remembered far longer.

| pattern | requests | units (small rows) |
|---|---|---|
| begin a payment | 1 put; then 1 transaction with the answer's row | 3 write; 6 write |
| acknowledge an event | 1 transaction (inbox and outbox row) | 6 write |
| work a charge: event, payment, order; mark | 2 GetItem, orders' reads, 1 update | 1 read each; 2 write |
| move a payment | part of a transaction | 4 write |
| open a refund, end it | part of a transaction each; its reference in between | 4 write each; 3 write |
| what is on its way, what nobody worked | 1 Query a shard each, of 8 | 0.5 read per 4 KB |
"""  # noqa: E501 - a table's rows are one line each

from chalicelib.payments.store.disputes import DisputeRows
from chalicelib.payments.store.inbox import InboxRows
from chalicelib.payments.store.money import MoneyRows
from chalicelib.payments.store.rows import SHARDS

__all__ = ["PaymentStore"]


class PaymentStore(MoneyRows, DisputeRows, InboxRows):
    """See `payments.ports.PaymentStore`."""

    shards = SHARDS
