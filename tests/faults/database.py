"""What DynamoDB does, and functions that die at its writes."""

import json
import random
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar

from tests.faults.base import Fault, OnTheWire, kind
from tests.faults.wire import Killed, Sent, Told, lost, refusal

if TYPE_CHECKING:
    from tests.faults.town import Town


@kind
class ThrottledTables(OnTheWire):
    """Tables and indexes refuse what is over their capacity, and the account what is over its own."""

    name = "throttled tables"
    repeats = True

    def hit(self, sent: Sent) -> Told | None:
        if sent.operation == "TransactWriteItems" and self.chance.random() < 0.5:
            return cancelled(sent, self.chance, ("ThrottlingError", "ProvisionedThroughputExceeded"))
        codes = ("ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded")
        return refusal(sent, self.chance.choice(codes))


@kind
class Conflicts(OnTheWire):
    """Another transaction has one of the rows in hand, or the same one is still at work. No emulator says either."""

    name = "transaction conflicts"
    repeats = True
    rate = 0.2

    def concerns(self, sent: Sent) -> bool:
        return sent.writes and sent.operation != "BatchWriteItem"

    def hit(self, sent: Sent) -> Told | None:
        if sent.operation != "TransactWriteItems":
            return refusal(sent, "TransactionConflictException")
        if self.chance.random() < 0.3:
            return refusal(sent, "TransactionInProgressException")
        return cancelled(sent, self.chance, ("TransactionConflict",))


def cancelled(sent: Sent, chance: random.Random, codes: tuple[str, ...]) -> Told:
    """Return a transaction's cancellation in which some of the rows have a reason."""
    rows = len(sent.body["TransactItems"])
    at = set(chance.sample(range(rows), chance.randint(1, min(2, rows))))
    reasons = [
        {"Code": chance.choice(codes), "Message": "planted"} if n in at else {"Code": "None"} for n in range(rows)
    ]
    return refusal(sent, "TransactionCanceledException", CancellationReasons=reasons)


@kind
class AnswersLost(OnTheWire):
    """The database does what it is asked for, or does not, and nobody hears of it; sometimes it says 500."""

    name = "answers of the database lost"
    repeats = True

    def hit(self, sent: Sent) -> Told | None:
        if self.chance.random() < 0.6:
            self.town.wire.carry_out(sent)
        if self.chance.random() < 0.3:
            return refusal(sent, "InternalServerError", 500)
        raise lost(sent)


@kind
class PartialBatches(OnTheWire):
    """DynamoDB does a part of a batch, and says what it left."""

    name = "partial batches"
    rate = 0.5

    def concerns(self, sent: Sent) -> bool:
        return sent.service == "dynamodb" and sent.operation in {"BatchGetItem", "BatchWriteItem"}

    def hit(self, sent: Sent) -> Told | None:
        asked, left = json.loads(json.dumps(sent.body)), {}
        for table, wanted in list(asked["RequestItems"].items()):
            rows = wanted["Keys"] if sent.operation == "BatchGetItem" else wanted
            over = [row for row in rows[1:] if self.chance.random() < 0.5]  # one is always done
            if over:
                left[table] = {**wanted, "Keys": over} if sent.operation == "BatchGetItem" else over
            rest = [row for row in rows if row not in over]
            asked["RequestItems"][table] = {**wanted, "Keys": rest} if sent.operation == "BatchGetItem" else rest
        done = json.loads(self.town.wire.carry_out(sent, asked).content)
        done["UnprocessedKeys" if sent.operation == "BatchGetItem" else "UnprocessedItems"] = left
        return Told(200, json.dumps(done).encode())


@kind
class StaleIndexes(Fault):
    """An index does not show what the last few functions wrote."""

    name = "indexes that lag behind"
    behind: ClassVar[int] = 5  # functions

    def strikes(self, town: "Town") -> None:
        self.town, self._fresh = town, deque([set[str]()], maxlen=self.behind)
        town.wire.fault = self.on_wire

    def begins(self, town: "Town") -> None:
        self._fresh.append(set())

    def on_wire(self, sent: Sent) -> Told | None:
        if sent.writes:
            self._fresh[-1].update(_keys(sent.body))
        if sent.operation != "Query" or "IndexName" not in sent.body:
            return None
        told = self.town.wire.carry_out(sent)
        answer, hidden = json.loads(told.content), set().union(*self._fresh)
        shown = [item for item in answer.get("Items", ()) if _key(item) not in hidden]
        if len(shown) == len(answer.get("Items", ())) or not self.draw(0.7):
            return told
        return Told(200, json.dumps({**answer, "Items": shown, "Count": len(shown)}).encode())


def _keys(body: dict[str, Any]) -> list[str]:
    """Return the keys of the rows that a request writes."""
    rows = (
        body.get("TransactItems") or [row for rows in body.get("RequestItems", {}).values() for row in rows] or [body]
    )
    wrote = [next(iter(row.values())) if len(row) == 1 else row for row in rows]
    return [_key(one.get("Item") or one.get("Key")) for one in wrote if one.get("Item") or one.get("Key")]


def _key(item: dict[str, Any]) -> str:
    return f"{item['pk']['S']}|{item['sk']['S']}"


class Kills(Fault):
    """The function dies at each twentieth write; twenty seeds between them at every one. Then the same event again."""

    every: ClassVar[int] = 20
    repeats = True

    def strikes(self, town: "Town") -> None:
        self.town, self._seen = town, 0
        town.wire.fault = self.on_wire

    def on_wire(self, sent: Sent) -> Told | None:
        if not (sent.writes or sent.operation in {"SendMessageBatch", "Publish", "PutObject"}):
            return None
        self._seen += 1
        if self._seen % self.every != self.seed % self.every:
            return None
        self.struck += 1
        return self.dies(sent)

    def dies(self, sent: Sent) -> Told | None:
        raise NotImplementedError


@kind
class KilledBefore(Kills):
    """Killed before a write went out."""

    name = "killed before a write"

    def dies(self, sent: Sent) -> Told | None:
        raise Killed


@kind
class KilledAfter(Kills):
    """Killed after a write was done."""

    name = "killed after a write"

    def dies(self, sent: Sent) -> Told | None:
        self.town.wire.carry_out(sent)
        raise Killed
