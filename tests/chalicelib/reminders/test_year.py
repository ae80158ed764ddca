"""A year of visits in eight zones, minute by minute: everybody is reminded once, when the clock on the shop's wall says so.

What is right is found without the code's own arithmetic: by looking at what the clock of the zone shows at each quarter
of an hour of the year. Orders are sold long before and at the last moment, moved, moved back and called off; messages
come late, twice and one before the other; every sweep is run twice, and one in ten dies half-way.
"""

import os
import random
from bisect import bisect_left
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest

from chalicelib.kit.clock import iso
from tests.chalicelib.reminders.world import World, line

ZONES = (
    "Asia/Shanghai",  # no summer time
    "America/New_York",
    "Europe/London",
    "Australia/Lord_Howe",  # half an hour, in the south
    "America/Santiago",  # at midnight
    "Africa/Cairo",
    "Asia/Kathmandu",  # +05:45
    "Pacific/Chatham",  # +12:45
)
VISITS = int(os.environ.get("REMINDED_VISITS", "150"))  # of each zone
QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)
FIRST, QUARTERS = datetime(2026, 12, 28, tzinfo=UTC), 372 * 96


class Wall:
    """What the clock of a zone shows, quarter by quarter."""

    def __init__(self, zone):
        clock = ZoneInfo(zone)
        self.shown = [
            (FIRST + n * QUARTER).astimezone(clock).replace(tzinfo=None, fold=0) for n in range(QUARTERS + 96)
        ]
        self.latest = list(accumulate(self.shown, max))
        self.changes = [n for n in range(1, QUARTERS) if self.shown[n] - self.shown[n - 1] != QUARTER]

    def is_near(self, n):
        return any(abs(n - one) < 120 for one in self.changes)

    def is_night(self, n):
        return not time(7) <= self.shown[n].time() <= time(21)

    def day_before(self, start):
        """Return when the clock shows, first, what it shows at the start but a date earlier; before the night."""
        n = bisect_left(self.latest, self.shown[start] - DAY)
        while self.is_night(n):
            n -= 1
        return n

    def soon(self, start):
        """Return when it is eight quarters before; when the night is over, if four are left then; or before it."""
        n = start - 8
        while self.is_night(n):
            n += 1
        if n <= start - 4 or n == start - 8:
            return n
        n = start - 8
        while self.is_night(n):
            n -= 1
        return n


class Life:
    """One order: the start that it has from which quarter on, None from when on it is called off."""

    def __init__(self, chance, wall, number):
        near = chance.random() < 0.3 and wall.changes
        start = chance.choice(wall.changes) + chance.randrange(-120, 120) if near else chance.randrange(600, QUARTERS)
        start = min(max(start, 600), QUARTERS - 1)
        sold = start - chance.choice([2, 5, 40, 80, 110, 200, 500])
        self.number, self.steps = number, [(sold, start)]
        while chance.random() < 0.4 and self.steps[-1][1] is not None:
            then, standing = self.steps[-1]
            later = then + chance.randrange(1, max(2, standing - then))
            moved = standing + chance.randrange(-30, 60)
            back = self.steps[0][1]
            to = chance.choice([moved, back, None])
            if to is not None and not later < to < QUARTERS:
                to = None
            self.steps.append((later, to))

    def expected(self, wall):
        """Return (type, start, quarter) of what its customer is told."""
        found = {}
        ends = [then for then, _ in self.steps[1:]] + [QUARTERS + 99]
        for (since, start), until in zip(self.steps, ends, strict=True):
            if start is None:
                continue
            for kind, at in (("day_before", wall.day_before(start)), ("soon", wall.soon(start))):
                if since < at <= until:
                    found[f"visit.{kind}", start] = at  # there and back again: it was told the first time
        return Counter((kind, start, at) for (kind, start), at in found.items())


@pytest.mark.parametrize("zone", ZONES)
def test_everybody_is_reminded_once_when_the_clock_says_so(zone, record_property):
    chance, wall = random.Random(zone), Wall(zone)
    lives = [Life(chance, wall, number) for number in range(VISITS)]
    world = World(zone, FIRST)
    happens = sorted(
        {n for life in lives for n, _ in life.steps} | {a for life in lives for _, _, a in life.expected(wall)}
    )
    waiting = {}
    for life in lives:
        for step in life.steps:
            waiting.setdefault(step[0], []).append((life, step[1]))
    late = []
    for n in happens:
        world.clock.moment = FIRST + n * QUARTER
        strikes(world, chance)
        happened = waiting.get(n, [])
        for life, start in happened:
            order_id = f"ord_{life.number}"
            if start is None:
                world.cancelled(order_id)
            else:
                world.confirmed(line(life.number, FIRST + start * QUARTER), order_id=order_id)
        told = [f"ord_{life.number}" for life, _ in happened for _ in range(chance.choice([1, 1, 2]))]
        again = [one for one in late if chance.random() < 0.5]
        chance.shuffle(told)
        for order_id in told + again:
            world.plan(order_id)
        late = (late + told)[-20:]
    said = Counter(
        (one.type, one.payload["order_id"], one.payload["starts_at"], one.occurred_at)
        for one in world.outbox.sent.values()
    )
    expected = Counter()
    for life in lives:
        for kind, start, at in life.expected(wall):
            expected[kind, f"ord_{life.number}", iso(FIRST + start * QUARTER), FIRST + at * QUARTER] += 1
    assert said == expected
    moved = sum(len(life.steps) > 1 for life in lives)
    near = sum(any(start is not None and wall.is_near(start) for _, start in life.steps) for life in lives)
    record_property(
        "reminders", f"{len(lives)} visits, {moved} moved or called off, {near} at a change, {len(said)} told"
    )


def strikes(world, chance):
    """Sweep twice, and now and then die before at the second write."""
    if chance.random() < 0.1:
        died(world)
    for _ in range(2):
        assert world.sweep().failed == 0


def died(world):
    commit, left = world.ports.committer.commit, [1]

    def dies(actions):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        commit(actions)

    world.ports.committer.commit = dies
    try:
        world.sweep()
    except KeyboardInterrupt:
        pass
    finally:
        world.ports.committer.commit = commit
