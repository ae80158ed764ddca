"""Faults on request: the next API calls fail, lose their answer, or wait until they are let go."""

import threading
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["error", "drop", "error_after", "lost_answer", "hold"]
HOLD_SECONDS = 30


class Fault(BaseModel):
    """What happens to the next `times` calls whose method and path fit.

    error: answered `status`, nothing done, nothing kept under the idempotency key.
    drop: connection closed, nothing done.
    error_after: done and kept, answered `status`.
    lost_answer: done and kept, connection closed without an answer.
    hold: waits, with its idempotency key claimed, until the calls are released (30 seconds at most).
    """

    model_config = ConfigDict(extra="forbid")

    kind: Kind = "error"
    times: int = Field(default=1, ge=1, le=100_000)
    status: int = Field(default=500, ge=400, le=599)
    method: str | None = None
    path: str = Field(default="/v1/", description="the beginning of the path")


class Faults:
    """The faults that are still to come, first come first served, and the calls that are held."""

    def __init__(self) -> None:
        self._pending: list[Fault] = []
        self._changed = threading.Condition()
        self._held = 0
        self._turn = 0

    def add(self, fault: Fault) -> None:
        """Let a fault happen from the next call on."""
        with self._changed:
            self._pending.append(fault.model_copy())

    def pending(self) -> list[Fault]:
        """What is still to come."""
        with self._changed:
            return [fault.model_copy() for fault in self._pending]

    def clear(self) -> None:
        """No more faults; held calls go on."""
        with self._changed:
            self._pending.clear()
        self.release()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that this call meets, if any; it is used up by that."""
        with self._changed:
            for fault in self._pending:
                if path.startswith(fault.path) and fault.method in (None, method):
                    fault.times -= 1
                    if fault.times == 0:
                        self._pending.remove(fault)
                    return fault
            return None

    def hold(self) -> None:
        """Wait for `release`."""
        with self._changed:
            turn = self._turn
            self._held += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._turn != turn, HOLD_SECONDS)
            self._held -= 1

    def wait_held(self, count: int, timeout: float) -> bool:
        """True as soon as so many calls are held; False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self._held >= count, timeout)

    def release(self) -> int:
        """Let the held calls go on; returns how many there were."""
        with self._changed:
            self._turn += 1
            self._changed.notify_all()
            return self._held
