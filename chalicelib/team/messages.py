"""What teams tell."""

from datetime import datetime

from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.team.rules import Invitation, Member

INVITED, LEFT = "team.invited", "team.left"


def invited(invitation: Invitation, at: datetime) -> Message:
    """Somebody is asked to work for a merchant, and may not know of us yet."""
    return Message(
        type=INVITED,
        queues=(NOTIFICATIONS,),
        payload={"customer_id": invitation.account_id, "role": invitation.role.value},
        occurred_at=at,
    )


def left(merchant_id: str, member: Member, at: datetime) -> Message:
    """Somebody works for a merchant no longer. What they know stays known: a feed's address needs no sign-in, and to
    make new ones, which calendars must be given, is the merchant's to decide.
    """
    return Message(
        type=LEFT,
        queues=(NOTIFICATIONS,),
        payload={"merchant_id": merchant_id, "role": member.role.value},
        occurred_at=at,
    )
