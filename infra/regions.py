"""One command in several regions: `make deploy STAGE=prod REGIONS="ap-southeast-1 eu-central-1"`.

    python -m infra.regions deploy --stage prod --regions "ap-southeast-1 eu-central-1" [more options of the command]

Each region is a process and a stack of its own: none waits for, or fails with, another. Where nobody is asked (YES=1)
they run side by side, each line with its region before it; otherwise in turn. At the end a table; 1 where one failed.
"""

import argparse
import concurrent.futures
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from rich.console import Console
from rich.table import Table

from infra.targets import ROOT

COMMANDS = ("deploy", "diff", "status", "rollback")
"""What may be done in several regions at once; destroying is done one by one."""
_AT_ONCE = 4
_WIDTH = "120"


@dataclass(frozen=True)
class Outcome:
    """What became of a region: the command's exit code, how long it took, and the last thing that it said."""

    region: str
    code: int
    seconds: float
    said: str


def run_in(region: str, command: Sequence[str], console: Console, *, alone: bool) -> Outcome:
    """Run a command for a region and return what became of it.

    `alone` leaves it the terminal, so that it may ask; otherwise its lines are printed with the region before them.
    """
    began = time.monotonic()
    last = {"out": "", "err": ""}
    environment = os.environ if alone else {**os.environ, "COLUMNS": _WIDTH}

    def follow(stream: IO[str], name: str) -> None:
        for line in stream:
            if line.strip():
                last[name] = line.strip()
            text = line.rstrip() if alone else f"[{region}] {line.rstrip()}"
            console.print(text, markup=False, highlight=False, soft_wrap=True)

    with subprocess.Popen(
        [*command, "--region", region],
        cwd=ROOT,
        env=environment,
        stdin=None if alone else subprocess.DEVNULL,
        stdout=None if alone else subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        pairs = ((child.stdout, "out"), (child.stderr, "err"))
        readers = [threading.Thread(target=follow, args=pair) for pair in pairs if pair[0] is not None]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        code = child.wait()
    return Outcome(region, code, time.monotonic() - began, last["err"] if code and last["err"] else last["out"])


def run_all(regions: Sequence[str], command: Sequence[str], console: Console, *, side_by_side: bool) -> list[Outcome]:
    """Run a command for each region, in their order or all at once; one that fails stops no other."""
    if not side_by_side:
        return [run_in(region, command, console, alone=True) for region in regions]
    with concurrent.futures.ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda region: run_in(region, command, console, alone=False), regions))


def show(console: Console, name: str, outcomes: Sequence[Outcome]) -> None:
    """Print what became of each region."""
    table = Table(title=f"{name} in {len(outcomes)} regions")
    for column in ("region", "result", "seconds", "said"):
        table.add_column(column, overflow="fold")
    for one in outcomes:
        result = "done" if one.code == 0 else f"failed ({one.code})"
        table.add_row(one.region, result, f"{one.seconds:.1f}", one.said, style="bold red" if one.code else None)
    console.print(table)


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run the command; 1 where it failed in a region, 2 where it was not begun."""
    parser = argparse.ArgumentParser(prog="regions", description="Runs a command in several regions.")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--stage", required=True)
    parser.add_argument("--regions", required=True, help="with spaces or commas between")
    options, more = parser.parse_known_args(arguments)
    regions = options.regions.replace(",", " ").split()
    if not regions or len(set(regions)) < len(regions):
        print(f"regions: '{options.regions}' is no list of regions, each once", file=sys.stderr)
        return 2
    console = Console()
    command = [sys.executable, "-m", f"infra.{options.command}", "--stage", options.stage, *more]
    asks = options.command in {"deploy", "rollback"} and not ("--yes" in more or environ.get("YES") == "1")
    outcomes = run_all(regions, command, console, side_by_side=not asks)
    show(console, options.command, outcomes)
    return int(any(one.code for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
