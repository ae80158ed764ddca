import pytest

from tests.chalicelib.notifications.world import World
from tests.fakes.neighbours import Neighbours


@pytest.fixture
def near():
    return Neighbours()


@pytest.fixture
def world(near):
    return World(near)
