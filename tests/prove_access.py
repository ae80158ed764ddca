"""Runs the proofs of access long, and says in one line how many cases there were.

    make prove-access [SIZE=1] [SEED=1]

- Every operation as everybody, on what is theirs and on what is not, over HTTP against the deployed stack (`e2e/matrix.py`).
- Requests that fit the API document and such that do not, as each role (`e2e/test_schemathesis.py`), 4 SIZE times as many as
  in the suite; garbage in tokens, cursors, ids and headers (`test_garbage.py`), 5 SIZE times as much.
- Every race of signing in (`chalicelib/accounts`), and the scans of code and templates (`make scans`).

Ends with 1 where anything was found, or where fewer cases ran than there are endpoints and roles.
"""

import argparse
import subprocess
import sys
import time

from tests.proving import ROOT, prove

TESTS = ("tests/e2e/test_matrix.py", "tests/e2e/test_schemathesis.py", "tests/test_garbage.py", "tests/test_surface.py",
         "tests/chalicelib/accounts", "tests/chalicelib/team", "tests/chalicelib/support")  # fmt: skip
FEWEST_SUBJECTS = 20  # of an operation that needs a permission


def main() -> int:
    """Run them; returns the exit status."""
    parser = argparse.ArgumentParser(description="Runs the proofs of access long.")
    parser.add_argument("--size", type=int, default=1, help="how many times as much")
    parser.add_argument("--seed", type=int, default=1, help="the same seed is the same garbage")
    asked = parser.parse_args()
    began = time.monotonic()
    sizes = {"MATRIX": "http", "FUZZ": 4 * asked.size, "GARBAGE": 5 * asked.size}
    proved = prove(TESTS, sizes, f"--hypothesis-seed={asked.seed}")
    scans = subprocess.run([sys.executable, "-m", "infra.scans"], cwd=ROOT, check=False).returncode
    told = {name: proved.total(name) for name in ("operations", "guarded", "cells", "fuzzed", "garbage")}
    sys.stdout.write(
        f"prove-access: {told['cells']} cells of {told['operations']} operations as everybody; "
        f"{told['fuzzed']} requests fuzzed by the document, {told['garbage']} of garbage; {len(proved.cases)} tests, "
        f"{proved.failed} failed; scans {'clean' if scans == 0 else 'found something'}; seed {asked.seed}; "
        f"{time.monotonic() - began:.0f} s\n"
    )
    enough = told["cells"] >= told["guarded"] * FEWEST_SUBJECTS > 0 and told["fuzzed"] > 0 and told["garbage"] > 0
    if not enough:
        sys.stderr.write("prove-access: fewer cases ran than were asked for\n")
    return proved.status or scans or (0 if enough else 1)


if __name__ == "__main__":
    sys.exit(main())
