"""When who comes, and what percentiles say. No I/O."""

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.mix import PER_BOOKING

BOOK, ABANDON = "book", "hold and leave"
WHOLE = "a whole booking"
PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class Arrival:
    """Somebody who comes to do something, so many seconds after the start."""

    at: float
    kind: str


@dataclass(frozen=True)
class Sample:
    """One request, in seconds of one clock.

    Attributes:
        step: what it was.
        due: when it should have been sent: the first of an arrival at its moment, the others when the one before them
            was answered.
        sent: when it was.
        done: when its answer was there.
        answer: what it was answered: the status, with the problem's code where it has one, or an exception's name.
        is_expected: whether that is an answer that a sound system gives.
    """

    step: str
    due: float
    sent: float
    done: float
    answer: str
    is_expected: bool

    @property
    def corrected(self) -> float:
        """Seconds from when it was due."""
        return self.done - self.due

    @property
    def uncorrected(self) -> float:
        """Seconds from when it was sent."""
        return self.done - self.sent


def weights() -> dict[str, float]:
    """Return how many of each kind come for one who books, who takes one of each step along."""
    around = {step: PER_BOOKING[step] - 1 for step in ("search", "a shop's page", "free times")}
    return {**around, ABANDON: PER_BOOKING["hold"] - 1, BOOK: 1.0}


def schedule(rate: float, seconds: float, shares: Mapping[str, float], seed: int) -> list[Arrival]:
    """Return arrivals at equal distances, `rate` a second; kinds by their shares, at least one of each, in random order."""
    number = max(len(shares), round(rate * seconds))
    whole = sum(shares.values())
    exact = {kind: number * share / whole for kind, share in shares.items()}
    counts = {kind: max(1, math.floor(one)) for kind, one in exact.items()}
    # What is left over, or too much, is the commonest kind's.
    commonest = max(exact, key=lambda kind: exact[kind])
    counts[commonest] += number - sum(counts.values())
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    random.Random(seed).shuffle(kinds)
    return [Arrival(place / rate, kind) for place, kind in enumerate(kinds)]


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest of the values that so many per cent of them do not exceed (nearest rank): a value that was
    measured, from all that were, where a histogram would round.
    """
    ranked = sorted(values)
    return ranked[max(0, math.ceil(percent / 100 * len(ranked)) - 1)]


def figures(values: Sequence[float]) -> tuple[float, ...]:
    """Return the `PERCENTILES` and the greatest."""
    return (*(percentile(values, one) for one in PERCENTILES), max(values))


def unexpected(samples: Sequence[Sample]) -> Counter[str]:
    """Return the answers that no sound system gives, by step and answer."""
    return Counter(f"{one.step}: {one.answer}" for one in samples if not one.is_expected)
