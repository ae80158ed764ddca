"""The notifications table.

| row | pk | sk | gsi1 |
|---|---|---|---|
| notice | notice id (follows from message and account) | `NOTICE` | `ACC#<account>`, `<created at>#<notice id>` |

Rows die 180 days after they are written. Texts hold no personal data; numbers are not kept.

| pattern | requests | units (small rows) |
|---|---|---|
| claim | 1 conditional PutItem; refused, 1 GetItem more | 1 write, and 1 for the index |
| mark, release | 1 UpdateItem | 1 write, and 1 for the index |
| remove | 1 DeleteItem | 1 write, and 1 for the index |
| notices of an account | 1 Query | 0.5 read per 4 KB |
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import PutError

from chalicelib.kit.clock import iso, parse
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, code_of
from chalicelib.kit.pagination import Page
from chalicelib.notifications.rules import KEPT, LEASE, InHand, Notice, State
from chalicelib.profiles.ports import Channel

_SK = "NOTICE"


class NoticeRow(Row):
    class Meta(TableMeta):
        table = "notifications"

    account_id = UnicodeAttribute()
    message_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    channel = UnicodeAttribute()
    body = UnicodeAttribute()
    state = UnicodeAttribute()
    lease_until = UnicodeAttribute()
    created_at = UnicodeAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    of_account = Gsi1()


class NotificationStore:
    """See `notifications.ports.NotificationStore`."""

    def claim(self, notice: Notice, now: datetime) -> bool:
        free = NoticeRow.pk.does_not_exist() | (
            (NoticeRow.state == State.CLAIMED.value) & (NoticeRow.lease_until <= iso(now))
        )
        try:
            _row(notice, now).save(condition=free)
        except PutError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            if NoticeRow.get(notice.id, _SK, consistent_read=True).state != State.CLAIMED:
                return False
            raise InHand(notice.id) from error
        return True

    def release(self, notice_id: str, now: datetime) -> None:
        NoticeRow(notice_id, _SK).update(
            [NoticeRow.lease_until.set(iso(now))], condition=NoticeRow.pk.exists(), add_version_condition=False
        )

    def mark(self, notice_id: str, state: State) -> None:
        NoticeRow(notice_id, _SK).update(
            [NoticeRow.state.set(state.value)], condition=NoticeRow.pk.exists(), add_version_condition=False
        )

    def forget(self, notice_id: str) -> None:
        NoticeRow(notice_id, _SK).delete()

    def states(self, notice_ids: Collection[str]) -> Mapping[str, tuple[State, bool]]:
        rows = NoticeRow.batch_get([(one, _SK) for one in notice_ids]) if notice_ids else ()
        return {row.pk: (State(row.state), False) for row in rows}

    def of_account(self, account_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Notice]:
        rows = NoticeRow.of_account.query(
            f"ACC#{account_id}",
            scan_index_forward=False,
            last_evaluated_key=dict(after) if after else None,
            limit=limit,
            page_size=limit,
        )
        return Page(tuple(_notice(row) for row in rows), rows.last_evaluated_key)


def _row(notice: Notice, now: datetime) -> NoticeRow:
    created_at = iso(notice.created_at)
    return NoticeRow(
        notice.id,
        _SK,
        account_id=notice.account_id,
        message_id=notice.message_id,
        kind=notice.kind,
        channel=notice.channel.value,
        body=notice.body,
        state=notice.state.value,
        lease_until=iso(now + LEASE),
        created_at=created_at,
        gsi1pk=f"ACC#{notice.account_id}",
        gsi1sk=f"{created_at}#{notice.id}",
        expires_at=int((now + KEPT).timestamp()),
    )


def _notice(row: NoticeRow) -> Notice:
    return Notice(
        id=row.pk,
        account_id=row.account_id,
        message_id=row.message_id,
        kind=row.kind,
        channel=Channel(row.channel),
        body=row.body,
        state=State(row.state),
        created_at=parse(row.created_at),
    )
