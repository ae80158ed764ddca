"""Addresses, and the book that they stand in. No I/O.

Which address is the default is said by the book alone, which names one of its own as long as it has any: so there is
exactly one, whatever happens at once.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from chalicelib.kit.errors import FieldError, Invalid
from chalicelib.profiles.problems import TooManyAddresses
from chalicelib.shops.ports import Position

MOST_ADDRESSES = 20
_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ "
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO "
    "FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE "
    "JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO "
    "MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW "
    "PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM "
    "TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
COUNTRIES = frozenset(_CODES.split())
"""ISO 3166-1 alpha-2."""

POSTCODES: Mapping[str, str] = {
    "AU": r"\d{4}",
    "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d",
    "CN": r"\d{6}",
    "DE": r"\d{5}",
    "ES": r"\d{5}",
    "FR": r"\d{5}",
    "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    "IT": r"\d{5}",
    "JP": r"\d{3}-?\d{4}",
    "KR": r"\d{5}",
    "MY": r"\d{5}",
    "NL": r"\d{4} ?[A-Z]{2}",
    "SG": r"\d{6}",
    "TH": r"\d{5}",
    "TW": r"\d{3}(\d{2,3})?",
    "US": r"\d{5}(-\d{4})?",
}
"""How postcodes are written, where it is known; elsewhere up to 12 letters, digits, blanks and dashes."""
_ANY_POSTCODE = r"[A-Z0-9][A-Z0-9 -]{0,11}"
_NO_POSTCODE = frozenset({"AE", "HK", "MO", "QA"})
_WITHOUT = frozenset({"CN"})  # where parcels find their way without one
_PHONE = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(frozen=True)
class AddressDraft:
    """What somebody says about an address.

    Attributes:
        label: what they call it.
        recipient: who is there.
        phone: E.164.
        country: ISO 3166-1 alpha-2.
        lines: the address without postcode and country, as it is written on a parcel.
        postcode: None where there is none.
        position: where it is; None where nobody knows.
    """

    label: str = field(repr=False)
    recipient: str = field(repr=False)
    phone: str = field(repr=False)
    country: str
    lines: tuple[str, ...] = field(repr=False)
    postcode: str | None = field(default=None, repr=False)
    position: Position | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class Address(AddressDraft):
    """An address in somebody's book.

    Attributes:
        id: `adr_...`.
        version: rises with every change; that it is the default is not of it.
    """

    id: str
    version: int = 1


@dataclass(frozen=True)
class Book:
    """Whose addresses, in the order in which they came.

    Attributes:
        ids: of the addresses.
        default: one of `ids`; None where there are none.
        version: rises with every change of the book; 0 before the first.
    """

    account_id: str
    ids: tuple[str, ...] = ()
    default: str | None = None
    version: int = 0


def checked(draft: AddressDraft) -> AddressDraft:
    """Return a draft as it is kept: phone and postcode in their usual form.

    Raises:
        Invalid: names the fields at fault.
    """
    phone = re.sub(r"[\s().-]", "", draft.phone)
    postcode = " ".join(draft.postcode.upper().split()) if draft.postcode else None
    faults = []
    if not _PHONE.fullmatch(phone):
        faults.append(FieldError("phone", "not a phone number with country code, such as +8613800138000"))
    if draft.country not in COUNTRIES:
        faults.append(FieldError("country", "not an ISO 3166 code of a country, such as CN"))
    elif wrong := _postcode_fault(draft.country, postcode):
        faults.append(FieldError("postcode", wrong))
    if faults:
        raise Invalid(errors=faults)
    return replace(draft, phone=phone, postcode=postcode)


def _postcode_fault(country: str, postcode: str | None) -> str | None:
    if postcode is None:
        needed = country in POSTCODES and country not in _WITHOUT
        return f"addresses in {country} have one" if needed else None
    if country in _NO_POSTCODE:
        return f"addresses in {country} have none"
    if not re.fullmatch(POSTCODES.get(country, _ANY_POSTCODE), postcode, re.ASCII):
        return f"not written as in {country}"
    return None


def added(book: Book, address_id: str, *, default: bool) -> Book:
    """Return a book with one more address, which is the default where it is the first one, or is to be.

    Raises:
        TooManyAddresses: it has `MOST_ADDRESSES`.
    """
    if len(book.ids) >= MOST_ADDRESSES:
        raise TooManyAddresses(limit=MOST_ADDRESSES)
    first = address_id if default or book.default is None else book.default
    return replace(book, ids=(*book.ids, address_id), default=first, version=book.version + 1)


def removed(book: Book, address_id: str) -> Book:
    """Return a book without one of its addresses; the oldest that is left takes the place of the default."""
    left = tuple(one for one in book.ids if one != address_id)
    default = book.default if book.default in left else next(iter(left), None)
    return replace(book, ids=left, default=default, version=book.version + 1)


def preferred(book: Book, address_id: str) -> Book:
    """Return a book whose default is one of its addresses."""
    return replace(book, default=address_id, version=book.version + 1)
