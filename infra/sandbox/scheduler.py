"""Work that happens later, on a few threads: webhook deliveries, refunds that settle by themselves."""

import heapq
import itertools
import threading
import time
import traceback
from collections.abc import Callable

Work = Callable[[], None]


class Scheduler:
    """Runs each piece of work once, not before its time; work that is due runs in the order in which it was given."""

    def __init__(self, workers: int = 4) -> None:
        self._queue: list[tuple[float, int, Work]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._running = 0
        self._closed = False
        self.changed: Callable[[], None] = lambda: None
        """Called after each piece of work."""
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]
        for thread in self._threads:
            thread.start()

    def after(self, seconds: float, work: Work) -> None:
        """Run `work` in so many seconds (0: as soon as a thread is free)."""
        with self._changed:
            heapq.heappush(self._queue, (time.monotonic() + seconds, next(self._order), work))
            self._changed.notify()

    def wait_idle(self, timeout: float) -> bool:
        """True as soon as nothing runs and nothing waits for its time; False after `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._queue and self._running == 0, timeout)

    def clear(self) -> None:
        """Forget what has not begun."""
        with self._changed:
            self._queue.clear()
            self._changed.notify_all()

    def close(self) -> None:
        """Forget what has not begun, wait for what has."""
        with self._changed:
            self._closed = True
            self._queue.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (work := self._next()) is not None:
            try:
                work()
            except Exception:  # noqa: BLE001 - one faulty piece of work must not end the thread; it is shown
                traceback.print_exc()
            finally:
                self.changed()
                with self._changed:
                    self._running -= 1
                    self._changed.notify_all()

    def _next(self) -> Work | None:
        with self._changed:
            while not self._closed:
                wait = self._queue[0][0] - time.monotonic() if self._queue else None
                if wait is not None and wait <= 0:
                    self._running += 1
                    return heapq.heappop(self._queue)[2]
                self._changed.wait(wait)
            return None
