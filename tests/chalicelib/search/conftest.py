import pytest

from chalicelib import wiring
from tests.chalicelib.search.wired import NOW
from tests.fakes.time import FakeClock


@pytest.fixture
def clock(tables):
    made = FakeClock(NOW)
    wiring.use_clock(made)
    return made
