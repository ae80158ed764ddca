"""Turns a record of a file into what the shops' domain takes. Whether that is a sound shop is said by the domain.

| field | headings (any case; spaces, dashes and underscores are the same) |
|---|---|
| id | id, external_id, shop_id, store_number, ref, osm_id |
| name | name, title, shop_name, store_name, name_zh, 名称, 店名 |
| name_en | name_en, english_name, name:en |
| categories | category, categories, type, kind, amenity, shop, 类别, 分类; several with `;` or `|` between |
| lat | lat, latitude, y, 纬度 |
| lon | lon, lng, long, longitude, x, 经度 |
| address | address, addr, street_address, addr:full, 地址; its city is put behind it unless it is in it |
| city | city, town, addr:city, 城市 |
| country | country, country_code, addr:country: ISO 3166-1 alpha-2 |
| source | source; without it the name of the file |
| phone | phone, telephone, tel, contact:phone, 电话 |
| zone | zone, timezone, tz; without it from the country and the position, see `countries` |
| currency | currency, currency_code; without it from the country |
| hours | hours, opening_hours, 营业时间: see `hours.week`; without them the shop takes nobody yet |

Other headings are passed over. Runs of white space become one space. Positions are WGS-84, kept to 7 decimals (1 cm).
Categories become slugs: `Entire home/apt` is `entire-home-apt`; common Chinese ones are translated.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.shops.ports import ImportRow, Interval, Position, ShopDraft
from infra.importing import countries, hours
from infra.importing.trades import SLUGS

_HEADINGS = {
    "id": "id external_id shop_id store_number ref osm_id",
    "name": "name title shop_name store_name name_zh 名称 店名",
    "name_en": "name_en english_name name:en",
    "categories": "categories category type kind amenity shop 类别 分类",
    "lat": "lat latitude y 纬度",
    "lon": "lon lng long longitude x 经度",
    "address": "address addr street_address addr:full 地址",
    "city": "city town addr:city 城市",
    "country": "country country_code addr:country",
    "source": "source",
    "phone": "phone telephone tel contact:phone 电话",
    "zone": "zone timezone tz",
    "currency": "currency currency_code",
    "hours": "hours opening_hours 营业时间",
}
_ORDER = {name: (field, rank) for field, names in _HEADINGS.items() for rank, name in enumerate(names.split())}
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_DECIMALS = 7
_REJECTS = ".rejects"


class RowError(Exception):
    """The record cannot be a shop; the text is the reason, for the rejects file."""


@dataclass(frozen=True)
class Defaults:
    """What holds for all rows of a file.

    Attributes:
        source: of rows that name none.
        zone, currency: of all shops, whatever their rows say; None takes the row's, then the country's.
    """

    source: str
    zone: str | None = None
    currency: str | None = None


def source_of(file_name: str) -> str:
    """Return the source that a file's name stands for: a rejects file is the same source as its original."""
    stem = file_name
    for suffix in (".gz", ".csv", ".geojson", ".json", ".txt", ".tsv", _REJECTS):
        stem = stem.removesuffix(suffix)
    return stem.strip() or "file"


def import_row(fields: Mapping[str, str], defaults: Defaults) -> ImportRow:
    """Return the shop that a record describes. Without an id it is known by source, name and position: moving or
    renaming it makes another shop.

    Raises:
        RowError: it does not say enough, or not in a way that can be read.
    """
    row = _known(fields)
    position = Position(_degrees(row, "lat"), _degrees(row, "lon"))
    name, source = row.get("name", ""), row.get("source") or defaults.source
    draft = ShopDraft(
        name=name,
        name_en=row.get("name_en"),
        categories=_categories(row.get("categories", "")),
        address=_address(row),
        position=position,
        zone=_zone(row, position, defaults.zone),
        currency=_currency(row, defaults.currency),
        hours=_week(row.get("hours", "")),
        phone=row.get("phone"),
    )
    external_id = row.get("id") or f"{name}\x1f{position.lat}\x1f{position.lon}"
    return ImportRow(source, external_id, draft)


def _known(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the cells that mean something and hold something; of several spellings of a field the first listed."""
    found: dict[str, tuple[int, str]] = {}
    for heading, cell in fields.items():
        known = _ORDER.get("_".join(re.split(r"[\s_-]+", heading.strip().casefold())))
        text = " ".join(cell.split())
        if known and text and known[1] < found.get(known[0], (len(_ORDER), ""))[0]:
            found[known[0]] = (known[1], text)
    return {field: text for field, (_, text) in found.items()}


def _degrees(row: Mapping[str, str], field: str) -> float:
    text = row.get(field, "")
    if not _NUMBER.fullmatch(text):
        raise RowError(f"{field}: '{text[:40]}' is not a number of degrees" if text else f"{field}: missing")
    return round(float(text), _DECIMALS) + 0.0  # no negative zero


def _categories(text: str) -> tuple[str, ...]:
    slugs = [slug(part) for part in re.split("[;|；]", text) if part.strip()]
    return tuple(dict.fromkeys(slugs))


def slug(text: str) -> str:
    """Return a category's name as a slug.

    Raises:
        RowError: there is no Latin letter or digit in it, and no translation.
    """
    text = text.strip()
    if text in SLUGS:
        return SLUGS[text]
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    made = "-".join(re.findall("[a-z0-9]+", plain))
    if not made:
        raise RowError(f"categories: '{text[:40]}' has no Latin letters and no known translation")
    return made


def _address(row: Mapping[str, str]) -> str:
    address, city = row.get("address", ""), row.get("city", "")
    if not city or city.casefold() in address.casefold():
        return address
    return f"{address}, {city}" if address else city


def _zone(row: Mapping[str, str], position: Position, given: str | None) -> str:
    found = given or row.get("zone") or countries.zone(_country(row), position)
    if found is None:
        raise RowError(f"zone: missing, and '{_country(row)}' is no country to take it from")
    return found


def _currency(row: Mapping[str, str], given: str | None) -> str:
    found = given or row.get("currency", "").upper() or countries.CURRENCY.get(_country(row))
    if found is None:
        raise RowError(f"currency: missing, and '{_country(row)}' is no country to take it from")
    return found


def _country(row: Mapping[str, str]) -> str:
    return row.get("country", "")[:40].upper()


def _week(text: str) -> tuple[Interval, ...]:
    try:
        return hours.week(text)
    except ValueError as error:
        raise RowError(f"hours: {error}") from error
