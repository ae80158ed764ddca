"""Runs the proofs of booking long, and says in one line how many cases there were.

    make prove-booking [SIZE=300] [SEED=1]

SIZE lives of 50 steps each (`tests/chalicelib/booking/test_life.py`), as many lives of the rules alone against fakes
(`test_machine.py`), and every race 20 times on both emulators (`test_races.py`). Ends with 1 where anything was violated,
or where fewer cases ran than were asked for.
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
TESTS = [f"tests/chalicelib/booking/{name}.py" for name in ("test_life", "test_machine", "test_races")]
WORKERS, STEPS, RACES = 2, 50, 20


def main() -> int:
    """Run them; returns the exit status."""
    parser = argparse.ArgumentParser(description="Runs the proofs of booking long.")
    parser.add_argument("--size", type=int, default=300, help="lives of the state machines")
    parser.add_argument("--seed", type=int, default=1, help="the same seed is the same lives")
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        status = _run(asked.size, asked.seed, report)
        cases = list(ET.parse(report).iter("testcase"))
    failed = [case.get("name") for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skipped = sum(case.find("skipped") is not None for case in cases)
    races = sum(case.get("classname", "").endswith("test_races") for case in cases) - skipped
    lives, steps = (_sum(cases, name) for name in ("lives", "steps"))
    sys.stdout.write(
        f"prove-booking: {lives} lives, {steps} steps checked; {asked.size} lives of the rules; {races} races; "
        f"{len(failed)} violations; seed {asked.seed}; {time.monotonic() - began:.0f} s\n"
    )
    enough = lives >= asked.size and steps >= asked.size * STEPS and races >= RACES * 20
    if not enough:
        sys.stderr.write("prove-booking: fewer cases ran than were asked for\n")
    return status or (0 if enough else 1)


def _run(size: int, seed: int, report: Path) -> int:
    sizes = {"LIVES": size, "STEPS": STEPS, "SHARDS": 2 * WORKERS, "SEED": seed, "RACES": RACES}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        str(WORKERS),
        "-o",
        "junit_family=xunit1",
        f"--junitxml={report}",
        f"--hypothesis-seed={seed}",
    ]
    environment = os.environ | {name: str(value) for name, value in sizes.items()}
    return subprocess.run([*command, *TESTS], cwd=ROOT, env=environment, check=False).returncode


def _sum(cases: list[ET.Element], name: str) -> int:
    found = (one.get("value", "0") for case in cases for one in case.iter("property") if one.get("name") == name)
    return sum(map(int, found))


if __name__ == "__main__":
    sys.exit(main())
