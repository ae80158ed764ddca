"""Endpoints and who has them; keys and costs: see the package."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import Condition

from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Gsi1, Row, TableMeta, code_of, delete, put, update
from chalicelib.kit.seal import SealedField, Sealer
from chalicelib.kit.transaction import Action
from chalicelib.webhooks.problems import TooManyEndpoints
from chalicelib.webhooks.rules.endpoint import MOST, OPENS, Endpoint, Reason, State
from chalicelib.webhooks.rules.listening import Listener

_LISTENERS, _DUE, _END, _LAST = "LISTENERS", "DUE", "END#", "#last"
_FIELDS = ("url", "secret", "secret_before")
SEALED = tuple(SealedField("webhooks", one, f"webhooks|{{sk}}|{one}", _END) for one in _FIELDS)


class ListenerRow(Row):
    class Meta(TableMeta):
        table = "webhooks"

    number = NumberAttribute(default=0)
    name = UnicodeAttribute(null=True)
    merchants = UnicodeAttribute(null=True)  # JSON: ids, or null for all
    challenges = NumberAttribute(null=True)
    challenged_since = UnicodeAttribute(null=True)


class EndpointRow(Row):
    class Meta(TableMeta):
        table = "webhooks"

    url = UnicodeAttribute()  # sealed
    types = UnicodeAttribute()  # JSON: written whole, read whole
    text = UnicodeAttribute()
    state = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    secret = UnicodeAttribute(null=True)  # sealed
    secret_before = UnicodeAttribute(null=True)  # sealed
    before_until = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute()
    active_at = UnicodeAttribute(null=True)
    challenged_at = UnicodeAttribute(null=True)
    tested = UnicodeAttribute(null=True)  # JSON
    failures = NumberAttribute(default=0)
    failing_since = UnicodeAttribute(null=True)
    slow_until = UnicodeAttribute(null=True)
    version = NumberAttribute()
    gsi1pk = UnicodeAttribute(null=True)
    gsi1sk = UnicodeAttribute(null=True)
    by_turn = Gsi1()


class ListenerTable:
    """See `webhooks.ports.ListenerStore`."""

    def listeners(self) -> Sequence[Listener]:
        return [_listener(row) for row in ListenerRow.query(_LISTENERS)]

    def listener(self, owner_id: str) -> Listener | None:
        try:
            return _listener(ListenerRow.get(_LISTENERS, owner_id, consistent_read=True))
        except ListenerRow.DoesNotExist:
            return None

    def challenged(self, before: Listener, after: Listener) -> Action:
        changes = [
            ListenerRow.challenges.set(after.challenges),
            ListenerRow.challenged_since.set(iso_or_none(after.challenged_since) or ""),
        ]
        same: Condition = ListenerRow.challenges.does_not_exist()
        if before.challenged_since is not None:
            since = ListenerRow.challenged_since == iso(before.challenged_since)
            same = since & (ListenerRow.challenges == before.challenges)
        return update(ListenerRow(_LISTENERS, before.owner_id), changes, same)

    def set_partner(self, listener: Listener) -> Action:
        merchants = None if listener.merchants is None else sorted(listener.merchants)
        changes = [ListenerRow.name.set(listener.name or ""), ListenerRow.merchants.set(json.dumps(merchants))]
        return update(ListenerRow(_LISTENERS, listener.owner_id), changes)

    def end_partner(self, owner_id: str) -> Action:
        changes = [ListenerRow.name.remove(), ListenerRow.merchants.remove()]
        return update(ListenerRow(_LISTENERS, owner_id), changes, ListenerRow.name.exists())


class EndpointTable:
    """See `webhooks.ports.EndpointStore`.

    Args:
        sealer: returns what seals; asked when something sealed is met, for its keys cost a call.
    """

    def __init__(self, sealer: Callable[[], Sealer]) -> None:
        self._sealer = sealer

    def endpoint(self, owner_id: str, endpoint_id: str) -> Endpoint | None:
        try:
            return self._endpoint(EndpointRow.get(f"OWNER#{owner_id}", _END + endpoint_id, consistent_read=True))
        except EndpointRow.DoesNotExist:
            return None

    def of_owner(self, owner_id: str) -> Sequence[Endpoint]:
        return [self._endpoint(row) for row in EndpointRow.query(f"OWNER#{owner_id}", EndpointRow.sk.startswith(_END))]

    def create(self, endpoint: Endpoint) -> list[Action]:
        row = _keys(endpoint)
        for name, value in self._said(endpoint).items():
            setattr(row, name, value)
        row.failures = 0
        return [put(row, EndpointRow.pk.does_not_exist()), self._counted(endpoint.owner_id, 1)]

    def replace(self, endpoint: Endpoint, *, anew: bool = False) -> Action:
        changes = [
            getattr(EndpointRow, name).remove() if value is None else getattr(EndpointRow, name).set(value)
            for name, value in self._said(endpoint).items()
        ]
        if endpoint.state != State.ACTIVE:
            changes += [EndpointRow.gsi1pk.remove(), EndpointRow.gsi1sk.remove()]
        elif anew:
            changes += [*_woken(endpoint, endpoint.wake_at), *_ANEW]
        return update(_keys(endpoint), changes, EndpointRow.version == endpoint.version - 1)

    def remove(self, endpoint: Endpoint) -> list[Action]:
        gone = delete(_keys(endpoint), EndpointRow.version == endpoint.version)
        return [gone, self._counted(endpoint.owner_id, -1)]

    def wake(self, endpoint: Endpoint, at: datetime, *, anew: bool = False) -> Action:
        changes = [*_woken(endpoint, at), *(_ANEW if anew else ())]
        return update(_keys(endpoint), changes, EndpointRow.state == State.ACTIVE.value)

    def failed(self, endpoint: Endpoint, now: datetime, wake_at: datetime, *, opens: bool) -> Endpoint | None:
        row, is_active = _keys(endpoint), EndpointRow.state == State.ACTIVE.value
        changes = [
            EndpointRow.failures.set(OPENS) if opens else EndpointRow.failures.add(1),
            EndpointRow.failing_since.set(EndpointRow.failing_since | iso(now)),
        ]
        wakes = [*changes, *_woken(endpoint, wake_at)]
        is_written = _updated(row, wakes, is_active & _is_not_left_alone(endpoint, wake_at))
        return self._endpoint(row) if is_written or _updated(row, changes, is_active) else None

    def succeeded(self, endpoint: Endpoint) -> None:
        _updated(_keys(endpoint), _WELL, EndpointRow.pk.exists())

    def woken(self, endpoint: Endpoint, at: datetime) -> None:
        may = (EndpointRow.state == State.ACTIVE.value) & _is_not_left_alone(endpoint, at)
        _updated(_keys(endpoint), _woken(endpoint, at), may)

    def slowed(self, endpoint: Endpoint, until: datetime) -> None:
        _updated(_keys(endpoint), [EndpointRow.slow_until.set(iso(until))], EndpointRow.pk.exists())

    def sleep(self, endpoint: Endpoint, until: datetime | None, *, is_last_look: bool = False) -> None:
        standing = _turn(endpoint, endpoint.wake_at) + _LAST * endpoint.is_last_look
        changes = _woken(endpoint, until, _LAST * is_last_look)
        _updated(_keys(endpoint), changes, EndpointRow.gsi1sk == standing)

    def due(self, before: datetime, limit: int) -> Sequence[tuple[str, str]]:
        rows = EndpointRow.by_turn.query(_DUE, EndpointRow.gsi1sk < iso(before), limit=limit, page_size=limit)
        return [(row.pk.partition("#")[2], row.sk.removeprefix(_END)) for row in rows]

    def _counted(self, owner_id: str, by: int) -> Action:
        fits = ListenerRow.number > 0
        if by > 0:
            fits = ListenerRow.number.does_not_exist() | (ListenerRow.number < MOST)
        row = ListenerRow(_LISTENERS, owner_id)
        return update(row, [ListenerRow.number.add(by)], fits, lambda _: TooManyEndpoints(limit=MOST))

    def _said(self, endpoint: Endpoint) -> dict[str, Any]:
        """Return what its owner says of an endpoint, as its row has it."""
        sealed = {
            name: self._sealer().seal(value, f"webhooks|{endpoint.id}|{name}") if value else None
            for name, value in ((one, getattr(endpoint, one)) for one in _FIELDS)
        }
        return sealed | {
            "types": json.dumps(endpoint.types),
            "text": endpoint.text,
            "state": endpoint.state.value,
            "reason": endpoint.reason.value if endpoint.reason else None,
            "before_until": iso_or_none(endpoint.before_until),
            "created_at": iso(endpoint.created_at),
            "active_at": iso_or_none(endpoint.active_at),
            "challenged_at": iso_or_none(endpoint.challenged_at),
            "tested": json.dumps([*map(iso, endpoint.tested)]) if endpoint.tested else None,
            "version": endpoint.version,
        }

    def _endpoint(self, row: EndpointRow) -> Endpoint:
        endpoint_id = row.sk.removeprefix(_END)

        def opened(name: str) -> str | None:
            sealed = getattr(row, name)
            return self._sealer().open(sealed, f"webhooks|{endpoint_id}|{name}") if sealed else None

        return Endpoint(
            id=endpoint_id,
            owner_id=row.pk.partition("#")[2],
            url=opened("url") or "",
            types=tuple(json.loads(row.types)),
            text=row.text,
            state=State(row.state),
            created_at=parse(row.created_at),
            secret=opened("secret"),
            secret_before=opened("secret_before"),
            before_until=parse_or_none(row.before_until),
            reason=Reason(row.reason) if row.reason else None,
            active_at=parse_or_none(row.active_at),
            challenged_at=parse_or_none(row.challenged_at),
            tested=tuple(map(parse, json.loads(row.tested or "[]"))),
            failures=int(row.failures),
            failing_since=parse_or_none(row.failing_since),
            slow_until=parse_or_none(row.slow_until),
            wake_at=parse(row.gsi1sk.partition("#")[0]) if row.gsi1sk else None,
            is_last_look=bool(row.gsi1sk) and row.gsi1sk.endswith(_LAST),
            version=int(row.version),
        )


_WELL = (EndpointRow.failures.set(0), EndpointRow.failing_since.remove())
_ANEW = (EndpointRow.failures.set(OPENS), EndpointRow.failing_since.remove())
"""As one that was left alone and whose time has come: all that waits is tried, due or not."""


def _keys(endpoint: Endpoint) -> EndpointRow:
    return EndpointRow(f"OWNER#{endpoint.owner_id}", _END + endpoint.id)


def _turn(endpoint: Endpoint, at: datetime | None) -> str:
    return f"{iso(at)}#{endpoint.id}" if at else ""


def _is_not_left_alone(endpoint: Endpoint, at: datetime) -> Condition:
    """Return that nobody has said meanwhile that it is to be left alone until after a moment."""
    fits: Condition = ~((EndpointRow.failures >= OPENS) & (EndpointRow.gsi1sk > _turn(endpoint, at)))
    return fits


def _woken(endpoint: Endpoint, at: datetime | None, end: str = "") -> list[Any]:
    if at is None:
        return [EndpointRow.gsi1pk.remove(), EndpointRow.gsi1sk.remove()]
    return [EndpointRow.gsi1pk.set(_DUE), EndpointRow.gsi1sk.set(_turn(endpoint, at) + end)]


def _updated(row: Row, changes: Sequence[Any], condition: Condition) -> bool:
    """Change a row and read it back; False where the condition refused."""
    try:
        row.update(list(changes), condition=condition, add_version_condition=False)
    except UpdateError as error:
        if code_of(error) != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _listener(row: ListenerRow) -> Listener:
    told = json.loads(row.merchants) if row.merchants else []
    merchants = None if told is None else frozenset(told)
    since = parse_or_none(row.challenged_since)
    return Listener(row.sk, int(row.number or 0), row.name, merchants, int(row.challenges or 0), since)
