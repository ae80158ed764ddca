"""Runs the proof of faults long, and says in one line what it was.

    make prove-faults [SEEDS=20] [SEED=1]

Every kind of fault (`tests/faults/kinds.py`) for SEEDS seeds from SEED on, each over a whole journey of five customers, a
merchant and their money (`tests/faults/journey.py`). Clients repeat what is not answered and never see a 500; in the end
the books balance, the provider's account says what they say, every order is in one right state, nobody was told twice
or not at all, and nothing waits. Ends with 1 where anything was violated, where a fault did not strike, or where fewer
journeys ran than were asked for.
"""

import argparse
import sys
import time
from collections import Counter

from tests.faults.kinds import KINDS
from tests.proving import prove


def main() -> int:
    """Run it; returns the exit status."""
    parser = argparse.ArgumentParser(description="Runs the proof of faults long.")
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds of each fault")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; the same seed is the same faults")
    asked = parser.parse_args()
    began = time.monotonic()
    seeds = ",".join(str(asked.seed + number) for number in range(asked.seeds))
    proved = prove(["tests/test_faults.py"], {"SEEDS": seeds, "FAULTS": "all"}, "--show-capture=no")
    ran, struck = Counter(proved.told("fault")), Counter[str]()
    for line in proved.told("struck"):
        name, _, count = line.rpartition("=")
        struck[name] += int(count)
    for name in KINDS:
        sys.stdout.write(f"  {name:<32} {ran[name]:>3} journeys, struck {struck[name]:>6} times\n")
    enough = all(ran[name] >= asked.seeds and struck[name] for name in KINDS)
    sys.stdout.write(
        f"prove-faults: {len(KINDS)} faults x {asked.seeds} seeds from {asked.seed}; {sum(ran.values())} journeys, "
        f"{sum(struck.values())} faults struck, {proved.total('asked')} answers, {proved.total('repeated')} told to repeat, "
        f"{proved.total('died')} functions died; {proved.failed} violated; {time.monotonic() - began:.0f} s\n"
    )
    if not enough:
        sys.stderr.write("prove-faults: fewer journeys ran than were asked for, or a fault did not strike\n")
    return proved.status or (0 if enough else 1)


if __name__ == "__main__":
    sys.exit(main())
