"""One transaction for everything that belongs together, also across domains.

A use case of one domain returns `Action`s; the caller adds its own and commits them at once. An action is opaque to
all but the store that made it and the committer; it carries the exception that its refused condition means, so that
each domain reads its own cancellation reason and nobody else's.
"""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from chalicelib.kit.errors import Busy

MAX_ACTIONS = 100  # TransactWriteItems' own limit

Refusal = Callable[[Any], Exception]


class Contention(Exception):  # noqa: N818 - it is a state of affairs, met by a retry
    """Somebody else wrote at the same time: decide again from fresh rows."""


def contended(_row: object) -> Exception:
    """Refusal of conditions that only guard against a concurrent writer."""
    return Contention()


@dataclass(frozen=True)
class Action:
    """One conditional write.

    Attributes:
        body: what the committer sends; opaque to everybody else.
        refused: given the row as it stands (None where there is none or the write does not return it), the
            exception that says what the refused condition means.
        rank: when several conditions fail at once the lowest rank speaks; idempotency rows have -1.
    """

    body: Any
    refused: Refusal = contended
    rank: int = 0


class Committer(Protocol):
    """Writes actions, all or none."""

    def commit(self, actions: Sequence[Action]) -> None:
        """Write them.

        Raises:
            Contention: another transaction touched a row at the same time.
            Exception: what the refused action of the lowest rank says.
        """
        ...


_T = TypeVar("_T")


def retrying(
    attempt: Callable[[], _T],
    *,
    attempts: int = 8,
    base: float = 0.02,
    sleep: Callable[[float], None] = time.sleep,
) -> _T:
    """Call `attempt` (which reads, decides and commits) until it meets no contention, with full jitter
    ("Exponential Backoff And Jitter", AWS Architecture Blog); the longest waits add up to about 2 s.

    Raises:
        Busy: every attempt met contention; nothing was written.
    """
    for turn in range(attempts):
        try:
            return attempt()
        except Contention:
            if turn + 1 < attempts:
                sleep(random.uniform(0, min(0.5, base * 2**turn)))  # noqa: S311 - jitter, not a secret
    raise Busy(retry_after=1)
