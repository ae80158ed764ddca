"""Disputes: opened and closed from the sandbox's page or control endpoints, seen through the API."""

from infra.sandbox import charges
from infra.sandbox.errors import ApiError
from infra.sandbox.state import Json
from infra.sandbox.world import World

FEE = 1500
EVIDENCE_DAYS = 7
_DAY = 86_400


def create(world: World, charge: Json, params: Json) -> Json:
    """The payer's bank takes the money back; `params` may say `amount` and `reason`. Raises ApiError (400)."""
    amount: int = params["amount"] if "amount" in params else charge["amount"]
    if charge["payment_method_details"]["type"] == "wechat_pay":
        raise ApiError("WeChat Pay knows no disputes.")
    if not charge["paid"] or charge["disputed"] or not 0 < amount <= charge["amount"]:
        raise ApiError("Only a paid charge can be disputed, once, and by no more than its amount.")
    dispute = world.add(
        "dispute",
        amount=amount,
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        evidence={},
        evidence_details={
            "due_by": world.now + EVIDENCE_DAYS * _DAY,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        is_charge_refundable=False,
        metadata={},
        payment_intent=charge["payment_intent"],
        reason=params.get("reason", "general"),
        status="needs_response",
    )
    entry = charges.book(world, "adjustment", -amount, charge["currency"], dispute["id"], cost=FEE)
    dispute["balance_transactions"].append(dict(entry))
    charge["disputed"] = True
    world.emit("charge.dispute.created", dispute)
    world.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def update(world: World, dispute: Json, params: Json) -> Json:
    """POST /v1/disputes/{id}: evidence, kept and not judged."""
    if dispute["status"] != "needs_response":
        raise ApiError("This dispute takes no more evidence.")
    evidence = params.get("evidence", {})
    dispute["evidence"] |= evidence
    dispute["evidence_details"]["has_evidence"] = bool(dispute["evidence"])
    if evidence and params.get("submit", True):
        dispute["status"] = "under_review"
        dispute["evidence_details"]["submission_count"] += 1
    world.emit("charge.dispute.updated", dispute)
    return dispute


def close(world: World, dispute: Json, outcome: str) -> Json:
    """The bank decides (`won` or `lost`), or the merchant gives in (`lost`). Raises ApiError (400) when decided."""
    if dispute["status"] in ("won", "lost"):
        raise ApiError("This dispute is closed.")
    dispute["status"] = outcome
    if outcome == "won":
        entry = charges.book(world, "adjustment", dispute["amount"], dispute["currency"], dispute["id"], cost=-FEE)
        dispute["balance_transactions"].append(dict(entry))
        world.emit("charge.dispute.funds_reinstated", dispute)
    world.emit("charge.dispute.closed", dispute)
    return dispute
