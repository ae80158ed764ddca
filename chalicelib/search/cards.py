"""A card as text: how it lies in an index row, in a segment and in the log. Tabs part the fields, none holds one.

As one attribute a card takes a fifth less room than as an attribute a field, and is read ten times as fast.
"""

from chalicelib.search.ports import Card

_TAB, _COMMA, _DASH = "\t", ",", "-"


def pack(card: Card) -> str:
    """Return all of a card but its id, its `text` and how much of it is searched."""
    fields = (
        str(card.stamp),
        repr(card.lat),
        repr(card.lon),
        card.name,
        card.name_en or "",
        _COMMA.join(card.categories),
        card.address,
        card.zone,
        card.hours,
        _number(card.rating_sum),
        _number(card.rating_count),
        "" if card.price_from is None else str(card.price_from),
        card.currency,
        _COMMA.join(f"{since}{_DASH}{until}" for since, until in card.coupons),
        *((str(card.recent), str(card.weight)) if card.weight else ()),
    )
    return _TAB.join(" ".join(field.split()) if _TAB in field or "\n" in field else field for field in fields)


def unpack(shop_id: str, packed: str, text: str = "", searched: int | None = None) -> Card:
    """Return the card that `pack` has packed."""
    (
        stamp, lat, lon, name, name_en, categories, address, zone, hours, rating_sum, rating_count, price, currency,
        coupons, *lately,
    ) = packed.split(_TAB)  # fmt: skip
    recent, weight = lately or ("", "")
    return Card(
        shop_id,
        name,
        float(lat),
        float(lon),
        tuple(categories.split(_COMMA)) if categories else (),
        name_en or None,
        address,
        zone,
        hours,
        int(rating_sum or 0),
        int(rating_count or 0),
        int(price) if price else None,
        currency,
        tuple(_span(span) for span in coupons.split(_COMMA)) if coupons else (),
        text,
        int(stamp),
        searched,
        int(recent or 0),
        int(weight or 0),
    )


def _number(number: int) -> str:
    return str(number) if number else ""


def _span(text: str) -> tuple[int, int]:
    since, until = text.split(_DASH)
    return int(since), int(until)
