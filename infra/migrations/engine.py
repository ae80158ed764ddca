"""A migration, done: every segment of its table read page by page, each change on its condition, each page noted.

Stopped anywhere, the same page is read again: rows that were changed already ask for nothing. When all segments are at
their end the table is read once more without writing; what an older version wrote meanwhile is another round.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import ClientError

from infra.migrations.items import plain, typed
from infra.migrations.model import Add, Change, Migration, Put
from infra.migrations.state import MigrationError, Progress, Segment, State, is_conflict

SEGMENTS = 4
PAGE = 100
"""Rows that are read at a time, and at most done twice."""
ROUNDS = 3
_TRIES = 5

OnPage = Callable[[int, int], None]
"""Told how many rows were seen, and how many of them changed."""


@dataclass(frozen=True)
class Census:
    """What a walk saw: rows, and how many of them have something to be changed."""

    seen: int
    left: int


@dataclass(frozen=True)
class Outcome:
    """How a migration stands: rows seen and changed in all of its runs, and whether it is done."""

    seen: int
    changed: int
    done: bool


@dataclass(frozen=True)
class Run:
    """One operator's work on one stage.

    Attributes:
        client: a DynamoDB client.
        prefix: of the stage's tables.
        progress: where it is noted.
        on_page: is told of each page.
        stop: once it is set, every segment ends with its page.
    """

    client: Any
    prefix: str
    progress: Progress
    on_page: OnPage
    stop: threading.Event

    def look(self, migration: Migration, *, keep: Callable[[], None] = lambda: None) -> Census:
        """Count what there is to do, and write nothing; `keep` is called after each page."""
        seen = left = 0
        for number in range(SEGMENTS):
            for page, _ in self._pages(migration, Segment(number), SEGMENTS):
                wanted = sum(migration.change(plain(row)) is not None for row in page)
                seen, left = seen + len(page), left + wanted
                self.on_page(len(page), 0)
                keep()
        return Census(seen, left)

    def migrate(self, migration: Migration) -> Outcome:
        """Do a migration, or go on with it; nothing where it is done. The lease has to be taken.

        Raises:
            MigrationError: somebody else is at it, or rows of the old form keep coming.
        """
        state = self.progress.state(migration.key)
        if state is None:
            state = State(SEGMENTS)
            self.progress.put_state(migration.key, state)
        while state.done_at is None:
            self._walk(migration, state)
            if self.stop.is_set():
                return self._outcome(migration, state)
            state = self._next(migration, state)
        return self._outcome(migration, state)

    def _outcome(self, migration: Migration, state: State) -> Outcome:
        segments = self.progress.segments(migration.key, state)
        seen, changed = (sum(getattr(one, name) for one in segments) for name in ("seen", "changed"))
        return Outcome(seen, changed, state.done_at is not None)

    def _walk(self, migration: Migration, state: State) -> None:
        """Bring every segment to its end, side by side; the first that fails ends the others with their page."""

        def work(segment: Segment) -> None:
            try:
                self._segment(migration, segment, state.segments)
            except BaseException:
                self.stop.set()
                raise

        open_ones = [one for one in self.progress.segments(migration.key, state) if not one.done]
        with ThreadPoolExecutor(max(len(open_ones), 1)) as pool:
            futures = [pool.submit(work, segment) for segment in open_ones]
            try:
                for future in futures:
                    future.result()
            except KeyboardInterrupt:
                self.stop.set()

    def _next(self, migration: Migration, state: State) -> State:
        """Return the state after a round: done, or begun again for what was written meanwhile."""
        left = self.look(migration, keep=self.progress.keep).left
        rounds = state.rounds + 1
        if not left:
            state = replace(state, rounds=rounds, done_at=int(time.time()))
        else:
            # Also where it gives up: the same command begins anew, when the right version is there.
            state = replace(state, rounds=rounds % ROUNDS)
            for segment in self.progress.segments(migration.key, state):
                self.progress.checkpoint(migration.key, replace(segment, cursor=None, done=False))
        self.progress.put_state(migration.key, state)
        if left and rounds >= ROUNDS:
            raise MigrationError(
                f"{migration.key}: {left} rows of the old form came after {ROUNDS} rounds: is a version deployed that "
                "writes the new one?"
            )
        return state

    def _segment(self, migration: Migration, segment: Segment, total: int) -> None:
        for page, last in self._pages(migration, segment, total):
            changed = sum(self._apply(migration, row) for row in page)
            segment = self.progress.checkpoint(
                migration.key,
                replace(
                    segment,
                    cursor=last and plain(last),
                    seen=segment.seen + len(page),
                    changed=segment.changed + changed,
                    done=last is None,
                ),
            )
            self.on_page(len(page), changed)
            if self.stop.is_set():
                return
            self.progress.keep()

    def _pages(
        self, migration: Migration, segment: Segment, total: int
    ) -> Iterator[tuple[list[Mapping[str, Any]], Mapping[str, Any] | None]]:
        """Yield the pages of a segment from its cursor on, each with the key that it ends at; None at the end."""
        start = {"ExclusiveStartKey": typed(segment.cursor)} if segment.cursor else {}
        while True:
            page = self.client.scan(
                TableName=f"{self.prefix}-{migration.table}",
                Segment=segment.number,
                TotalSegments=total,
                Limit=PAGE,
                ConsistentRead=True,
                **start,
            )
            last = page.get("LastEvaluatedKey") or None
            yield page["Items"], last
            if last is None:
                return
            start = {"ExclusiveStartKey": last}

    def _apply(self, migration: Migration, row: Mapping[str, Any]) -> bool:
        """Change a row, and say whether that was needed. Who was overtaken decides again on what stands there then."""
        table, key = f"{self.prefix}-{migration.table}", {"pk": row["pk"], "sk": row["sk"]}
        for _ in range(_TRIES):
            change = migration.change(plain(row))
            if change is None:
                return False
            if self._write(table, key, change):
                return True
            found = self.client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
            if found is None:
                return False
            row = found
        raise MigrationError(f"{migration.key}: {plain(key)['pk']} is written all the time; try again later")

    def _write(self, table: str, key: Mapping[str, Any], change: Change) -> bool:
        update: dict[str, Any] = {
            "TableName": table,
            "Key": key,
            "UpdateExpression": change.update,
            "ConditionExpression": f"attribute_exists(pk) AND ({change.condition})",
        }
        if change.values:
            update["ExpressionAttributeValues"] = typed(change.values)
        if change.names:
            update["ExpressionAttributeNames"] = dict(change.names)
        try:
            if change.also:
                others = [_other(table, one) for one in change.also]
                self.client.transact_write_items(TransactItems=[{"Update": update}, *others])
            else:
                self.client.update_item(**update)
        except ClientError as error:
            if not is_conflict(error):
                raise
            return False
        return True


def _other(table: str, write: Put | Add) -> dict[str, Any]:
    """Return a write of another row as a transaction has it."""
    if isinstance(write, Put):
        return {"Put": {"TableName": table, "Item": typed(write.item)}}
    names = {f"#n{number}": name for number, name in enumerate(write.numbers)}
    values = {f":n{number}": value for number, value in enumerate(write.numbers.values())}
    adds = ", ".join(f"#n{number} :n{number}" for number in range(len(names)))
    return {
        "Update": {
            "TableName": table,
            "Key": typed({"pk": write.pk, "sk": write.sk}),
            "UpdateExpression": f"ADD {adds}",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": typed(values),
        }
    }
