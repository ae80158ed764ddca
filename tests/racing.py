"""Works that begin at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

from chalicelib.kit.errors import Busy


def race(works, refusals):
    """Run all at once, each again while it is told that there are too many; what each returned, or its refusal."""
    ready = threading.Barrier(len(works))

    def run(work):
        ready.wait()
        for _ in range(10):
            try:
                return work()
            except Busy:
                continue
            except refusals as refused:
                return refused
        raise AssertionError("busy without end")

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))
