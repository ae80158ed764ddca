import pytest

from tests.chalicelib.orders.world import World


@pytest.fixture
def world(tables):
    return World()
