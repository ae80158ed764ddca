"""Amazon Location as the geocoder (geo-places v2): Suggest and ReverseGeocode.

What Suggest answers may be shown but not stored (it knows `IntendedUse` SingleUse alone): a client that saves one of
its suggestions asks for the address at its position first, which is asked for with the use Storage.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.kit import aws
from chalicelib.kit.i18n import Language
from chalicelib.kit.observability import log
from chalicelib.profiles.ports import Found, Position, Suggestion
from chalicelib.profiles.problems import GeocoderDown

_MOST = 10  # suggestions
_LONGEST = 200  # characters of a question


class AmazonGeocoder:
    """See `profiles.ports.Geocoder`.

    Args:
        client: of `geo-places`; None: the container's.
    """

    def __init__(self, client: Any = None) -> None:
        self._client = client or aws.client("geo-places")

    def suggest(self, text: str, near: Position | None, language: Language) -> Sequence[Suggestion]:
        # One of the two is required; without a place to begin at it is the whole world.
        around = {"BiasPosition": [near.lon, near.lat]} if near else {"Filter": {"BoundingBox": [-180, -90, 180, 90]}}
        told = self._ask(
            "suggest",
            QueryText=text[:_LONGEST],
            MaxResults=_MOST,
            Language=language,
            AdditionalFeatures=["Core"],
            **around,
        )
        found = [_suggestion(item) for item in told.get("ResultItems", ())]
        return [one for one in found if one is not None]

    def resolve(self, position: Position, language: Language) -> Found | None:
        told = self._ask(
            "reverse_geocode",
            QueryPosition=[position.lon, position.lat],
            MaxResults=1,
            Language=language,
            IntendedUse="Storage",
        )
        items = told.get("ResultItems") or [{}]
        return _found(items[0].get("Address") or {}, position)

    def _ask(self, operation: str, **asked: Any) -> Mapping[str, Any]:
        try:
            told: Mapping[str, Any] = getattr(self._client, operation)(**asked)
        except (BotoCoreError, ClientError) as error:
            log.warning("the geocoder refuses", provider="amazon", reason=type(error).__name__)
            raise GeocoderDown(retry_after=5) from error
        return told


def _suggestion(item: Mapping[str, Any]) -> Suggestion | None:
    """Return a result as a suggestion; None for one that is no place, such as a kind of shop."""
    place = item.get("Place") or {}
    if "Position" not in place:
        return None
    lon, lat = place["Position"]
    found = _found(place.get("Address") or {}, Position(lat, lon))
    return Suggestion(str(item.get("Title", "")), found) if found else None


def _found(address: Mapping[str, Any], position: Position) -> Found | None:
    country = (address.get("Country") or {}).get("Code2")
    if not country:
        return None
    street = " ".join(address[name] for name in ("AddressNumber", "Street") if address.get(name))
    parts = (street, address.get("District"), address.get("Locality"), (address.get("Region") or {}).get("Name"))
    lines = tuple(dict.fromkeys(part for part in parts if part)) or (str(address.get("Label", country)),)
    return Found(country, lines, address.get("PostalCode"), position)
