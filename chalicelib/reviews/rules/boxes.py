"""The boxes that MP4 is made of, and numbers in them; what lies outside of its box is not read. No I/O.

Source: ISO/IEC 14496-12, 4.2.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.reviews.rules.film import Fault, Unfit

MOST_ROWS = 60_000
"""Of a table: more samples than a minute has."""
_MOST_BOXES = 4_000


@dataclass(frozen=True)
class Box:
    """Where a box is: its start, the start of its content, its end."""

    kind: bytes
    start: int
    body: int
    end: int


class Reader:
    """Reads a file; whatever is not as it says raises `Unfit`."""

    def __init__(self, data: bytes) -> None:
        self.data, self._boxes = data, 0

    def number(self, at: int, length: int, end: int) -> int:
        """Return the number at a place, before an end."""
        if at + length > end:
            raise Unfit(Fault.UNREADABLE)
        return int.from_bytes(self.data[at : at + length], "big")

    def boxes(self, start: int, end: int) -> Iterator[Box]:
        """Yield the boxes between two places."""
        while start + 8 <= end:
            self._boxes += 1
            size, kind, body = self.number(start, 4, end), self.data[start + 4 : start + 8], start + 8
            if size == 1:
                size, body = self.number(start + 8, 8, end), start + 16
            elif size == 0:
                size = end - start
            if size < body - start or start + size > end or self._boxes > _MOST_BOXES:
                raise Unfit(Fault.UNREADABLE)
            yield Box(kind, start, body, start + size)
            start += size

    def table(self, box: Box, first: int, length: int) -> int:
        """Return how many rows a table has; they are all there."""
        count = self.number(box.body + first - 4, 4, box.end)
        if count > MOST_ROWS or box.body + first + count * length > box.end:
            raise Unfit(Fault.UNREADABLE)
        return count
