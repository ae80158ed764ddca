"""Tables as files: a line of JSON a row, as AWS's own exports have it, and a manifest with counts and hashes.

A table is read consistently, one table after the other: of a stage that is in motion this is not one moment. There
point-in-time recovery is (`infra.restore`), or `aws dynamodb export-table-to-point-in-time`.
"""

import base64
import contextlib
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from infra.tables import TABLES, TableSpec, create_table_arguments
from infra.targets import Target

MANIFEST = "manifest.json"
_AT_ONCE = 25  # rows of one BatchWriteItem; DynamoDB's own limit
Row = dict[str, Any]
"""A row in DynamoDB's typed JSON: `{"pk": {"S": "..."}}`."""


class ExportError(Exception):
    """An export is not what its manifest says; the message says where, on one line."""


@dataclass(frozen=True)
class Exported:
    """One table's file."""

    table: str
    rows: int
    sha256: str


def rows_of(target: Target, table: str) -> Iterator[Row]:
    """Yield every row of a table by its full name."""
    pages = target.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    for page in pages:
        yield from page["Items"]


def line_of(row: Row) -> str:
    """Return a row as its line: the same row is the same line."""
    return json.dumps({"Item": row}, default=_encoded, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _encoded(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is nothing that a row holds")


def row_of(line: str) -> Row:
    """Return the row of a line."""
    row: Row = json.loads(line)["Item"]
    return {name: _decoded(value) for name, value in row.items()}


def _decoded(value: dict[str, Any]) -> dict[str, Any]:
    ((kind, told),) = value.items()
    if kind == "B":
        return {"B": base64.b64decode(told)}
    if kind == "BS":
        return {"BS": [base64.b64decode(one) for one in told]}
    if kind == "L":
        return {"L": [_decoded(one) for one in told]}
    if kind == "M":
        return {"M": {name: _decoded(one) for name, one in told.items()}}
    return value


def export(
    target: Target,
    prefix: str,
    folder: Path,
    take: Callable[[str, Row], None] = lambda *_: None,
    specs: Sequence[TableSpec] = TABLES,
) -> list[Exported]:
    """Write every table under a prefix to a folder; `take` sees each row on the way.

    Raises:
        FileExistsError: something lies there already.
    """
    folder.mkdir(parents=True)
    made = []
    for spec in specs:
        digest, count = hashlib.sha256(), 0
        with (folder / f"{spec.name}.jsonl").open("w", encoding="utf-8") as file:
            for row in rows_of(target, spec.full_name(prefix)):
                take(spec.name, row)
                line = f"{line_of(row)}\n"
                file.write(line)
                digest.update(line.encode())
                count += 1
        made.append(Exported(spec.name, count, digest.hexdigest()))
    manifest = {"prefix": prefix, "tables": [asdict(one) for one in made]}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return made


def exported(folder: Path, specs: Sequence[TableSpec] = TABLES) -> list[Exported]:
    """Return what an export says that it holds.

    Raises:
        ExportError: it has no manifest, or one of other tables.
    """
    try:
        told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        found = [Exported(**one) for one in told["tables"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExportError(f"{folder} holds no whole export: {error}") from error
    if {one.table for one in found} != {spec.name for spec in specs}:
        raise ExportError(f"{folder} is an export of other tables")
    return found


def lines(folder: Path, one: Exported) -> Iterator[str]:
    """Yield a table's lines, and hold the file against the manifest in the end.

    Raises:
        ExportError: it was changed since it was written, or is not whole.
    """
    digest, count = hashlib.sha256(), 0
    with (folder / f"{one.table}.jsonl").open(encoding="utf-8") as file:
        for line in file:
            digest.update(line.encode())
            count += 1
            yield line
    if (count, digest.hexdigest()) != (one.rows, one.sha256):
        raise ExportError(f"{one.table}.jsonl is not as it was written: {count} rows of {one.rows}")


def load(target: Target, folder: Path, prefix: str, specs: Sequence[TableSpec] = TABLES) -> int:
    """Make every table under a prefix and fill it from an export; return how many rows there are. Puts that are
    repeated change nothing, so it may be begun again. Files are held against their manifest before anything is made.

    Raises:
        ExportError: the export is not whole.
    """
    told = exported(folder, specs)
    for one in told:
        for _ in lines(folder, one):
            pass
    client = target.client("dynamodb")
    for spec in specs:
        arguments = create_table_arguments(spec, prefix)
        # As a restore leaves it: whoever furnishes the table gives it its stream, so that rows are no news.
        arguments.pop("StreamSpecification", None)
        with contextlib.suppress(client.exceptions.ResourceInUseException):  # an earlier attempt made it
            client.create_table(**arguments)
        client.get_waiter("table_exists").wait(TableName=arguments["TableName"], WaiterConfig={"Delay": 1})
    for one in told:
        _fill(client, f"{prefix}-{one.table}", map(row_of, lines(folder, one)))
    return sum(one.rows for one in told)


def _fill(client: Any, table: str, rows: Iterable[Row]) -> None:
    waiting: list[dict[str, Any]] = []
    for row in rows:
        waiting.append({"PutRequest": {"Item": row}})
        while len(waiting) >= _AT_ONCE:
            waiting = _written(client, table, waiting)
    while waiting:
        waiting = _written(client, table, waiting)


def _written(client: Any, table: str, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write some rows; return those that DynamoDB took not yet."""
    left: list[dict[str, Any]] = client.batch_write_item(RequestItems={table: requests})["UnprocessedItems"].get(
        table, []
    )
    return left
