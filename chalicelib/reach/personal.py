"""Where somebody is reached: all of it goes."""

from chalicelib.kit.personal import Told, plain
from chalicelib.reach.ports import ReachPorts
from chalicelib.reach.use_cases.devices import drop


def personal_data(ports: ReachPorts, account_id: str) -> Told:
    """Return phones and agreements. Where a phone is reached, and what its token is known by, tells them nothing."""
    book, consents = ports.devices.book(account_id), ports.consents.counts(account_id)
    return {
        "devices": [plain(one, "digest", "endpoint", "session_id") for one in book.devices],
        "wechat_consents": [{"template": template, "left": left} for template, left in consents.items()],
    }


def erase(ports: ReachPorts, account_id: str) -> None:
    """Remove them, at SNS too."""
    drop(ports, account_id, lambda _one: True)
    ports.consents.forget(account_id)
