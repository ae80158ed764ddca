"""Which stretches of the index hold a disc or a box: arithmetic on the lattice of `geohash` and the order of `curve`.

A *run* is a stretch of positions in a partition: one query. A disc is cut into rows with the exact half-width in
longitude of each, so it is right across the antimeridian and around a pole.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from chalicelib.search import curve, geohash, partitions
from chalicelib.search.curve import COLUMN_BITS, ROW_BITS
from chalicelib.search.distance import RADIUS_M, haversine
from chalicelib.search.geohash import Bounds
from chalicelib.search.partitions import CAP, NORTH, SOUTH

ROWS = 48  # that a disc's height is cut into, give or take a factor of two: finer cuts waste less and cost more CPU
EXACT_M = 200_000.0  # up to here discs are cut by rows; beyond, of the occupied partitions those that are dense
_FAR_LEVELS = 16  # of the curve below the squares that those are cut into: 2.4 km wide at the equator

_END = 1 << 2 * geohash.BITS
_SLACK = 1e-9  # relative: rounding may make a disc a hair larger for the reader, never smaller
_NEAR_M = 0.01  # more than rounding may do to a distance
_STEP = geohash.longitude(1) + 180


@dataclass(frozen=True, order=True)
class Run:
    """Positions from `low` up to but not including `high` in a partition."""

    partition: str
    low: int
    high: int


@dataclass(frozen=True)
class Disc:
    """Everything within `radius` metres, without what is nearer than `inner` metres (which somebody has read already).

    The hole is honoured where it saves something: a run may reach into it.
    """

    lat: float
    lon: float
    radius: float
    inner: float = 0.0


Span = tuple[int, int]  # first and last column, counted on beyond the antimeridian


@dataclass(frozen=True)
class _Rows:
    """A disc cut into rows of equal height.

    Attributes:
        bits: a row is 2 ** bits finest cells high.
        first: the number of the southernmost row.
        widest: the row in which the disc is widest; it narrows from there to both sides.
        outer: per row the columns that the disc touches.
        inner: per row the columns that lie wholly in the hole.
    """

    bits: int
    first: int
    widest: int
    outer: Sequence[Span]
    inner: Sequence[Span | None]


def whole(partition: str) -> Run:
    """Return the run of all positions in a partition."""
    if partition in (NORTH, SOUTH):
        return Run(partition, 0, _END)
    low = geohash.first(partition)
    return Run(partition, low, low + (1 << COLUMN_BITS + ROW_BITS))


def cover(disc: Disc, occupied: Collection[str] | None = None, dense: Collection[str] = ()) -> list[Run]:
    """Return runs, sorted and disjoint, that hold every position of a disc.

    Args:
        disc: at most `EXACT_M` large, unless `occupied` is given.
        occupied: the partitions that hold anything at all, where known: no other is touched. Beyond `EXACT_M` those
            in reach are returned whole, but for what is in the hole.
        dense: those of which a part is returned where the edge of the disc or of its hole goes through.
    """
    if disc.radius > EXACT_M:
        if occupied is None:
            raise ValueError("without the occupied partitions a disc is at most 200 km large")
        return merge(_far(disc, occupied, dense))
    reach = math.degrees(disc.radius / RADIUS_M) * (1 + _SLACK) + _SLACK
    south, north = disc.lat - reach, disc.lat + reach
    runs = _caps(south, north, occupied)
    south, north = max(south, -CAP), min(north, CAP)
    if south < north:
        runs += _in(_rows(disc, south, north), occupied)
    return merge(runs)


def _far(disc: Disc, occupied: Collection[str], dense: Collection[str]) -> Iterable[Run]:
    for name in occupied:
        nearest = partitions.nearest_point(disc.lat, disc.lon, name)
        farthest = partitions.farthest_point(disc.lat, disc.lon, name)
        if nearest > disc.radius or farthest < disc.inner:
            continue
        is_cut = farthest > disc.radius or nearest < disc.inner
        if is_cut and name in dense and name not in (NORTH, SOUTH):
            yield from (Run(name, low, high) for low, high in _ring(disc, name))
        else:
            yield whole(name)


def _ring(disc: Disc, partition: str) -> Iterable[Span]:
    """Yield the stretches of a partition that lie in a disc of any size and not in its hole: by how far away the middle
    of a square is, and how far from there its corners can be.
    """
    outer, inner = disc.radius * (1 + _SLACK) + _NEAR_M, disc.inner * (1 - _SLACK) - _NEAR_M
    stack = [curve.square(geohash.first(partition))]
    while stack:
        square = stack.pop()
        column, row, levels, at, _ = square
        width = geohash.longitude(1 << levels) + geohash.MERIDIAN
        middle = geohash.latitude(row + (1 << levels)), geohash.longitude(column) + width / 2
        distance, spread = haversine(disc.lat, disc.lon, *middle), math.radians(width) * RADIUS_M / math.sqrt(2)
        if distance - spread > outer or distance + spread < inner:
            continue
        if levels <= _FAR_LEVELS or (distance + spread <= outer and distance - spread >= inner):
            yield at, at + (2 << 2 * levels)
        else:
            stack.extend(curve.quarters(square))


def cover_box(box: Bounds) -> list[Run]:
    """Return runs, sorted and disjoint, that hold every position of a box of latitudes and longitudes; its east may be
    counted on beyond the antimeridian.
    """
    runs = _caps(box.south, box.north, None)
    south, north = max(box.south, -CAP), min(box.north, CAP)
    if south <= north:
        # A flat box is cut by its width: rows as thin as it is high would be squares without number.
        bits, first, last = _cut(south, north, math.ceil((box.east - box.west) / _STEP / 2))
        west, east = ((degrees + geohash.MERIDIAN) / _STEP for degrees in (box.west, box.east))
        spans = [(math.floor(west) - 1, math.ceil(east))] * (last - first + 1)
        runs += _in(_Rows(bits, first, 0, spans, [None] * len(spans)), None)
    return merge(runs)


def _caps(south: float, north: float, occupied: Collection[str] | None) -> list[Run]:
    reached = ((NORTH, north >= CAP), (SOUTH, south <= -CAP))
    return [whole(name) for name, is_in in reached if is_in and (occupied is None or name in occupied)]


def _in(rows: _Rows, occupied: Collection[str] | None) -> Iterable[Run]:
    for column, band in _touched(rows):
        name = partitions.name(column % partitions.COLUMNS, band)
        if name not in (NORTH, SOUTH) and (occupied is None or name in occupied):
            yield from (Run(name, low, high) for low, high in _descend(rows, column, band))


def merge(runs: Iterable[Run]) -> list[Run]:
    """Return runs that hold the same positions, sorted and disjoint, those that touch as one."""
    joined: list[Run] = []
    for run in sorted(runs):
        last = joined[-1] if joined else None
        if last and last.partition == run.partition and run.low <= last.high:
            joined[-1] = Run(run.partition, last.low, max(last.high, run.high))
        else:
            joined.append(run)
    return joined


def common(runs: Sequence[Run], others: Sequence[Run]) -> list[Run]:
    """Return what of `runs` lies in `others`, too; both sorted and disjoint."""
    return subtract(runs, subtract(runs, others))


def subtract(runs: Iterable[Run], known: Iterable[Run]) -> list[Run]:
    """Return what of `runs` does not lie in `known`."""
    by_partition: dict[str, list[Run]] = {}
    for run in merge(known):
        by_partition.setdefault(run.partition, []).append(run)
    rest = []
    for run in runs:
        low = run.low
        for hole in by_partition.get(run.partition, ()):
            if hole.high <= low:
                continue
            if hole.low >= run.high:
                break
            if hole.low > low:
                rest.append(Run(run.partition, low, hole.low))
            low = hole.high
        if low < run.high:
            rest.append(Run(run.partition, low, run.high))
    return rest


def _cut(south: float, north: float, width: int = 0) -> tuple[int, int, int]:
    """Return how high the rows between two latitudes are (`_Rows.bits`), and the numbers of the first and the last."""
    bottom, top = geohash.lattice(south, 0)[1], geohash.lattice(north, 0)[1]
    bits = min(max((max(top - bottom, width, 1) // ROWS).bit_length(), 1), ROW_BITS)
    return bits, max(bottom - 1, 0) >> bits, min(top + 1, geohash.SIDE - 1) >> bits


def _rows(disc: Disc, south: float, north: float) -> _Rows:
    bits, first, last = _cut(south, north)
    phi0 = math.radians(disc.lat)
    delta = disc.radius / RADIUS_M * (1 + _SLACK) + math.radians(_SLACK)
    hole = disc.inner / RADIUS_M * (1 - _SLACK) - math.radians(_SLACK)
    peak = _widest(phi0, delta)
    column = geohash.lattice(0, disc.lon)[0]
    outer: list[Span] = []
    inner: list[Span | None] = []
    for row in range(first, last + 1):
        low = math.radians(geohash.latitude(row << bits))
        high = math.radians(geohash.latitude(row + 1 << bits))
        half = _half_width(min(max(peak, low), high), phi0, delta)
        reach = math.ceil(max(half, 0.0) / _STEP) + 2
        outer.append((column - reach, column + reach))
        half = min(_half_width(low, phi0, hole), _half_width(high, phi0, hole)) if hole > 0 else -1.0
        reach = math.floor(half / _STEP) - 2
        inner.append((column - reach, column + reach) if reach >= 0 else None)
    widest = (geohash.lattice(math.degrees(peak), 0)[1] >> bits) - first
    return _Rows(bits, first, min(max(widest, 0), last - first), outer, inner)


def _widest(phi0: float, delta: float) -> float:
    """Return the latitude at which a disc of angular radius `delta` spans most degrees of longitude, in radians."""
    sine = math.sin(phi0) / math.cos(delta)
    return math.asin(sine) if abs(sine) < 1 else math.copysign(math.pi / 2, phi0)


def _half_width(phi: float, phi0: float, delta: float) -> float:
    """Return how many degrees of longitude a disc reaches to either side at latitude `phi`; negative where it does not
    reach at all.

    From hav(δ) = hav(φ-φ0) + cos φ cos φ0 hav(Δλ), with the difference of squares as a product: nothing cancels.
    """
    offset = abs(phi - phi0)
    if offset > delta:
        return -1.0
    left = math.sin((delta + offset) / 2) * math.sin((delta - offset) / 2)
    both = math.cos(phi) * math.cos(phi0)
    return 180.0 if left >= both else math.degrees(2 * math.asin(math.sqrt(left / both)))


def _touched(rows: _Rows) -> Iterable[tuple[int, int]]:
    """Yield column and band of the partitions in reach; columns count on beyond the antimeridian."""
    last = rows.first + len(rows.outer) - 1
    for band in range(rows.first << rows.bits >> ROW_BITS, (last << rows.bits >> ROW_BITS) + 1):
        low = max((band << ROW_BITS >> rows.bits) - rows.first, 0)
        high = min(((band + 1 << ROW_BITS) - 1 >> rows.bits) - rows.first, len(rows.outer) - 1)
        west, east = rows.outer[min(max(rows.widest, low), high)]
        for column in range(west >> COLUMN_BITS, (east >> COLUMN_BITS) + 1):
            yield column, band


def _descend(rows: _Rows, column: int, band: int) -> Iterable[Span]:
    """Yield the stretches of one partition that a disc touches, by quartering it along the curve."""
    start = curve.cell(column % partitions.COLUMNS, band)
    stack = [(column << COLUMN_BITS, band << ROW_BITS, curve.LEVELS, start, 0)]
    last = len(rows.outer) - 1
    while stack:
        square = stack.pop()
        x, y, levels, at, _ = square
        bottom = (y >> rows.bits) - rows.first
        top = (y + (2 << levels) - 1 >> rows.bits) - rows.first
        low, high = max(bottom, 0), min(top, last)
        if low > high:
            continue
        east_edge = x + (1 << levels) - 1
        west, east = rows.outer[min(max(rows.widest, low), high)]
        if x > east or east_edge < west or _within(rows.inner, x, east_edge, bottom, top):
            continue
        if (
            levels < rows.bits
            or not levels
            or (not _meets(rows, x, east_edge, low, high) and _within(rows.outer, x, east_edge, bottom, top))
        ):
            yield at, at + (2 << 2 * levels)
        else:
            stack.extend(reversed([*curve.quarters(square)]))


def _within(spans: Sequence[Span | None], west: int, east: int, bottom: int, top: int) -> bool:
    """Tell whether columns west to east of rows bottom to top all lie in spans that narrow from one row both ways."""
    if bottom < 0 or top >= len(spans):
        return False
    south, north = spans[bottom], spans[top]
    if south is None or north is None:
        return False
    return max(south[0], north[0]) <= west and east <= min(south[1], north[1])


def _meets(rows: _Rows, west: int, east: int, low: int, high: int) -> bool:
    """Tell whether the hole is met at all, so that halving on may save something."""
    span = rows.inner[min(max(rows.widest, low), high)]
    return span is not None and west <= span[1] and east >= span[0]
