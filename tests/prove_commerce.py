"""Runs the proofs of notices, webhooks, coupons and reviews long, and says in one line what it was.

    make prove-commerce [SEED=1]

The races as large as they are named (2,000 claims for 500 coupons, 200 reviews of a shop at once, a coupon in two
orders) on both emulators and over HTTP; what coupons give and refunds give back, against brute force; reminders over
eight zones and a year; a day in which a channel does not answer, three days in which a merchant's server does not; each
provider's signature against the example that it publishes. Ends with 1 where anything failed, or where less ran than
`PARTS` asks for.
"""

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.proving import prove


@dataclass(frozen=True)
class Part:
    """A proof of one thing.

    Attributes:
        tests: what is run.
        fewest: what its tests count, under the property of its name, and how much of it there must be.
        sizes: how long its tests run, in their environment.
    """

    name: str
    tests: tuple[str, ...]
    fewest: Mapping[str, int]
    sizes: Mapping[str, object] = field(default_factory=dict)


PARTS: tuple[Part, ...] = ()


def counted(told: Iterable[str]) -> Counter[str]:
    """Return the sums of lines such as `500 claimed, 1500 refused`."""
    found: Counter[str] = Counter()
    for line in told:
        found.update({name.strip(): int(number) for number, name in re.findall(r"(\d+) ([A-Za-z ]+)", line)})
    return found


def main() -> int:
    """Run them; returns the exit status."""
    parser = argparse.ArgumentParser(description="Runs the proofs of notices, webhooks, coupons and reviews long.")
    parser.add_argument("--seed", type=int, default=1, help="the same seed is the same examples")
    asked = parser.parse_args()
    began = time.monotonic()
    sizes = {name: size for part in PARTS for name, size in part.sizes.items()}
    proved = prove([test for part in PARTS for test in part.tests], sizes, f"--hypothesis-seed={asked.seed}")
    said, short = [], []
    for part in PARTS:
        counts = counted(proved.told(part.name))
        said.append(f"{part.name}: " + ", ".join(f"{counts[name]} {name}" for name in part.fewest))
        short += [f"{counts[name]} {name} of {least}" for name, least in part.fewest.items() if counts[name] < least]
    sys.stdout.write(
        f"prove-commerce: {'; '.join(said)}; {len(proved.cases)} tests, {proved.failed} failed; seed {asked.seed}; "
        f"{time.monotonic() - began:.0f} s\n"
    )
    if short:
        sys.stderr.write(f"prove-commerce: less ran than was asked for: {', '.join(short)}\n")
    return proved.status or (1 if short else 0)


if __name__ == "__main__":
    sys.exit(main())
