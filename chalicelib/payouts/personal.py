"""What was paid out to a merchant. It stays as it was for the books, with the account that it went to, sealed."""

from collections.abc import Iterator, Sequence

from chalicelib.kit.i18n import Text
from chalicelib.kit.personal import Matter, Told, every, plain
from chalicelib.payouts.ports import PayoutPorts
from chalicelib.payouts.rules import Payout, PayoutState

_OVER = {PayoutState.PAID, PayoutState.FAILED}


def personal_data(ports: PayoutPorts, account_id: str) -> Told:
    """Return their payouts."""
    return {"payouts": [plain(one, "version", "approvers", "busy_until") for one in _payouts(ports, account_id)]}


def open_matters(ports: PayoutPorts, account_id: str) -> Sequence[Matter]:
    """Return the payouts that have not arrived."""
    ids = tuple(one.id for one in _payouts(ports, account_id) if one.state not in _OVER)
    return [Matter("open-payout", Text("A payout is on its way.", "尚有提现在途。"), ids)] if ids else []


def _payouts(ports: PayoutPorts, account_id: str) -> Iterator[Payout]:
    return every(lambda after, limit: ports.store.of_merchant(account_id, after, limit))
