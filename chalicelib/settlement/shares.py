"""The platform's share of what a merchant sells, remembered for a while: it is asked for with every order."""

from datetime import datetime, timedelta

from chalicelib.settlement import use_cases
from chalicelib.settlement.ports import SettlementPorts, Share

REMEMBERED = timedelta(minutes=5)
_MOST = 10_000  # merchants; then it begins anew


class Shares:
    """See `orders.ports.Shares`. Terms that were changed hold for new orders within `REMEMBERED`."""

    def __init__(self, ports: SettlementPorts) -> None:
        self._ports = ports
        self._known: dict[tuple[str, str], tuple[datetime, Share]] = {}

    def of(self, merchant_id: str, currency: str) -> Share:
        now = self._ports.clock.now()
        known = self._known.get((merchant_id, currency))
        if known is not None and abs(now - known[0]) < REMEMBERED:
            return known[1]
        share = use_cases.share_of(self._ports, merchant_id, currency)
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[merchant_id, currency] = (now, share)
        return share
