"""Listening to the calls of the database, and tables that follow ours call by call."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chalicelib.kit import aws, dynamo

ServerCall = tuple[str, dict[str, Any]]


@dataclass
class Calls:
    """The calls of DynamoDB that our code makes, as PynamoDB and the stores hand them to botocore."""

    made: list[ServerCall]

    def take(self) -> list[ServerCall]:
        """Return what has been made since the last time."""
        taken, self.made = self.made, []
        return taken


@contextmanager
def listening() -> Iterator[Calls]:
    """Yield what our client is asked for from now on."""
    client, calls = dynamo.client(), Calls([])
    original = client._make_api_call  # noqa: SLF001 - the one place that PynamoDB and plain calls share

    def listened(operation: str, arguments: dict[str, Any]) -> Any:
        calls.made.append((operation, arguments))
        return original(operation, arguments)

    client._make_api_call = listened  # noqa: SLF001 - as above
    try:
        yield calls
    finally:
        del client._make_api_call  # noqa: SLF001 - the class's own again


class Twin:
    """Tables under another prefix that everything is done to that was done to ours, so conditions hold there too."""

    def __init__(self, ours: str, twin: str) -> None:
        self._ours, self._twin = ours, twin
        self._client = aws._session().create_client("dynamodb", config=aws._CONFIG)  # noqa: SLF001 - made as ours is

    def of(self, call: ServerCall) -> ServerCall:
        """Return a call as the twin's tables take it."""
        operation, arguments = call
        return operation, self._renamed(arguments)

    def make(self, call: ServerCall) -> None:
        """Make a call of the twin's."""
        self._client._make_api_call(*call)  # noqa: SLF001 - as PynamoDB does

    def _renamed(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {self._table(name): self._one(name, inside) for name, inside in value.items()}
        return [self._renamed(one) for one in value] if isinstance(value, list) else value

    def _one(self, name: str, value: Any) -> Any:
        if name == "TableName":
            return self._table(value)
        # A transaction is known by its token: the same under other tables would be another one.
        return f"t{value[1:]}" if name == "ClientRequestToken" else self._renamed(value)

    def _table(self, name: str) -> str:
        return f"{self._twin}{name.removeprefix(self._ours)}" if name.startswith(f"{self._ours}-") else name
