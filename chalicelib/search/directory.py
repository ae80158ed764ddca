"""Where the shops of one index and partition are, roughly: the occupied cells of the curve, with counts.

A directory steers: it says how far the k nearest probably are and where reading through a gap is cheap. It never
decides: whatever it says, an answer is taken from rows, and a stale or wrong one costs requests, not results.
"""

import zlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, groupby

FINE, COARSE = 6, 15  # levels below a cell: 2.4 m square at the equator, or 1.2 km where that would grow too large
MOST_BYTES = 200_000  # of a packed directory: it is one row, of at most 400 KB
GRAIN = 16  # bytes: how finely the rows of a cell are weighed


@dataclass(frozen=True)
class Directory:
    """The cells of one index and partition.

    Attributes:
        levels: of the curve that lie below a cell; it is 37 mm times 2 ** levels wide at the equator.
        cells: first position of each, ascending.
        counts: of shops, for each cell.
        grains: what the rows of each cell weigh, in `GRAIN` bytes.
        words: how many of the shops have each of the commonest words.
    """

    levels: int
    cells: Sequence[int]
    counts: Sequence[int]
    grains: Sequence[int]
    words: dict[str, int] | None = None

    @cached_property
    def _before(self) -> Sequence[int]:
        return [0, *accumulate(self.grains)]

    @property
    def places(self) -> None:
        """A cell's middle will do."""
        return

    @cached_property
    def total(self) -> int:
        """How many shops there are."""
        return sum(self.counts)

    def weight(self, low: int, high: int) -> int:
        """Return about how many bytes the rows from position `low` up to `high` have."""
        return GRAIN * (self._before[bisect_left(self.cells, high)] - self._before[bisect_left(self.cells, low)])


def of(shops: Iterable[tuple[int, int]], levels: int = FINE) -> Directory:
    """Return the directory of some shops, in any order: the position and the bytes of the row of each."""
    shift = _shift(levels)
    cells, counts, grains = [], [], []
    for cell, same in groupby(sorted(shops), key=lambda shop: shop[0] >> shift):
        sizes = [size for _, size in same]
        cells.append(cell << shift)
        counts.append(len(sizes))
        grains.append(round(sum(sizes) / GRAIN))
    return Directory(levels, cells, counts, grains)


def pack(directory: Directory) -> bytes:
    """Return a directory as bytes: distances between cells, counts and weights as variable-length integers, about 3
    bytes a shop; with coarser cells where that would be more than `MOST_BYTES`.
    """
    while True:
        body = zlib.compress(bytes(_varints(_deltas(directory))), 9)
        if len(body) <= MOST_BYTES or directory.levels >= COARSE:
            return bytes([directory.levels]) + body
        directory = _coarser(directory)


def unpack(packed: bytes, words: dict[str, int] | None = None) -> Directory:
    """Return the directory that `pack` has packed."""
    levels = packed[0]
    shift, cell = _shift(levels), 0
    cells, counts, grains = [], [], []
    numbers = _numbers(zlib.decompress(packed[1:]))
    for number in numbers:
        cell += number >> 1
        cells.append(cell << shift)
        counts.append(next(numbers) if number & 1 else 1)
        grains.append(next(numbers))
    return Directory(levels, cells, counts, grains, words)


def _shift(levels: int) -> int:
    return 2 * levels + 1


def _coarser(directory: Directory) -> Directory:
    levels = directory.levels + 1
    shift = _shift(levels)
    cells, counts, grains = [], [], []
    triples = zip(directory.cells, directory.counts, directory.grains, strict=True)
    for cell, same in groupby(triples, key=lambda triple: triple[0] >> shift):
        inside = list(same)
        cells.append(cell << shift)
        counts.append(sum(count for _, count, _ in inside))
        grains.append(sum(grain for _, _, grain in inside))
    return Directory(levels, cells, counts, grains, directory.words)


def _deltas(directory: Directory) -> Iterator[int]:
    shift, before = _shift(directory.levels), 0
    for cell, count, grain in zip(directory.cells, directory.counts, directory.grains, strict=True):
        number = cell >> shift
        yield (number - before) << 1 | (count > 1)
        if count > 1:
            yield count
        yield grain
        before = number


def _varints(numbers: Iterable[int]) -> Iterator[int]:
    for number in numbers:
        rest = number
        while rest > 0x7F:  # noqa: PLR2004 - seven bits a byte, the eighth says that more follow
            yield rest & 0x7F | 0x80
            rest >>= 7
        yield rest


def _numbers(body: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in body:
        number |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
        else:
            yield number
            number = shift = 0
