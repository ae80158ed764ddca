"""What moves by itself: the stream, the queues and the schedules, each started as Lambda starts it."""

from datetime import datetime, timedelta
from typing import Any

from chalicelib import settings, wiring
from chalicelib.booking import events as booking
from chalicelib.coupons import events as coupons
from chalicelib.kit.clock import iso
from chalicelib.moderation import events as moderation
from chalicelib.notifications import events as notifications
from chalicelib.notifications.rules import LANES
from chalicelib.orders import events as orders
from chalicelib.outbox import events as outbox
from chalicelib.payments import events as payments
from chalicelib.payouts import events as payouts
from chalicelib.privacy import events as privacy
from chalicelib.reconciliation import events as reconciliation
from chalicelib.reminders import events as reminders
from chalicelib.reviews import events as reviews
from chalicelib.search import events as search
from chalicelib.settlement import events as settlement
from chalicelib.webhooks import events as webhooks
from infra.queues import QUEUES
from tests.faults.queues import Entry
from tests.faults.town import Town
from tests.faults.wire import Killed

WORKERS = {
    "notifications": notifications.deliver,
    "search": search.index,
    "payments": payments.work,
    "booking": booking.work,
    "payouts": payouts.work,
    "privacy": privacy.work,
    "reminders": reminders.plan,
    "webhooks": webhooks.deliver,
    "media": reviews.work,
    "moderation": moderation.judge,
}
OFTEN = (outbox.sweep, notifications.sweep, orders.expire_holds, payments.sweep, booking.answers)
HOURLY = (settlement.settle, payouts.run, coupons.expire, reviews.open_due)
_ROUNDS = 200


class Machine:
    """Starts the functions; `started`, `died` and `raised` count how that went."""

    def __init__(self, town: Town) -> None:
        self.town, self.chance = town, town.chance
        self.started = self.died = self.raised = 0
        self._streamed: set[str] = set()
        self._later: list[tuple[datetime, str, Any]] = []

    def pump(self) -> None:
        """Whatever is due now: late copies, webhooks, the stream, the queues."""
        self._come_late()
        self.stream()
        for _ in range(4):
            if not sum(self.work(spec.name) for spec in QUEUES):
                return
            self.stream()

    def drain(self) -> None:
        """Until nothing waits any more; the clock goes where the next message is."""
        for _ in range(_ROUNDS):
            self.pump()
            self.schedule(outbox.sweep)
            self.schedule(notifications.sweep)
            due = self.town.queues.next_at()
            if due is None and not self._rows() and not self._held():
                return
            ahead = 31.0 if due is None else max(1.0, (due - self.town.real.now()).total_seconds())
            self.town.real.move(seconds=ahead)
        raise AssertionError(f"never worked: {self.town.queues.waiting}, {self._rows()}")

    def _start(self, handler: Any, event: dict[str, Any]) -> Any:
        """Run a function; None where it died or raised."""
        self.started += 1
        try:
            return self.town.invoke(handler, event) or {}
        except Killed:
            self.died += 1
        except Exception:  # noqa: BLE001 - Lambda counts it as an error, and the trigger does it again
            self.raised += 1
        return None

    def schedule(self, handler: Any) -> None:
        """A scheduled run; one that dies is taken up by the next."""
        event = {
            "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "account": "1",
            "time": "2030-05-01T00:00:00Z", "region": "ap-southeast-1", "resources": [], "detail": {},
            "as_of": iso(self.town.clock.now()),
        }  # fmt: skip
        for _ in range(1 if self.town.is_calm else self.town.fault.runs()):
            self._run(handler, event)

    def _run(self, handler: Any, event: dict[str, Any]) -> None:
        for _ in range(3):  # Lambda repeats an event that failed twice
            if self._start(handler, event) is not None:
                return

    def often(self) -> None:
        """The schedules of every minute and every few."""
        for handler in OFTEN:
            self.schedule(handler)

    def hourly(self) -> None:
        """The schedules of every hour."""
        for handler in HOURLY:
            self.schedule(handler)

    def nightly(self) -> None:
        """The schedule of every night."""
        self.schedule(reconciliation.run)

    def _held(self) -> list[str]:
        """Notices that wait for something."""
        ports = wiring.notifications()
        return [one for lane in LANES for one, _due in ports.store.due(lane, None, 100)]

    def _rows(self) -> list[dict[str, Any]]:
        table = f"{settings.settings().table_prefix}-outbox"
        rows: list[dict[str, Any]] = self.town.emulator.dynamodb.scan(TableName=table, ConsistentRead=True)["Items"]
        return rows

    def stream(self) -> None:
        """Hand the outbox's new rows to the relay, as the table's stream does: again where it fails."""
        rows = [row for row in self._rows() if row["pk"]["S"] not in self._streamed]
        self._streamed |= {row["pk"]["S"] for row in rows}
        copies = [(delay, row) for row in rows for delay in self.town.fault.times()]
        self.chance.shuffle(copies)
        self._relay([row for delay, row in copies if not delay])
        self._put_by([(delay, "stream", row) for delay, row in copies if delay])

    def _relay(self, rows: list[dict[str, Any]]) -> None:
        records = [{"eventName": "INSERT", "dynamodb": {"NewImage": row}} for row in rows]
        for _ in range(3 if records else 0):
            if self._start(outbox.relay, {"Records": records}) is not None:
                return

    def _put_by(self, copies: list[tuple[float, str, Any]]) -> None:
        now = self.town.real.now()
        self._later += [(now + timedelta(seconds=delay), where, what) for delay, where, what in copies]

    def _come_late(self) -> None:
        now = self.town.real.now()
        due = [one for one in self._later if one[0] <= now]
        self._later = [one for one in self._later if one[0] > now]
        for _, where, what in due:
            if where == "stream":
                self._relay([what])
            elif where == "webhook":
                self._webhook(what)
            else:
                self.town.queues.take(where, what)

    def webhook(self, subject: str, ref: str, type_: str) -> None:
        """The provider tells something, until it is answered 200; as often as the fault has it."""
        raw = f"evt_{ref}_{type_}|{subject}|{ref}|{type_}"
        for delay in self.town.fault.times():
            if delay:
                self._put_by([(delay, "webhook", raw)])
            else:
                self._webhook(raw)

    def _webhook(self, raw: str) -> None:
        answer = self.town.ask(None, "POST", "/v1/webhooks/stripe", raw=raw, headers={"Stripe-Signature": "good"})
        if answer.status != 200:
            self.town.wrong.append(f"webhook: {answer.status} {answer.text}")

    def work(self, name: str) -> int:
        """Hand a batch of a queue to its function; return how many messages it had."""
        spec = next(spec for spec in QUEUES if spec.name == name)
        batch = self.town.queues.receive(name, spec.batch)
        if not batch:
            return 0
        records = []
        for entry in batch:
            copies = self.town.fault.times() if entry.receives == 1 else [0.0]
            records += [_record(name, entry)] * copies.count(0.0)
            self._put_by([(delay, name, entry.body) for delay in copies if delay])
        self.chance.shuffle(records)
        answer = None
        if self.town.fault.is_down(name):
            self.raised += 1
        else:
            answer = self._start(WORKERS[name], {"Records": records})
        if answer is not None:
            failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
            self.town.queues.delete(name, {entry.id for entry in batch} - failed)
        return len(batch)


def _record(name: str, entry: Entry) -> dict[str, Any]:
    return {
        "messageId": entry.id,
        "receiptHandle": entry.id,
        "body": entry.body,
        "attributes": {"ApproximateReceiveCount": str(entry.receives)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:ap-southeast-1:000000000000:linli-test-{name}",
        "awsRegion": "ap-southeast-1",
    }
