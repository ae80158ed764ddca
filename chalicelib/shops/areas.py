"""Where a shop that comes to its customers does so: a radius around its position, or a polygon. No I/O.

The edges of a polygon are straight in latitude and longitude, not along great circles: two vertices on a parallel are
joined along it. It may cross the antimeridian: its longitudes are read as the ones next to the shop. It holds no pole:
its vertices end at 85 degrees.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

from chalicelib.kit.cells import metres
from chalicelib.kit.errors import FieldError
from chalicelib.kit.plane import Point, beside, cross, side

LEAST_RADIUS_M, MOST_RADIUS_M = 100, 50_000
LEAST_VERTICES, MOST_VERTICES = 3, 50
MOST_REACH_M = 100_000  # from the shop to a vertex
MOST_LAT = 85  # degrees: beyond, the cells of the index are slivers


class Placed(Protocol):
    """Degrees north and east, WGS-84."""

    @property
    def lat(self) -> float: ...

    @property
    def lon(self) -> float: ...


@dataclass(frozen=True)
class Circle:
    """All addresses within so many metres of the shop's position, as the crow flies."""

    radius_m: int


@dataclass(frozen=True)
class Polygon:
    """All addresses within a ring of vertices, or on it.

    Attributes:
        vertices: latitude and longitude of each, in either direction; the last is joined to the first by itself.
    """

    vertices: tuple[tuple[float, float], ...]

    def ring(self, shop_lon: float) -> tuple[Point, ...]:
        """Return the vertices as points of a plane, each longitude the one that is next to the shop's."""
        return tuple((lat, beside(lon, shop_lon)) for lat, lon in self.vertices)


Area = Circle | Polygon


def area_faults(area: Area, position: Placed) -> list[FieldError]:
    """Return all that is wrong with the service area of a shop at a position that is sound itself."""
    if isinstance(area, Circle):
        return list(_circle_faults(area, position))
    if not LEAST_VERTICES <= len(area.vertices) <= MOST_VERTICES:
        return [FieldError("service_area.vertices", f"{LEAST_VERTICES} to {MOST_VERTICES} vertices")]
    return list(_vertex_faults(area, position)) or list(_ring_faults(area.ring(position.lon)))


def _circle_faults(area: Circle, position: Placed) -> Iterator[FieldError]:
    if not LEAST_RADIUS_M <= area.radius_m <= MOST_RADIUS_M:
        yield FieldError("service_area.radius_m", f"{LEAST_RADIUS_M} to {MOST_RADIUS_M} metres")
    if not -MOST_LAT <= position.lat <= MOST_LAT:
        yield FieldError("service_area", f"only for a shop at latitudes -{MOST_LAT} to {MOST_LAT}")


def _vertex_faults(area: Polygon, position: Placed) -> Iterator[FieldError]:
    for index, (lat, lon) in enumerate(area.vertices):
        field = f"service_area.vertices.{index}"
        if not (-MOST_LAT <= lat <= MOST_LAT and -180 <= lon <= 180):  # noqa: PLR2004 - degrees
            yield FieldError(field, f"lat is -{MOST_LAT} to {MOST_LAT}, lon -180 to 180")
        elif metres(lat, lon, position.lat, position.lon) > MOST_REACH_M:
            yield FieldError(field, f"at most {MOST_REACH_M // 1000} km from the shop")


def _ring_faults(points: Sequence[Point]) -> Iterator[FieldError]:
    count = len(points)
    doubled = [index for index in range(count) if points[index] == points[index - 1]]
    if doubled:
        for index in doubled:
            yield FieldError(f"service_area.vertices.{index}", "the same as the one before; the ring closes by itself")
    elif all(side(points[0], points[1], point) == 0 for point in points):
        yield FieldError("service_area.vertices", "all on one line: there is nothing inside")
    elif _is_tangled(points):
        yield FieldError("service_area.vertices", "edges touch or cross each other")


def _is_tangled(points: Sequence[Point]) -> bool:
    """Tell whether two edges meet that are no neighbours. Where two neighbours run along each other, one of them meets
    the edge after next as well, or all is one line.
    """
    count = len(points)
    edges = [(points[index], points[(index + 1) % count]) for index in range(count)]
    return any(
        cross(*edges[one], *edges[other])
        for one, other in combinations(range(count), 2)
        if other - one not in (1, count - 1)  # neighbours have a vertex in common
    )
