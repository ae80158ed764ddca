"""Acting for a customer: with a reason, a trace of each request, and less than the customer may (`ACTING`).

The token says both who acts and as whom (RFC 8693). It ends with the agent's own token and session, and opens nothing
of money, of what the customer is known by, or of what is personal to them beyond their orders.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from chalicelib.accounts import use_cases as accounts
from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Entry, Why
from chalicelib.kit.auth import Actor, Role, expiry
from chalicelib.kit.errors import Forbidden
from chalicelib.kit.permissions import OPERATOR_ROLES
from chalicelib.support.ports import SupportPorts


@dataclass(frozen=True)
class Acting:
    """A token to act with, and how long it is good."""

    token: str = field(repr=False)
    lasts: timedelta


def act(ports: SupportPorts, actor: Actor, customer_id: str, why: Why) -> Acting:
    """Return a token with which the actor acts as a customer; written down before it is given.

    Raises:
        NotFound: no such account.
        Forbidden: it is the actor's own, or that of one of the operator's people.
    """
    account = accounts.account(ports.accounts, customer_id)
    if customer_id == actor.account_id or account.roles & OPERATOR_ROLES:
        raise Forbidden
    now = ports.clock.now()
    entry = why.entry(actor, "support.act", f"account:{customer_id}")
    ports.committer.commit(audit.noted(ports.audit, entry, now))
    as_them = replace(
        actor,
        account_id=customer_id,
        roles=frozenset({Role.CUSTOMER}),
        memberships={},
        agent_id=actor.account_id,
        doing=None,
        for_merchant=None,
    )
    return Acting(ports.tokens.issue(as_them, now), expiry(actor, now) - now)


def trace(ports: SupportPorts, actor: Actor, what: str, request_id: str, source_ip: str) -> None:
    """Write down a request of somebody who acts as a customer, before anything is done; nothing of anybody else."""
    if actor.agent_id is None:
        return
    details = {"request": what, "request_id": request_id}
    entry = Entry(actor.agent_id, "support.request", f"account:{actor.account_id}", "", source_ip, details)
    ports.committer.commit(audit.noted(ports.audit, entry, ports.clock.now()))
