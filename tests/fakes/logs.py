"""What the shipped code writes to its log, line by line, while a test listens."""

import importlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.kit.observability import log


class _Listener:
    """Stands in for standard output."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def write(self, text: str) -> None:
        self.lines += [json.loads(line) for line in text.splitlines() if line]

    def flush(self) -> None:
        pass


@contextmanager
def listening() -> Iterator[list[dict[str, Any]]]:
    """Yield the lines that are written in the block, at the level that a stage has; the list grows."""
    handler: Any = log.registered_handler
    listener, before, level = _Listener(), handler.stream, log.log_level
    # Chalice takes a logger of its app's name for its own, with a level of its own, where nothing of it goes to standard
    # output.
    importlib.import_module("app")
    handler.stream = listener
    log.setLevel(logging.INFO)
    try:
        yield listener.lines
    finally:
        handler.stream = before
        log.setLevel(level)
