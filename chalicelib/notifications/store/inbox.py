"""What somebody has not read, and what is gathered for their digest."""

from collections.abc import Iterator
from datetime import datetime

from pynamodb.expressions.condition import Condition

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import check, delete, update
from chalicelib.kit.transaction import Action
from chalicelib.notifications.rules import DIGEST, AlreadyRead, Due, Gathered, Notice, Tally, dies_at, month
from chalicelib.notifications.store.rows import (
    DIGESTS,
    SHARDS,
    TALLY,
    DigestRow,
    TallyRow,
    account_key,
    due_keys,
    due_partition,
)


class InboxTable:
    """See `notifications.ports.InboxStore`."""

    def tally(self, account_id: str, now: datetime) -> Tally:
        rows = [
            row
            for row in TallyRow.query(account_key(account_id), TallyRow.sk.startswith(TALLY), consistent_read=True)
            if float(row.expires_at or 0) > now.timestamp()
        ]
        months = [(row.sk.removeprefix(TALLY), row) for row in rows]
        return Tally(
            {name: int(row.unread or 0) for name, row in months}, {name: int(row.epoch or 0) for name, row in months}
        )

    def counting(self, notice: Notice) -> Action:
        lives = TallyRow.expires_at.set(int(dies_at(notice.created_at).timestamp()))
        return update(_tally_row(notice), [TallyRow.unread.add(1), lives], _in_epoch(notice.epoch))

    def uncounting(self, notice: Notice) -> Action:
        return update(_tally_row(notice), [TallyRow.unread.add(-1)], _in_epoch(notice.epoch), _read)

    def unread(self, notice: Notice) -> Action:
        return check(_tally_row(notice), _in_epoch(notice.epoch), _read)

    def clearing(self, account_id: str, months: str, epoch: int) -> Action:
        row = TallyRow(account_key(account_id), TALLY + months)
        return update(row, [TallyRow.unread.set(0), TallyRow.epoch.set(epoch + 1)], _in_epoch(epoch))

    def gathering(self, notice: Notice, at: datetime) -> Action:
        row = DigestRow(account_key(notice.account_id), f"{DIGESTS}{iso(at)}#{notice.kind}")
        partition, key = due_keys(Due(DIGEST, at), notice.account_id)
        changes = [
            DigestRow.number.add(1),
            DigestRow.gsi2pk.set(partition),
            DigestRow.gsi2sk.set(key),
            DigestRow.expires_at.set(int(dies_at(notice.created_at).timestamp())),
        ]
        return update(row, changes)

    def digests_due(self, until: datetime, limit: int) -> Iterator[tuple[str, datetime]]:
        seen = set()
        for shard in range(SHARDS):
            bound = DigestRow.gsi2sk < f"{iso(until)}$"
            for row in DigestRow.due.query(due_partition(DIGEST, shard), bound, limit=limit):
                one = row.pk.removeprefix(account_key("")), parse(row.sk.split("#")[1])
                if one not in seen:
                    seen.add(one)
                    yield one

    def gathered(self, account_id: str, at: datetime) -> Gathered:
        begin = f"{DIGESTS}{iso(at)}#"
        rows = DigestRow.query(account_key(account_id), DigestRow.sk.startswith(begin), consistent_read=True)
        return {row.sk.removeprefix(begin): int(row.number) for row in rows}

    def telling(self, account_id: str, at: datetime, gathered: Gathered) -> list[Action]:
        return [
            delete(
                DigestRow(account_key(account_id), f"{DIGESTS}{iso(at)}#{kind}"),
                DigestRow.number == number,
            )
            for kind, number in gathered.items()
        ]

    def forget(self, account_id: str) -> None:
        for model, begin in ((TallyRow, TALLY), (DigestRow, DIGESTS)):
            for row in model.query(account_key(account_id), model.sk.startswith(begin)):
                row.delete()


def _tally_row(notice: Notice) -> TallyRow:
    return TallyRow(account_key(notice.account_id), TALLY + month(notice.created_at))


def _in_epoch(epoch: int) -> Condition:
    same: Condition = TallyRow.epoch == epoch
    return same | TallyRow.epoch.does_not_exist() if epoch == 0 else same


def _read(_row: object) -> Exception:
    return AlreadyRead()
