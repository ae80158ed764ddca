"""Running a server from the terminal until a signal, or the process that started it, ends it."""

import signal
import sys
import threading
from collections.abc import Callable
from typing import TypeVar

from infra.sandbox.closing import Closing

_WAKE_SECONDS = 0.25
T = TypeVar("T", bound=Closing)


def serve(
    name: str, port: int, make: Callable[[], T], ready: Callable[[T], str], stop: threading.Event | None = None
) -> int:
    """Serve until SIGINT or SIGTERM (or `stop`), once `ready` has said a line; 1 when the port is taken."""
    stop = stop or until_signal()
    try:
        server = make()
    except OSError as error:
        print(f"The {name} cannot listen on port {port}: {error.strerror}.", file=sys.stderr)
        return 1
    with server:
        print(ready(server), flush=True)
        wait(stop)
    return 0


def until_signal() -> threading.Event:
    """An event that SIGINT and SIGTERM set. Only in the main thread."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def wait(stop: threading.Event) -> None:
    """Return when the event is set. A signal that comes in the instant in which the main thread begins to wait is
    handled only when that thread runs again: so it wakes up a few times a second.
    """
    while not stop.wait(_WAKE_SECONDS):
        pass
