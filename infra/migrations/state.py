"""How far a migration has come, kept in the stage's own table `migrations`, so that it comes back with a restore.

| row | pk | sk |
|---|---|---|
| the migration | `MIGRATION#0001-...` | `STATE`: how many segments, which round, when it was done |
| a segment of its table | the same | `SEGMENT#003`: cursor, counts, version |
| who is at it | `LEASE` | `LEASE`: holder, until (epoch seconds) |

The lease keeps two operators from doing the same work twice. It is no lock: it runs out by the operator's clock. What
makes changes safe is the condition of each.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError

from infra.migrations.items import plain, typed

TABLE = "migrations"
LEASE_SECONDS = 60.0
_LEASE = {"pk": {"S": "LEASE"}, "sk": {"S": "LEASE"}}


class MigrationError(Exception):
    """It cannot go on; the message says why, on one line."""


@dataclass(frozen=True)
class Segment:
    """One part of a table's walk.

    Attributes:
        number: which of how many, from 0.
        cursor: the key after which it goes on; None at the beginning, and at the end.
        seen: rows that were read.
        changed: rows that were written.
        done: it has come to the end.
        version: counts its checkpoints.
    """

    number: int
    cursor: Mapping[str, Any] | None = None
    seen: int = 0
    changed: int = 0
    done: bool = False
    version: int = 0


@dataclass(frozen=True)
class State:
    """A migration as far as it has come.

    Attributes:
        segments: how many parts its table is read in; fixed when it begins.
        rounds: how often the table was read to its end.
        done_at: when nothing was left (epoch seconds); None before.
    """

    segments: int
    rounds: int = 0
    done_at: int | None = None


@dataclass
class Progress:
    """The state of one stage's migrations, for one operator.

    Args:
        client: a DynamoDB client.
        table: the full name of the table `migrations`.
        holder: who this is.
        clock: epoch seconds.
    """

    client: Any
    table: str
    holder: str
    clock: Callable[[], float] = time.time
    _until: float = field(default=0.0, init=False)
    _keeping: threading.Lock = field(default_factory=threading.Lock, init=False)

    def take(self) -> None:
        """Take the lease, or keep it.

        Raises:
            MigrationError: somebody else has it.
        """
        now = self.clock()
        try:
            self.client.update_item(
                TableName=self.table,
                Key=_LEASE,
                UpdateExpression="SET #holder = :me, #until = :until",
                ConditionExpression="attribute_not_exists(#holder) OR #holder = :me OR #until < :now",
                ExpressionAttributeNames={"#holder": "holder", "#until": "until"},
                ExpressionAttributeValues=typed({":me": self.holder, ":until": now + LEASE_SECONDS, ":now": now}),
            )
        except ClientError as error:
            if not is_conflict(error):
                raise
            raise MigrationError(self._taken(now)) from error
        self._until = now + LEASE_SECONDS

    def _taken(self, now: float) -> str:
        row = plain(self.client.get_item(TableName=self.table, Key=_LEASE, ConsistentRead=True).get("Item", {}))
        seconds = max(float(row.get("until", now)) - now, 0)
        return f"{row.get('holder', 'somebody')} is at it; if not, its lease runs out in {seconds:.0f} s"

    def keep(self) -> None:
        """Keep the lease, when half of it is over.

        Raises:
            MigrationError: it ran out and somebody else took it.
        """
        with self._keeping:
            if self.clock() > self._until - LEASE_SECONDS / 2:
                self.take()

    def give_back(self) -> None:
        """Let the next one in at once."""
        try:
            self.client.delete_item(
                TableName=self.table,
                Key=_LEASE,
                ConditionExpression="#holder = :me",
                ExpressionAttributeNames={"#holder": "holder"},
                ExpressionAttributeValues=typed({":me": self.holder}),
            )
        except ClientError as error:
            if not is_conflict(error):
                raise

    def state(self, key: str) -> State | None:
        """Return a migration's state, None where it has not begun."""
        row = self._get(key, "STATE")
        if row is None:
            return None
        done = row.get("done_at")
        return State(int(row["segments"]), int(row["rounds"]), None if done is None else int(done))

    def put_state(self, key: str, state: State) -> None:
        """Write a migration's state."""
        kept = {"segments": state.segments, "rounds": state.rounds}
        if state.done_at is not None:
            kept["done_at"] = state.done_at
        self._put(key, "STATE", kept)

    def segments(self, key: str, state: State) -> list[Segment]:
        """Return a migration's segments as far as they have come."""
        return [self._segment(key, number) for number in range(state.segments)]

    def _segment(self, key: str, number: int) -> Segment:
        row = self._get(key, f"SEGMENT#{number:03d}")
        if row is None:
            return Segment(number)
        cursor = row.get("cursor")
        return Segment(number, cursor, int(row["seen"]), int(row["changed"]), bool(row["done"]), int(row["version"]))

    def checkpoint(self, key: str, segment: Segment) -> Segment:
        """Write how far a segment has come, and return it with its next version.

        Raises:
            MigrationError: somebody else went on with it.
        """
        moved = replace(segment, version=segment.version + 1)
        kept = {
            "seen": moved.seen,
            "changed": moved.changed,
            "done": moved.done,
            "version": moved.version,
            "cursor": moved.cursor,
        }
        try:
            self._put(key, f"SEGMENT#{segment.number:03d}", kept, {":stood": segment.version})
        except ClientError as error:
            if not is_conflict(error):
                raise
            raise MigrationError(f"somebody else goes on with {key}") from error
        return moved

    def _get(self, key: str, sort: str) -> Mapping[str, Any] | None:
        row = self.client.get_item(TableName=self.table, Key=_key(key, sort), ConsistentRead=True).get("Item")
        return None if row is None else plain(row)

    def _put(self, key: str, sort: str, kept: Mapping[str, Any], stood: Mapping[str, int] | None = None) -> None:
        condition: dict[str, Any] = {}
        if stood is not None:
            condition = {
                "ConditionExpression": "attribute_not_exists(pk) OR #version = :stood",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": typed(stood),
            }
        self.client.put_item(TableName=self.table, Item={**_key(key, sort), **typed(kept)}, **condition)


def _key(key: str, sort: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": f"MIGRATION#{key}"}, "sk": {"S": sort}}


def is_conflict(error: ClientError) -> bool:
    """Whether a condition was not met, rather than the request refused."""
    code = error.response["Error"]["Code"]
    if code == "TransactionCanceledException":
        reasons = {one.get("Code") for one in error.response.get("CancellationReasons", ())}
        return bool(reasons) and reasons <= {None, "None", "ConditionalCheckFailed", "TransactionConflict"}
    return code in {"ConditionalCheckFailedException", "TransactionConflictException"}
