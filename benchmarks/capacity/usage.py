"""What one booking takes, and what else the model supposes. What was measured is named by its row in docs/costs.md."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from benchmarks.capacity.measurements import FURTHER_CHARGE
from benchmarks.mix import PER_BOOKING

API = "api"
PEAK_SHARE = 0.12
"""Of a day's bookings, in its busiest hour; a month has thirty days."""
MONTH_HOURS = 30 / PEAK_SHARE
"""Peak hours that a month's bookings are."""

READ_MS, WRITE_MS = 5.0, 10.0
"""What a request of DynamoDB takes beside our CPU: a read or a plain write, and what a transaction adds to that."""
PROVIDER_MS = 400.0
QUEUE_MS = 10.0
COLD_MS = 1_500.0
FULL_CPU_MB = 1_769
"""Memory of a function that has one whole CPU (AWS)."""
HEADROOM = 2.0
"""Concurrency beside what the mean needs: arrivals come in bursts, and cold starts take their time."""


@dataclass(frozen=True)
class Use:
    """An operation that a booking takes.

    Attributes:
        name: its row in docs/costs.md.
        times: how often for one booking that is paid.
        function: who does it.
        table: where the row says no tables itself.
        cpu_ms: CPU where none was measured.
        waits_ms: for others: payment providers, other services of AWS.
        is_nightly: done at night, not in the peak hour.
        keys: write units by kind of key, of what was not heard of: those that many share.
    """

    name: str
    times: float
    function: str = API
    table: str = ""
    cpu_ms: float = 0.0
    waits_ms: float = 0.0
    is_nightly: bool = False
    keys: Mapping[str, float] = field(default_factory=dict)


CANCELLED = 0.08
SIGN_INS, CODES = 0.15, 0.15
REVIEWS = 0.2
SERVED = 1 - CANCELLED
LINES_A_PAYOUT = 10

USES: tuple[Use, ...] = (
    Use("nearest 20, mean", PER_BOOKING["search"], table="search"),
    Use("a shop's page", PER_BOOKING["a shop's page"]),
    Use("free times of a date", PER_BOOKING["free times"]),
    Use("hold a time", PER_BOOKING["hold"]),
    Use("pay: begin", PER_BOOKING["pay: begin"], waits_ms=PROVIDER_MS),
    Use("pay: the provider's notice", PER_BOOKING["pay: the provider's notice"]),
    Use("read an order", PER_BOOKING["read an order"]),
    Use("ask for a code", CODES, table="accounts", cpu_ms=5,
        keys={"accounts BUD#country#<country>": 2, "accounts BUD#cost#n": 2}),
    Use("sign in, known phone", SIGN_INS, table="accounts", cpu_ms=6),
    Use("refresh", 1.0, table="accounts", cpu_ms=4),
    Use("check in", SERVED),
    Use("complete", SERVED),
    Use("review", REVIEWS),
    Use("review the guest: both open", REVIEWS),
    Use("cancel what was paid", CANCELLED),
    Use("pay: work the notice", 1.0, "payments-work", waits_ms=PROVIDER_MS),
    # The other notices of a payment say nothing new: read, asked about, and done with.
    Use("read an order", PER_BOOKING["pay: the provider's notice"] - 1, "payments-work", waits_ms=PROVIDER_MS),
    Use("refund", CANCELLED, "payments-work", waits_ms=PROVIDER_MS),
    Use("tell of one hold that ran out", PER_BOOKING["hold"] - 1, "orders-expire"),
    # Held, and given back or run out: each changes what is free. A payment changes nothing there.
    Use("tell the search of a time", PER_BOOKING["hold"] * 1.4, "search-index"),
    Use("change it in place", REVIEWS, "search-index", table="search", cpu_ms=15),
    Use("time came free that nobody waits for", PER_BOOKING["hold"] * 1.4, "booking-work", table="booking", cpu_ms=5),
    Use("settle 100 merchants, 10 dues each", 1 / 1_000, "settlement-run", table="settlement", is_nightly=True),
    Use("pay out one charge", 1 / LINES_A_PAYOUT, "payouts-work", waits_ms=2 * PROVIDER_MS, is_nightly=True),
    Use(FURTHER_CHARGE, 1 - 1 / LINES_A_PAYOUT, "payouts-work", table="payouts", cpu_ms=6,
        waits_ms=PROVIDER_MS, is_nightly=True),
    Use("reconcile a day of 200 orders", 1 / 200, "reconciliation-run", table="reconciliation", is_nightly=True),
)  # fmt: skip
NOTICES_A_MESSAGE = 1.4
"""Some messages are for both sides."""
NOTICE = (6.0, 2.5, 8.0)
"""Requests, read and write units of one by text message: who and how, claimed, its price counted, marked (docs/costs.md
and `notifications/store.py`). By push it is a little less, and texted after that a little more.
"""

KEPT_KB = 12.0
"""Of a booking in all tables, for years: order, booking, payment, books, due, review, with what the indexes repeat."""
LOG_KB = 1.5
"""That one call of a function logs, Lambda's own lines with it."""
ANSWER_KB = 4.0
"""Of an answer on its way out, compressed."""
