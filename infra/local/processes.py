"""Child processes of the local stack: start, wait until they answer, stop, and never leave one behind."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
GUARD = Path(__file__).with_name("guard.py")


class LocalError(Exception):
    """Something about this machine that the person at the keyboard has to put right; the text is one line for them."""


@dataclass(frozen=True, eq=False)
class Process:
    """A running child behind its guard (see guard.py)."""

    name: str
    guard: "subprocess.Popen[bytes]"
    log: Path
    grace: float

    def is_running(self) -> bool:
        return self.guard.poll() is None

    def stop(self) -> None:
        """Ask the child to stop and wait until its process group is gone: `grace` seconds, then by force."""
        if self.guard.stdin is not None and not self.guard.stdin.closed:
            self.guard.stdin.close()
        self.guard.wait(self.grace + 5)

    def last_lines(self, count: int = 12) -> str:
        """The end of what the child printed."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


def start(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    grace: float = 20,
    hold: Sequence[int] = (),
    scratch: Path | None = None,
) -> Process:
    """Start a command in the background.

    `environment` is the whole environment of the child (default: ours). `hold` are file descriptors that stay open
    until the child is gone, even if we die before: the lock on the stack's folder. `scratch` is a folder that is
    removed then.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD), str(grace), str(scratch or ""), *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(os.environ if environment is None else environment),
            cwd=folder,
            start_new_session=True,
            pass_fds=tuple(hold),
        )
    return Process(name, guard, log, grace)


def wait_until(ready: Callable[[], bool], process: Process, *, seconds: float = 60) -> None:
    """Return when `ready` says so; LocalError with the end of the log when the process ends before or takes longer."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not process.is_running():
            raise LocalError(
                f"{process.name} ended at its start; its last lines ({process.log}):\n{process.last_lines()}"
            )
        if time.monotonic() > deadline:
            raise LocalError(f"{process.name} did not answer within {seconds:.0f} s; see {process.log}")
        time.sleep(0.01)


def answers(port: int) -> bool:
    """True when something accepts connections on this port of the loopback interface."""
    with contextlib.closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def free_port() -> int:
    """A port that nothing uses right now."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def require_free(port: int, purpose: str, variable: str) -> None:
    """LocalError in one line when a port is taken."""
    if answers(port):
        raise LocalError(
            f"port {port} ({purpose}) is taken on {LOOPBACK}; free it or choose another with {variable}=PORT"
        )
