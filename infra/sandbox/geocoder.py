"""A geocoder that knows the demo city, for development and tests: `python -m infra.sandbox.geocoder`. It never ships.

It answers like Amap's Web service API, in the same words and the same datum (GCJ-02), about invented streets:

GET /v3/assistant/inputtips   ?key= &keywords= &location=<lon,lat>   what a few letters may mean, the nearest first
GET /v3/geocode/regeo         ?key= &location=<lon,lat>              the address at a place
GET /                         a line for people
"""

import argparse
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from chalicelib.kit.datum import Datum, from_wgs84
from infra import demo_city
from infra.sandbox.closing import Closing
from infra.sandbox.httpd import LoopbackServer, Request, Response, foreign, json_response
from infra.sandbox.signals import serve
from infra.targets import SANDBOX_AMAP_KEY

PORT = 12115
_MOST = 10
_REACH = 0.03  # degrees: farther from every address than this is nowhere
_ADCODE = "310000"
_INVALID_KEY, _MISSING = ("INVALID_USER_KEY", "10001"), ("MISSING_REQUIRED_PARAMS", "20000")


@dataclass(frozen=True)
class _Place:
    """A shop of the demo city; position in GCJ-02."""

    name: str
    address: str
    lat: float
    lon: float

    @property
    def location(self) -> str:
        return f"{self.lon:.6f},{self.lat:.6f}"

    def away(self, lat: float, lon: float) -> float:
        """Return about how far it is, in degrees."""
        return max(abs(self.lat - lat), abs(self.lon - lon))


class Geocoder(Closing):
    """A running geocoder; a context manager that stops it. Raises OSError when the port is taken."""

    def __init__(self, *, port: int = 0, key: str = SANDBOX_AMAP_KEY) -> None:
        self._key = key
        self._server = LoopbackServer(self._answer, port)
        self.url, self.port = self._server.url, self._server.port

    def close(self) -> None:
        """Stop."""
        self._server.close()

    @cached_property
    def _places(self) -> Sequence[_Place]:
        made = []
        for row in demo_city.shops():
            shop = row.draft
            lat, lon = from_wgs84(shop.position.lat, shop.position.lon, Datum.GCJ02)
            made.append(_Place(shop.name, shop.address, lat, lon))
        return made

    def _answer(self, request: Request) -> Response:
        refusal = foreign(request)
        if refusal is not None:
            return refusal
        if request.path == "/":
            return json_response(200, {"info": "A geocoder of the demo city, in the words of Amap."})
        asked = {name: values[-1] for name, values in parse_qs(request.query).items()}
        work = {"/v3/assistant/inputtips": self._tips, "/v3/geocode/regeo": self._at}.get(request.path)
        if work is None or request.method != "GET":
            return json_response(404, {"info": "Nothing is here."})
        if asked.get("key") != self._key:
            return _refused(*_INVALID_KEY)
        try:
            return _told(work(asked))
        except (KeyError, ValueError):
            return _refused(*_MISSING)

    def _tips(self, asked: dict[str, str]) -> dict[str, Any]:
        words = asked["keywords"]
        found = [one for one in self._places if words in one.address or words in one.name]
        if asked.get("location"):
            lat, lon = _position(asked["location"])
            found.sort(key=lambda one: one.away(lat, lon))
        tips = [
            {"id": [], "name": one.name, "district": "", "adcode": _ADCODE, "address": one.address}
            | {"location": one.location, "typecode": []}
            for one in found[:_MOST]
        ]
        return {"tips": tips}

    def _at(self, asked: dict[str, str]) -> dict[str, Any]:
        lat, lon = _position(asked["location"])
        nearest = min(self._places, key=lambda one: one.away(lat, lon))
        if nearest.away(lat, lon) > _REACH:
            return {"regeocode": {"formatted_address": [], "addressComponent": {"adcode": [], "country": []}}}
        parts = {"country": "中国", "province": "上海市", "city": [], "adcode": _ADCODE}
        return {"regeocode": {"formatted_address": nearest.address, "addressComponent": parts}}


def _position(location: str) -> tuple[float, float]:
    lon, _, lat = location.partition(",")
    return float(lat), float(lon)


def _told(content: dict[str, Any]) -> Response:
    return json_response(200, {"status": "1", "info": "OK", "infocode": "10000", **content})


def _refused(info: str, code: str) -> Response:
    return json_response(200, {"status": "0", "info": info, "infocode": code})


def main(arguments: list[str] | None = None, stop: threading.Event | None = None) -> int:
    """Serve until SIGINT or SIGTERM (or `stop`); 1 when the port is taken."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.sandbox.geocoder", description="A geocoder of the demo city."
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"on 127.0.0.1; 0 takes a free one (default {PORT})")
    options = parser.parse_args(arguments)
    return serve(
        "geocoder sandbox",
        options.port,
        lambda: Geocoder(port=options.port),
        lambda geocoder: f"Geocoder sandbox on {geocoder.url}",
        stop,
    )


if __name__ == "__main__":
    sys.exit(main())
