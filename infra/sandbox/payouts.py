"""Payouts to the operator's bank, made from the sandbox's control endpoints: all that is available, or by hand."""

from typing import Literal

from infra.sandbox import amounts, charges
from infra.sandbox.errors import ApiError
from infra.sandbox.lists import listing
from infra.sandbox.state import Json
from infra.sandbox.world import World

Outcome = Literal["paid", "failed", "in_transit"]
ARRIVAL_DAYS = 2
_DAY = 86_400


def create(world: World, currency: str, amount: int | None, outcome: Outcome) -> Json:
    """A payout of everything that is available, as Stripe makes them by itself, or of an `amount`, as by hand.

    Raises ApiError (400) for more than is available.
    """
    code = currency.lower()
    available = {part["currency"]: part["amount"] for part in charges.balance(world)["available"]}.get(code, 0)
    sent: int = available if amount is None else amount
    if not 0 < sent <= available:
        text = f"{amounts.show(available, code)} are available."
        raise ApiError(text, code="balance_insufficient", param="amount")
    payout = world.add(
        "payout",
        amount=sent,
        arrival_date=world.now + ARRIVAL_DAYS * _DAY,
        automatic=amount is None,
        balance_transaction=None,
        currency=code,
        description=None,
        destination="ba_sandbox",
        failure_balance_transaction=None,
        failure_code=None,
        failure_message=None,
        metadata={},
        method="standard",
        source_type="card",
        status="in_transit",
        type="bank_account",
    )
    entry = charges.book(world, "payout", -sent, code, payout["id"])
    payout["balance_transaction"] = entry["id"]
    if amount is None:
        _gather(world, code, payout["id"])
    world.emit("payout.created", payout)
    return payout if outcome == "in_transit" else end(world, payout, outcome)


def end(world: World, payout: Json, outcome: Literal["paid", "failed"]) -> Json:
    """It arrives, or the bank sends it back, also late. Raises ApiError (400) when that is so already."""
    if payout["status"] == outcome or payout["status"] == "failed":
        raise ApiError(f"The payout is {payout['status']} already.")
    payout["status"] = outcome
    if outcome == "failed":
        back = charges.book(
            world, "payout_failure", payout["amount"], payout["currency"], payout["id"], category="payout_reversal"
        )
        payout |= {"failure_code": "account_closed", "failure_message": "The bank account has been closed."}
        payout["failure_balance_transaction"] = back["id"]
    world.emit(f"payout.{outcome}", payout)
    return payout


def entries(world: World, params: Json) -> Json:
    """GET /v1/balance_transactions; `payout` lists what an automatic one paid out."""
    charges.ripen(world)
    rest = {name: value for name, value in params.items() if name != "payout"}
    within = None
    if "payout" in params:
        payout = world.find("payout", params["payout"], "payout")
        within = {entry for entry, paid in world.state.paid_out.items() if paid == payout["id"]}
    return listing(world, "balance_transaction", "/v1/balance_transactions", rest, within)


def _gather(world: World, currency: str, payout: str) -> None:
    for entry in world.table("balance_transaction").values():
        if entry["currency"] == currency and entry["status"] == "available":
            world.state.paid_out.setdefault(entry["id"], payout)
