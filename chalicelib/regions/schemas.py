"""What is said of regions over the wire."""

from collections.abc import Sequence

from pydantic import Field

from chalicelib.kit.http import Wire
from chalicelib.kit.i18n import LANGUAGES, Language
from chalicelib.kit.regions import REST
from chalicelib.kit.regions import Region as DomainRegion


class Region(Wire):
    """A region whose accounts are its own."""

    region: str = Field(examples=["eu-central-1"])
    name: dict[Language, str] = Field(examples=[{"en": "Europe", "zh-CN": "欧洲"}])
    api: str = Field(description="Its address.", examples=["https://eu.api.example.com/v1"])
    calling_codes: list[str] = Field(
        description="Phones that begin with one of them, after the plus, have their accounts there. No code is in two "
        "regions, and none begins with another.",
        examples=[["49", "33"]],
    )
    countries: list[str] = Field(description="The countries of these codes, ISO 3166.", examples=[["DE", "FR"]])
    is_rest: bool = Field(description="All other phones have their accounts there.", examples=[False])


class Regions(Wire):
    """All regions of this stage, and what this one assumes where nothing else is said."""

    here: str = Field(description="The region that answers.", examples=["eu-central-1"])
    items: list[Region]
    currency: str = Field(description="Of a shop that names none, ISO 4217.", examples=["EUR"])
    zone: str = Field(description="IANA time zone of a shop that names none.", examples=["Europe/Berlin"])
    languages: list[Language] = Field(
        description="What people are answered in; the first where they ask for none of them.", examples=[["en"]]
    )


def region(known: DomainRegion) -> Region:
    """Return a region as it is told."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE  # 50 ms, and clients keep the answer for an hour

    codes = [code for code in known.codes if code != REST]
    countries = {country for code in codes for country in COUNTRY_CODE_TO_REGION_CODE[int(code)]}
    return Region(
        region=known.id,
        name={language: known.name.render(language) for language in LANGUAGES},
        api=known.members()["api"],
        calling_codes=codes,
        countries=sorted(countries),
        is_rest=REST in known.codes,
    )


def regions(
    here: str, known: Sequence[DomainRegion], currency: str, zone: str, languages: Sequence[Language]
) -> Regions:
    """Return all that is told."""
    items = [region(one) for one in known]
    return Regions(here=here, items=items, currency=currency, zone=zone, languages=list(languages))
