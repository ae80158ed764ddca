import uuid

import pytest

from chalicelib import wiring
from tests import emulators
from tests.chalicelib.audit.test_use_cases import NOW
from tests.conftest import forget
from tests.fakes.time import FakeClock


@pytest.fixture
def clock(tables):
    clock = FakeClock(NOW)
    wiring.use_clock(clock)
    return clock


@pytest.fixture
def bucket(ministack, clock, monkeypatch):
    """A bucket of seals that is this test's own; the name is yielded."""
    name = f"seals-{uuid.uuid4().hex[:12]}"
    emulators.make_seals_bucket(ministack, name)
    monkeypatch.setenv("AUDIT_BUCKET", name)
    forget()
    return name
