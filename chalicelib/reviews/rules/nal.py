"""What cameras write between the pictures of H.264 and H.265: supplemental information (SEI). No I/O.

A message of a kind that a player needs stays. All else, above all user data with places, times and names of programs,
becomes filler data of the same length, which every decoder passes over: pictures stay bit for bit.

Sources: ITU-T H.264, 7.3.2.3 and 7.4.1, annex D; ITU-T H.265, 7.3.2.4 and 7.4.2.2, annex D; ISO/IEC 14496-15, 5.3.
"""

from collections.abc import Iterator

_NEEDED = frozenset({0, 1, 6, 45, 47, 129, 137, 144, 147})
"""Buffering, timing of pictures, recovery, stereo, rotation, which parameters are active, brightness."""
_END = 0x80


def blank_sei(data: bytes, out: bytearray, start: int, end: int, prefix: int, codec: str) -> None:
    """Write filler over what nobody needs of a sample that lies at the same place in `data` and `out`.

    Args:
        data, out: the file as it came, and as it is written.
        start, end: of the sample.
        prefix: bytes that say how long a unit is.
        codec: `H.264` or `H.265`.
    """
    head, is_sei, filler = (1, _is_sei_264, b"\x0c") if codec == "H.264" else (2, _is_sei_265, b"\x4c\x01")
    for at, stop in _units(data, start, end, prefix):
        if stop - at > head and is_sei(data[at]) and not _NEEDED.issuperset(_kinds(data[at + head : stop])):
            out[at:stop] = filler + b"\xff" * (stop - at - head - 1) + bytes([_END])


def _is_sei_264(first: int) -> bool:
    return first & 0x1F == 6  # noqa: PLR2004 - H.264, table 7-1


def _is_sei_265(first: int) -> bool:
    return first >> 1 & 0x3F in {39, 40}  # before and after the picture: H.265, table 7-1


def _units(data: bytes, start: int, end: int, prefix: int) -> Iterator[tuple[int, int]]:
    while start + prefix <= end:
        at = start + prefix
        start = at + int.from_bytes(data[start:at], "big")
        if start > end:
            return
        yield at, start


def _kinds(content: bytes) -> Iterator[int]:
    """Yield the kinds of a unit's messages; -1 where that cannot be told."""
    plain = content.replace(b"\0\0\3", b"\0\0")  # bytes that only keep start codes away
    at, last = 0, len(plain) - 1
    while at < last or (at == last and plain[at] != _END):
        kind, at = _long(plain, at)
        size, at = _long(plain, at)
        if at + size > len(plain):
            yield -1
            return
        yield kind
        at += size


def _long(plain: bytes, at: int) -> tuple[int, int]:
    """Return a number that is the sum of bytes, the last of which is less than 255, and where it ends."""
    total = 0
    while at < len(plain) and plain[at] == 0xFF:  # noqa: PLR2004 - 7.3.2.3.1
        total, at = total + 0xFF, at + 1
    return (total + plain[at], at + 1) if at < len(plain) else (total, at + 1)
