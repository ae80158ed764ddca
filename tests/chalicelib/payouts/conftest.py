import pytest

from chalicelib import wiring
from tests.chalicelib.payouts.world import World


@pytest.fixture
def world(tables, monkeypatch):
    before = wiring.clock()
    yield World(monkeypatch)
    monkeypatch.undo()
    wiring.use_clock(before)
