"""The idempotency table: `pk` = scope|key, `sk` = "ONCE"; rows die 24 hours after they are written.

| pattern | requests | units |
|---|---|---|
| remember, settle | part of the effect's transaction | 2 write |
| recall (only after a refusal) | 1 GetItem, consistent | 1 read per 4 KB |
| claim, release | 1 conditional write each | 1 write |
"""

from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DeleteError, PutError

from chalicelib.kit.clock import Clock, iso, iso_or_none
from chalicelib.kit.dynamo import Row, TableMeta, code_of, put
from chalicelib.kit.idempotency import KEPT, LATE, LEASE, Answer, InProgress, KeyReused, Once, Replayed
from chalicelib.kit.ids import new_id
from chalicelib.kit.observability import worked_for
from chalicelib.kit.transaction import Action

_SK = "ONCE"


class OnceRow(Row):
    class Meta(TableMeta):
        table = "idempotency"

    fingerprint = UnicodeAttribute()
    status = NumberAttribute(default=0)  # 0 while in progress
    answer = UnicodeAttribute(default="")
    lease_until = UnicodeAttribute(null=True)
    claimed_by = UnicodeAttribute(null=True)  # one call of `claim`


class IdempotencyStore:
    """See `kit.idempotency.Idempotency`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def remember(self, once: Once, result: Any) -> Action:
        def refused(row: OnceRow | None) -> Exception:
            return _told(once, row)

        return put(self._row(once, once.render(result)), OnceRow.pk.does_not_exist(), refused, rank=-1)

    def recall(self, once: Once) -> Answer | None:
        row = _standing(once)
        if row is None:
            return None
        told = _told(once, row)
        if isinstance(told, KeyReused):
            raise told
        return told.answer if isinstance(told, Replayed) else None

    def claim(self, once: Once) -> None:
        now = self._clock.now()
        row = self._row(once, None, lease_until=now + LEASE)
        row.claimed_by = new_id("clm")
        free = OnceRow.pk.does_not_exist() | (
            (OnceRow.lease_until < iso(now)) & (OnceRow.fingerprint == once.fingerprint)
        )
        try:
            row.save(condition=free)
        except PutError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            standing = _standing(once)
            # The answer to our own write may have been lost, and its repeat refused: a plain write carries no token.
            if standing is None or standing.claimed_by != row.claimed_by:
                raise _told(once, standing) from error

    def settle(self, once: Once, result: Any) -> Action:
        return put(self._row(once, once.render(result)), rank=-1)

    def release(self, once: Once) -> None:
        if worked_for() > LATE:
            return
        try:
            OnceRow(_pk(once), _SK).delete(condition=OnceRow.lease_until.exists())
        except DeleteError as error:
            # Settled by somebody else in the meantime: there is an answer, and it stays.
            if code_of(error) != "ConditionalCheckFailedException":
                raise

    def _row(self, once: Once, answer: Answer | None, lease_until: datetime | None = None) -> OnceRow:
        return OnceRow(
            _pk(once),
            _SK,
            fingerprint=once.fingerprint,
            status=answer.status if answer else 0,
            answer=answer.body if answer else "",
            lease_until=iso_or_none(lease_until),
            expires_at=int((self._clock.now() + KEPT).timestamp()),
        )


def _pk(once: Once) -> str:
    return f"{once.scope}|{once.key}"


def _standing(once: Once) -> OnceRow | None:
    try:
        return OnceRow.get(_pk(once), _SK, consistent_read=True)
    except OnceRow.DoesNotExist:
        return None


def _told(once: Once, row: OnceRow | None) -> Exception:
    """Return what a standing row means to a request."""
    if row is None:
        return InProgress(retry_after=1)
    if row.fingerprint != once.fingerprint:
        return KeyReused()
    if not row.status:
        return InProgress(retry_after=1)
    return Replayed(Answer(int(row.status), row.answer))
