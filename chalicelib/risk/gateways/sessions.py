"""What ends sessions, as long as accounts do not."""

from collections.abc import Sequence

from chalicelib.kit.observability import log
from chalicelib.kit.transaction import Action


class NoSessions:
    """See `risk.ports.Sessions`: ends none, and says so."""

    def end_all(self, account_id: str) -> Sequence[Action]:
        log.warning("sessions go on: accounts do not end them yet", account_id=account_id)
        return ()
