"""What bookings and waits say of a person. Bookings stay, for the shop's days and the books; waits, which may tell
where somebody was, go.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from chalicelib.booking.ports import Booking, BookingPorts
from chalicelib.booking.rules.waits import Wait, left
from chalicelib.booking.wait_ports import WaitPorts
from chalicelib.kit.personal import Told, every, plain
from chalicelib.kit.transaction import retrying
from chalicelib.kit.wall import Window

_EVER = Window(datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


def personal_data(ports: WaitPorts, account_id: str) -> Told:
    """Return their bookings, with the code that is theirs, and their waits."""
    return {
        "bookings": [plain(one, "claims", "tries", "version") for one in _bookings(ports, account_id)],
        "waits": [plain(one, "version", "lease_until") for one in _waits(ports, account_id)],
    }


def erase(ports: WaitPorts, account_id: str) -> None:
    """Remove their waits. One whose time is being held just now is contended, and goes with the next try."""
    for wait in _waits(ports, account_id):
        retrying(lambda wait_id=wait.id: _forget(ports, account_id, wait_id))  # type: ignore[misc] # bound to this turn


def _forget(ports: WaitPorts, account_id: str, wait_id: str) -> None:
    wait = ports.waits.wait(wait_id)
    if wait is not None:
        tally = ports.waits.tally(account_id)
        counted = [ports.waits.replace_tally(left(tally, [wait_id]))] if wait_id in tally.live else []
        ports.committer.commit([*ports.waits.forget(wait), *counted])


def _bookings(ports: BookingPorts, account_id: str) -> Iterator[Booking]:
    return every(lambda after, limit: ports.store.of_customer(account_id, _EVER, after, limit))


def _waits(ports: WaitPorts, account_id: str) -> Iterator[Wait]:
    return every(lambda after, limit: ports.waits.of_customer(account_id, after, limit))
