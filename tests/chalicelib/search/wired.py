"""The search over the API, and the messages that keep it true."""

from datetime import datetime

from chalicelib import wiring
from chalicelib.search.events import index
from tests.api import deliver, told

NOW = datetime.fromisoformat("2030-05-01T01:10:00+00:00")  # 09:10 in Shanghai


def work_all():
    """Work the messages that wait for the search; returns their types."""
    waiting = [message for message in told() if "search" in message.queues]
    assert deliver(index, *waiting) == []
    wiring.outbox().remove([message.id for message in waiting])
    return [message.type for message in waiting]
