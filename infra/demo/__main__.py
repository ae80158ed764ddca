"""Run the demo against the stack of `make run`; exit status 0 when every step was as it must be."""

import sys
import time

from rich.console import Console

from infra.demo.journey import Journey
from infra.demo.stage import Stage, UnexpectedError
from infra.local.addresses import Addresses, home_folder
from infra.local.processes import LocalError


def main() -> int:
    """Walk the journey once."""
    console = Console()
    try:
        stage = Stage(Addresses.read(home_folder()), console)
    except LocalError as error:
        console.print(f"[red]✗[/] {error}")
        return 2
    started = time.perf_counter()
    try:
        Journey(stage).walk()
    except UnexpectedError as error:
        console.print(f"[red]demo:[/] {error}", soft_wrap=True)
        return 1
    seconds = time.perf_counter() - started
    console.print(f"demo: {len(stage.steps)} steps as expected in {seconds:.1f} s", highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
