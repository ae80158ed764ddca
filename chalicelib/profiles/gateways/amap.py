"""Amap (高德) as the geocoder: `inputtips` and `georegeo` of https://lbs.amap.com/api/webservice/guide/api/.

Its positions are GCJ-02 and in the order longitude, latitude; what it does not know is an empty list instead of a text.
It answers in Chinese whatever is asked. The host is the deployment's: what a user says gets into the query alone.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from chalicelib.kit.datum import Datum, from_wgs84, to_wgs84
from chalicelib.kit.errors import Unavailable
from chalicelib.kit.exchange import Exchange, Http
from chalicelib.kit.i18n import Language
from chalicelib.kit.observability import log
from chalicelib.profiles.ports import Found, Position, Suggestion
from chalicelib.profiles.problems import GeocoderDown

BASE_URL = "https://restapi.amap.com"
_MOST_BYTES = 256 * 1024
_MOST = 10  # suggestions
_OK = 200
_COUNTRIES = {"71": "TW", "81": "HK", "82": "MO"}
"""By the first digits of an `adcode`; China otherwise. ISO 3166 has codes of their own for them."""


class AmapGeocoder:
    """See `profiles.ports.Geocoder`.

    Args:
        key: of a Web service application.
        base_url: where the API is, without a trailing slash.
        exchange: how it is asked; about three seconds at most.
    """

    def __init__(self, key: str, base_url: str = BASE_URL, exchange: Exchange | None = None) -> None:
        self._key = key
        self._base = base_url
        self._exchange = exchange or Http(connect=1.0, read=2.0, whole=3.0)

    def suggest(self, text: str, near: Position | None, _language: Language) -> Sequence[Suggestion]:
        asked = {"keywords": text, "datatype": "all"}
        if near is not None:
            asked["location"] = _written(near)
        tips = self._ask("/v3/assistant/inputtips", asked).get("tips") or []
        found = [_suggestion(tip) for tip in tips[:_MOST]]
        return [one for one in found if one is not None]

    def resolve(self, position: Position, _language: Language) -> Found | None:
        told = self._ask("/v3/geocode/regeo", {"location": _written(position)}).get("regeocode") or {}
        line = _text(told.get("formatted_address"))
        parts = told.get("addressComponent") or {}
        if not line:  # beyond what it knows
            return None
        return Found(_country(parts), (line,), None, position)

    def _ask(self, path: str, asked: Mapping[str, str]) -> Mapping[str, Any]:
        query = urlencode({**asked, "key": self._key, "output": "JSON"})
        try:
            answer = self._exchange("GET", f"{self._base}{path}?{query}", {}, None, _MOST_BYTES)
        except Unavailable as error:
            raise GeocoderDown(retry_after=5) from error
        try:
            told = json.loads(answer.body) if answer.status == _OK else {}
        except ValueError:
            told = {}
        if not isinstance(told, dict) or told.get("status") != "1":
            code = told.get("infocode") if isinstance(told, dict) else None
            log.warning("the geocoder refuses", provider="amap", status=answer.status, infocode=code)
            raise GeocoderDown(retry_after=5)
        return told


def _suggestion(tip: Mapping[str, Any]) -> Suggestion | None:
    """Return a tip as a suggestion; None for one without a place, such as a bus line."""
    name, position = _text(tip.get("name")), _read(_text(tip.get("location")))
    if not name or position is None:
        return None
    line = _text(tip.get("district")) + _text(tip.get("address"))
    lines = (line, name) if line and not line.endswith(name) else (line or name,)
    return Suggestion(name, Found(_country(tip), lines, None, position))


def _country(parts: Mapping[str, Any]) -> str:
    return _COUNTRIES.get(_text(parts.get("adcode"))[:2], "CN")


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _written(position: Position) -> str:
    lat, lon = from_wgs84(position.lat, position.lon, Datum.GCJ02)
    return f"{lon:.6f},{lat:.6f}"


def _read(location: str) -> Position | None:
    lon, _, lat = location.partition(",")
    try:
        found = to_wgs84(float(lat), float(lon), Datum.GCJ02)
    except ValueError:
        return None
    return Position(round(found[0], 6), round(found[1], 6))
