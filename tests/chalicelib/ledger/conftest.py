from datetime import UTC, datetime

import pytest

from chalicelib import wiring
from tests.fakes.time import FakeClock

NOW = datetime(2030, 5, 1, 9, tzinfo=UTC)


@pytest.fixture
def clock(tables):
    clock = FakeClock(NOW)
    wiring.use_clock(clock)
    return clock
