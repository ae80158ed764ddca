"""Looking at payouts."""

from collections.abc import Mapping
from typing import Any

from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import NotFound
from chalicelib.kit.pagination import Page
from chalicelib.payouts.ports import PayoutPorts
from chalicelib.payouts.rules import Leg, Payout, PayoutState


def of_merchant(ports: PayoutPorts, actor: Actor, after: Mapping[str, Any] | None, limit: int) -> Page[Payout]:
    """Return some of the caller's payouts, newest first."""
    return ports.store.of_merchant(actor.merchant_id, after, limit)


def in_state(ports: PayoutPorts, state: PayoutState, after: Mapping[str, Any] | None, limit: int) -> Page[Payout]:
    """Return some payouts that stand so, the one that was made first first. Admins only; the route sees to that."""
    return ports.store.in_state(state, after, limit)


def payout(
    ports: PayoutPorts, actor: Actor, payout_id: str, after: Mapping[str, Any] | None, limit: int
) -> tuple[Payout, Page[Leg]]:
    """Return a payout and some of its transfers, to its merchant or an admin.

    Raises:
        NotFound: for everybody else.
    """
    found = ports.store.payout(payout_id)
    if found is None:
        raise NotFound("payout")
    actor.must_have(found.merchant_id, "payout")
    return found, ports.store.legs_page(payout_id, after, limit)
