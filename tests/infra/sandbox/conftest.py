"""A sandbox on a free port, the real SDK against it, and a receiver that keeps what it was sent."""

from collections.abc import Iterator

import pytest
import stripe

from infra.sandbox.stripe import StripeSandbox
from tests.infra.sandbox.support import FAST, SECRET, Receiver, client_for


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


@pytest.fixture
def clock() -> list[float]:
    """The time in a list, so that a test can move it."""
    return [1_800_000_000.0]


@pytest.fixture
def sandbox(receiver: Receiver, clock: list[float]) -> Iterator[StripeSandbox]:
    with StripeSandbox(
        webhook_url=receiver.url, webhook_secret=SECRET, seed=1, retry_seconds=FAST, clock=lambda: clock[0]
    ) as made:
        made.control("POST", "/settings", {"refund_delay_ms": 1, "shuffle_ms": 5})
        yield made


@pytest.fixture
def client(sandbox: StripeSandbox) -> Iterator[stripe.StripeClient]:
    made = client_for(sandbox.url)
    yield made
    made._requestor._client.close()
