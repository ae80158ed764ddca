"""Velocity: how often and how much one subject may pay within windows that slide. No I/O.

A subject's log keeps its newest payments, newest first: when each was, and the sum of it and all newer ones. So a limit
looks at fixed places. With `t[i]` and `sum[i]` of the i-th newest (from 0), a payment of `share` at `now` fits when

    number:  t[number - 1] <= now - length                      for every window
    money:   t[i] <= now - length  or  sum[i] + share <= WHOLE  for every i, in the longest window

which is exact at every moment: nothing is rounded to buckets, so there is no border to cheat at. The store says the
same as the condition of one write (`store.CounterRow`).

Money is counted in parts of what the limit allows in the payment's currency, rounded down; so one log takes all
currencies, and nothing is converted. The parts are so small that within one currency the sum is exact: what all of a
log's roundings lose together is less than one minor unit (`WHOLE / money > MOST`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

MOST = 40  # payments that a window may have: one write's expressions take no more (DynamoDB: 4 KB, 300 operators)
WHOLE = 10**12  # the whole allowance of money, in the unit that logs add up
_DEVICE = re.compile(r"[!-~]{1,128}")
# What clients say that have no name to say, or may not say it: the nil and the max UUID (RFC 9562, 5.9 and 5.10; iOS
# without consent to tracking), a bug of Android 2.2, what an absent value is written as.
_EVERYBODYS = re.compile(
    r"[0:{}-]+|[f:{}-]+|9774d56d682e549c|\(?(?:null|nil|none|nan|undefined|unknown)\)?", re.IGNORECASE
)


class Kind(StrEnum):
    """What payments are counted by, and tries to sign in."""

    ACCOUNT = "account"
    DEVICE = "device"
    IP = "ip"
    SHOP = "shop"
    PAYER = "payer"  # a card or a wallet, known once it has paid
    TRY = "try"  # of an account, from a network or on a device
    GUESS = "guess"  # wrong ones, of an account


class Outcome(StrEnum):
    """What becomes of a payment."""

    ALLOW = "allow"
    REFUSE = "refuse"
    REVIEW = "review"  # it goes on, and somebody looks at it


@dataclass(frozen=True)
class Window:
    """At most `number` payments within `length`, whenever that ends."""

    length: timedelta
    number: int


@dataclass(frozen=True)
class Limit:
    """What one subject of a kind may pay.

    Attributes:
        windows: the shortest first; a longer one allows more.
        over: what becomes of what is over it.
        money: the most within the longest window, minor units by currency; one that is not there has no such limit.

    Raises:
        ValueError: it cannot be kept.
    """

    windows: tuple[Window, ...]
    over: Outcome
    money: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths, numbers = [one.length for one in self.windows], [one.number for one in self.windows]
        if not numbers or lengths != sorted(set(lengths)) or numbers != sorted(set(numbers)):
            raise ValueError("windows rise in length and number")
        if not 1 <= numbers[0] <= numbers[-1] <= MOST:
            raise ValueError(f"a window has 1 to {MOST} payments")
        if not all(1 <= most < WHOLE // MOST for most in self.money.values()):
            raise ValueError(f"money is 1 to {WHOLE // MOST} minor units")

    @property
    def size(self) -> int:
        """How many payments its log keeps."""
        return self.windows[-1].number

    @property
    def longest(self) -> timedelta:
        """How long a payment counts."""
        return self.windows[-1].length

    def share(self, amount: int, currency: str) -> int:
        """Return the part of the allowance that an amount (minor units) takes, in `1 / WHOLE`, rounded down."""
        most = self.money.get(currency)
        return 0 if most is None else amount * WHOLE // most


@dataclass(frozen=True)
class Log:
    """A subject's newest payments, newest first.

    Attributes:
        times: when each began; milliseconds since 1970.
        sums: its share and those of all newer ones.
    """

    times: tuple[int, ...] = ()
    sums: tuple[int, ...] = ()

    def then(self, share: int, now: datetime, size: int) -> "Log":
        """Return it with one more payment, cut to `size`."""
        sums = (share, *(one + share for one in self.sums))
        return Log((millis(now), *self.times)[:size], sums[:size])


@dataclass(frozen=True)
class Decision:
    """What becomes of a payment; `wait` is how long until one like it fits, where it does not."""

    outcome: Outcome
    wait: timedelta = timedelta()


def millis(moment: datetime) -> int:
    """Return a moment as milliseconds since 1970."""
    return int(moment.timestamp() * 1000)


def decide(log: Log, limit: Limit, share: int, now: datetime) -> Decision:
    """Decide on one more payment after those of a log.

    What is over the limit all by itself is told to wait for the longest window, though that does not help it.
    """
    waits = [limit.longest] if share > WHOLE else []
    full = [window for window in limit.windows if len(log.times) >= window.number]
    waits += [_until(log.times[window.number - 1], window.length, now) for window in full]
    too_much = [at for at, total in zip(log.times, log.sums, strict=True) if total + share > WHOLE]
    waits += [_until(at, limit.longest, now) for at in too_much]
    wait = max(waits, default=timedelta())
    return Decision(limit.over, wait) if wait > timedelta() else Decision(Outcome.ALLOW)


def _until(at: int, length: timedelta, now: datetime) -> timedelta:
    return timedelta(milliseconds=at - millis(now)) + length


def device_id(header: str | None) -> str | None:
    """Return what a client calls its device; None where it says nothing that can be one, or what many say: all who do
    would be on one device.
    """
    return header if header and _DEVICE.fullmatch(header) and not _EVERYBODYS.fullmatch(header) else None


def over(log: Log, limit: Limit, now: datetime) -> bool:
    """Say whether a log is over its limit: whether `decide` would not have let its newest payment in."""
    if not log.times:
        return False
    before = Log(log.times[1:], tuple(total - log.sums[0] for total in log.sums[1:]))
    return decide(before, limit, log.sums[0], now).outcome != Outcome.ALLOW


def logged(shares: Sequence[tuple[datetime, int]]) -> Log:
    """Return the log of some payments, newest first, each with its share."""
    log = Log()
    for at, share in reversed(shares):
        log = log.then(share, at, MOST + 1)
    return log
