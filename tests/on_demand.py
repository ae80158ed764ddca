"""A test's tables, each made when the test first asks for it: most tests use three of four dozen, and each is made and
deleted in a millisecond of two processes' time.

What counts is that a request of this process names the table. Another process that a test starts finds only what is
there: `make_all` before (the fixture `all_tables`).
"""

import contextlib
import re
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.httpsession import URLLib3Session

from infra.tables import TABLES

if TYPE_CHECKING:
    from tests.emulators import Emulator


class Tables:
    """The tables under one prefix on one emulator."""

    def __init__(self, emulator: "Emulator", prefix: str) -> None:
        self._emulator, self._prefix = emulator, prefix
        self._left = {spec.full_name(prefix).encode(): spec for spec in TABLES}
        self._made: list[str] = []
        self._named = re.compile(re.escape(prefix).encode() + rb"[a-z-]+")
        self._making = threading.Lock()

    def asked(self, request: Any) -> None:
        """Make what a request is about to ask for."""
        body = request.body.encode() if isinstance(request.body, str) else request.body
        if not isinstance(body, bytes):
            return
        for name in self._named.findall(body):
            if name in self._left:
                self._make(name)
        if ".List" in str(request.headers.get("X-Amz-Target", "")):
            self.make_all()

    def make_all(self) -> None:
        """Make those that nothing has asked for yet."""
        for name in list(self._left):
            self._make(name)

    def _make(self, name: bytes) -> None:
        with self._making:  # others who ask meanwhile wait until it is there
            spec = self._left.get(name)
            if spec is not None:
                self._emulator.create_table(spec, self._prefix)
                self._made.append(spec.full_name(self._prefix))
                del self._left[name]

    def delete(self) -> None:
        """Delete what was made."""
        for name in self._made:
            self._emulator.delete_table(name)


_asked: list[Tables] = []
_send = URLLib3Session.send


def _sends(self: URLLib3Session, request: Any) -> Any:
    for tables in _asked:
        tables.asked(request)
    return _send(self, request)


URLLib3Session.send = _sends


@contextlib.contextmanager
def tables(emulator: "Emulator", prefix: str) -> Iterator[Tables]:
    """Every table under a prefix, to whoever asks from this process."""
    made = Tables(emulator, prefix)
    _asked.append(made)
    try:
        yield made
    finally:
        _asked.remove(made)
        made.delete()
