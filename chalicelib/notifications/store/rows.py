"""The rows of the notifications table; their keys are told in the package's docstring."""

import json
import zlib

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Gsi2, Row, TableMeta
from chalicelib.notifications.rules import Due, Notice, State, dies_at
from chalicelib.profiles.ports import Channel

SHARDS = 4
NOTICE, SUSPENDED, LIFTED, TALLY, DIGESTS = "NOTICE", "SUSPENDED", "LIFTED", "UNREAD#", "DIGEST#"
NEVER = ""  # of a lease that nobody holds


class _Meta(TableMeta):
    table = "notifications"


class NoticeRow(Row):
    class Meta(_Meta):
        pass

    account_id = UnicodeAttribute()
    message_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    channel = UnicodeAttribute(null=True)
    language = UnicodeAttribute(default="zh-CN")
    title = UnicodeAttribute(null=True)
    body = UnicodeAttribute()
    words = UnicodeAttribute(null=True)
    link = UnicodeAttribute(null=True)
    state = UnicodeAttribute()
    epoch = NumberAttribute(default=-1)  # those from before notices were counted
    read_at = UnicodeAttribute(null=True)
    tries = NumberAttribute(null=True)
    is_fallback = BooleanAttribute(null=True)
    about = UnicodeAttribute(null=True)
    useful_until = UnicodeAttribute(null=True)
    provider_id = UnicodeAttribute(null=True)
    lease_until = UnicodeAttribute()
    created_at = UnicodeAttribute()
    gsi1pk = UnicodeAttribute()
    gsi1sk = UnicodeAttribute()
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    of_account = Gsi1()
    due = Gsi2()


class TallyRow(Row):
    class Meta(_Meta):
        pass

    unread = NumberAttribute(null=True)
    epoch = NumberAttribute(null=True)


class DigestRow(Row):
    class Meta(_Meta):
        pass

    number = NumberAttribute()
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    due = Gsi2()


class SuspendedRow(Row):
    class Meta(_Meta):
        pass

    channel = UnicodeAttribute()
    reason = UnicodeAttribute()
    at = UnicodeAttribute()
    has_left = BooleanAttribute(null=True)


class LiftedRow(Row):
    class Meta(_Meta):
        pass

    at = UnicodeAttribute()


class SpentRow(Row):
    class Meta(_Meta):
        pass

    spent = NumberAttribute()


def account_key(account_id: str) -> str:
    """Return the key that an account's own rows lie under."""
    return f"ACC#{account_id}"


def due_partition(lane: str, shard: int) -> str:
    """Return the partition of the second index of a part of what waits in a lane."""
    return f"DUE#{lane}#{shard}"


def due_keys(due: Due, what: str) -> tuple[str, str]:
    """Return where something that waits is found in the second index."""
    return due_partition(due.lane, zlib.crc32(what.encode()) % SHARDS), f"{iso(due.at)}#{what}"


def notice_row(notice: Notice, lease_until: str) -> NoticeRow:
    """Return the row of a new notice."""
    created_at = iso(notice.created_at)
    row = NoticeRow(
        notice.id,
        NOTICE,
        account_id=notice.account_id,
        message_id=notice.message_id,
        kind=notice.kind,
        channel=notice.channel.value if notice.channel else None,
        language=notice.language,
        title=notice.title,
        body=notice.body,
        words=json.dumps(notice.words, ensure_ascii=False, separators=(",", ":")),
        link=notice.link,
        state=notice.state.value,
        epoch=notice.epoch,
        read_at=iso_or_none(notice.read_at),
        about=notice.about,
        useful_until=iso_or_none(notice.useful_until),
        lease_until=lease_until,
        created_at=created_at,
        gsi1pk=account_key(notice.account_id),
        gsi1sk=f"{created_at}#{notice.id}",
        expires_at=int(dies_at(notice.created_at).timestamp()),
    )
    if notice.due is not None:
        row.gsi2pk, row.gsi2sk = due_keys(notice.due, notice.id)
    return row


def notice_of(row: NoticeRow) -> Notice:
    """Return the notice of a row, also of one that an earlier release wrote."""
    due = None
    if row.gsi2pk is not None and row.gsi2sk is not None:
        due = Due(row.gsi2pk.split("#")[1], parse(row.gsi2sk.split("#")[0]))
    return Notice(
        id=row.pk,
        account_id=row.account_id,
        message_id=row.message_id,
        kind=row.kind,
        channel=Channel(row.channel) if row.channel else None,
        body=row.body,
        state=State(row.state),
        created_at=parse(row.created_at),
        language="en" if row.language == "en" else "zh-CN",
        title=row.title or "",
        words=json.loads(row.words) if row.words else {},
        link=row.link,
        epoch=int(row.epoch),
        read_at=parse_or_none(row.read_at),
        due=due,
        tries=int(row.tries or 0),
        is_fallback=bool(row.is_fallback),
        about=row.about,
        useful_until=parse_or_none(row.useful_until),
    )
