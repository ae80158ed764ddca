"""Runs the proof of money long, and says in one line what it was.

    make prove-money [SIZE=2000] [SEED=1] [SEEDS=1]

SIZE bookings with their payments, refunds, disputes, settlements and payouts (`tests/simulation`), for SEEDS seeds from
SEED on: three in ten of the providers' events and of the messages come twice, all of them shuffled, every second answer
of a provider is lost, and functions die at random commits. In the end the books balance in every currency, every
movement at a provider has exactly one transaction, every merchant was paid what their lines earned, once, every booking
is in one right final state, and reconciliation explains everything. Then a theft, a lost notice and a double capture
are planted, and found. Beside it a hundred payments on the running stack, each told twice, shuffled. Ends with 1 where anything was violated, or where fewer bookings were than asked for.
"""

import argparse
import re
import sys
import time
from collections import Counter

from tests.proving import prove

PAYMENTS = 100


def main() -> int:
    """Run it; returns the exit status."""
    parser = argparse.ArgumentParser(description="Runs the proof of money long.")
    parser.add_argument("--size", type=int, default=2000, help="bookings of each seed")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; the same seed is the same lives")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds")
    asked = parser.parse_args()
    began = time.monotonic()
    seeds = ",".join(str(asked.seed + number) for number in range(asked.seeds))
    sizes = {"SIZE": asked.size, "SEEDS": seeds, "PAYMENTS": PAYMENTS}
    proved = prove(["tests/test_money.py", "tests/e2e/test_webhooks.py"], sizes, "--show-capture=no")
    figures: Counter[str] = Counter()
    for line in proved.told("line"):
        figures += Counter({name.strip(): int(number) for number, name in re.findall(r"(\d+) ([a-z ]+)", line)})
    planted = proved.total("planted")
    said = ", ".join(f"{number} {name}" for name, number in figures.items() if name != "violations")
    sys.stdout.write(
        f"prove-money: {asked.seeds} seeds from {asked.seed}; {said}; {planted} of {3 * asked.seeds} planted faults found; "
        f"{proved.failed} violated; {time.monotonic() - began:.0f} s\n"
    )
    enough = figures["bookings"] >= asked.size * asked.seeds and planted == 3 * asked.seeds
    enough = enough and proved.total("payments told") >= PAYMENTS
    if not enough:
        sys.stderr.write("prove-money: fewer bookings were than asked for, or not every planted fault was found\n")
    return proved.status or (0 if enough else 1)


if __name__ == "__main__":
    sys.exit(main())
