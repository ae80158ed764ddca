"""Runs over many things that are due: one that fails keeps no other waiting."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from chalicelib.kit.observability import log


@dataclass
class Failures:
    """How many of a run's things could not be worked; they are due still, and a later run meets them again."""

    count: int = 0

    @contextmanager
    def spared(self, event: str, **ids: Any) -> Iterator[None]:
        """Log and count what goes wrong with one of them, and let the run go on."""
        try:
            yield
        except Exception:  # noqa: BLE001 - logged and counted: that is what this is for
            log.exception(event, **ids)
            self.count += 1
