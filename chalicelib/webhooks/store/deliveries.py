"""Deliveries; keys and costs: see the package."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError, UpdateError

from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, code_of, update
from chalicelib.kit.ids import time_part
from chalicelib.kit.pagination import Page
from chalicelib.kit.paging import page_of, paged
from chalicelib.kit.transaction import Action
from chalicelib.webhooks.rules.delivery import KEPT, LEASE, Attempt, Delivery, DeliveryState

_REFUSED = "ConditionalCheckFailedException"


class DeliveryRow(Row):
    class Meta(TableMeta):
        table = "webhooks"

    owner_id = UnicodeAttribute()
    type = UnicodeAttribute()
    body = UnicodeAttribute()
    state = UnicodeAttribute()
    created_at = UnicodeAttribute()
    attempts = NumberAttribute(default=0)
    tries = UnicodeAttribute(null=True)  # JSON: written whole, read whole
    lease_until = UnicodeAttribute(null=True)
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    waits = Gsi1()


class DeliveryTable:
    """See `webhooks.ports.DeliveryStore`."""

    def create(self, delivery: Delivery) -> bool:
        row = _row(delivery)
        row.owner_id, row.type, row.body = delivery.owner_id, delivery.type, delivery.body
        row.state, row.created_at = delivery.state.value, iso(delivery.created_at)
        row.lease_until = iso_or_none(delivery.lease_until)
        row.expires_at = _dies(delivery.created_at)
        if delivery.next_at is not None:
            row.gsi1pk, row.gsi1sk = _waits(delivery, delivery.next_at)
        try:
            row.save(condition=DeliveryRow.pk.does_not_exist())
        except PutError as error:
            if code_of(error) != _REFUSED:
                raise
            return False
        return True

    def delivery(self, endpoint_id: str, event_id: str) -> Delivery | None:
        try:
            return _delivery(DeliveryRow.get(f"LOG#{endpoint_id}", event_id, consistent_read=True))
        except DeliveryRow.DoesNotExist:
            return None

    def claim(self, endpoint_id: str, event_id: str, now: datetime) -> Delivery | None:
        row = DeliveryRow(f"LOG#{endpoint_id}", event_id)
        free = DeliveryRow.lease_until.does_not_exist() | (DeliveryRow.lease_until <= iso(now))
        condition = (DeliveryRow.state == DeliveryState.PENDING.value) & free
        return _delivery(row) if _updated(row, [DeliveryRow.lease_until.set(iso(now + LEASE))], condition) else None

    def finish(self, delivery: Delivery) -> bool:
        changes = [
            DeliveryRow.state.set(delivery.state.value),
            DeliveryRow.attempts.set(delivery.attempts),
            DeliveryRow.tries.set(json.dumps([_plain(one) for one in delivery.tries], ensure_ascii=False)),
            DeliveryRow.lease_until.remove(),
        ]
        if delivery.next_at is None:
            changes += [DeliveryRow.gsi1pk.remove(), DeliveryRow.gsi1sk.remove()]
        else:
            pk, sk = _waits(delivery, delivery.next_at)
            changes += [DeliveryRow.gsi1pk.set(pk), DeliveryRow.gsi1sk.set(sk)]
        return _updated(_row(delivery), changes, DeliveryRow.lease_until == iso_or_none(delivery.lease_until))

    def waiting(self, endpoint_id: str, before: datetime | None, limit: int) -> Sequence[tuple[str, datetime]]:
        due = DeliveryRow.gsi1sk < iso(before) if before else None
        rows = DeliveryRow.waits.query(f"WAIT#{endpoint_id}", due, limit=limit, page_size=limit)
        return [(row.sk, parse(row.gsi1sk.partition("#")[0])) for row in rows]

    def log(self, endpoint_id: str, after: Mapping[str, Any] | None, limit: int) -> Page[Delivery]:
        rows = DeliveryRow.query(f"LOG#{endpoint_id}", scan_index_forward=False, **paged(after, limit))
        return page_of(rows, _delivery)

    def ended(
        self, endpoint_id: str, since: datetime, until: datetime, after: Mapping[str, Any] | None, limit: int
    ) -> Page[Delivery]:
        rows = DeliveryRow.query(
            f"LOG#{endpoint_id}",
            DeliveryRow.sk.between(time_part("evt", since), time_part("evt", until)),
            DeliveryRow.state != DeliveryState.PENDING.value,
            consistent_read=True,
            **paged(after, limit),
        )
        return page_of(rows, _delivery)

    def again(self, delivery: Delivery, now: datetime) -> Action:
        pk, sk = _waits(delivery, now)
        changes = [
            DeliveryRow.state.set(DeliveryState.PENDING.value),
            DeliveryRow.created_at.set(iso(now)),
            DeliveryRow.attempts.set(0),
            DeliveryRow.expires_at.set(_dies(now)),
            DeliveryRow.gsi1pk.set(pk),
            DeliveryRow.gsi1sk.set(sk),
        ]
        return update(_row(delivery), changes, DeliveryRow.state == delivery.state.value)


def _updated(row: DeliveryRow, changes: list[Any], condition: Any) -> bool:
    """Change a row and read it back; False where the condition refused."""
    try:
        row.update(changes, condition=condition, add_version_condition=False)
    except UpdateError as error:
        if code_of(error) != _REFUSED:
            raise
        return False
    return True


def _row(delivery: Delivery) -> DeliveryRow:
    return DeliveryRow(f"LOG#{delivery.endpoint_id}", delivery.id)


def _dies(since: datetime) -> int:
    return int((since + KEPT).timestamp())


def _waits(delivery: Delivery, at: datetime) -> tuple[str, str]:
    return f"WAIT#{delivery.endpoint_id}", f"{iso(at)}#{delivery.id}"


def _plain(one: Attempt) -> dict[str, Any]:
    return {"at": iso(one.at), "status": one.status, "reason": one.reason, "ms": one.ms, "answer": one.answer}


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.sk,
        endpoint_id=row.pk.partition("#")[2],
        owner_id=row.owner_id,
        type=row.type,
        body=row.body,
        state=DeliveryState(row.state),
        created_at=parse(row.created_at),
        attempts=int(row.attempts),
        tries=tuple(Attempt(**{**one, "at": parse(one["at"])}) for one in json.loads(row.tries or "[]")),
        next_at=parse(row.gsi1sk.partition("#")[0]) if row.gsi1sk else None,
        lease_until=parse_or_none(row.lease_until),
    )
