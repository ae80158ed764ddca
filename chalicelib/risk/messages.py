"""What risk tells people."""

from chalicelib.kit.clock import iso
from chalicelib.kit.ids import derived_id
from chalicelib.kit.outbox import NOTIFICATIONS, Message
from chalicelib.risk.ports import Located, SignIn
from chalicelib.risk.sign_ins import agent_name


def signed_in(asked: SignIn, located: Located | None, version: int) -> Message:
    """Somebody has signed in to an account in a way that it does not know. The country is all that is told of where:
    what a person is told is kept for longer than places are.
    """
    country = located.country if located and not located.is_relay else None
    return Message(
        type="login.new",
        queues=(NOTIFICATIONS,),
        payload={
            "customer_id": asked.account_id,
            "device": agent_name(asked.agent),
            "place": {"en": country.en, "zh-CN": country.zh} if country else None,
            "at": iso(asked.at),
        },
        occurred_at=asked.at,
        id=derived_id("msg", "login", asked.account_id, str(version), iso(asked.at)),
    )
