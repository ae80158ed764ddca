"""What happens when."""

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.fakes.time import FakeClock


class Timeline:
    """Things to do, each at its moment; the clock goes where they are."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self._order = itertools.count()
        self._waiting: list[tuple[datetime, int, Callable[[], Any]]] = []

    def at(self, moment: datetime, do: Callable[[], Any]) -> None:
        """Do something at a moment."""
        heapq.heappush(self._waiting, (moment, next(self._order), do))

    def after(self, do: Callable[[], Any], **by: float) -> None:
        """Do something so much later than now."""
        self.at(self.clock.now() + timedelta(**by), do)

    def step(self) -> bool:
        """Do the next thing; False where there is none."""
        if not self._waiting:
            return False
        moment, _, do = heapq.heappop(self._waiting)
        ahead = (moment - self.clock.now()).total_seconds()
        if ahead > 0:
            self.clock.move(seconds=ahead)
        do()
        return True
