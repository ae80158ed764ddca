"""What people are told about their second factors: never what one is, only that something happened."""

from datetime import datetime

from chalicelib.accounts.ports import Account
from chalicelib.kit.outbox import NOTIFICATIONS, Message

ADDED, REMOVED, RECOVERED, CLONED = "factor.added", "factor.removed", "factor.recovered", "factor.cloned"


def told(happening: str, account: Account, what: str, now: datetime, left: int = 0) -> Message:
    """Return the message that something happened to a factor.

    Args:
        happening: one of those above.
        account: whose.
        what: `totp`, `passkey` or `recovery-codes`; `all` of them where the operator took them away.
        now: when.
        left: recovery codes that were not used.
    """
    payload = {"customer_id": account.id, "what": what, "left": left}
    return Message(happening, (NOTIFICATIONS,), payload, now)
