import pytest

from chalicelib import wiring
from tests.chalicelib.settlement.world import RUN
from tests.fakes.time import FakeClock


@pytest.fixture
def clock(tables):
    clock = FakeClock(RUN)
    wiring.use_clock(clock)
    return clock
