"""The guard itself, in this process; test_processes.py sees it from outside."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import guard

SLEEP = [sys.executable, "-c", "import time; time.sleep(300)"]
STUBBORN = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open(sys.argv[1], 'w'); time.sleep(300)"
)


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set it to close the guard's standard input."""
    event = threading.Event()

    def read(_descriptor: int, _count: int) -> bytes:
        event.wait(60)
        return b""

    monkeypatch.setattr(guard, "os", Os(read))
    return event


class Os:
    """The functions of `os` that the guard uses, with another standard input."""

    killpg = staticmethod(os.killpg)

    def __init__(self, read) -> None:
        self.read = read


def test_the_status_of_a_command_that_ends_by_itself(asked: threading.Event, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    (scratch / "inner").mkdir(parents=True)
    assert guard.main(5, str(scratch), [sys.executable, "-c", "raise SystemExit(3)"]) == 3
    assert not scratch.exists()
    asked.set()


def test_a_command_is_stopped_when_it_is_asked(asked: threading.Event) -> None:
    asked.set()
    assert guard.main(5, "", SLEEP) == 128 + signal.SIGTERM


def test_by_force_when_it_does_not_listen(
    asked: threading.Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    up = tmp_path / "up"

    def read(_descriptor: int, _count: int) -> bytes:
        while not up.exists():
            asked.wait(0.01)
        return b""

    monkeypatch.setattr(guard, "os", Os(read))
    assert guard.main(0.1, "", [sys.executable, "-c", STUBBORN, str(up)]) == 128 + signal.SIGKILL
