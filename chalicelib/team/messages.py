"""What teams tell."""

from datetime import datetime

from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.team.rules import Invitation

INVITED = "team.invited"


def invited(invitation: Invitation, at: datetime) -> Message:
    """Somebody is asked to work for a merchant, and may not know of us yet."""
    return Message(
        type=INVITED,
        queues=(NOTIFICATIONS,),
        payload={"customer_id": invitation.account_id, "role": invitation.role.value},
        occurred_at=at,
    )
