"""`make restore`: a stage's tables as they stood at one moment, under another prefix.

    make restore STAGE=prod REGION=ap-southeast-1 AT=2030-05-01T09:30:00Z PREFIX=linli-prod-r1
    make restore ... COPIES_OF=ap-southeast-1/prod # by AWS Backup: of that stage's tables, whose copies lie here
    make restore ... REHEARSE=1                    # tables that no app is to read: nothing is stopped
    make restore ... RESUME=1                      # payouts go on, once the app reads the restored tables

Payouts are stopped, all tables begin to be restored to the same moment, and when they are there they get what a
restored table lacks. It may be stopped and run again: what is done is found. The tables that the app reads stay as they
are. Of the local stack the app is pointed at the restored tables at once; on AWS the command for that is printed.
"""

import argparse
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from infra.changes import DeployError
from infra.deploy import deploy
from infra.local.processes import LocalError
from infra.redrive import LOCAL
from infra.restore import payouts
from infra.restore.sources import Copies, PointInTime, RestoreError, Source
from infra.restore.stage import target_of
from infra.restore.tables import restore
from infra.tables import TABLES
from infra.targets import Target

_PREFIX = re.compile(r"[A-Za-z0-9_.-]{1,200}")


def moment_of(text: str, now: datetime) -> datetime:
    """Return the moment that somebody means.

    Raises:
        RestoreError: it is none, has no zone, or is still to come.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RestoreError(f"'{text}' is no moment: AT=2030-05-01T09:30:00Z") from error
    if moment.tzinfo is None:
        raise RestoreError(f"'{text}' has no zone: AT={text}Z is UTC")
    if moment > now:
        raise RestoreError(f"{text} is still to come")
    return moment.astimezone(UTC)


def source_of(target: Target, copies_of: str, copies_prefix: str) -> Source:
    """Return where the tables come from."""
    if not copies_of:
        return PointInTime(target, payouts.reads_from(target))
    region, _, stage = copies_of.partition("/")
    copied = replace(target, region=region, stage=stage or target.stage, table_prefix=copies_prefix)
    return Copies(target, copied)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="restore", description="Restores all tables of a stage to one moment.")
    parser.add_argument("--stage", required=True, help="prod, dev, ...; local: the stack that runs on this machine")
    parser.add_argument("--region", default="", help="for example ap-southeast-1")
    parser.add_argument("--at", default="", help="the moment, with its zone: 2030-05-01T09:30:00Z")
    parser.add_argument("--prefix", required=True, help="of the restored tables, such as linli-prod-r1")
    parser.add_argument("--copies-of", default="", help="by AWS Backup: region/stage whose tables were copied")
    parser.add_argument("--copies-prefix", default="", help="of those tables (default: linli-<stage>)")
    parser.add_argument("--rehearse", action="store_true", help="no app is to read them: stop nothing")
    parser.add_argument("--resume", action="store_true", help="let payouts go on")
    return parser


def _run(options: argparse.Namespace, console: Console) -> None:
    target = target_of(options.stage, options.region)
    if options.resume:
        gone_on = ", ".join(payouts.resume(target, options.prefix))
        console.print(f"restore: {gone_on or 'nothing stood still; payouts'} go on, reading {options.prefix}")
        return
    if not _PREFIX.fullmatch(options.prefix) or options.prefix == payouts.reads_from(target):
        raise RestoreError(f"the app reads '{options.prefix}' now: choose another PREFIX, such as {_another(target)}")
    if not options.at:
        raise RestoreError("say which moment: AT=2030-05-01T09:30:00Z")
    moment, began = moment_of(options.at, datetime.now(UTC)), time.monotonic()
    source = source_of(target, options.copies_of, options.copies_prefix)
    done = restore(target, source, moment, options.prefix, console, rehearsed=options.rehearse)
    if options.stage == LOCAL and not options.rehearse:
        deploy(replace(target, table_prefix=options.prefix), console)
    console.print(
        f"restore: {len(TABLES)} tables under {options.prefix} ({done.begun} begun now, {done.found} before); "
        f"{'nothing stands' if options.rehearse else 'payouts stand'} still; {time.monotonic() - began:.0f} s"
    )
    _say_what_is_next(console, options)


def _another(target: Target) -> str:
    """Return a prefix that the app does not read."""
    name, _, number = payouts.reads_from(target).rpartition("-r")
    return f"{name}-r{int(number) + 1}" if number.isdigit() else f"{target.prefix}-r1"


def _say_what_is_next(console: Console, options: argparse.Namespace) -> None:
    where = f"STAGE={options.stage}" + (f" REGION={options.region}" if options.region else "")
    console.print(f"next: make verify-tables {where} PREFIX={options.prefix}")
    if options.rehearse:
        return
    if options.stage != LOCAL:
        console.print(f'then: make deploy {where} ARGS="--table-prefix {options.prefix}", with your other options')
    console.print(f"then: reconcile the days since, and make restore {where} PREFIX={options.prefix} RESUME=1")


def main(arguments: Sequence[str]) -> int:
    """Command line; 1 with one line where it cannot be done."""
    options = _parser().parse_args(arguments)
    try:
        _run(options, Console(width=120, highlight=False, soft_wrap=True))
    except (DeployError, LocalError, RestoreError, BotoCoreError, ClientError) as problem:
        print(f"restore: {' '.join(str(problem).split())}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("restore: stopped; what has begun goes on, the same command finds it", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
