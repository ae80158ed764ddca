import pytest

from chalicelib import wiring
from tests.chalicelib.settlement.world import RUN
from tests.fakes.time import FakeClock


@pytest.fixture
def clock(tables):
    before = wiring.clock()
    clock = FakeClock(RUN)
    wiring.use_clock(clock)
    yield clock
    wiring.use_clock(before)
