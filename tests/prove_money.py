"""Runs the proof of money long, and says in one line what it was.

    make prove-money [SIZE=2000] [SEED=1] [SEEDS=1]

SIZE bookings with their payments, refunds, disputes, settlements and payouts (`tests/simulation`), for SEEDS seeds from
SEED on: three in ten of the providers' events and of the messages come twice, all of them shuffled, every second answer
of a provider is lost, and functions die at random commits. In the end the books balance in every currency, every
movement at a provider has exactly one transaction, every merchant was paid what their lines earned, once, every booking
is in one right final state, and reconciliation explains everything. Then a theft, a lost notice and a double capture
are planted, and found. Ends with 1 where anything was violated, or where fewer bookings were than asked for.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKERS = 2


def main() -> int:
    """Run it; returns the exit status."""
    parser = argparse.ArgumentParser(description="Runs the proof of money long.")
    parser.add_argument("--size", type=int, default=2000, help="bookings of each seed")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; the same seed is the same lives")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds")
    asked = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        status = _run(asked, report)
        cases = list(ET.parse(report).iter("testcase"))
    failed = [case.get("name") for case in cases if case.find("failure") is not None or case.find("error") is not None]
    figures: Counter[str] = Counter()
    for line in _properties(cases, "line"):
        figures += Counter({name.strip(): int(number) for number, name in re.findall(r"(\d+) ([a-z ]+)", line)})
    planted = sum(int(found) for found in _properties(cases, "planted"))
    said = ", ".join(f"{number} {name}" for name, number in figures.items() if name != "violations")
    sys.stdout.write(
        f"prove-money: {asked.seeds} seeds from {asked.seed}; {said}; {planted} of {3 * asked.seeds} planted faults found; "
        f"{len(failed)} violated; {time.monotonic() - began:.0f} s\n"
    )
    enough = figures["bookings"] >= asked.size * asked.seeds and planted == 3 * asked.seeds
    if not enough:
        sys.stderr.write("prove-money: fewer bookings were than asked for, or not every planted fault was found\n")
    return status or (0 if enough else 1)


def _run(asked: argparse.Namespace, report: Path) -> int:
    seeds = ",".join(str(asked.seed + number) for number in range(asked.seeds))
    environment = os.environ | {"SIZE": str(asked.size), "SEEDS": seeds}
    command = [sys.executable, "-m", "pytest", "-q", "-n", str(WORKERS), "--show-capture=no", "-o"]
    command += ["junit_family=xunit1", f"--junitxml={report}", "tests/test_money.py"]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def _properties(cases: list[ET.Element], name: str) -> list[str]:
    return [one.get("value", "") for case in cases for one in case.iter("property") if one.get("name") == name]


if __name__ == "__main__":
    sys.exit(main())
