"""The payouts table: payouts with their legs, batches, reversals, and what is left to do.

| row | pk | sk | gsi1 | gsi2 |
|---|---|---|---|---|
| payout | `PAYOUT#<id>` | `PAYOUT` | `STATE#<state>`, `<created at>#<id>` | `MERCHANT#<merchant>`, `<created at>#<id>` |
| leg | `PAYOUT#<payout>` | `LEG#<id>` | `CHARGE#<payment>`, `<id>` once it is sent | |
| reversal | `REVERSED#<merchant>#<settlement>` | `<id>` | | |
| batch | `BATCH#<id>` | `BATCH` | | |
| task | `TASK#<shard>` | `<kind>#<id>` | | |

The bank account of a payout is sealed to its row.

A task stands beside everything that is not finished, and goes with its end: what a crash leaves is found by reading
8 partitions, consistently. What waits for the bank has none: it waits for a person.

| pattern | requests | units (small rows) |
|---|---|---|
| make a payout, with its task | part of a transaction | 6 write |
| write n legs | 1 transaction for 90 | 2 write each |
| end a leg that was sent | part of a transaction | 3 write |
| end a payout, with its task | part of a transaction | 7 write |
| plan a reversal, with its task | part of a transaction | 4 write |
| a payout with its legs | 1 BatchGetItem, 1 Query | 1 read per 4 KB each |
| payouts of a merchant, in a state | 1 Query | 0.5 read per 4 KB |
| what is left to do | 8 Query | 1 read per 4 KB each |
| take n payouts into a batch | 1 transaction for 80 | 5 write each, and 2 per KB of the batch |
| all of a payout of one charge, settlement and ledger too | 21 | 14 read, 50 write |
| each further charge | 2 | 1 read, 12 write |
"""  # noqa: E501 - a table's rows are one line each

from chalicelib.payouts.store.batches import Batches
from chalicelib.payouts.store.payouts import SEALED, Payouts
from chalicelib.payouts.store.reversals import Reversals
from chalicelib.payouts.store.tasks import Tasks

__all__ = ["SEALED", "PayoutTable"]


class PayoutTable(Payouts, Reversals, Batches, Tasks):
    """See `payouts.ports.PayoutStore`."""
