"""Where a request came from, as CloudFront says it in headers that it adds ("Add CloudFront request headers", AWS).

Anybody can send such headers to the API's own address. They count only with a secret that the distribution alone adds
to what it forwards (an origin's custom header): without it they are a stranger's words.
"""

import hmac
from collections.abc import Mapping

from chalicelib.kit.i18n import Text
from chalicelib.kit.sources import SECRET_HEADER
from chalicelib.risk.ports import Located, Locator, Position

_LATITUDE, _LONGITUDE = "cloudfront-viewer-latitude", "cloudfront-viewer-longitude"
_COUNTRY = "cloudfront-viewer-country-name"
_RADIUS_KM = 100.0  # CloudFront says none
_MOST_LATITUDE, _MOST_LONGITUDE = 90, 180


class CloudFrontLocator:
    """See `risk.ports.Locator`.

    Args:
        secret: what the distribution adds.
        otherwise: asked where CloudFront says nothing, or it was not CloudFront.
    """

    def __init__(self, secret: str, otherwise: Locator) -> None:
        self._secret, self._otherwise = secret, otherwise

    def locate(self, ip: str, headers: Mapping[str, str]) -> Located | None:
        shown = headers.get(SECRET_HEADER, "")
        if self._secret and hmac.compare_digest(shown.encode(), self._secret.encode()):
            told = _told(headers)
            if told is not None:
                return told
        return self._otherwise.locate(ip, headers)


def _told(headers: Mapping[str, str]) -> Located | None:
    try:
        lat, lon = float(headers[_LATITUDE]), float(headers[_LONGITUDE])
    except (KeyError, ValueError):
        return None
    if not (abs(lat) <= _MOST_LATITUDE and abs(lon) <= _MOST_LONGITUDE):  # false for NaN as well
        return None
    country = headers.get(_COUNTRY, "")
    named = Text(country, country) if country and country.isprintable() else None
    return Located(Position(lat, lon, _RADIUS_KM), named)
