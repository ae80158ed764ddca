"""Runs the proofs of access long, and says in one line how many cases there were.

    make prove-access [SIZE=1] [SEED=1]

- Every operation as everybody, on what is theirs and on what is not, over HTTP against the deployed stack (`e2e/matrix.py`).
- Requests that fit the API document and such that do not, as each role (`e2e/test_schemathesis.py`), 2 SIZE times as many as
  in the suite; garbage in tokens, cursors, ids and headers (`test_garbage.py`), 5 SIZE times as much.
- Every race of signing in (`chalicelib/accounts`), and the scans of code and templates (`make scans`).

Ends with 1 where anything was found, or where fewer cases ran than there are endpoints and roles.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TESTS = ("tests/e2e/test_matrix.py", "tests/e2e/test_schemathesis.py", "tests/test_garbage.py", "tests/test_surface.py",
         "tests/chalicelib/accounts", "tests/chalicelib/team", "tests/chalicelib/support")  # fmt: skip
WORKERS = 2
FEWEST_SUBJECTS = 20  # of an operation that needs a permission


def main() -> int:
    """Run them; returns the exit status."""
    parser = argparse.ArgumentParser(description="Runs the proofs of access long.")
    parser.add_argument("--size", type=int, default=1, help="how many times as much")
    parser.add_argument("--seed", type=int, default=1, help="the same seed is the same garbage")
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        status = _run(asked.size, asked.seed, report)
        cases = list(ET.parse(report).iter("testcase"))
    scans = subprocess.run([sys.executable, "-m", "infra.scans"], cwd=ROOT, check=False).returncode
    failed = [case.get("name") for case in cases if case.find("failure") is not None or case.find("error") is not None]
    told = {name: _sum(cases, name) for name in ("operations", "guarded", "cells", "fuzzed", "garbage")}
    sys.stdout.write(
        f"prove-access: {told['cells']} cells of {told['operations']} operations as everybody; "
        f"{told['fuzzed']} requests fuzzed by the document, {told['garbage']} of garbage; {len(cases)} tests, "
        f"{len(failed)} failed; scans {'clean' if scans == 0 else 'found something'}; seed {asked.seed}; "
        f"{time.monotonic() - began:.0f} s\n"
    )
    enough = told["cells"] >= told["guarded"] * FEWEST_SUBJECTS > 0 and told["fuzzed"] > 0 and told["garbage"] > 0
    if not enough:
        sys.stderr.write("prove-access: fewer cases ran than were asked for\n")
    return status or scans or (0 if enough else 1)


def _run(size: int, seed: int, report: Path) -> int:
    sizes = {"MATRIX": "http", "FUZZ": 2 * size, "GARBAGE": 5 * size}
    command = [
        sys.executable, "-m", "pytest", "-q", "-n", str(WORKERS), "-o", "junit_family=xunit1", f"--junitxml={report}",
        f"--hypothesis-seed={seed}",
    ]  # fmt: skip
    environment = os.environ | {name: str(value) for name, value in sizes.items()}
    return subprocess.run([*command, *TESTS], cwd=ROOT, env=environment, check=False).returncode


def _sum(cases: list[ET.Element], name: str) -> int:
    found = (one.get("value", "0") for case in cases for one in case.iter("property") if one.get("name") == name)
    return sum(map(int, found))


if __name__ == "__main__":
    sys.exit(main())
