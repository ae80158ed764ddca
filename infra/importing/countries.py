"""What the country of a shop says about its clock and its money, for files that say neither.

Zones: `zone.tab` of the IANA time zone database (public domain, in the package tzdata). Of a country's zones the one
whose principal place is nearest to the shop is taken: exact where a country has one zone, close elsewhere; near an
inner border a column `zone` or `--zone` is needed. Currencies: ISO 4217, the one that people pay in.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from math import cos, radians

from chalicelib.shops.ports import Position

_CURRENCIES = {
    "AED": "AE", "AFN": "AF", "ALL": "AL", "AMD": "AM", "AOA": "AO", "ARS": "AR", "AUD": "AU CC CX HM KI NF NR TV",
    "AWG": "AW", "AZN": "AZ", "BAM": "BA", "BBD": "BB", "BDT": "BD", "BHD": "BH", "BIF": "BI", "BMD": "BM",
    "BND": "BN", "BOB": "BO", "BRL": "BR", "BSD": "BS", "BTN": "BT", "BWP": "BW", "BYN": "BY", "BZD": "BZ",
    "CAD": "CA", "CDF": "CD", "CHF": "CH LI", "CLP": "CL", "CNY": "CN", "COP": "CO", "CRC": "CR", "CUP": "CU",
    "CVE": "CV", "CZK": "CZ", "DJF": "DJ", "DKK": "DK FO GL", "DOP": "DO", "DZD": "DZ", "EGP": "EG", "ERN": "ER",
    "ETB": "ET",
    "EUR": "AD AT AX BE BG BL CY DE EE ES FI FR GF GP GR HR IE IT LT LU LV MC ME MF MQ MT NL PM PT RE SI SK SM TF VA"
    " XK YT",
    "FJD": "FJ", "FKP": "FK", "GBP": "GB GG GS IM JE", "GEL": "GE", "GHS": "GH", "GIP": "GI", "GMD": "GM", "GNF": "GN",
    "GTQ": "GT", "GYD": "GY", "HKD": "HK", "HNL": "HN", "HTG": "HT", "HUF": "HU", "IDR": "ID", "ILS": "IL PS",
    "INR": "IN", "IQD": "IQ", "IRR": "IR", "ISK": "IS", "JMD": "JM", "JOD": "JO", "JPY": "JP", "KES": "KE", "KGS": "KG",
    "KHR": "KH", "KMF": "KM", "KPW": "KP", "KRW": "KR", "KWD": "KW", "KYD": "KY", "KZT": "KZ", "LAK": "LA", "LBP": "LB",
    "LKR": "LK", "LRD": "LR", "LSL": "LS", "LYD": "LY", "MAD": "EH MA", "MDL": "MD", "MGA": "MG", "MKD": "MK",
    "MMK": "MM", "MNT": "MN", "MOP": "MO", "MRU": "MR", "MUR": "MU", "MVR": "MV", "MWK": "MW", "MXN": "MX", "MYR": "MY",
    "MZN": "MZ", "NAD": "NA", "NGN": "NG", "NIO": "NI", "NOK": "BV NO SJ", "NPR": "NP", "NZD": "CK NU NZ PN TK",
    "OMR": "OM", "PAB": "PA", "PEN": "PE", "PGK": "PG", "PHP": "PH", "PKR": "PK", "PLN": "PL", "PYG": "PY", "QAR": "QA",
    "RON": "RO", "RSD": "RS", "RUB": "RU", "RWF": "RW", "SAR": "SA", "SBD": "SB", "SCR": "SC", "SDG": "SD", "SEK": "SE",
    "SGD": "SG", "SHP": "SH", "SLE": "SL", "SOS": "SO", "SRD": "SR", "SSP": "SS", "STN": "ST", "SYP": "SY", "SZL": "SZ",
    "THB": "TH", "TJS": "TJ", "TMT": "TM", "TND": "TN", "TOP": "TO", "TRY": "TR", "TTD": "TT", "TWD": "TW",
    "TZS": "TZ", "UAH": "UA", "UGX": "UG",
    "USD": "AS BQ EC FM GU IO MH MP PR PW SV TC TL UM US VG VI",
    "UYU": "UY", "UZS": "UZ", "VES": "VE", "VND": "VN", "VUV": "VU", "WST": "WS", "XAF": "CF CG CM GA GQ TD",
    "XCD": "AG AI DM GD KN LC MS VC", "XCG": "CW SX", "XOF": "BF BJ CI GW ML NE SN TG", "XPF": "NC PF WF",
    "YER": "YE", "ZAR": "ZA", "ZMW": "ZM", "ZWG": "ZW",
}  # fmt: skip
CURRENCY: Mapping[str, str] = {
    country: code for code, countries in _CURRENCIES.items() for country in countries.split()
}
"""Country (ISO 3166-1 alpha-2) -> currency."""

_CIVIL = {"CN": "Asia/Shanghai"}  # one civil time by law, though the database lists two zones
_PLACE = re.compile(r"([+-])(\d{2})(\d{2})(?:\d{2})?([+-])(\d{3})(\d{2})(?:\d{2})?")


def zone(country: str, position: Position) -> str | None:
    """Return the zone of a place in a country; None where the country is not known."""
    if country in _CIVIL:
        return _CIVIL[country]
    places = _places().get(country, [])
    return min(places, key=lambda place: _apart(place[0], position))[1] if places else None


def _apart(one: Position, other: Position) -> float:
    """Return something that grows with the distance; good enough to compare within a country."""
    east = (one.lon - other.lon + 180) % 360 - 180
    return float((one.lat - other.lat) ** 2 + (east * cos(radians(one.lat))) ** 2)


@cache
def _places() -> Mapping[str, list[tuple[Position, str]]]:
    """Country -> its zones and the principal place of each."""
    found: dict[str, list[tuple[Position, str]]] = {}
    for line in resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("ascii").splitlines():
        if line.startswith("#"):
            continue
        country, place, name = line.split("\t")[:3]
        found.setdefault(country, []).append((position_of(place), name))
    return found


def position_of(text: str) -> Position:
    """Return a position of `zone.tab`, such as +3114+12128."""
    found = _PLACE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text} is no position of zone.tab")
    north, lat, lat_minutes, east, lon, lon_minutes = found.groups()
    return Position(
        float(f"{north}1") * (int(lat) + int(lat_minutes) / 60), float(f"{east}1") * (int(lon) + int(lon_minutes) / 60)
    )
