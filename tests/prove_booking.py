"""Runs the proofs of booking long, and says in one line how many cases there were.

    make prove-booking [SIZE=300] [SEED=1]

SIZE lives of 50 steps each (`tests/chalicelib/booking/test_life.py`), as many lives of the rules alone against fakes
(`test_machine.py`), and every race 20 times on both emulators (`test_races.py`). Ends with 1 where anything was violated,
or where fewer cases ran than were asked for.
"""

import argparse
import sys
import time

from tests.proving import WORKERS, prove

TESTS = [f"tests/chalicelib/booking/{name}.py" for name in ("test_life", "test_machine", "test_races")]
STEPS, RACES = 50, 20


def main() -> int:
    """Run them; returns the exit status."""
    parser = argparse.ArgumentParser(description="Runs the proofs of booking long.")
    parser.add_argument("--size", type=int, default=300, help="lives of the state machines")
    parser.add_argument("--seed", type=int, default=1, help="the same seed is the same lives")
    asked = parser.parse_args()
    began = time.monotonic()
    sizes = {"LIVES": asked.size, "STEPS": STEPS, "SHARDS": 2 * WORKERS, "SEED": asked.seed, "RACES": RACES}
    proved = prove(TESTS, sizes, f"--hypothesis-seed={asked.seed}")
    skipped = sum(case.find("skipped") is not None for case in proved.cases)
    races = sum(case.get("classname", "").endswith("test_races") for case in proved.cases) - skipped
    lives, steps = (proved.total(name) for name in ("lives", "steps"))
    sys.stdout.write(
        f"prove-booking: {lives} lives, {steps} steps checked; {asked.size} lives of the rules; {races} races; "
        f"{proved.failed} violations; seed {asked.seed}; {time.monotonic() - began:.0f} s\n"
    )
    enough = lives >= asked.size and steps >= asked.size * STEPS and races >= RACES * 20
    if not enough:
        sys.stderr.write("prove-booking: fewer cases ran than were asked for\n")
    return proved.status or (0 if enough else 1)


if __name__ == "__main__":
    sys.exit(main())
