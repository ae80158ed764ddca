"""The inbox: what providers told us, kept until it is worked, and remembered after."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from pynamodb.attributes import UnicodeAttribute

from chalicelib.kit.clock import Clock, iso
from chalicelib.kit.dynamo import Gsi2, Row, TableMeta, update
from chalicelib.kit.transaction import Action
from chalicelib.payments.rules import Event
from chalicelib.payments.store.rows import got, moved, perhaps, shard

_EVT = "EVT"
_EVENTS_KEPT = timedelta(days=90)


class EventRow(Row):
    class Meta(TableMeta):
        table = "payments"

    type = UnicodeAttribute()
    ref = UnicodeAttribute()
    subject = UnicodeAttribute()
    received_at = UnicodeAttribute()
    worked_at = UnicodeAttribute(null=True)
    gsi2pk = UnicodeAttribute(null=True)
    gsi2sk = UnicodeAttribute(null=True)
    inbox = Gsi2()


class InboxRows:
    """The part of `payments.ports.PaymentStore` about events."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def received(self, event: Event, now: datetime) -> Action:
        return update(
            _event_row(event),
            [
                EventRow.type.set(event.type),
                EventRow.ref.set(event.ref),
                EventRow.subject.set(event.subject),
                EventRow.received_at.set(EventRow.received_at | iso(now)),
                EventRow.gsi2pk.set(f"INBOX#{shard(event.id)}"),
                EventRow.gsi2sk.set(iso(now)),
            ],
            EventRow.worked_at.does_not_exist(),
            moved,
        )

    def worked(self, event: Event) -> bool:
        worked: bool | None = got(EventRow, _event_key(event), _EVT, lambda row: row.worked_at is not None)
        return bool(worked)

    def mark_worked(self, event: Event) -> None:
        now = self._clock.now()
        _event_row(event).update(
            [
                EventRow.type.set(event.type),
                EventRow.ref.set(event.ref),
                EventRow.subject.set(event.subject),
                EventRow.received_at.set(EventRow.received_at | iso(now)),
                EventRow.worked_at.set(iso(now)),
                EventRow.expires_at.set(int((now + _EVENTS_KEPT).timestamp())),
                EventRow.gsi2pk.remove(),
                EventRow.gsi2sk.remove(),
            ]
        )

    def unworked(self, shard: int, before: datetime, limit: int) -> Iterable[Event]:
        rows = EventRow.inbox.query(f"INBOX#{shard}", EventRow.gsi2sk < iso(before), limit=limit)
        for row in rows:
            _, provider, id_ = row.pk.split("#", 2)
            yield Event(id_, row.subject, row.ref, row.type, provider)

    def told_again(self, event: Event, now: datetime) -> None:
        perhaps(_event_row(event), [EventRow.gsi2sk.set(iso(now))], EventRow.worked_at.does_not_exist())


def _event_key(event: Event) -> str:
    return f"EVT#{event.provider}#{event.id}"


def _event_row(event: Event) -> EventRow:
    return EventRow(_event_key(event), _EVT)
