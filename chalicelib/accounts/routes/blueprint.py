"""What the files of routes share."""

from chalice.app import Blueprint

from chalicelib.accounts import rules
from chalicelib.accounts.ports import Visitor
from chalicelib.accounts.schemas import Agreement
from chalicelib.kit.http import Call

bp = Blueprint(__name__)


def visitor(call: Call, consent: Agreement | None = None) -> Visitor:
    """Return who asks to be let in, and what they agree to should they be new."""
    agent = call.headers.get("user-agent")
    return Visitor(
        call.language,
        call.source_ip,
        call.headers.get("x-device-id"),
        agent[: rules.LONGEST_AGENT] if agent else None,
        call.headers,
        consent.versions() if consent else None,
    )
