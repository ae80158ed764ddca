"""Ending a server from the terminal or by the process that started it."""

import signal
import threading

_WAKE_SECONDS = 0.25


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
