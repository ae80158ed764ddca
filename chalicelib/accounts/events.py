"""Accounts from outside HTTP."""

from typing import Any

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.accounts import use_cases
from chalicelib.kit.auth import Role

bp = Blueprint(__name__)


@bp.lambda_function(name="accounts-grant-role")
def grant_role(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Give a role to an account: `{"phone" or "account_id": ..., "role": "admin"}`. Who may invoke it is IAM's to say:
    so an operator makes the first admin.

    Raises:
        ValueError: no such role.
        KeyError: neither phone nor account, or no role.
        Problem: not a mobile number, or no such account.
    """
    role = Role(event["role"])
    account_id = "" if "phone" in event else event["account_id"]
    account = use_cases.grant_role(wiring.accounts(), role, phone_text=event.get("phone"), account_id=account_id)
    return {"account_id": account.id, "roles": sorted(account.roles)}


@bp.lambda_function(name="accounts-reset-factors")
def reset_factors(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Take second factors and operators' roles from an account: `{"phone" or "account_id": ..., "reason": ...}`.
    Who may invoke it is IAM's to say: for who has lost everything, once it is known in another way that it is them.

    Raises:
        KeyError: neither phone nor account, or no reason.
        Problem: not a mobile number, no such account, or an empty reason.
    """
    account_id = "" if "phone" in event else event["account_id"]
    reason, phone = event["reason"], event.get("phone")
    account = use_cases.reset_factors(wiring.factors(), reason, phone_text=phone, account_id=account_id)
    return {"account_id": account.id, "has_factor": account.has_factor, "roles": sorted(account.roles)}
