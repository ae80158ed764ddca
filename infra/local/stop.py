"""`make stop`: stops the local stack from another terminal and waits until it is gone."""

import argparse
import sys
from collections.abc import Sequence

from infra.local.addresses import home_folder
from infra.local.lock import FolderLock
from infra.local.processes import LocalError

STOP_SECONDS = 90.0


def main(arguments: Sequence[str]) -> int:
    """Command line; 0 also when nothing ran."""
    parser = argparse.ArgumentParser(description="Stops the local stack.")
    parser.add_argument("--quiet", action="store_true", help="say nothing when nothing runs")
    options = parser.parse_args(arguments)
    try:
        stopped = FolderLock(home_folder()).end_owner(STOP_SECONDS)
    except LocalError as problem:
        print(f"make stop: {problem}", file=sys.stderr)
        return 1
    if stopped:
        print("The local stack has stopped.")
    elif not options.quiet:
        print("No local stack runs here.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
