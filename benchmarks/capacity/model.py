"""What so many bookings an hour need: rates, units, concurrency, and the keys that all of them share. No I/O but the
figures.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from benchmarks.capacity.measurements import measured, operations, rows
from benchmarks.capacity.usage import (
    API,
    FULL_CPU_MB,
    HEADROOM,
    NOTICE,
    NOTICES_A_MESSAGE,
    QUEUE_MS,
    READ_MS,
    USES,
    WRITE_MS,
    Use,
)
from chalicelib.accounts.rules.budgets import COST_SHARDS
from chalicelib.ledger.store import BALANCES
from chalicelib.ledger.store import SHARDS as JOURNAL
from chalicelib.orders.store import SHARDS as HELD
from chalicelib.outbox.store import SHARDS as OUTBOX
from chalicelib.payments.store.rows import SHARDS as ON_ITS_WAY
from chalicelib.reviews.store.rows import BLIND_PARTS
from chalicelib.settlement.store.rows import SHARDS as WAITING
from infra.targets import ROOT

SCALES = (10, 1_000, 100_000)
_HOUR = 3_600
WORKERS = {
    "payments": "payments-work",
    "search": "search-index",
    "booking": "booking-work",
    "notifications": "notifications-deliver",
    "payouts": "payouts-work",
    "privacy": "privacy-work",
    "reminders": "reminders-plan",
    "moderation": "moderation-work",
    "media": "reviews-media",
    "webhooks": "webhooks-deliver",
}
RELAY, NOTIFY = "outbox-relay", "notifications-deliver"
PARTITION_WRITES, PARTITION_READS = 1_000, 3_000
"""Units a second that DynamoDB gives one partition at most, and so one key."""
CONFLICT_SECONDS = 0.02
"""How long a transaction stands in the way of another one that writes the same row."""


@dataclass
class Load:
    """What one scale needs in its peak hour (`per_hour` bookings), or a month's bookings at night in addition.

    Attributes:
        calls: of each function, an hour; `busy` its seconds of running; `cpu` milliseconds of CPU, here.
        reads, writes: units an hour, by table.
        requests: to DynamoDB, an hour.
        keys: write units an hour by kind of key.
        messages: an hour, by queue; `relayed` is how many leave the outbox.
    """

    per_hour: float
    calls: Counter[str] = field(default_factory=Counter)
    busy: Counter[str] = field(default_factory=Counter)
    cpu: Counter[str] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    requests: float = 0.0
    keys: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    relayed: float = 0.0

    def a_second(self, an_hour: float) -> float:
        """Return a rate a second."""
        return an_hour / _HOUR

    def concurrency(self, function: str) -> int:
        """Return how many of a function run at once, with room for bursts."""
        return max(1, math.ceil(self.busy[function] / _HOUR * HEADROOM))


@cache
def memory(function: str) -> int:
    """Return the megabytes of a function, as .chalice/config.json says."""
    config = json.loads((ROOT / ".chalice" / "config.json").read_text(encoding="utf-8"))
    own = config["lambda_functions"].get("api_handler" if function == API else function, {})
    return int(own.get("lambda_memory_size", config["lambda_memory_size"]))


def duration(use: Use) -> tuple[float, float]:
    """Return the seconds that an operation runs on Lambda, and its milliseconds of CPU here."""
    requests, _, _ = rows()[use.name]
    known = operations().get(use.name, {})
    cpu = known.get("milliseconds", use.cpu_ms or measured()["search_milliseconds"])
    share = min(1.0, memory(use.function) / FULL_CPU_MB)
    waits = requests * READ_MS + known.get("transactions", 1 if use.table else 0) * WRITE_MS + use.waits_ms
    return (cpu / share + waits) / 1_000, cpu


def load(per_hour: float, *, nightly: bool = False) -> Load:
    """Return what so many bookings need in an hour, or, `nightly`, what is done about them later."""
    made = Load(per_hour)
    for use in USES:
        if use.is_nightly == nightly:
            _add(made, use, per_hour * use.times)
    _relay(made)
    return made


def _add(made: Load, use: Use, times: float) -> None:
    requests, reads, writes = rows()[use.name]
    seconds, cpu = duration(use)
    made.requests += requests * times
    if use.function == API:
        made.calls[API] += times  # those of the workers are counted by what waits in their queues
    made.busy[use.function] += seconds * times
    made.cpu[use.function] += cpu * times
    known = operations().get(use.name)
    for name, units, total in (("reads", reads, made.reads), ("writes", writes, made.writes)):
        for table, one in (known[name] if known else {use.table: units}).items():
            total[table] += one * times
    for key, units in (known["keys"] if known else use.keys).items():
        made.keys[key] += units * times
    for queue, count in (known["messages"] if known else {}).items():
        made.messages[queue] += count * times
    made.relayed += (known["writes"].get("outbox", 0.0) / 3 if known else 0.0) * times


def _relay(made: Load) -> None:
    """Add what the relay does with the messages, and what tells people."""
    removed = rows()["remove a message that was sent"][2]
    made.writes["outbox"] += removed * made.relayed
    made.requests += made.relayed
    made.keys["outbox.gsi1 PENDING#n"] += made.relayed
    # Each shard of the stream is read four times a second; what has come meanwhile is one call.
    made.calls[RELAY] = min(made.relayed, OUTBOX * 4 * _HOUR)
    made.busy[RELAY] += made.calls[RELAY] * QUEUE_MS / 1_000 + made.relayed * 0.01
    for queue, count in made.messages.items():
        made.calls[WORKERS[queue]] += count  # one a call: at these rates batches are not full
    notices = made.messages["notifications"] * NOTICES_A_MESSAGE
    requests, reads, writes = NOTICE
    made.requests += notices * requests
    made.reads["notifications"] += notices * reads
    made.writes["notifications"] += notices * writes
    made.busy[NOTIFY] += notices * (requests * READ_MS + 60) / 1_000
    made.cpu[NOTIFY] += notices * 8


@dataclass(frozen=True)
class Hot:
    """A kind of key that all bookings share.

    Attributes:
        key: table and key.
        spread: over how many rows or partitions it is.
        units: written to the busiest one, a second.
        conflicts: the share of transactions that meet another one on a row, where the key is a row of its own.
    """

    key: str
    spread: int
    units: float
    conflicts: float | None

    @property
    def holds(self) -> bool:
        """Whether DynamoDB takes it."""
        return self.units < PARTITION_WRITES


SPREAD: dict[str, int] = {
    "ledger BAL#customers:held": BALANCES,
    "ledger BAL#provider:stripe": BALANCES,
    "ledger BAL#refunds:pending": BALANCES,
    "accounts BUD#country#<country>": 1,  # nearly all phones of a region are of one
    "accounts BUD#cost#n": COST_SHARDS,
    "ledger.gsi1 DAY#<date>#n": JOURNAL,
    "outbox.gsi1 PENDING#n": OUTBOX,
    "orders.gsi2 HELD#n": HELD,
    "settlement.gsi1 WAITING#n": WAITING,
    "payments.gsi2 WAY#n": ON_ITS_WAY,
    "reviews.gsi1 BLIND#n": BLIND_PARTS,
    # One city's shops of one category on one date: a tenth of all bookings in the busiest.
    "search F3#<date>#<category>#<area>": 10,
}
"""Kinds of keys without anybody's id -> how many there are of each, or what share the busiest has."""


def hot_keys(made: Load) -> Iterator[Hot]:
    """Yield the keys that do not become more when bookings do, the busiest first; AssertionError for one that nobody
    has thought about.
    """
    shared = {key: units for key, units in made.keys.items() if "*" not in key}
    if not shared.keys() <= SPREAD.keys():
        raise AssertionError(shared.keys() - SPREAD.keys())
    found = []
    for key, units in shared.items():
        spread = SPREAD[key]
        each = units / _HOUR / spread
        is_row = " BAL#" in key or " BUD#" in key
        meets = 1 - math.exp(-each / 2 * 2 * CONFLICT_SECONDS) if is_row else None  # 2 units a write in a transaction
        found.append(Hot(key, spread, each, meets))
    yield from sorted(found, key=lambda one: -one.units)


def by_kind(made: Load) -> dict[str, float]:
    """Return the write units a second of the ten kinds of keys with most, whoever's they are."""
    totals: dict[str, float] = defaultdict(float)
    for key, units in made.keys.items():
        totals[key] += units / _HOUR
    return dict(sorted(totals.items(), key=lambda one: -one[1])[:10])
