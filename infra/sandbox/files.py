"""A JSON file that follows the state of a server: written in the background, replaced atomically."""

import json
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel


def load(path: Path | None) -> dict[str, Any] | None:
    """What the last run left, or None."""
    if path is None or not path.exists():
        return None
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


class Saver:
    """Writes `snapshot()` to `path` at most every `pause` seconds after `touch()`, and once more when closed.

    A killed process loses at most the last `pause` seconds; the file itself is always whole.
    """

    def __init__(self, path: Path | None, snapshot: Callable[[], str], pause: float = 0.2) -> None:
        self._path = path
        self._snapshot = snapshot
        self._pause = pause
        self._dirty = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._thread.start()

    @classmethod
    def of(cls, path: Path | None, state: BaseModel, lock: AbstractContextManager[Any]) -> Self:
        """Writes a state as it is under its lock."""

        def snapshot() -> str:
            with lock:
                return state.model_dump_json()

        return cls(path, snapshot)

    def touch(self) -> None:
        """Something changed."""
        self._dirty.set()

    def close(self) -> None:
        """Write what is not written yet and stop."""
        if self._path is None:
            return
        self._closing.set()
        self._dirty.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._dirty.wait()
            self._closing.wait(self._pause)
            self._dirty.clear()
            self._write()

    def _write(self) -> None:
        assert self._path is not None
        fresh = self._path.with_name(self._path.name + ".new")
        fresh.write_text(self._snapshot(), encoding="utf-8")
        fresh.chmod(0o600)
        fresh.replace(self._path)
