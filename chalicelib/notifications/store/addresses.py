"""Addresses that nothing is sent to any more, by their blind index."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import check, delete, put, update
from chalicelib.kit.seal import Sealer
from chalicelib.kit.transaction import Action
from chalicelib.notifications.rules import Outdated, Suspension
from chalicelib.notifications.store.rows import LIFTED, SUSPENDED, LiftedRow, SuspendedRow
from chalicelib.profiles.ports import Channel

_KEPT = timedelta(days=730)  # by then a number has another owner
_REMEMBERED = timedelta(days=30)  # that it was lifted: in which word of what happened before may come


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
        return {keys[row.pk]: Suspension(row.reason, parse(row.at), bool(row.has_left)) for row in rows}

    def suspending(self, channel: Channel, address: str, suspension: Suspension) -> list[Action]:
        key, at = self._key(channel, address), iso(suspension.at)
        changes = [
            SuspendedRow.channel.set(channel.value),
            SuspendedRow.reason.set(suspension.reason),
            SuspendedRow.at.set(at),
            SuspendedRow.expires_at.set(int((suspension.at + _KEPT).timestamp())),
        ]
        if suspension.is_their_word:  # nobody removes it but who lifts the address
            changes.append(SuspendedRow.has_left.set(True))
        latest = SuspendedRow.pk.does_not_exist() | (SuspendedRow.at <= at)
        not_lifted = LiftedRow.pk.does_not_exist() | (LiftedRow.at < at)
        row = SuspendedRow(key, SUSPENDED)
        return [update(row, changes, latest, _outdated), check(LiftedRow(key, LIFTED), not_lifted, _outdated)]

    def lifting(self, channel: Channel, address: str, suspension: Suspension, now: datetime) -> list[Action]:
        key = self._key(channel, address)
        lifted = LiftedRow(key, LIFTED, at=iso(now), expires_at=int((now + _REMEMBERED).timestamp()))
        return [delete(SuspendedRow(key, SUSPENDED), SuspendedRow.at == iso(suspension.at)), put(lifted)]

    def _key(self, channel: Channel, address: str) -> str:
        return f"GONE#{self._sealer().blind(address, f'notice-{channel}')}"


def _outdated(_row: object) -> Exception:
    return Outdated()
