"""Writes `chalicelib/vetting/rules/outlines.txt`, the countries' outlines in a few kilobytes.

    python -m infra.outlines countries-50m.json

The file is that of world-atlas 2.0.2 (github.com/topojson/world-atlas, ISC): Natural Earth's countries at 1:50 million,
which are in the public domain. Their numbers are turned into letters by pycountry. Neither is needed for anything else,
and neither ships.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from itertools import pairwise
from math import cos, hypot, radians
from pathlib import Path
from typing import Any

from chalicelib.kit.plane import beside
from chalicelib.vetting.rules.places import OUTLINES, UNIT, Ring, holds, near
from infra.importing.countries import position_of

_TOLERANCE = 0.03  # degrees, about 3 km: far less than what `places` forgives
_SPECK = 0.02  # square degrees, about 200 km²: smaller islands near a larger part of the same country are left out
_UNNUMBERED = {
    "Kosovo": "XK",
    "Indian Ocean Ter.": None,
    "Somaliland": "SO",
    "N. Cyprus": "CY",
    "Siachen Glacier": None,
}


def countries(atlas: Mapping[str, Any]) -> dict[str, list[Ring]]:
    """Return the outer rings of each country by its ISO 3166-1 letters, simplified."""
    arcs = _arcs(atlas)
    found: dict[str, list[Ring]] = {}
    for one in atlas["objects"]["countries"]["geometries"]:
        code = _letters(one)
        if code:
            parts = one["arcs"] if one["type"] == "MultiPolygon" else [one["arcs"]]
            rings = [_joined(arcs, part[0]) for part in parts]
            found.setdefault(code, []).extend(_worth(rings))
    drawn = [ring for rings in found.values() for ring in rings]
    for code, place in _principal_places():
        if code not in found:
            # A territory that the map counts to another country: the part that its town lies in, or just the town.
            found[code] = [ring for ring in drawn if holds(ring, *place)][:1] or [[place]]
        elif not any(holds(ring, *place) or near(ring, *place) for ring in found[code]):
            found[code].append([place])  # an island too small for the map, or a town that two countries call theirs
    return found


def _letters(one: Mapping[str, Any]) -> str | None:
    import pycountry  # type: ignore[import-not-found] # for this alone, see the module

    if "id" not in one:
        return _UNNUMBERED[one["properties"]["name"]]
    known = pycountry.countries.get(numeric=one["id"])
    return str(known.alpha_2) if known else None


def _arcs(atlas: Mapping[str, Any]) -> list[list[tuple[float, float]]]:
    """Undo TopoJSON's steps: each arc as latitudes and longitudes, simplified alike for both its sides."""
    (across, up), (west, south) = atlas["transform"]["scale"], atlas["transform"]["translate"]
    made = []
    for arc in atlas["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            points.append((south + y * up, west + x * across))
        made.append(_simpler(points))
    return made


def _joined(arcs: Sequence[Sequence[tuple[float, float]]], numbers: Sequence[int]) -> Ring:
    ring: Ring = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else list(reversed(arcs[~number]))
        ring.extend(arc[1:] if ring else arc)
    whole: Ring = []
    for lat, lon in ring:  # on beyond 180 degrees where the ring crosses the antimeridian
        whole.append((lat, beside(lon, whole[-1][1]) if whole else lon))
    return whole[:-1] if len(whole) > 1 and whole[0] == whole[-1] else whole


def _worth(rings: Sequence[Ring]) -> Iterator[Ring]:
    largest = max(rings, key=_area)
    for ring in rings:
        if (
            ring is largest
            or _area(ring) >= _SPECK
            or not any(_near(ring[0], other) for other in rings if other is not ring)
        ):
            yield ring


def _near(point: tuple[float, float], ring: Ring) -> bool:
    return _area(ring) >= _SPECK and any(hypot(a - point[0], b - point[1]) < 0.3 for a, b in ring)  # noqa: PLR2004 - degrees


def _area(ring: Ring) -> float:
    """Square degrees of the equator's size."""
    if not ring:
        return 0.0
    twice = sum(a[1] * b[0] - b[1] * a[0] for a, b in pairwise([*ring, ring[0]]))
    return abs(twice) / 2 * cos(radians(ring[0][0]))


def _simpler(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Douglas and Peucker's way: keep the point that is farthest off the line between the ends, if it is far at all."""
    if len(points) < 3:  # noqa: PLR2004 - nothing between
        return points
    first, last = points[0], points[-1]
    if first == last:  # a ring of one arc: cut it where it is farthest away
        middle = max(range(len(points)), key=lambda at: hypot(points[at][0] - first[0], points[at][1] - first[1]))
        return [*_simpler(points[: middle + 1])[:-1], *_simpler(points[middle:])]
    offs = [_off(first, last, point) for point in points[1:-1]]
    farthest = max(range(len(offs)), key=offs.__getitem__) + 1
    if offs[farthest - 1] <= _TOLERANCE:
        return [first, last]
    return [*_simpler(points[: farthest + 1])[:-1], *_simpler(points[farthest:])]


def _off(start: tuple[float, float], end: tuple[float, float], point: tuple[float, float]) -> float:
    height, width = end[0] - start[0], end[1] - start[1]
    length = hypot(height, width)
    return abs(width * (point[0] - start[0]) - height * (point[1] - start[1])) / length


def _principal_places() -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield a town of each country that has a time zone: of `zone.tab`, in the package tzdata."""
    for line in resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("ascii").splitlines():
        if not line.startswith("#"):
            code, place = line.split("\t")[:2]
            at = position_of(place)
            yield code, (at.lat, at.lon)


def encoded(ring: Ring) -> str:
    """Return a ring in units of `UNIT` in the form of
    developers.google.com/maps/documentation/utilities/polylinealgorithm.
    """
    text, before = [], (0, 0)
    for point in ring:
        now = (round(point[0] / UNIT), round(point[1] / UNIT))
        if now == before and len(ring) > 1:
            continue
        for one, last in zip(now, before, strict=True):
            step = one - last
            rest = (step << 1) ^ (-1 if step < 0 else 0)
            while rest >= 0x20:  # noqa: PLR2004 - five bits a character
                text.append(chr((0x20 | (rest & 0x1F)) + 63))
                rest >>= 5
            text.append(chr(rest + 63))
        before = now
    return "".join(text)


def table(atlas: Mapping[str, Any]) -> str:
    """Return the outlines as the text that ships."""
    lines = ((code, *map(encoded, rings)) for code, rings in sorted(countries(atlas).items()))
    return "".join(" ".join(line) + "\n" for line in lines)


def main(source: Path, path: Path = OUTLINES) -> int:
    """Write them."""
    path.write_text(table(json.loads(source.read_text())), "ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
