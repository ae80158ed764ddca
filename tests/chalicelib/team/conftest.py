from datetime import UTC, datetime

import pytest

from chalicelib import wiring
from tests.fakes.time import FakeClock


@pytest.fixture
def clock(tables):
    clock = FakeClock(datetime(2030, 5, 1, 9, 30, tzinfo=UTC))
    wiring.use_clock(clock)
    return clock


@pytest.fixture
def ports(clock):
    return wiring.team()
