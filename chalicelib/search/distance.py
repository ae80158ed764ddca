"""Distances on the sphere."""

import math

from chalicelib.search.geohash import Bounds

RADIUS_M = 6_371_008.8  # mean radius of WGS-84: (2a + b) / 3
FARTHEST_M = math.pi * RADIUS_M


def haversine(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Return the great-circle distance in metres between two positions in degrees.

    The usual formula loses half its digits near the antipode, where 1 - h cancels; here the complement is a sum of
    squares of its own: 1 - h = sin²((φ1+φ2)/2) + cos φ1 cos φ2 cos²(Δλ/2).
    """
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half = math.radians(lon2 - lon1) / 2
    both = math.cos(phi1) * math.cos(phi2)
    near = math.sin((phi2 - phi1) / 2) ** 2 + both * math.sin(half) ** 2
    far = math.sin((phi1 + phi2) / 2) ** 2 + both * math.cos(half) ** 2
    return 2 * RADIUS_M * math.atan2(math.sqrt(near), math.sqrt(far))


def to_box(lat: float, lon: float, box: Bounds) -> float:
    """Return the distance in metres from a position to a box of latitudes and longitudes (west <= east)."""
    if (lon - box.west) % 360 <= box.east - box.west:
        return haversine(lat, lon, min(max(lat, box.south), box.north), lon)
    nearest = math.inf
    for edge in (box.west, box.east):
        turn = math.cos(math.radians(edge - lon))
        latitudes = [box.south, box.north]
        if turn > 0:  # the foot of the perpendicular lies on this side of the pole
            foot = math.degrees(math.atan2(math.sin(math.radians(lat)), math.cos(math.radians(lat)) * turn))
            latitudes.append(min(max(foot, box.south), box.north))
        nearest = min(nearest, *(haversine(lat, lon, latitude, edge) for latitude in latitudes))
    return nearest
