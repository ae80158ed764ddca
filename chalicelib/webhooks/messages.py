"""What webhooks tell."""

from datetime import datetime

from chalicelib.kit.addresses import host_of
from chalicelib.kit.ids import derived_id
from chalicelib.kit.outbox import NOTIFICATIONS, WEBHOOKS, Message
from chalicelib.webhooks.rules.endpoint import Endpoint
from chalicelib.webhooks.rules.events import TEST

DISABLED = "webhook.disabled"


def disabled(endpoint: Endpoint, at: datetime) -> Message:
    """An endpoint is called no more; its owner wants to know. Of its address the host alone is told: the rest may
    open something.
    """
    host = "127.0.0.1" if endpoint.url.startswith("http://") else host_of(endpoint.url)
    return Message(
        type=DISABLED,
        queues=(NOTIFICATIONS,),
        payload={
            "endpoint_id": endpoint.id,
            "merchant_id": endpoint.owner_id,
            "host": host,
            "reason": endpoint.reason.value if endpoint.reason else None,
        },
        occurred_at=at,
        version=endpoint.version,
        id=derived_id("msg", endpoint.id, DISABLED, str(endpoint.version)),
    )


def test(endpoint: Endpoint, at: datetime) -> Message:
    """Its owner wants to see that events arrive."""
    return Message(
        type=TEST,
        queues=(WEBHOOKS,),
        payload={"endpoint_id": endpoint.id, "merchant_id": endpoint.owner_id},
        occurred_at=at,
    )
