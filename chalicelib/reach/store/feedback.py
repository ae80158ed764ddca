"""What providers said of addresses, in the notifications table."""

from collections.abc import Callable

from chalicelib.kit.clock import Clock, iso, parse_or_none
from chalicelib.kit.dynamo import put
from chalicelib.kit.transaction import Action
from chalicelib.notifications.ports import Channel
from chalicelib.reach.ports import Event, Failures
from chalicelib.reach.rules.feedback import COUNTED, KEPT, HeardBefore
from chalicelib.reach.store.rows import FAILURES, HEARD, FailuresRow, HeardRow


class FeedbackTable:
    """See `reach.ports.FeedbackStore`.

    Args:
        blind: makes the index of a text of a kind.
    """

    def __init__(self, blind: Callable[[str, str], str], clock: Clock) -> None:
        self._blind, self._clock = blind, clock

    def failures(self, channel: Channel, address: str) -> Failures:
        try:
            row = FailuresRow.get(self._pk(channel, address), FAILURES, consistent_read=True)
        except FailuresRow.DoesNotExist:
            return Failures()
        return Failures(
            count=int(row.failures),
            first_at=parse_or_none(row.first_at),
            last_at=parse_or_none(row.last_at),
            delivered_at=parse_or_none(row.delivered_at),
            version=int(row.version),
        )

    def put_failures(self, channel: Channel, address: str, failures: Failures) -> Action:
        row = FailuresRow(
            self._pk(channel, address),
            FAILURES,
            failures=failures.count,
            first_at=iso(failures.first_at) if failures.first_at else None,
            last_at=iso(failures.last_at) if failures.last_at else None,
            delivered_at=iso(failures.delivered_at) if failures.delivered_at else None,
            version=failures.version,
            expires_at=int((self._clock.now() + COUNTED).timestamp()),
        )
        follows = FailuresRow.version == failures.version - 1
        return put(row, FailuresRow.pk.does_not_exist() if failures.version == 1 else follows)

    def heard(self, event: Event) -> Action:
        row = HeardRow(f"HEARD#{event.id}", HEARD, expires_at=int((self._clock.now() + KEPT).timestamp()))
        return put(row, HeardRow.pk.does_not_exist(), lambda _row: HeardBefore(), rank=-1)

    def _pk(self, channel: Channel, address: str) -> str:
        return f"FAILURES#{channel}#{self._blind(address, f'feedback|{channel}')}"
