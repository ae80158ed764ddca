"""`make migrate STAGE=prod REGION=ap-southeast-1 [LOOK=1]`: the operator's command."""

import argparse
import getpass
import socket
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from infra import changes
from infra.local.processes import LocalError
from infra.migrations import Migration, migrations
from infra.migrations.engine import OnPage, Run
from infra.migrations.state import TABLE, MigrationError, Progress
from infra.redrive import target_of
from infra.targets import Target


def prefix_of(target: Target) -> str:
    """Return the prefix of the tables that the stage's app works on, which may be restored ones.

    Raises:
        MigrationError: there is no such stage.
    """
    found = changes.stack(target.client("cloudformation"), target.app_stack)
    given = {row["ParameterKey"]: row["ParameterValue"] for row in (found or {}).get("Parameters", ())}
    if "TablePrefix" not in given:
        raise MigrationError(f"stage {target.stage} is not deployed in {target.region}")
    return str(given["TablePrefix"])


def _rows(client: object, table: str) -> int:
    """Return about how many rows a table has: DynamoDB counts every six hours."""
    return int(client.describe_table(TableName=table)["Table"].get("ItemCount", 0))  # type: ignore[attr-defined]


@contextmanager
def _counted(console: Console, about: str, rows: int) -> Iterator[OnPage]:
    """Show a bar of rows, moved by the yielded function."""
    columns = (TextColumn("  {task.description}"), BarColumn(), TextColumn("{task.fields[told]}"))
    with Bar(*columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(about, total=rows or None, told="")
        counted = Counter[str]()

        def on_page(seen: int, changed: int) -> None:
            counted.update(seen=seen, changed=changed)
            told = f"{counted['seen']} seen, {counted['changed']} changed"
            bar.update(task, completed=counted["seen"], told=told)

        yield on_page


def perform(
    target: Target, prefix: str, todo: Sequence[Migration], console: Console, *, look: bool, holder: str = ""
) -> bool:
    """Do or count migrations in order, and say of each how it stands; False when it was stopped.

    Raises:
        MigrationError: it cannot go on.
    """
    client, stop = target.client("dynamodb"), threading.Event()
    who = holder or f"{getpass.getuser()}@{socket.gethostname()} {uuid.uuid4().hex[:6]}"
    progress = Progress(client, f"{prefix}-{TABLE}", who)
    if not look:
        progress.take()
    try:
        for migration in todo:
            rows = _rows(client, f"{prefix}-{migration.table}")
            with _counted(console, migration.key, rows) as on_page:
                run = Run(client, prefix, progress, on_page, stop)
                line = _looked(run, migration) if look else _migrated(run, migration)
            console.print(f"{migration.key}: {line}", soft_wrap=True)
            if stop.is_set():
                return False
    finally:
        if not look:
            progress.give_back()
    return True


def _looked(run: Run, migration: Migration) -> str:
    state = run.progress.state(migration.key)
    if state is not None and state.done_at is not None:
        return f"done on {datetime.fromtimestamp(state.done_at, UTC):%Y-%m-%d %H:%M} UTC"
    census = run.look(migration)
    begun = "" if state is None else ", begun"
    return f"{census.left} of {census.seen} rows to change{begun}: {migration.about}"


def _migrated(run: Run, migration: Migration) -> str:
    outcome = run.migrate(migration)
    end = "done" if outcome.done else "stopped; the same command goes on from here"
    return f"{outcome.changed} of {outcome.seen} rows changed: {end}"


def main(arguments: Sequence[str]) -> int:
    """Command line; 1 with one line where it cannot go on, or was stopped."""
    parser = argparse.ArgumentParser(prog="migrate", description="Changes rows that are there already, once a stage.")
    parser.add_argument("--stage", required=True, help="prod, dev, ...; local: the stack that runs on this machine")
    parser.add_argument("--region", default="", help="for example ap-southeast-1")
    parser.add_argument("--look", action="store_true", help="only count what there is to do")
    options = parser.parse_args(arguments)
    console = Console(width=120, highlight=False)
    try:
        target = target_of(options.stage, options.region)
        whole = perform(target, prefix_of(target), migrations(), console, look=options.look)
    except (MigrationError, LocalError, BotoCoreError, ClientError) as problem:
        print(f"migrate: {' '.join(str(problem).split())}", file=sys.stderr)
        return 1
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
