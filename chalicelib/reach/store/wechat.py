"""Agreements at WeChat in the notifications table."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from pynamodb.exceptions import UpdateError

from chalicelib.kit.clock import Clock
from chalicelib.kit.dynamo import code_of, update
from chalicelib.kit.transaction import Action
from chalicelib.reach.store.rows import CONSENT, ConsentRow

_KEPT = timedelta(days=365)


class ConsentTable:
    """See `reach.ports.ConsentStore` and `notifications.ports.Consents`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def counts(self, account_id: str) -> Mapping[str, int]:
        rows = ConsentRow.query(_pk(account_id), ConsentRow.sk.startswith(CONSENT), consistent_read=True)
        return {row.sk.removeprefix(CONSENT): int(row.left) for row in rows}

    def agree(self, account_id: str, template: str, most: int) -> Action:
        row = ConsentRow(_pk(account_id), CONSENT + template)
        until = int((self._clock.now() + _KEPT).timestamp())
        changes = [ConsentRow.left.set((ConsentRow.left | 0) + 1), ConsentRow.expires_at.set(until)]
        return update(row, changes, ConsentRow.pk.does_not_exist() | (ConsentRow.left < most))

    def take(self, account_id: str, template: str, letter_id: str) -> bool:
        row = ConsentRow(_pk(account_id), CONSENT + template)
        is_new = ConsentRow.letter.does_not_exist() | (ConsentRow.letter != letter_id)
        try:
            row.update(
                [ConsentRow.left.set(ConsentRow.left - 1), ConsentRow.letter.set(letter_id)],
                condition=(ConsentRow.left > 0) & is_new,
                add_version_condition=False,
            )
        except UpdateError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            return self._was_for(row, letter_id)
        return True

    def used_up(self, account_id: str, template: str) -> None:
        _unless_gone(
            lambda: ConsentRow(_pk(account_id), CONSENT + template).update(
                [ConsentRow.left.set(0)], condition=ConsentRow.pk.exists(), add_version_condition=False
            )
        )

    def forget(self, account_id: str) -> None:
        for template in self.counts(account_id):
            ConsentRow(_pk(account_id), CONSENT + template).delete()

    def _was_for(self, row: ConsentRow, letter_id: str) -> bool:
        try:
            return bool(ConsentRow.get(row.pk, row.sk, consistent_read=True).letter == letter_id)
        except ConsentRow.DoesNotExist:
            return False


def _pk(account_id: str) -> str:
    return f"REACH#{account_id}"


def _unless_gone(write: Callable[[], object]) -> None:
    try:
        write()
    except UpdateError as error:
        if code_of(error) != "ConditionalCheckFailedException":
            raise
