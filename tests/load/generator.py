"""Sends arrivals at their moments, and watches what the processes of the stack need meanwhile."""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.load.arrivals import Arrival

_LOOK_SECONDS = 0.5
_PAGE = os.sysconf("SC_PAGE_SIZE")


def send(arrivals: Sequence[Arrival], come: Callable[[Arrival, float, int], None], clients: int) -> float:
    """Have everybody come when they are due, by so many clients at once; return the seconds until all are done. Whom no
    client is free for waits, and the wait is theirs: they are told when they were due.
    """
    never, began = threading.Event(), time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        tries = []
        for number, arrival in enumerate(arrivals):
            due = began + arrival.at
            never.wait(max(0.0, due - time.perf_counter()))
            tries.append(pool.submit(come, arrival, due, number))
        for one in tries:
            one.result()
    return time.perf_counter() - began


@dataclass
class Memory:
    """The most that processes had resident at one look, in bytes, by what they are, and how many there were then."""

    most: dict[str, tuple[int, int]]


@contextmanager
def watching() -> Iterator[Memory]:
    """Yield what our own children need at most while the block runs."""
    seen, stop = Memory({}), threading.Event()

    def look() -> None:
        while not stop.wait(_LOOK_SECONDS):
            for part, now in resident(os.getpid()).items():
                seen.most[part] = max(seen.most.get(part, (0, 0)), now)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        stop.set()
        watcher.join()


def resident(root: int) -> dict[str, tuple[int, int]]:
    """Return the resident bytes of a process's descendants and their number, by part: the emulator, its functions, the
    sandboxes.
    """
    children, commands = defaultdict[int, list[int]](list), dict[int, str]()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            commands[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except (OSError, ValueError):
            continue  # it has ended meanwhile
        children[parent].append(int(folder.name))
    found = defaultdict[str, list[int]](list)
    waiting = [(child, "") for child in children[root]]
    while waiting:
        process, part = waiting.pop()
        part = _part(commands.get(process, ""), part)
        found[part].append(_bytes(process))
        waiting += [(child, part) for child in children[process]]
    return {part: (sum(sizes), len(sizes)) for part, sizes in found.items() if part}


def _part(command: str, parents: str) -> str:
    if "infra.sandbox." in command and "guard.py" not in command:
        return "sandboxes"
    if "gate.py" in command and "guard.py" not in command:
        return "emulator"
    return "functions" if parents in {"emulator", "functions"} else parents


def _bytes(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0
