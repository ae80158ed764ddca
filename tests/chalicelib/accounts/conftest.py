from datetime import UTC, datetime

import pytest

from chalicelib import wiring
from chalicelib.accounts.ports import Kind
from chalicelib.wiring import people
from tests.fakes.codes import FakeCodeSender
from tests.fakes.time import FakeClock


@pytest.fixture
def clock(tables):
    clock = FakeClock(datetime(2030, 5, 1, 9, 30, tzinfo=UTC))
    wiring.use_clock(clock)
    return clock


@pytest.fixture
def sender(clock, monkeypatch):
    sender = FakeCodeSender()
    monkeypatch.setattr(people, "_code_senders", lambda: dict.fromkeys((Kind.PHONE, Kind.EMAIL), sender))
    return sender


@pytest.fixture
def ports(sender):
    return wiring.accounts()
