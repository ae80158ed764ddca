"""What the files of routes share."""

from chalice.app import Blueprint

from chalicelib.accounts import rules
from chalicelib.accounts.ports import Visitor
from chalicelib.kit.http import Call

bp = Blueprint(__name__)


def visitor(call: Call) -> Visitor:
    """Return who asks to be let in."""
    agent = call.headers.get("user-agent")
    return Visitor(
        call.language,
        call.source_ip,
        call.headers.get("x-device-id"),
        agent[: rules.LONGEST_AGENT] if agent else None,
        call.headers,
    )
