"""What an operation asks of DynamoDB: by table, by key, and what it tells the queues."""

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from chalicelib.kit import dynamo
from chalicelib.settings import settings

_IDS = (
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "<date>"),
    (re.compile(r"\b[a-z]{2,4}_[0-9a-z_.:]+"), "*"),
    (re.compile(r"(?<=ip:)[0-9a-f]+"), "*"),
    (re.compile(r"#[0-9]+$"), "#n"),
    (re.compile(r"^(F3#<date>)#.*"), r"\1#<category>#<area>"),
)
_KB = 1024


@dataclass
class Detail:
    """What one operation did.

    Attributes:
        reads, writes: units by table, as DynamoDB counted them.
        keys: write units by kind of partition key, about: what is in the request, by its size; of an index 1 a KB.
        messages: written to the outbox, by queue.
        transactions: how many of its requests were transactions that write.
    """

    reads: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    keys: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    transactions: int = 0

    def told(self) -> dict[str, Any]:
        """Return it as it is kept."""
        counted = {name: dict(sorted(getattr(self, name).items())) for name in ("reads", "writes", "keys", "messages")}
        return {**counted, "transactions": self.transactions}


class Listener:
    """Writes down what the container's client is asked and answered."""

    def __init__(self) -> None:
        self._detail = Detail()
        events = dynamo.client().meta.events
        events.register("provide-client-params.dynamodb.*", self._asked)
        events.register("after-call.dynamodb.*", self._answered)

    def stop(self) -> None:
        """Listen no more."""
        events = dynamo.client().meta.events
        events.unregister("provide-client-params.dynamodb.*", self._asked)
        events.unregister("after-call.dynamodb.*", self._answered)

    @contextmanager
    def operation(self) -> Iterator[Detail]:
        """Yield what is done until the block ends."""
        self._detail = detail = Detail()
        yield detail
        self._detail = Detail()

    def _asked(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        if model.name == "TransactWriteItems":
            self._detail.transactions += 1
            for one in params["TransactItems"]:
                (wish,) = one.values()
                self._written(wish, 2)
        elif model.name in {"PutItem", "UpdateItem", "DeleteItem"}:
            self._written(params, 1)

    def _written(self, wish: Mapping[str, Any], times: int) -> None:
        table, item = _name(wish["TableName"]), wish.get("Item") or wish.get("Key")
        size = max(1, math.ceil(_bytes(item) / _KB))
        self._detail.keys[f"{table} {kind(table, item['pk']['S'])}"] += times * size
        for index in ("gsi1", "gsi2", "gsi3"):
            if f"{index}pk" in item:
                self._detail.keys[f"{table}.{index} {kind(table, item[f'{index}pk']['S'])}"] += size
        if table == "outbox" and "Item" in wish:
            self._detail.messages.update(json.loads(item["body"]["S"])["queues"])

    def _answered(self, parsed: Mapping[str, Any], model: Any, **_: Any) -> None:
        told = parsed.get("ConsumedCapacity") or []
        reads = model.name in {"GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems"}
        for row in told if isinstance(told, list) else [told]:
            units = self._detail.reads if reads else self._detail.writes
            units[_name(row["TableName"])] += float(row["CapacityUnits"])


def _bytes(value: Any) -> int:
    """Return what an attribute or an item weighs, about as DynamoDB weighs it: names and values in UTF-8."""
    if isinstance(value, Mapping):
        return sum(len(name) * (len(name) > 1) + _bytes(one) for name, one in value.items())
    if isinstance(value, list | tuple):
        return sum(map(_bytes, value))
    return len(value.encode()) if isinstance(value, str) else 1


def _name(table: str) -> str:
    return table.removeprefix(f"{settings().table_prefix}-")


def kind(table: str, key: str) -> str:
    """Return a key without what makes it one of many."""
    if table == "idempotency":
        return "*"
    for pattern, instead in _IDS:
        key = pattern.sub(instead, key)
    return key
