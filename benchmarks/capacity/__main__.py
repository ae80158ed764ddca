"""See the package."""

import argparse
import sys
from collections.abc import Sequence

from benchmarks.capacity.measurements import measured
from benchmarks.capacity.page import PAGE, page
from infra.targets import ROOT


def main(arguments: Sequence[str]) -> int:
    """Write docs/capacity.md; 0."""
    parser = argparse.ArgumentParser(description="Writes docs/capacity.md from what was measured.")
    parser.add_argument("--measure", action="store_true", help="measure the operations anew first")
    if parser.parse_args(arguments).measure:
        from benchmarks.capacity.measure import measure  # an emulator and the whole app: only where they are needed

        measure()
        measured.cache_clear()
    PAGE.write_text(page(), encoding="utf-8")
    print(f"capacity: wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
