"""`make restore-drill`: a local stack of its own loses all its tables, has them again from an export, and goes on.

    make restore-drill [JOURNEYS=2] [FOLDER=...]      # FOLDER keeps the export

People buy, are refunded and settled; one message waits. Every table is exported and destroyed. From the export tables
are made under another prefix, held against what was there before, row by row, and against themselves; the app is
pointed at them by a deployment; what waited is sent; the audit log is held against its seals, which lie elsewhere;
everybody signs in and books again. It ends with one line of figures, and with 1 where anything is not as it was.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from chalicelib import wiring
from chalicelib.audit import use_cases as audit
from infra import audit_verify
from infra.changes import DeployError
from infra.demo.stage import UnexpectedError
from infra.deploy import deploy
from infra.drill.export import ExportError, export, load
from infra.drill.town import Town
from infra.drill.verify import seen
from infra.drill.witness import Witness, differences
from infra.importing.inside import inside
from infra.local.addresses import Ports
from infra.local.processes import LocalError
from infra.local.supervisor import LocalStack
from infra.restore.furnish import furnish
from infra.steps import step
from infra.tables import TABLES
from infra.targets import Target

STAGE = "drill"
JOURNEYS = 2


class DrillError(Exception):
    """Not everything came back; the message says what, a line each."""


def drill(stack: LocalStack, folder: Path, journeys: int, console: Console) -> str:
    """Lose everything of a stack that has just been started, and have it again; return the figures.

    Raises:
        DrillError: something is not as it was.
        UnexpectedError: people cannot go on.
    """
    target, town = stack.target, Town(stack.addresses, stack.target)
    prefix = f"{target.prefix}-r1"
    with step(console, f"Live: {journeys} journeys") as say:
        say(f"{town.live(journeys)} steps")
        town.leave_a_message()
    with step(console, "Export every table") as say:
        before = _exported(target, folder)
        say(f"{before.count} rows, {sum(path.stat().st_size for path in folder.iterdir()) / 1e6:.1f} MB")
    lost = time.monotonic()
    with step(console, "Destroy every table") as say:
        destroy(target, target.prefix)
        say(f"the API answers {town.is_down()}")
    with step(console, f"Restore from the export as {prefix}") as say:
        say(f"{load(target, folder, prefix)} rows")
        for spec in TABLES:
            furnish(target, spec, prefix)
    with step(console, "Hold it against what was there") as say:
        after = seen(target, prefix)
        _insist([*differences(before, after), *after.wrong()])
        say(f"{after.count} rows as they were")
    with step(console, "Point the app at it") as say:
        restored = replace(target, table_prefix=prefix)
        deploy(restored, Console(quiet=True))
        say(f"{time.monotonic() - lost:.0f} s after the loss")
    with step(console, "Send what waited") as say:
        say(f"{len(before.rows['outbox'])} messages; the order that was cancelled is {town.catch_up()}")
    with step(console, "Hold the audit log against its seals") as say:
        days = _audited(restored, stack)
        say(f"{days} days as sealed")
    with step(console, "Everybody signs in, and books again"):
        town.go_on()
    return f"{before.figures()}; 0 differences; back {time.monotonic() - lost:.0f} s after the loss"


def _exported(target: Target, folder: Path) -> Witness:
    with inside(target):
        witness = Witness(wiring.sealed_fields(), wiring.sealer())
        export(target, target.prefix, folder, witness.take)
    if not witness.rows["outbox"]:
        raise DrillError("no message waited: the drill would not show that any is sent")
    return witness


def destroy(target: Target, prefix: str) -> None:
    """Delete every table under a prefix."""
    for spec in TABLES:
        target.client("dynamodb").delete_table(TableName=spec.full_name(prefix))


def _audited(target: Target, stack: LocalStack) -> int:
    """Return how many days of the audit log are as they were sealed: all."""
    bucket = audit_verify.bucket_of(stack.target)
    with inside(target):
        ports = audit_verify.ports_of(bucket)
        verdicts = [audit.verify(ports, day) for day in audit_verify.asked(ports, None, None)]
        outside = list(audit.outside(ports))
    found = [finding for one in verdicts for finding in one.findings if finding.is_bad]
    _insist([f"audit: {finding.what}" for finding in (*found, *outside)])
    return len(verdicts)


def _insist(problems: Sequence[str]) -> None:
    if problems:
        raise DrillError("\n".join(("not as it was:", *problems)))


@contextlib.contextmanager
def _places(folder: str) -> Iterator[tuple[Path, Path]]:
    """Yield where the stack lives and where the export goes; DrillError where something lies there already."""
    if folder and Path(folder).exists():
        raise DrillError(f"{folder} is there already: FOLDER is where the export will lie")
    with tempfile.TemporaryDirectory(prefix="linli-drill-") as name:
        yield Path(name) / "stack", Path(folder) if folder else Path(name) / "export"


def main(arguments: Sequence[str]) -> int:
    """Command line; 1 where not everything came back, or with one line where it cannot be told."""
    parser = argparse.ArgumentParser(
        prog="restore-drill", description="Loses a local stack's tables and restores them."
    )
    parser.add_argument("--journeys", type=int, default=JOURNEYS, help="how many people buy before the loss")
    parser.add_argument("--folder", default="", help="keep the export here")
    options = parser.parse_args(arguments)
    console, began = Console(width=120, highlight=False, soft_wrap=True), time.monotonic()
    try:
        with _places(options.folder) as (home, folder):
            stack = LocalStack(home, Ports.free(), console=Console(quiet=True), demo_data=False, stage=STAGE)
            with step(console, "Start a local stack"):
                stack.start()
            try:
                figures = drill(stack, folder, max(1, options.journeys), console)
            finally:
                stack.stop()
    except DrillError as problem:
        print(f"restore-drill: {problem}", file=sys.stderr)
        return 1
    except (DeployError, ExportError, LocalError, UnexpectedError, OSError, BotoCoreError, ClientError) as problem:
        print(f"restore-drill: {' '.join(str(problem).split())}", file=sys.stderr)
        return 1
    console.print(f"restore-drill: {figures}; {time.monotonic() - began:.0f} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
