"""What a text message is made of: parts, which are what it is paid by. No I/O."""

# The basic character set and its extension (3GPP TS 23.038, 6.2.1); a character of the extension takes two places.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_ONE_BASIC, _MANY_BASIC, _ONE_WIDE, _MANY_WIDE = 160, 153, 70, 67


def shortened(text: str, most: int) -> str:
    """Return a text of so many UTF-16 units at most, which parts are counted in: an emoji is two of them."""
    units = text.encode("utf-16-le")
    if len(units) <= 2 * most:
        return text
    return units[: 2 * (most - 1)].decode("utf-16-le", errors="ignore") + "…"  # no half of a character


def parts(text: str) -> int:
    """Return how many messages a text is sent as: 160 septets or 70 UTF-16 units, with a header of six octets in each
    as soon as there are more (3GPP TS 23.040, 9.2.3.24.1).
    """
    if all(one in _BASIC or one in _EXTENSION for one in text):
        units = len(text) + sum(one in _EXTENSION for one in text)
        return 1 if units <= _ONE_BASIC else -(-units // _MANY_BASIC)
    units = len(text.encode("utf-16-le")) // 2
    return 1 if units <= _ONE_WIDE else -(-units // _MANY_WIDE)
