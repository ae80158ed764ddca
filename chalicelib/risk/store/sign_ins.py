"""What is kept of sign-ins: a file of each account, and who was seen at one place within a window.

A window's row is a set of accounts, as short blind indexes: adding one that is there changes nothing, so repeats count
once and nothing is read first. Windows stand still (a UTC date, an hour): around a border a crowd may be twice as large
before it is seen. A set is full at `_MOST`, so that no row grows without end.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.exceptions import UpdateError
from pynamodb.expressions.condition import size
from pynamodb.expressions.update import Action as UpdateAction

from chalicelib.kit.clock import iso, iso_or_none, parse, parse_or_none
from chalicelib.kit.dynamo import Row, TableMeta, code_of, delete, put
from chalicelib.kit.seal import SealedField, Sealer
from chalicelib.kit.transaction import Action
from chalicelib.risk.ports import Subject
from chalicelib.risk.rules import Kind, Log
from chalicelib.risk.sign_ins import Device, Facts, File, Position, Seen, named
from chalicelib.risk.store.counters import Blind, CounterRow, CounterTable, log_of

_LOGIN, _CROWD, _COUNT, _FREEZE = "LOGIN", "CROWD", "COUNT", "FREEZE"
SEALED = (SealedField("risk", "seen", "risk|{pk}|seen", _LOGIN),)
_MOST = 50  # accounts that a window's row names: 12 hexadecimal digits each
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


class LoginRow(Row):
    class Meta(TableMeta):
        table = "risk"

    devices = UnicodeAttribute(null=True)  # JSON; indexes are blind
    signed_in_at = UnicodeAttribute(null=True)
    seen = UnicodeAttribute(null=True)  # sealed JSON
    version = NumberAttribute(null=True)


class CrowdRow(Row):
    class Meta(TableMeta):
        table = "risk"

    who = UnicodeSetAttribute(null=True)


class _AnyRow(CounterRow):
    """Any of the rows that a sign-in looks at: one request reads them all."""

    class Meta(TableMeta):
        table = "risk"

    devices = UnicodeAttribute(null=True)
    signed_in_at = UnicodeAttribute(null=True)
    seen = UnicodeAttribute(null=True)
    version = NumberAttribute(null=True)
    who = UnicodeSetAttribute(null=True)


class SignInTable:
    """See `risk.ports.SignInStore`.

    Args:
        blind: makes the index of what is personal.
        sealer: makes what seals places, when one is written or read.
        guesses: how many wrong guesses the policy looks at.
    """

    def __init__(self, blind: Blind, sealer: Callable[[], Sealer], guesses: int) -> None:
        self._blind, self._sealer, self._guesses = blind, sealer, guesses
        self._counters = CounterTable(blind)

    def device(self, name: str) -> str:
        return self._counters.subject(Subject(Kind.DEVICE, name)).partition(":")[2]

    def network(self, name: str) -> str:
        return self._counters.subject(Subject(Kind.IP, name)).partition(":")[2]

    def devices(self, account_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        keys = [(f"LOGIN#{one}", _LOGIN) for one in dict.fromkeys(account_ids)]
        rows = LoginRow.batch_get(keys, consistent_read=True)
        return {row.pk.removeprefix("LOGIN#"): [one for one, _ in json.loads(row.devices or "[]")] for row in rows}

    def facts(self, account_id: str, network: str | None, now: datetime) -> Facts:
        guesses = self._counters.subject(Subject(Kind.GUESS, named(account_id)))
        login, frozen = (f"LOGIN#{account_id}", _LOGIN), (f"FREEZE#login:{account_id}", _FREEZE)
        counted, keys = (f"COUNT#{guesses}", _COUNT), []
        if network is not None:
            keys.append((self._victims(network, now), _CROWD))
        found: dict[tuple[str, str], Any] = {
            (row.pk, row.sk): row for row in _AnyRow.batch_get([login, frozen, counted, *keys], consistent_read=True)
        }
        file, log = found.get(login), found.get(counted)
        victims = [found[key].who for key in keys if key in found]
        return Facts(
            file=self._file(file) if file else File(),
            is_frozen=frozen in found,
            guesses=log_of(log, self._guesses + 1) if log else Log(),
            victims=sum(len(who or ()) for who in victims),
        )

    def put_file(self, account_id: str, file: File, until: datetime) -> Action:
        pk = f"LOGIN#{account_id}"
        row = LoginRow(
            pk,
            _LOGIN,
            devices=json.dumps([[one.index, iso(one.last)] for one in file.devices], separators=(",", ":")),
            signed_in_at=iso_or_none(file.signed_in_at),
            seen=self._sealer().seal(_written(file.seen), _place(pk)) if file.seen else None,
            version=file.version,
            expires_at=int(until.timestamp()),
        )
        stood = file.version - 1
        return put(row, LoginRow.version == stood if stood else LoginRow.pk.does_not_exist())

    def forget(self, account_id: str) -> Sequence[Action]:
        return [
            delete(LoginRow(f"LOGIN#{account_id}", _LOGIN)),
            delete(LoginRow(f"HISTORY#{account_id}", "HISTORY")),
        ]

    def newcomer(self, place: str, who: str, now: datetime) -> int:
        window = _DAY if place.startswith(f"{Kind.DEVICE}:") else _HOUR
        return self._add(f"CROWD#{place}#{_window(now, window)}", who, now + 2 * window)

    def victim(self, network: str, who: str, now: datetime) -> int:
        return self._add(self._victims(network, now), who, now + 2 * _HOUR)

    def _victims(self, network: str, now: datetime) -> str:
        place = self._counters.subject(Subject(Kind.IP, network))
        return f"VICTIMS#{place}#{_window(now, _HOUR)}"

    def _add(self, pk: str, who: str, until: datetime) -> int:
        row, index = CrowdRow(pk, _CROWD), self._blind(who, "risk:who")[:12]
        changes: list[UpdateAction] = [
            CrowdRow.who.add({index}),
            CrowdRow.expires_at.set(int(until.timestamp())),
        ]
        full = size(CrowdRow.who) >= _MOST  # type: ignore[no-untyped-call] # PynamoDB leaves it untyped
        try:
            row.update(changes, condition=CrowdRow.who.does_not_exist() | ~full)
        except UpdateError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            return _MOST
        return len(row.who or ())

    def _file(self, row: Any) -> File:
        seen = _read(self._sealer().open(row.seen, _place(row.pk))) if row.seen else None
        devices = tuple(Device(index, parse(last)) for index, last in json.loads(row.devices or "[]"))
        return File(devices, parse_or_none(row.signed_in_at), seen, int(row.version))


def _place(pk: str) -> str:
    """Return the place that a file's position is sealed for."""
    return f"risk|{pk}|seen"


def _written(seen: Seen) -> str:
    where = seen.position
    return json.dumps([where.lat, where.lon, where.radius_km, iso(seen.at)])


def _read(text: str) -> Seen:
    *position, at = json.loads(text)
    return Seen(Position(*position), parse(at))


def _window(now: datetime, length: timedelta) -> int:
    return int(now.timestamp() // length.total_seconds())
