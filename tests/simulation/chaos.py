"""What goes wrong: functions that die before or after a commit, answers of providers that get lost."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any


class Killed(BaseException):
    """The function was killed. No handler may catch it, as none catches a kill."""


class DyingCommitter:
    """A committer under which the function dies, sometimes before the transaction and sometimes after it."""

    def __init__(self, inner: Any, chance: random.Random, rate: float) -> None:
        self.inner, self.chance, self.rate = inner, chance, rate
        self.deaths = 0

    @contextmanager
    def dying_less(self) -> Iterator[None]:
        """A night's work has thousands of commits: it dies in some nights, not in each."""
        rate, self.rate = self.rate, self.rate / 30
        try:
            yield
        finally:
            self.rate = rate

    def commit(self, actions: Sequence[Any]) -> None:
        draw = self.chance.random()
        if draw < self.rate / 2:
            self.deaths += 1
            raise Killed
        self.inner.commit(actions)
        if draw < self.rate:
            self.deaths += 1
            raise Killed


class EverySecond:
    """Loses every second answer, in no order, and counts them."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.asked = self.lost = 0

    def __call__(self) -> bool:
        self.asked += 1
        lost = self.chance.random() < 0.5
        self.lost += lost
        return lost
