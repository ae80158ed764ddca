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


_TESTS = "tests/chalicelib"
PARTS: tuple[Part, ...] = (
    Part(
        "rush",
        tuple(f"{_TESTS}/coupons/test_{name}.py" for name in ("rush", "budgets", "codes", "expiry")),
        {
            "claims": 4_000,  # 2,000 on each emulator
            "claimed": 1_000,
            "claims over HTTP": 201,
            "draws at once": 400,
            "codes made": 10_000,
            "expired over runs that died": 1_000,
        },
        {
            "RUSH_CLAIMS": 2_000,
            "RUSH_COUPONS": 500,
            "RUSH_HTTP_CLAIMS": 200,
            "BUDGET_DRAWERS": 100,
            "BUDGET_STEPS": 200,
            "CODES": 5_000,
            "EXPIRY_COUPONS": 600,
        },
    ),
    Part(
        "discounts",
        (
            f"{_TESTS}/coupons/test_stacking.py",
            f"{_TESTS}/orders/test_discounted.py",
            f"{_TESTS}/orders/test_earned.py",
            f"{_TESTS}/orders/test_terms_hold.py",
            f"{_TESTS}/orders/test_coupons.py",
            f"{_TESTS}/orders/test_coupon_lives.py",
            f"{_TESTS}/orders/test_simulations.py",
        ),
        {
            "baskets against every combination": 1_500,
            "orders refunded": 800,
            "orders called off in part": 1_500,
            "orders that the shop changed": 1_500,
            "first orders at once": 80,
            "orders at once over HTTP": 40,
            "orders simulated": 1,
            "lives with budgets": 15,
        },
        {
            "STACKING_BASKETS": 1_500,
            "DISCOUNTED_LIVES": 800,
            "EARNED_BASKETS": 1_500,
            "COUPON_RACERS": 40,
            "COUPON_LIVES": 15,
        },
    ),
    Part(
        "reviews",
        tuple(
            f"{_TESTS}/reviews/test_{name}.py" for name in ("store", "voices", "model", "use_cases", "race", "routes")
        ),
        {
            "reviews at once": 400,
            "reviews over HTTP": 400,
            "votes at once": 400,
            "pairs at once": 1,
            "lives of a shop": 40,
        },
        {"REVIEWS_AT_ONCE": 200, "REVIEWS_OVER_HTTP": 200, "REVIEWS_READERS": 200, "REVIEWS_LIVES": 40},
    ),
    Part(
        "moderation",
        (f"{_TESTS}/moderation", f"{_TESTS}/reviews/test_films.py", f"{_TESTS}/reviews/test_pictures.py"),
        {
            "broken films": 3_000,
            "broken photographs": 3_000,
            "honest reviews": 1_000,
            "reviews of rings held": 1,
            "decisions counted": 1,
            "hours without classifiers": 72,
            "texts judged after it": 5,
            "photographs seen after it": 2,
        },
        {"MEDIA_BROKEN": 3_000, "MODERATION_PEOPLE": 3_000, "MODERATION_OUTAGE_HOURS": 72},
    ),
    Part(
        "notices",
        tuple(f"{_TESTS}/notifications/test_{name}.py" for name in ("outage", "races", "flapping", "mornings")),
        {"sent": 1_000, "deliveries at once": 200, "readers against fall": 40},
        {"NOTICES": 500, "RACES": 20, "FLAPS": 1_000},
    ),
    Part(
        "channels",
        (
            *(f"{_TESTS}/kit/test_texting_{provider}.py" for provider in ("alibaba", "tencent")),
            f"{_TESTS}/notifications/gateways",
            f"{_TESTS}/reach",
        ),
        {"signature examples": 4, "refusals": 60, "signed messages": 12, "receipts": 25},
    ),
    Part(
        "reminders",
        (f"{_TESTS}/reminders/test_year.py", f"{_TESTS}/reminders/test_store.py"),
        {"visits": 8_000, "at a change": 1, "due at once": 200},
        {"REMINDED_VISITS": 1_000, "REMINDED_AT_ONCE": 200},
    ),
    Part(
        "outreach",
        tuple(f"{_TESTS}/outreach/test_{name}.py" for name in ("races", "routes", "telling")),
        {"written to": 200, "begun at once over HTTP": 6},
        {"WRITTEN_TO": 100},
    ),
    Part(
        "webhooks",
        tuple(f"{_TESTS}/webhooks/test_{name}.py" for name in ("store", "delivering", "isolation", "lives", "routes")),
        {"workers racing": 80, "duplicates": 50, "outage events": 40, "attempts": 40, "events slow": 200, "quick": 20},
        {
            "WEBHOOK_RACERS": 40,
            "WEBHOOK_DUPLICATES": 50,
            "WEBHOOK_EVENTS": 40,
            "WEBHOOK_LIVES": 60,
            "WEBHOOK_SLOW": 200,
        },
    ),
)


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
    proved = prove(
        [test for part in PARTS for test in part.tests], sizes, f"--hypothesis-seed={asked.seed}", "--timeout=600"
    )
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
