"""Many cards of one partition in one row: what a warm function keeps in memory."""

import struct
import zlib
from array import array
from collections.abc import Iterable, Sequence

from chalicelib.search import cards, curve
from chalicelib.search.ports import Card

MOST = 2000  # cards of a segment: some 200 KB packed, half of what a row can hold
LIMIT_BYTES = 380_000  # of a packed segment, as DynamoDB refuses rows of more than 400 KB
_COUNT = struct.Struct("<I")
_LEVEL = 6  # how hard to squeeze: harder costs the packer twice the time for 2% less


class Segment:
    """Cards along the curve; each is read when it is first looked at.

    Attributes:
        cells: their positions, ascending.
        places: where they are, degrees.
        ids: of the shops.
        lines: id and packed card of each.
        levels: of the curve below a position.
    """

    levels = 0

    def __init__(self, cells: Sequence[int], lines: Sequence[str]) -> None:
        self.cells = cells
        parts = [line.split("\t", 4) for line in lines]
        self.ids = [part[0] for part in parts]
        self.places = [(float(part[2]), float(part[3])) for part in parts]
        self.lines = lines
        self._cards: dict[int, Card] = {}

    def card(self, index: int) -> Card:
        """Return one of the cards."""
        known = self._cards.get(index)
        if known is None:
            shop_id, _, packed = self.lines[index].partition("\t")
            known = self._cards[index] = cards.unpack(shop_id, packed)
        return known


def of(some: Iterable[Card]) -> Segment:
    """Return the segment of some cards, in any order."""
    ordered = sorted(((curve.position(card.lat, card.lon), card) for card in some), key=lambda pair: pair[0])
    lines = [f"{card.shop_id}\t{cards.pack(card)}" for _, card in ordered]
    return Segment(array("Q", (at for at, _ in ordered)), lines)


def split(some: Iterable[Card]) -> list[tuple[int, bytes]]:
    """Return cards as packed segments along the curve, each with its first position. The first begins where the
    partition does, in effect: what lies before it belongs to it, too.
    """
    whole = of(some)
    pieces = [(start, min(start + MOST, len(whole.cells))) for start in range(0, len(whole.cells), MOST)]
    packed = []
    while pieces:
        start, end = pieces.pop(0)
        body = _pack(whole, start, end)
        if len(body) > LIMIT_BYTES and end - start > 1:
            middle = (start + end) // 2
            pieces[:0] = [(start, middle), (middle, end)]
        else:
            packed.append((whole.cells[start], body))
    return packed


def unpack(packed: bytes) -> Segment:
    """Return a segment that `split` has packed."""
    body = zlib.decompress(packed)
    (count,) = _COUNT.unpack_from(body)
    end = _COUNT.size + 8 * count
    lines = body[end:].decode().split("\n")
    return Segment(array("Q", struct.unpack_from(f"<{count}Q", body, _COUNT.size)), lines)


def _pack(whole: Segment, start: int, end: int) -> bytes:
    cells, lines = whole.cells[start:end], whole.lines[start:end]
    body = _COUNT.pack(len(cells)) + struct.pack(f"<{len(cells)}Q", *cells) + "\n".join(lines).encode()
    return zlib.compress(body, _LEVEL)
