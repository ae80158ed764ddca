"""What queues say of a person. Their places go; tickets have an account's id alone, and die after 30 days."""

from collections.abc import Sequence

from chalicelib.kit.i18n import Text
from chalicelib.kit.personal import Matter, Told, plain
from chalicelib.queueing.keys import key_of
from chalicelib.queueing.ports import QueueingPorts, Ticket
from chalicelib.queueing.rules import LIVE


def personal_data(ports: QueueingPorts, account_id: str) -> Told:
    """Return the numbers that they have taken, as far as places remember them: the newest of each shop."""
    return {"numbers": [plain(one, "version") for one in _tickets(ports, account_id)]}


def open_matters(ports: QueueingPorts, account_id: str) -> Sequence[Matter]:
    """Return the queues that they stand in."""
    yesterday = ports.clock.now().date().toordinal() - 1  # wherever the shop is, a day earlier is over
    live = [one for one in _tickets(ports, account_id) if one.state in LIVE and one.day.toordinal() >= yesterday]
    text = Text("You stand in a queue: leave it first.", "您正在排队，请先取消排号。")
    return [Matter("in-line", text, tuple(one.id for one in live))] if live else []


def erase(ports: QueueingPorts, account_id: str) -> None:
    """Remove their places."""
    actions = [
        action for shop_id, _ in ports.store.places(account_id) for action in ports.store.vacate(account_id, shop_id)
    ]
    for start in range(0, len(actions), 50):
        ports.committer.commit(actions[start : start + 50])


def _tickets(ports: QueueingPorts, account_id: str) -> list[Ticket]:
    keys = [key for _, ticket_id in ports.store.places(account_id) if (key := key_of(ticket_id)) is not None]
    found = (ports.store.ticket(key) for key in keys)
    return [one for one in found if one is not None and one.customer_id == account_id]
