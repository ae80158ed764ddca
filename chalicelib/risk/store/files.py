"""What is known of payers and of accounts, and which payments and refunds are counted."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.kit.dynamo import Row, TableMeta, put
from chalicelib.kit.transaction import Action
from chalicelib.risk.history import History, Payer, Use
from chalicelib.risk.ports import Counted, Subject
from chalicelib.risk.rules import Kind, millis
from chalicelib.risk.store.counters import CounterTable

_KEPT = timedelta(days=40)
_PAYER, _HISTORY, _SEEN = "PAYER", "HISTORY", "SEEN"


class PayerRow(Row):
    class Meta(TableMeta):
        table = "risk"

    uses = UnicodeAttribute()
    version = NumberAttribute()


class HistoryRow(Row):
    class Meta(TableMeta):
        table = "risk"

    paid = UnicodeAttribute()
    refunded = UnicodeAttribute()
    version = NumberAttribute()


class SeenRow(Row):
    class Meta(TableMeta):
        table = "risk"


def _counted(_row: object) -> Exception:
    return Counted()


class FileTable(CounterTable):
    """The files of `risk.ports.RiskStore`."""

    def mark(self, event_id: str, now: datetime) -> Action:
        row = SeenRow(f"SEEN#{event_id}", _SEEN, expires_at=_dies(now))
        return put(row, SeenRow.pk.does_not_exist(), _counted, rank=-1)

    def payer(self, name: str) -> Payer:
        try:
            row = PayerRow.get(self._payer_key(name), _PAYER, consistent_read=True)
        except PayerRow.DoesNotExist:
            return Payer()
        uses = (Use(datetime.fromtimestamp(at / 1000, UTC), *rest) for at, *rest in json.loads(row.uses))
        return Payer(tuple(uses), int(row.version))

    def put_payer(self, name: str, payer: Payer, now: datetime) -> Action:
        uses = [
            [
                millis(one.at),
                one.order_id,
                one.payment_id,
                one.account_id,
                one.shop_id,
                one.amount,
                one.currency,
            ]
            for one in payer.uses
        ]
        row = PayerRow(
            self._payer_key(name),
            _PAYER,
            uses=json.dumps(uses, separators=(",", ":")),
            version=payer.version,
            expires_at=_dies(now),
        )
        is_next = PayerRow.version == payer.version - 1 if payer.version > 1 else PayerRow.pk.does_not_exist()
        return put(row, is_next)

    def history(self, account_id: str) -> History:
        try:
            row = HistoryRow.get(f"HISTORY#{account_id}", _HISTORY, consistent_read=True)
        except HistoryRow.DoesNotExist:
            return History()
        return History(_by_day(row.paid), _by_day(row.refunded), int(row.version))

    def put_history(self, account_id: str, history: History, now: datetime) -> Action:
        row = HistoryRow(
            f"HISTORY#{account_id}",
            _HISTORY,
            paid=_days(history.paid),
            refunded=_days(history.refunded),
            version=history.version,
            expires_at=_dies(now),
        )
        is_next = HistoryRow.version == history.version - 1 if history.version > 1 else HistoryRow.pk.does_not_exist()
        return put(row, is_next)

    def _payer_key(self, name: str) -> str:
        return f"PAYER#{self.subject(Subject(Kind.PAYER, name))}"


def _dies(now: datetime) -> int:
    return int((now + _KEPT).timestamp())


def _days(counts: Mapping[date, int]) -> str:
    return json.dumps({day.isoformat(): count for day, count in counts.items()}, separators=(",", ":"))


def _by_day(text: str) -> dict[date, int]:
    return {date.fromisoformat(day): count for day, count in json.loads(text).items()}
