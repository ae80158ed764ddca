"""What claims need from outside; also the types of this domain that others may use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.audit.ports import AuditPorts
from chalicelib.claims.keys import ClaimKey
from chalicelib.claims.rules import Claim, ReasonCode, State, Wish
from chalicelib.kit.clock import Clock
from chalicelib.kit.idempotency import Idempotency
from chalicelib.kit.outbox import Outbox
from chalicelib.kit.pagination import Page
from chalicelib.kit.transaction import Action, Committer
from chalicelib.orders.ports import OrdersPorts

__all__ = ["Claim", "ClaimKey", "ClaimStore", "ClaimsPorts", "ReasonCode", "State", "Wish"]


class ClaimStore(Protocol):
    """Where claims are kept."""

    def claim(self, key: ClaimKey) -> Claim | None:
        """Return a claim, read consistently; None where there is none."""
        ...

    def of_order(self, order_id: str) -> Sequence[Claim]:
        """Return all claims of an order, read consistently, line by line, oldest first."""
        ...

    def create(self, claim: Claim) -> Action:
        """Return the write of a new claim, provided that the line has none of its number."""
        ...

    def replace(self, claim: Claim) -> Action:
        """Return the write of the next version of a claim, provided that it follows the one that stands."""
        ...

    def of_merchant(self, merchant_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Claim]:
        """Return some of what a merchant is asked for: first what waits for an answer or a decision, newest first."""
        ...

    def escalated(self, after: Mapping[str, Any] | None, limit: int) -> Page[Claim]:
        """Return some of what the platform is to decide, the longest escalated first."""
        ...


@dataclass(frozen=True)
class ClaimsPorts:
    """What the use cases are given."""

    store: ClaimStore
    clock: Clock
    committer: Committer
    outbox: Outbox
    idempotency: Idempotency
    orders: OrdersPorts
    audit: AuditPorts
