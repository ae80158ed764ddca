"""Addresses that nothing is sent to any more, by their blind index."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import delete
from chalicelib.kit.seal import Sealer
from chalicelib.kit.transaction import Action
from chalicelib.notifications.rules import Suspension
from chalicelib.notifications.store.rows import SUSPENDED, SuspendedRow
from chalicelib.profiles.ports import Channel

_KEPT = timedelta(days=730)  # by then a number has another owner


class AddressTable:
    """See `notifications.ports.AddressStore`.

    Args:
        sealer: returns what makes the blind index; asked for with the first address.
    """

    def __init__(self, sealer: Callable[[], Sealer]) -> None:
        self._sealer = sealer

    def suspensions(self, addresses: Sequence[tuple[Channel, str]]) -> Mapping[tuple[Channel, str], Suspension]:
        keys = {self._key(channel, address): (channel, address) for channel, address in addresses}
        rows = SuspendedRow.batch_get([(key, SUSPENDED) for key in keys]) if keys else ()
        return {keys[row.pk]: Suspension(row.reason, parse(row.at)) for row in rows}

    def suspend(self, channel: Channel, address: str, suspension: Suspension) -> None:
        SuspendedRow(
            self._key(channel, address),
            SUSPENDED,
            channel=channel.value,
            reason=suspension.reason,
            at=iso(suspension.at),
            expires_at=int((suspension.at + _KEPT).timestamp()),
        ).save()

    def lifting(self, channel: Channel, address: str) -> Action:
        return delete(SuspendedRow(self._key(channel, address), SUSPENDED))

    def _key(self, channel: Channel, address: str) -> str:
        return f"GONE#{self._sealer().blind(address, f'notice-{channel}')}"
