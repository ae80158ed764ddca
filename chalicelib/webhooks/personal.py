"""Where somebody has us send what concerns them. What was sent holds nothing of a person, and dies within two weeks."""

from chalicelib.kit.personal import Told, plain
from chalicelib.kit.transaction import retrying
from chalicelib.webhooks.ports import Endpoint, WebhookPorts


def personal_data(ports: WebhookPorts, account_id: str) -> Told:
    """Return their endpoints, without secrets."""
    hidden = ("secret", "secret_before", "before_until", "tested", "is_last_look", "version")
    return {"webhook_endpoints": [plain(one, *hidden) for one in ports.endpoints.of_owner(account_id)]}


def erase(ports: WebhookPorts, account_id: str) -> None:
    """Remove them, and what a partner may hear."""
    for one in ports.endpoints.of_owner(account_id):
        retrying(lambda one=one: _remove(ports, one))  # type: ignore[misc] # bound to this turn
    listener = ports.listeners.listener(account_id)
    if listener is not None and listener.is_partner:
        ports.committer.commit([ports.listeners.end_partner(account_id)])


def _remove(ports: WebhookPorts, endpoint: Endpoint) -> None:
    standing = ports.endpoints.endpoint(endpoint.owner_id, endpoint.id)
    if standing is not None:
        ports.committer.commit(ports.endpoints.remove(standing))
