"""Merchants' connected accounts, as far as transfers meet them: known, restricted or unknown, and how full.

An account that nobody arranged is known, takes transfers, and has as much as anybody wants to take back.
"""

from typing import Literal

from infra.sandbox.errors import ApiError
from infra.sandbox.state import Json
from infra.sandbox.world import World

Status = Literal["enabled", "restricted", "unknown"]


def arrange(world: World, account: str, status: Status, balance: int | None) -> Json:
    """What Stripe thinks of an account from now on; `balance` is what it has left, None: as much as is taken."""
    if not account.startswith("acct_"):
        raise ApiError(f"No such account: '{account}'", status=404, code="resource_missing")
    world.state.accounts[account] = {"status": status, "balance": balance}
    able = status == "enabled"
    told: Json = {
        "id": account,
        "object": "account",
        "capabilities": {"transfers": "active" if able else "inactive"},
        "charges_enabled": able,
        "details_submitted": True,
        "metadata": {},
        "payouts_enabled": able,
        "requirements": {"disabled_reason": None if able else "requirements.past_due"},
        "type": "express",
    }
    if status != "unknown":
        world.emit("account.updated", told)
    return told | world.state.accounts[account]


def expect_able(world: World, account: str) -> None:
    """Raises ApiError (400) for a destination that takes no transfers."""
    status = world.state.accounts.get(account, {}).get("status", "enabled")
    if not account.startswith("acct_") or status == "unknown":
        raise ApiError(f"No such destination: '{account}'", code="resource_missing", param="destination")
    if status == "restricted":
        text = "The destination account lacks the capability 'transfers'."
        raise ApiError(text, code="insufficient_capabilities_for_transfer", param="destination")


def move(world: World, account: str, amount: int) -> None:
    """Put minor units into an account, or take them (negative). Raises ApiError (400) for more than it has left."""
    known = world.state.accounts.get(account)
    if known is None or known["balance"] is None:
        return
    if known["balance"] + amount < 0:
        raise ApiError("The connected account's balance is too small to be reversed.", code="balance_insufficient")
    known["balance"] += amount
