"""A Stripe that needs no internet, at a time of the tests' own, and the gateway to it."""

import pytest
from stripe import HTTPClient

from infra.sandbox.stripe import StripeSandbox
from tests.chalicelib.payments.gateways.stripe.support import NOW, provider


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    """The SDK repeats at once what it would repeat after half a second."""
    monkeypatch.setattr(HTTPClient, "INITIAL_DELAY", 0.001)
    monkeypatch.setattr(HTTPClient, "MAX_DELAY", 0.001)


@pytest.fixture
def moment():
    """The sandbox's time in a list, so that a test can move it."""
    return [NOW.timestamp()]


@pytest.fixture
def sandbox(moment):
    with StripeSandbox(clock=lambda: moment[0]) as made:
        made.control("POST", "/settings", {"refund_delay_ms": 1})
        yield made


@pytest.fixture
def gateway(sandbox):
    return provider(sandbox.url)
