"""What people were told."""

from collections.abc import Iterator

from chalicelib.kit.personal import Told, every, plain
from chalicelib.notifications.ports import NotificationPorts
from chalicelib.notifications.rules import Notice


def personal_data(ports: NotificationPorts, account_id: str) -> Told:
    """Return the notices of the last 180 days."""
    return {"notices": [plain(one) for one in _notices(ports, account_id)]}


def erase(ports: NotificationPorts, account_id: str) -> None:
    """Remove them, their counts and what is gathered of them."""
    for notice in list(_notices(ports, account_id)):
        ports.store.forget(notice.id)
    ports.inbox.forget(account_id)


def _notices(ports: NotificationPorts, account_id: str) -> Iterator[Notice]:
    return every(lambda after, limit: ports.store.of_account(account_id, after, limit))
