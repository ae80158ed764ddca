"""To stop one kind of notice by the address in its mail, without signing in (RFC 8058)."""

from chalicelib.accounts import use_cases as accounts
from chalicelib.kit.errors import NotFound
from chalicelib.kit.i18n import Text
from chalicelib.notifications.ports import NotificationPorts
from chalicelib.profiles import use_cases as profiles
from chalicelib.profiles.ports import KINDS, Weight


class BadLink(NotFound):
    code = "bad-unsubscribe-link"
    title = Text("This link stops nothing", "退订链接无效")
    detail = Text(
        "It is not one of ours, or was cut short. Choose your notices in the app.",
        "该链接不是由我们生成或不完整，请在应用内设置通知。",
    )

    def __init__(self) -> None:
        super().__init__("link")


def stoppable(ports: NotificationPorts, token: str) -> tuple[str, str]:
    """Return (account, kind) that a token stops. That nobody has the account any more is not told.

    Raises:
        BadLink: no token of ours, or for a kind that cannot be switched off.
    """
    told = ports.links.read(token)
    if told is None or KINDS.get(told[1], Weight.MUST) == Weight.MUST:
        raise BadLink
    return told


def stop(ports: NotificationPorts, token: str) -> str:
    """Stop a kind of notice through every channel: whoever has enough of the mails does not want text messages in their
    place. It can still be read in the list, and be switched on again. A repeat changes nothing. Return the kind.

    Raises:
        BadLink: see `stoppable`.
    """
    account_id, kind = stoppable(ports, token)
    try:
        accounts.contact(ports.accounts, account_id)
    except NotFound:
        return kind  # an erased account gets no rows again
    profiles.stop(ports.profiles, account_id, kind)
    return kind
