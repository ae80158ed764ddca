"""What is left to do; the keys are told in the package."""

import zlib
from collections.abc import Iterable

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DeleteError

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Row, TableMeta, code_of, delete, put
from chalicelib.kit.transaction import Action
from chalicelib.payouts.ports import Task, TaskKind

SHARDS = 8


class TaskRow(Row):
    class Meta(TableMeta):
        table = "payouts"

    not_before = UnicodeAttribute()


class Tasks:
    """See `payouts.ports.PayoutStore`."""

    shards = SHARDS

    def note(self, task: Task) -> Action:
        row = _row(task.kind, task.id)
        row.not_before = iso(task.not_before)
        return put(row)

    def done(self, kind: TaskKind, id_: str) -> Action:
        return delete(_row(kind, id_))

    def drop(self, task: Task) -> None:
        try:
            _row(task.kind, task.id).delete(condition=TaskRow.not_before == iso(task.not_before))
        except DeleteError as error:
            # Noted again: it stays.
            if code_of(error) != "ConditionalCheckFailedException":
                raise

    def tasks(self, shard: int) -> Iterable[Task]:
        for row in TaskRow.query(f"TASK#{shard}", consistent_read=True):
            kind, _, id_ = row.sk.partition("#")
            yield Task(TaskKind(kind), id_, parse(row.not_before))


def _row(kind: TaskKind, id_: str) -> TaskRow:
    return TaskRow(f"TASK#{zlib.crc32(id_.encode()) % SHARDS}", f"{kind}#{id_}")
