"""Notices, and what of them waits."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action as Change

from chalicelib.kit.clock import iso
from chalicelib.kit.dynamo import code_of, put, update
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action
from chalicelib.notifications.rules import LEASE, Due, Notice, Settled, Standing, State
from chalicelib.notifications.store.rows import (
    NEVER,
    NOTICE,
    SHARDS,
    NoticeRow,
    account_key,
    due_keys,
    due_partition,
    notice_of,
    notice_row,
)


class NoticeTable:
    """See `notifications.ports.NoticeStore`."""

    def opening(self, notice: Notice, now: datetime) -> Action:
        lease = iso(now + LEASE) if notice.state == State.CLAIMED else NEVER
        return put(notice_row(notice, lease), NoticeRow.pk.does_not_exist(), _standing)

    def notice(self, notice_id: str) -> Notice | None:
        try:
            return notice_of(NoticeRow.get(notice_id, NOTICE, consistent_read=True))
        except NoticeRow.DoesNotExist:
            return None

    def taking(self, notice: Notice, now: datetime, *, unless_read: bool, is_fallback: bool) -> Action:
        changes: list[Change] = [NoticeRow.state.set(State.CLAIMED.value), NoticeRow.lease_until.set(iso(now + LEASE))]
        if is_fallback:
            changes.append(NoticeRow.is_fallback.set(True))
        free: Condition = NoticeRow.state == notice.state.value
        if notice.state == State.CLAIMED:
            free &= NoticeRow.lease_until <= iso(now)
        elif notice.due is not None:
            free &= NoticeRow.gsi2sk == due_keys(notice.due, notice.id)[1]
        if unless_read:
            free &= NoticeRow.read_at.does_not_exist()
        return update(NoticeRow(notice.id, NOTICE), changes, free, _standing)

    def settle(self, notice_id: str, settled: Settled, taken_at: datetime) -> None:
        changes: list[Change] = [
            NoticeRow.state.set(settled.state.value),
            NoticeRow.lease_until.set(NEVER),
            NoticeRow.tries.set(settled.tries),
            *_waiting(settled.due, notice_id),
        ]
        if settled.channel is not None:
            changes.append(NoticeRow.channel.set(settled.channel.value))
        if settled.provider_id is not None:
            changes.append(NoticeRow.provider_id.set(settled.provider_id))
        mine = (NoticeRow.state == State.CLAIMED.value) & (NoticeRow.lease_until == iso(taken_at + LEASE))
        _write_where(notice_id, changes, mine)

    def postponing(self, notice_id: str, due: Due, then: Due) -> Action:
        same = NoticeRow.gsi2sk == due_keys(due, notice_id)[1]
        return update(NoticeRow(notice_id, NOTICE), _waiting(then, notice_id), same)

    def dismiss(self, notice: Notice, due: Due) -> None:
        changes: list[Change] = _waiting(None, notice.id)
        if notice.state == State.HELD:
            was = State.SENT if notice.is_fallback else State.SILENT
            changes.append(NoticeRow.state.set(was.value))
        same = (NoticeRow.state == notice.state.value) & (NoticeRow.gsi2sk == due_keys(due, notice.id)[1])
        _write_where(notice.id, changes, same)

    def reading(self, notice: Notice, now: datetime) -> Action:
        changes: list[Change] = [NoticeRow.read_at.set(iso(now))]
        if notice.state == State.SENT and notice.due is not None:
            changes += _waiting(None, notice.id)
        same = (NoticeRow.state == notice.state.value) & NoticeRow.read_at.does_not_exist()
        return update(NoticeRow(notice.id, NOTICE), changes, same)

    def due(self, lane: str, until: datetime | None, limit: int) -> Iterator[tuple[str, Due]]:
        for shard in range(SHARDS):
            bound = None if until is None else NoticeRow.gsi2sk < f"{iso(until)}$"  # past its `#`
            rows = NoticeRow.due.query(due_partition(lane, shard), bound, limit=limit, page_size=min(limit, 200))
            for row in rows:
                waiting = notice_of(row).due
                if waiting is not None:
                    yield row.pk, waiting

    def forget(self, notice_id: str) -> None:
        NoticeRow(notice_id, NOTICE).delete()

    def states(self, notice_ids: Collection[str]) -> Mapping[str, tuple[State, bool]]:
        rows = NoticeRow.batch_get([(one, NOTICE) for one in notice_ids]) if notice_ids else ()
        return {row.pk: (State(row.state), row.read_at is not None) for row in rows}

    def of_account(self, account_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Notice]:
        rows = NoticeRow.of_account.query(account_key(account_id), scan_index_forward=False, **paged(after, limit))
        return page_of(rows, notice_of)


def _standing(row: NoticeRow | None) -> Exception:
    return Standing(None if row is None else notice_of(row))


def _waiting(due: Due | None, notice_id: str) -> list[Change]:
    if due is None:
        return [NoticeRow.gsi2pk.remove(), NoticeRow.gsi2sk.remove()]
    partition, key = due_keys(due, notice_id)
    return [NoticeRow.gsi2pk.set(partition), NoticeRow.gsi2sk.set(key)]


def _write_where(notice_id: str, changes: list[Change], condition: Condition) -> None:
    """Change a notice if it is still as it was; somebody else has it otherwise, and says how it ended."""
    try:
        NoticeRow(notice_id, NOTICE).update(changes, condition=condition, add_version_condition=False)
    except UpdateError as error:
        if code_of(error) != "ConditionalCheckFailedException":
            raise
