"""Partners: accounts that the operator lets hear of all merchants, or of some. What they do with that, their endpoints,
secrets and logs, is theirs alone, as with a merchant.
"""

from collections.abc import Sequence

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.transaction import Action, retrying
from chalicelib.webhooks.ports import Listener, WebhookPorts


def partners(ports: WebhookPorts) -> Sequence[Listener]:
    """Return all partners."""
    return [one for one in ports.listeners.listeners() if one.is_partner]


def set_partner(
    ports: WebhookPorts, actor: Actor, account_id: str, name: str, merchants: Sequence[str] | None, why: Why
) -> Listener:
    """Let an account hear of all merchants (None) or of some, beside itself; by the operator, and noted."""

    def attempt() -> Listener:
        standing = ports.listeners.listener(account_id) or Listener(account_id)
        chosen = None if merchants is None else frozenset(merchants)
        new = Listener(account_id, standing.number, name, chosen)
        _commit(ports, actor, "webhooks.set_partner", account_id, ports.listeners.set_partner(new), why)
        return new

    return retrying(attempt)


def end_partner(ports: WebhookPorts, actor: Actor, account_id: str, why: Why) -> None:
    """Let an account hear of nobody but itself; by the operator, and noted.

    Raises:
        NotFound: it is no partner.
    """

    def attempt() -> None:
        standing = ports.listeners.listener(account_id)
        if standing is None or not standing.is_partner:
            raise NotFound("partner")
        _commit(ports, actor, "webhooks.end_partner", account_id, ports.listeners.end_partner(account_id), why)

    retrying(attempt)


def _commit(ports: WebhookPorts, actor: Actor, action: str, account_id: str, write: Action, why: Why) -> None:
    noted = audit.noted(ports.audit, why.entry(actor, action, f"account:{account_id}"), ports.clock.now())
    ports.committer.commit([write, *noted])
