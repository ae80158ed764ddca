"""Disputes: opened and decided from the sandbox's page or control endpoints, seen through the API."""

from infra.sandbox import charges
from infra.sandbox.errors import ApiError
from infra.sandbox.state import Json
from infra.sandbox.world import World

FEE = 1500
EVIDENCE_DAYS = 7
MAX_TEXT = 20_000
_DAY = 86_400
_ANSWERABLE = {"needs_response": "under_review", "warning_needs_response": "warning_under_review"}
_INQUIRIES = ("warning_needs_response", "warning_under_review")
_CLOSED = ("won", "lost", "warning_closed")
_REFUNDABLE = (*_INQUIRIES, "warning_closed", "won")


def create(world: World, charge: Json, params: Json) -> Json:
    """The payer's bank takes the money back, or only asks (`inquiry`); `params` may say `amount` and `reason`.

    Raises ApiError (400).
    """
    amount: int = params["amount"] if "amount" in params else charge["amount"]
    if charge["payment_method_details"]["type"] == "wechat_pay":
        raise ApiError("WeChat Pay knows no disputes.")
    if not charge["paid"] or charge["disputed"] or not 0 < amount <= charge["amount"]:
        raise ApiError("Only a paid charge can be disputed, once, and by no more than its amount.")
    inquiry = params.get("inquiry", False)
    dispute = world.add(
        "dispute",
        amount=amount,
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        evidence={},
        evidence_details=_asked(world),
        is_charge_refundable=inquiry,
        metadata={},
        payment_intent=charge["payment_intent"],
        reason=params.get("reason", "general"),
        status="warning_needs_response" if inquiry else "needs_response",
    )
    charge["disputed"] = True
    if not inquiry:
        _book(world, dispute, -1)
    world.emit("charge.dispute.created", dispute)
    if not inquiry:
        world.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def update(world: World, dispute: Json, params: Json) -> Json:
    """POST /v1/disputes/{id}: evidence, kept and not judged."""
    if dispute["status"] not in _ANSWERABLE:
        raise ApiError("This dispute takes no more evidence.")
    evidence = params.get("evidence", {})
    if len(evidence.get("uncategorized_text", "")) > MAX_TEXT:
        text = f"Evidence may have {MAX_TEXT} characters."
        raise ApiError(text, code="parameter_invalid_string_length", param="evidence[uncategorized_text]")
    dispute["evidence"] |= evidence
    dispute["evidence_details"]["has_evidence"] = bool(dispute["evidence"])
    if evidence and params.get("submit", True):
        dispute["status"] = _ANSWERABLE[dispute["status"]]
        dispute["evidence_details"]["submission_count"] += 1
    world.emit("charge.dispute.updated", dispute)
    return dispute


def decide(world: World, dispute: Json, outcome: str) -> Json:
    """The bank decides (`won` or `lost`), or the merchant gives in (`lost`); an inquiry is `closed` or `escalated`.

    Raises ApiError (400) when it is decided already, or for the other kind.
    """
    if dispute["status"] in _CLOSED:
        raise ApiError("This dispute is closed.")
    if (dispute["status"] in _INQUIRIES) != (outcome in ("closed", "escalated")):
        raise ApiError("An inquiry is closed or escalated, a dispute is won or lost.")
    if outcome == "escalated":
        dispute |= {"status": "needs_response", "is_charge_refundable": False, "evidence_details": _asked(world)}
        _book(world, dispute, -1)
        world.emit("charge.dispute.updated", dispute)
        world.emit("charge.dispute.funds_withdrawn", dispute)
        return dispute
    dispute |= {
        "status": "warning_closed" if outcome == "closed" else outcome,
        "is_charge_refundable": outcome != "lost",
    }
    if outcome == "won":
        _book(world, dispute, 1)
        world.emit("charge.dispute.funds_reinstated", dispute)
    world.emit("charge.dispute.closed", dispute)
    return dispute


def refundable(world: World, charge: Json) -> bool:
    """False while somebody else has a charge's money, or has it for good."""
    mine = (dispute for dispute in world.table("dispute").values() if dispute["charge"] == charge["id"])
    return all(dispute["status"] in _REFUNDABLE for dispute in mine)


def _asked(world: World) -> Json:
    due_by = world.now + EVIDENCE_DAYS * _DAY
    return {"due_by": due_by, "has_evidence": False, "past_due": False, "submission_count": 0}


def _book(world: World, dispute: Json, sign: int) -> None:
    """The money goes (-1) with the fee, or both come back (1)."""
    entry = charges.book(
        world, "adjustment", sign * dispute["amount"], dispute["currency"], dispute["id"],
        cost=-sign * FEE, category="dispute" if sign < 0 else "dispute_reversal",
    )  # fmt: skip
    dispute["balance_transactions"].append(dict(entry))
