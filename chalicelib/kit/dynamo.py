"""What every domain's `store.py` stands on: rows, conditional writes as opaque actions, one client, and the meter.

PynamoDB makes a botocore client per model; loading the service's description costs tens of milliseconds each time, so
all rows share the container's one client. Table names are read from the settings when first used, never at import.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.exceptions import HTTPClientError
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.connection import Connection
from pynamodb.connection.table import TableConnection
from pynamodb.exceptions import CancellationReason, PynamoDBException, TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action as UpdateAction
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from chalicelib.kit import aws
from chalicelib.kit.errors import OutcomeUnknown
from chalicelib.kit.transaction import MAX_ACTIONS, Action, Contention, Refusal, contended
from chalicelib.settings import settings

# PynamoDB makes a row class's connection when first asked, and not safely on two threads at once.
_connecting = threading.Lock()

RAW_ITEM = "ALL_OLD"  # ReturnValuesOnConditionCheckFailure: the refusal sees the row as it stands


class _TableName:
    """`Meta.table_name`, read from the settings at each use."""

    def __get__(self, _instance: object, owner: Any) -> str:
        return f"{settings().table_prefix}-{owner.table}"


class TableMeta:
    """Base of each row's `Meta`; a domain says `table = "orders"`."""

    table: ClassVar[str]
    table_name = _TableName()
    region = "unused"  # the shared client knows its own
    host = None


class Row(Model):
    """Base of all rows: string keys, and `expires_at` (epoch seconds) where rows die.

    Several row classes share a table; `kind` says which class a row belongs to where a query meets several.
    """

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    expires_at = NumberAttribute(null=True)

    @classmethod
    def _get_connection(cls) -> TableConnection:
        with _connecting:
            connection = super()._get_connection()
            connection.connection._client = client()  # noqa: SLF001 - see the module's docstring; pinned and tested
            return connection


class Gsi1(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call] # PynamoDB leaves the hook untyped
    """The first index: every attribute, keyed `gsi1pk`, `gsi1sk`. A row class repeats the two attributes."""

    class Meta:
        index_name = "gsi1"
        projection = AllProjection()

    gsi1pk = UnicodeAttribute(hash_key=True)
    gsi1sk = UnicodeAttribute(range_key=True)


class Gsi2(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call] # as Gsi1
    """The second index, likewise."""

    class Meta:
        index_name = "gsi2"
        projection = AllProjection()

    gsi2pk = UnicodeAttribute(hash_key=True)
    gsi2sk = UnicodeAttribute(range_key=True)


@dataclass(frozen=True)
class _Write:
    kind: int  # position of its kind in the request that PynamoDB builds
    model: type[Row]
    add: Callable[[TransactWrite], None]


_CHECK, _DELETE, _PUT, _UPDATE = range(4)


def put(row: Row, condition: Condition | None = None, refused: Refusal = contended, rank: int = 0) -> Action:
    """Return the write of a whole row."""
    write = _Write(_PUT, type(row), lambda tx: tx.save(row, condition=condition, return_values=RAW_ITEM))
    return Action(write, refused, rank)


def update(
    row: Row,
    changes: Sequence[UpdateAction],
    condition: Condition | None = None,
    refused: Refusal = contended,
    rank: int = 0,
) -> Action:
    """Return the change of some attributes of the row with `row`'s keys."""
    write = _Write(
        _UPDATE,
        type(row),
        lambda tx: tx.update(row, actions=list(changes), condition=condition, return_values=RAW_ITEM),
    )
    return Action(write, refused, rank)


def delete(row: Row, condition: Condition | None = None, refused: Refusal = contended, rank: int = 0) -> Action:
    """Return the removal of the row with `row`'s keys."""
    return Action(_Write(_DELETE, type(row), lambda tx: tx.delete(row, condition=condition)), refused, rank)


def check(row: Row, condition: Condition, refused: Refusal = contended, rank: int = 0) -> Action:
    """Return a condition on the row with `row`'s keys that the transaction changes nothing of."""
    model = type(row)
    write = _Write(_CHECK, model, lambda tx: tx.condition_check(model, row.pk, row.sk, condition=condition))
    return Action(write, refused, rank)


class DynamoCommitter:
    """Commits actions with TransactWriteItems; a single one too, so that all refusals are told the same way."""

    def commit(self, actions: Sequence[Action]) -> None:
        """See `kit.transaction.Committer`.

        Raises:
            ValueError: more actions than one transaction takes: a rule failed to cap its work.
        """
        if not actions:
            return
        if len(actions) > MAX_ACTIONS:
            raise ValueError(f"{len(actions)} actions do not fit one transaction")
        # PynamoDB groups a transaction by kind; in the same order reasons and actions pair up.
        ordered = sorted(actions, key=lambda action: cast("_Write", action.body).kind)
        connection = Connection(region="unused")
        connection._client = client()  # noqa: SLF001 - as in Row
        try:
            with TransactWrite(connection=connection) as transaction:
                for action in ordered:
                    action.body.add(transaction)
        except TransactWriteError as error:
            raise _meaning(error, ordered, actions) from error


def code_of(error: PynamoDBException) -> str | None:
    """Return what DynamoDB calls an error; None where it said nothing. PynamoDB's own property breaks on a time-out, of
    which botocore says that its response is None: what was only slow would look like a bug.
    """
    told = getattr(error.cause, "response", None) or {}
    code: str | None = told.get("Error", {}).get("Code")
    return code


def _meaning(error: TransactWriteError, ordered: Sequence[Action], given: Sequence[Action]) -> Exception:
    """Return what a failed transaction means: an idempotency row speaks first, then contention, then the first
    refused action in the order that the caller gave.
    """
    if isinstance(error.cause, HTTPClientError | BotoConnectionError):
        return OutcomeUnknown(retry_after=1)  # after retries of botocore's own, which carry the same token
    if code_of(error) == "TransactionConflictException":
        return Contention()
    if code_of(error) != "TransactionCanceledException":
        return error
    failed = [
        (action, reason)
        for action, reason in zip(ordered, error.cancellation_reasons, strict=True)
        if reason is not None
    ]
    refused = [(action, reason) for action, reason in failed if reason.code == "ConditionalCheckFailed"]
    refused.sort(key=lambda pair: (pair[0].rank, given.index(pair[0])))
    if refused and (refused[0][0].rank < 0 or len(refused) == len(failed)):
        action, reason = refused[0]
        return action.refused(_standing(action, reason))
    if all(reason.code in _PASSING or reason.code == "ConditionalCheckFailed" for _, reason in failed):
        return Contention()
    return error


_PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


def _standing(action: Action, reason: CancellationReason) -> Row | None:
    if not reason.raw_item:
        return None
    row = action.body.model()
    row.deserialize(reason.raw_item)
    return cast("Row", row)


@dataclass
class Usage:
    """What DynamoDB was asked for: requests sent (retries too), read and write units consumed; how often it would not:
    attempts that it throttled, and transactions that met another one.
    """

    requests: int = 0
    read_units: float = 0.0
    write_units: float = 0.0
    throttled: int = 0
    conflicts: int = 0

    def counts(self) -> dict[str, tuple[float, str]]:
        """Return what of it becomes metrics: nothing costs nothing."""
        found = {
            "ReadUnits": self.read_units,
            "WriteUnits": self.write_units,
            "Throttled": self.throttled,
            "Conflicts": self.conflicts,
        }
        return {name: (value, "Count") for name, value in found.items() if value}


class Meter:
    """Adds up the usage of this container; a function works on one request at a time, on several threads perhaps."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._total = Usage()

    @contextmanager
    def measure(self) -> Iterator[Usage]:
        """Yield a usage that is filled in when the block ends."""
        with self._lock:
            before = Usage(**vars(self._total))
        spent = Usage()
        try:
            yield spent
        finally:
            with self._lock:
                for name, value in vars(self._total).items():
                    setattr(spent, name, value - getattr(before, name))

    def ask(self, params: dict[str, Any], **_: Any) -> None:
        """Ask DynamoDB to say what a call consumes."""
        params["ReturnConsumedCapacity"] = "TOTAL"

    def sent(self, **_: Any) -> None:
        """Count a request that goes out."""
        with self._lock:
            self._total.requests += 1

    def answered(self, response_dict: Mapping[str, Any], **_: Any) -> None:
        """Count an attempt that DynamoDB turned away, which botocore may repeat without anybody seeing it."""
        if response_dict["status_code"] != _TURNED_AWAY:
            return
        body = response_dict["body"]
        with self._lock:
            self._total.throttled += any(name in body for name in _THROTTLING)
            self._total.conflicts += b"TransactionConflict" in body

    def consumed(self, parsed: Mapping[str, Any], model: Any, **_: Any) -> None:
        """Add what an answer says was consumed."""
        told = parsed.get("ConsumedCapacity") or []
        reads = model.name in {"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"}
        with self._lock:
            for row in told if isinstance(told, list) else [told]:
                units = float(row["CapacityUnits"])
                self._total.read_units += units if reads else 0.0
                self._total.write_units += 0.0 if reads else units


_TURNED_AWAY = 400
_THROTTLING = (b"ThrottlingException", b"ProvisionedThroughputExceeded", b"RequestLimitExceeded", b"ThrottlingError")

meter = Meter()
_metering = threading.Lock()


def client() -> Any:
    """Return the container's client of DynamoDB, whose use the meter sees: for what is no row of one domain."""
    made = aws.client("dynamodb")
    with _metering:
        if not getattr(made, "linli_metered", False):
            made.meta.events.register("provide-client-params.dynamodb.*", meter.ask)
            made.meta.events.register("before-send.dynamodb.*", meter.sent)
            made.meta.events.register("before-parse.dynamodb.*", meter.answered)
            made.meta.events.register("after-call.dynamodb.*", meter.consumed)
            made.linli_metered = True
    return made
