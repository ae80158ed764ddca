"""Posting dues: they, their settlement and the books in one transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from chalicelib.kit.transaction import retrying
from chalicelib.ledger import use_cases as ledger
from chalicelib.ledger.ports import AlreadyPosted, Transaction
from chalicelib.settlement import rules
from chalicelib.settlement.ports import SettlementPorts
from chalicelib.settlement.rules import Due, Settlement

# Each due is one action; the transaction's row, up to a dozen balances and the settlement's row come on top. What the
# transaction's row says of 50 dues is about 25 KB.
_DUES_PER_TRANSACTION = 50


@dataclass(frozen=True)
class Batch:
    """What is posted at once: dues that wait, and dues that the run makes."""

    waiting: Sequence[Due]
    made: Sequence[Due]

    @property
    def dues(self) -> list[Due]:
        """Both."""
        return [*self.waiting, *self.made]


def batches(waiting: Sequence[Due], made: Sequence[Due]) -> Iterator[Batch]:
    """Yield dues in as many batches as they need; what the run makes is in the first."""
    room = _DUES_PER_TRANSACTION - len(made)
    if made or waiting:
        yield Batch(waiting[:room], made)
    for start in range(room, len(waiting), _DUES_PER_TRANSACTION):
        yield Batch(waiting[start : start + _DUES_PER_TRANSACTION], ())


def post(ports: SettlementPorts, settlement: Settlement, batch: Batch) -> list[Due]:
    """Post a batch into a settlement; return what was posted: not what another run has taken in the meantime.

    Raises:
        PaidOut: a payout has taken the settlement; nothing was posted.
    """
    while batch.dues:
        grown = replace(settlement, sums=rules.sums(batch.dues))
        booked = ledger.post(ports.ledger, transaction(batch.dues, ports.clock.now()))
        actions = [*ports.store.settle(grown, batch.waiting, batch.made), *booked]
        try:
            retrying(partial(ports.committer.commit, actions))
        except AlreadyPosted:
            left = _left(ports, batch)
            if left == batch:
                raise  # the books hold what the dues say still waits: somebody must look
            batch = left
        else:
            return batch.dues
    return []


def _left(ports: SettlementPorts, batch: Batch) -> Batch:
    known = ports.store.dues(due.id for due in batch.dues)
    waiting = [due for due in batch.waiting if due.id in known and known[due.id].settlement_id is None]
    return Batch(waiting, [due for due in batch.made if due.id not in known])


def transaction(dues: Sequence[Due], now: datetime) -> Transaction:
    """Return the transaction that settles dues of one merchant and currency. It is named by the first of them: a due is
    settled once, so no other transaction can have the name.
    """
    return Transaction(
        id=f"settlement:{dues[0].id}",
        kind="settlement",
        at=now,
        currency=dues[0].currency,
        entries=tuple(entry for due in dues for entry in due.entries()),
    )
