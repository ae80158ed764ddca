"""Work that one run of a scheduled function does for all: whether it is done in the time that there is."""

from dataclasses import dataclass

from benchmarks.capacity.measurements import operations, rows
from benchmarks.capacity.model import load, memory
from benchmarks.capacity.usage import FULL_CPU_MB, PEAK_SHARE, READ_MS, WRITE_MS
from benchmarks.mix import PER_BOOKING

EXPIRE, SETTLE, RECONCILE = "orders-expire", "settlement-run", "reconciliation-run"
_CALL_MS = 1.5
"""CPU of a request of DynamoDB, here, where the operation's own was not measured."""


@dataclass(frozen=True)
class Run:
    """What a schedule has to do between two of its runs, and how long it may take.

    Attributes:
        what: in words.
        function: whose.
        seconds: that the work takes, one thing after the other.
        allowed: seconds that there are.
    """

    what: str
    function: str
    seconds: float
    allowed: float

    @property
    def holds(self) -> bool:
        """Whether it is done in time."""
        return self.seconds <= self.allowed


def runs(per_hour: float) -> list[Run]:
    """Return the runs at a scale: of a minute in the peak hour, of an hour and of a day for a whole day's bookings."""
    a_day = per_hour / PEAK_SHARE
    ran_out = (PER_BOOKING["hold"] - 1) * per_hour / 60
    held = ran_out * _one("tell of one hold that ran out", EXPIRE)
    settled = a_day * _bulk("settle 100 merchants, 10 dues each", 1_000, SETTLE)
    reconciled = a_day * _bulk("reconcile a day of 200 orders", 200, RECONCILE)
    return [
        Run("tell of the holds that ran out in a minute", EXPIRE, held, 50),
        Run("settle a day's lines, in 24 runs", SETTLE, settled, 24 * 900),
        Run("reconcile a day, in one night", RECONCILE, reconciled, 13 * 60),
    ]


def _one(name: str, function: str) -> float:
    known, requests = operations()[name], rows()[name][0]
    sweep = rows()["sweep where nothing ran out"][0]
    share = min(1.0, memory(function) / FULL_CPU_MB)
    waits = (requests - sweep) * READ_MS + known["transactions"] * WRITE_MS
    return (known["milliseconds"] * (requests - sweep) / requests / share + waits) / 1_000


def _bulk(name: str, number: int, function: str) -> float:
    share = min(1.0, memory(function) / FULL_CPU_MB)
    return rows()[name][0] / number * (READ_MS + _CALL_MS / share) / 1_000


def relay_shards(per_hour: float) -> float:
    """Return how many shards' worth of work the stream has: each is read by one call of the relay at a time."""
    return load(per_hour).busy["outbox-relay"] / 3_600
