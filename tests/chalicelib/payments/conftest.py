from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chalicelib import wiring
from tests.fakes.provider import FakeProvider
from tests.fakes.time import FakeClock

NOW = datetime(2030, 5, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def clock(tables):
    clock = FakeClock(NOW)
    wiring.use_clock(clock)
    return clock


@pytest.fixture
def provider(clock, monkeypatch):
    """The provider that everything wired takes money through."""
    fake = FakeProvider(now=clock.now)
    ports = replace(wiring.payments(), providers={"stripe": fake}, disputes={"stripe": fake})
    monkeypatch.setattr(wiring, "payments", lambda: ports)
    return fake
