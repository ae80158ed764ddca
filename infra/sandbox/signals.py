"""Ending a server from the terminal or by the process that started it."""

import signal
import threading


def until_signal() -> threading.Event:
    """An event that SIGINT and SIGTERM set. Only in the main thread."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
