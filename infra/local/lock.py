"""One local stack per folder: a lock that lives as long as the supervisor or any child it started."""

import contextlib
import fcntl
import os
import signal
import time
from pathlib import Path

from infra.local.processes import LocalError


class FolderLock:
    """The lock of a stack's folder; the operating system lets it go when the last holder ends."""

    def __init__(self, home: Path) -> None:
        self._path = home / "run.lock"
        self._descriptor: int | None = None

    @property
    def descriptor(self) -> int:
        """What children hold to keep the lock until they are gone too."""
        if self._descriptor is None:
            raise RuntimeError("the lock is not held")
        return self._descriptor

    def acquire(self) -> None:
        """Take the lock; LocalError when a stack runs in this folder."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 20).decode().strip()
            os.close(descriptor)
            raise LocalError(
                f"a local stack already runs in {self._path.parent} (process {owner}); stop it with `make stop`"
            ) from None
        os.truncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Let it go; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def is_free(self) -> bool:
        """True when no stack runs in this folder."""
        try:
            self.acquire()
        except LocalError:
            return False
        self.release()
        return True

    def end_owner(self, seconds: float) -> bool:
        """Ask the stack in this folder to stop and wait until it has; False when none ran.

        Raises:
            LocalError: it did not stop in time.
        """
        if self.is_free():
            return False
        owner = int(self._path.read_text() or 0)
        if owner > 0:
            with contextlib.suppress(ProcessLookupError):  # killed before; its children are on their way out
                os.kill(owner, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while not self.is_free():
            if time.monotonic() > deadline:
                raise LocalError(f"the local stack (process {owner}) did not stop within {seconds:.0f} s")
            time.sleep(0.05)
        return True
