"""Refunds: capped by what remains of the charge; wallets take their time, cards with certain test numbers fail late."""

from infra.sandbox import amounts, charges, disputes, methods
from infra.sandbox.errors import ApiError, required, unsupported
from infra.sandbox.intents import merged
from infra.sandbox.state import Json
from infra.sandbox.world import World

_KNOWN = {"amount", "charge", "payment_intent", "reason", "metadata", "expand"}


def create(world: World, params: Json) -> Json:
    """POST /v1/refunds. Raises ApiError (400) beyond what remains and for charges that cannot be refunded."""
    for name in params:
        if name not in _KNOWN:
            raise unsupported(name)
    charge = _charge(world, params)
    amount = _amount(charge, params)
    metadata = merged({}, params.get("metadata", {}))
    status, later = _course(world, charge)
    refund = world.add(
        "refund",
        amount=amount,
        balance_transaction=None,
        charge=charge["id"],
        currency=charge["currency"],
        destination_details={"type": charge["payment_method_details"]["type"]},
        failure_balance_transaction=None,
        failure_reason=None,
        metadata=metadata,
        payment_intent=charge["payment_intent"],
        pending_reason="processing" if status == "pending" else None,
        reason=params.get("reason"),
        receipt_number=None,
        status=status,
    )
    kind = charges.kind_of(charge, "refund")
    entry = charges.book(world, kind, -amount, charge["currency"], refund["id"], category="refund")
    refund["balance_transaction"] = entry["id"]
    _move(charge, amount)
    world.emit("refund.created", refund)
    world.emit("charge.refunded", charge)
    if later is not None:
        world.state.settled[refund["id"]] = later
        settle_later(world, refund["id"])
    return refund


def update(refund: Json, params: Json) -> Json:
    """POST /v1/refunds/{id}: the metadata."""
    refund["metadata"] = merged(refund["metadata"], params.get("metadata", {}))
    return refund


def settle_later(world: World, refund_id: str) -> None:
    """Let a refund take the course that `create` wrote down, after the delay that is set."""

    def work() -> None:
        with world.lock:
            outcome = world.state.settled.get(refund_id)
            if outcome is not None:
                settle(world, world.table("refund")[refund_id], outcome, "declined")

    world.scheduler.after(world.state.settings.refund_delay_ms / 1000, work)


def settle(world: World, refund: Json, outcome: str, reason: str) -> Json:
    """A pending refund succeeds or fails; one that succeeded may still fail. Raises ApiError (400) otherwise."""
    if refund["status"] == "failed" or refund["status"] == outcome:
        raise ApiError(f"The refund is {refund['status']} already.")
    world.state.settled.pop(refund["id"], None)
    previous = {"status": refund["status"]}
    refund |= {"status": outcome, "pending_reason": None}
    if outcome == "failed":
        charge = world.table("charge")[refund["charge"]]
        kind = charges.kind_of(charge, "refund_failure")
        back = charges.book(world, kind, refund["amount"], refund["currency"], refund["id"], category="refund_failure")
        refund |= {"failure_reason": reason, "failure_balance_transaction": back["id"]}
        _move(charge, -refund["amount"])
    world.emit("refund.updated", refund, previous)
    if outcome == "failed":
        world.emit("refund.failed", refund)
    return refund


def _charge(world: World, params: Json) -> Json:
    if "charge" in params:
        charge = world.find("charge", params["charge"], "charge")
        if params.get("payment_intent", charge["payment_intent"]) != charge["payment_intent"]:
            raise ApiError("The charge does not belong to the PaymentIntent.", param="charge")
    elif "payment_intent" in params:
        intent = world.find("payment_intent", params["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            text = f"This PaymentIntent ({intent['id']}) has no successful charge to refund."
            raise ApiError(text, code="payment_intent_unexpected_state", param="payment_intent")
        charge = world.table("charge")[intent["latest_charge"]]
    else:
        raise required("payment_intent")
    if not charge["paid"]:
        raise ApiError(f"Charge {charge['id']} was not paid.", code="charge_not_refundable", param="charge")
    if not disputes.refundable(world, charge):
        raise ApiError(f"Charge {charge['id']} is disputed.", code="charge_disputed", param="charge")
    return charge


def _amount(charge: Json, params: Json) -> int:
    remaining: int = charge["amount"] - charge["amount_refunded"]
    amount: int = params.get("amount", remaining)
    if remaining == 0:
        text = f"Charge {charge['id']} has already been refunded."
        raise ApiError(text, code="charge_already_refunded", param="charge")
    if amount <= 0:
        raise ApiError("Invalid positive integer.", code="parameter_invalid_integer", param="amount")
    if amount > remaining:
        asked, left = (amounts.show(number, charge["currency"]) for number in (amount, remaining))
        text = f"Refund amount ({asked}) is greater than what remains of the charge ({left})."
        raise ApiError(text, code="amount_too_large", param="amount")
    return amount


def _course(world: World, charge: Json) -> tuple[str, str | None]:
    """The refund's first status, and what it becomes later (None: that, until somebody says otherwise)."""
    course = methods.behind(world, charge["payment_method"]).refund
    first = "pending" if course == "waits" else "succeeded"
    match world.state.settings.refund_outcome:
        case "pending":
            return "pending", None
        case "failed":
            return first, "failed"
        case "succeeded" | "auto" if first == "pending":
            return "pending", "succeeded"
        case "auto" if course == "fails":
            return "succeeded", "failed"
    return "succeeded", None


def _move(charge: Json, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
