"""`make run`: what it says, how it ends, and that it always stops what it started."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.changes import DeployError
from infra.local import run
from infra.local.addresses import Addresses, Ports
from infra.local.processes import LocalError

ADDRESSES = Addresses.of("http://127.0.0.1:1/api", Ports(1, 2, 3), "local")


class FakeStack:
    """A stack whose start and life are what a test says."""

    def __init__(self, on_start: Callable[[], None], ended: str | None) -> None:
        self.home = Path("home")
        self.addresses = ADDRESSES
        self.stopped = 0
        self._on_start = on_start
        self._ended = ended

    def start(self) -> None:
        self._on_start()

    def ended(self) -> str | None:
        if self._ended is None:
            os.kill(os.getpid(), signal.SIGINT)
        return self._ended

    def stop(self) -> None:
        self.stopped += 1


@pytest.fixture(autouse=True)
def _own_signals(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    monkeypatch.setattr(run, "WATCH_SECONDS", 0.01)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def fake(
    monkeypatch: pytest.MonkeyPatch, on_start: Callable[[], None] = lambda: None, ended: str | None = None
) -> FakeStack:
    stack = FakeStack(on_start, ended)
    monkeypatch.setattr(run, "LocalStack", lambda *_args, **_more: stack)
    return stack


def test_it_shows_the_addresses_and_stops_at_ctrl_c(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = fake(monkeypatch)
    assert run.main() == 0
    assert stack.stopped == 1
    said = capsys.readouterr().out
    for address in (f"{ADDRESSES.api}/v1\n", ADDRESSES.docs, ADDRESSES.inbox, ADDRESSES.sandbox, ADDRESSES.alipay):
        assert address in said
    assert "Stop and keep the data" in said


def test_it_stops_during_the_start(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    stack = fake(monkeypatch, on_start=lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert run.main() == 0
    assert stack.stopped == 1
    assert capsys.readouterr().out == "Stopped before everything was up.\n"


@pytest.mark.parametrize("problem", [LocalError("port 4566 is taken"), DeployError("not deployed")])
def test_a_problem_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], problem: Exception
) -> None:
    def fail() -> None:
        raise problem

    fake(monkeypatch, on_start=fail)
    assert run.main() == 1
    assert capsys.readouterr().out == f"make run: {problem}\n"


def test_a_part_that_ends_by_itself_ends_the_rest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = fake(monkeypatch, ended="stripe")
    assert run.main() == 1
    assert stack.stopped == 1
    assert "make run: stripe has ended; see home" in capsys.readouterr().out
