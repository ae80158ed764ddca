"""WebM without what it tells beside picture and sound. No I/O.

As `mp4`: nothing is recoded, and the file is written anew at its length, of zeros and of what is known and needed;
what is not becomes an element Void. So titles, dates, names of programs, tags, attachments, chapters and other tracks
are gone.
Sound is Opus alone: Vorbis keeps its comments, which may be anything, in what a player needs.

Sources: RFC 8794 (EBML), RFC 9559 (Matroska), WebM Container Guidelines.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.reviews.rules.film import Fault, Film, Unfit

_MOST_ELEMENTS = 200_000
# RFC 9559, 5.1
_HEADER, _SEGMENT, _CLUSTER, _INFO, _TRACKS = 0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1549A966, 0x1654AE6B
_CUES, _SEEK_HEAD, _SEEK, _SEEK_ID, _ENTRY = 0x1C53BB6B, 0x114D9B74, 0x4DBB, 0x53AB, 0xAE
_TIME, _SIMPLE, _BLOCK, _GROUP = 0xE7, 0xA3, 0xA1, 0xA0
_DOCUMENT, _SCALE, _CODEC = 0x4282, 0x2AD7B1, 0x86
_TAGS, _CHAPTERS, _FILES, _VOID = 0x1254C367, 0x1043A770, 0x1941A469, 0xEC
_LEVEL_1 = frozenset({_CLUSTER, _INFO, _TRACKS, _CUES, _SEEK_HEAD, _TAGS, _CHAPTERS, _FILES})
_CODECS = {b"V_VP8": "VP8", b"V_VP9": "VP9", b"V_AV1": "AV1", b"A_OPUS": "Opus"}
_PICTURE, _SOUND = 1, 2
_OF_TRACK = {0xD7: "number", 0x83: "kind", _CODEC: "codec", 0xB0: "width", 0xBA: "height"}
_NUMBER, _WORD, _PRIVATE, _BLANK, _DATA = 8, 32, 1_024, -1, 1 << 40
# What is copied: a container's children, or the most bytes of a leaf; `_BLANK` leaves an empty text there.
_LEAVES = {_SIMPLE: _DATA, _TIME: _NUMBER, 0xA7: _NUMBER, 0xAB: _NUMBER}
_SCHEMA: Mapping[int, Any] = {
    _SEEK_HEAD: {_SEEK: {_SEEK_ID: 4, 0x53AC: _NUMBER}},
    _INFO: {0x2AD7B1: _NUMBER, 0x4489: _NUMBER, 0x4D80: _BLANK, 0x5741: _BLANK},
    _TRACKS: {
        _ENTRY: {
            0xD7: _NUMBER, 0x73C5: _NUMBER, 0x83: _NUMBER, 0xB9: _NUMBER, 0x88: _NUMBER, 0x55AA: _NUMBER,
            0x9C: _NUMBER, 0x6DE7: _NUMBER, 0x23E383: _NUMBER, 0x56AA: _NUMBER, 0x56BB: _NUMBER, 0x86: _WORD,
            0x63A2: _PRIVATE,
            0xE0: {
                0xB0: _NUMBER, 0xBA: _NUMBER, 0x9A: _NUMBER, 0x54B0: _NUMBER, 0x54BA: _NUMBER, 0x54B2: _NUMBER,
                0x55B0: dict.fromkeys(range(0x55B1, 0x55BE), _NUMBER),
            },
            0xE1: {0xB5: _NUMBER, 0x78B5: _NUMBER, 0x9F: _NUMBER, 0x6264: _NUMBER},
        }
    },
    _CLUSTER: {**_LEAVES, _GROUP: {_BLOCK: _DATA, 0x9B: _NUMBER, 0xFB: _NUMBER, 0x75A2: _NUMBER}},
    _CUES: {
        0xBB: {
            0xB3: _NUMBER,
            0xB7: {0xF7: _NUMBER, 0xF1: _NUMBER, 0xF0: _NUMBER, 0xB2: _NUMBER, 0x5378: _NUMBER},
        }
    },
}  # fmt: skip
_IN_HEADER: Mapping[int, Any] = {
    0x4286: _NUMBER, 0x42F7: _NUMBER, 0x42F2: _NUMBER, 0x42F3: _NUMBER, 0x4282: _WORD, 0x4287: _NUMBER,
    0x4285: _NUMBER,
}  # fmt: skip


@dataclass(frozen=True)
class _Element:
    """Where an element is; `end` is None where its length is not said."""

    key: int
    start: int
    body: int
    end: int | None


@dataclass
class _Track:
    number: int = 0
    kind: int = 0
    codec: bytes = b""
    width: int = 0
    height: int = 0


@dataclass
class _Known:
    """What was read on the way; times in ticks of `scale` nanoseconds."""

    scale: int = 1_000_000
    cluster: int = 0
    last: int = 0
    tracks: list[_Track] = field(default_factory=list)
    document: bytes = b""

    def fits(self) -> frozenset[int]:
        """Return the numbers of the tracks whose blocks stay."""
        return frozenset(one.number for one in self.tracks if one.kind in {_PICTURE, _SOUND})


def stripped(data: bytes, most_seconds: int, most_pixels: int) -> tuple[bytes, Film]:
    """Return a film's file without what it tells, and what it is.

    Raises:
        Unfit: it is no such film, or longer or larger than allowed.
    """
    return _Stripper(data).done(most_seconds, most_pixels)


class _Stripper:
    def __init__(self, data: bytes) -> None:
        self._data, self._out, self._count, self._known = data, bytearray(len(data)), 0, _Known()

    def done(self, most_seconds: int, most_pixels: int) -> tuple[bytes, Film]:
        top = self._elements(0, len(self._data))
        header, segment = next(top, None), next(top, None)
        if header is None or segment is None or (header.key, segment.key) != (_HEADER, _SEGMENT) or not header.end:
            raise Unfit(Fault.UNREADABLE)
        self._copy(header.start, header.body)
        self._inside(header.body, header.end, _IN_HEADER)
        if self._known.document.rstrip(b"\0") != b"webm":
            raise Unfit(Fault.KIND)
        self._copy(segment.start, segment.body)
        end = segment.end or len(self._data)
        if end != len(self._data):
            raise Unfit(Fault.UNREADABLE)  # something comes after the film
        self._inside(segment.body, end, _SCHEMA)
        film = self._film()
        film.must_fit(most_seconds, most_pixels)
        return bytes(self._out), film

    def _film(self) -> Film:
        pictures = [one for one in self._known.tracks if one.kind == _PICTURE]
        sounds = [one for one in self._known.tracks if one.kind == _SOUND]
        if len(pictures) != 1 or len(sounds) > 1:
            raise Unfit(Fault.UNREADABLE)
        codecs = [_CODECS.get(one.codec.rstrip(b"\0")) for one in (*pictures, *sounds)]
        if None in codecs:
            raise Unfit(Fault.CODEC)
        millis = -(-self._known.last * self._known.scale // 1_000_000)
        return Film(pictures[0].width, pictures[0].height, millis, tuple(one for one in codecs if one))

    def _copy(self, start: int, end: int) -> None:
        self._out[start:end] = self._data[start:end]

    def _void(self, start: int, end: int) -> None:
        """Write an element that says nothing over a whole one: two bytes at least (RFC 8794, 11.3.2)."""
        length = end - start
        if length <= 128:  # noqa: PLR2004 - up to 126 bytes are said in one
            head = bytes([_VOID, 0x80 | (length - 2)])
        else:
            head = bytes([_VOID, 1]) + (length - 9).to_bytes(7, "big")
        self._out[start:end] = head + bytes(length - len(head))

    def _vint(self, at: int, end: int, longest: int) -> tuple[int, int]:
        """Return a number with its marker, and its length (RFC 8794, 4)."""
        first = self._data[at] if at < end else 0
        length = 9 - first.bit_length()
        if not first or length > longest or at + length > end:
            raise Unfit(Fault.UNREADABLE)
        return int.from_bytes(self._data[at : at + length], "big"), length

    def _elements(self, start: int, end: int) -> Iterator[_Element]:
        while start < end:
            self._count += 1
            key, length = self._vint(start, end, 4)
            size, more = self._vint(start + length, end, 8)
            body, value = start + length + more, size & ~(1 << (7 * more))
            if value == (1 << (7 * more)) - 1:
                if key not in {_SEGMENT, _CLUSTER}:
                    raise Unfit(Fault.UNREADABLE)
                stop = None
            elif body + value > end or self._count > _MOST_ELEMENTS:
                raise Unfit(Fault.UNREADABLE)
            else:
                stop = body + value
            element = _Element(key, start, body, stop)
            yield element
            start = stop if stop is not None else self._end_of(element, end)

    def _end_of(self, element: _Element, end: int) -> int:
        """Return where an element ends that does not say so: a cluster where the next of its level begins."""
        if element.key == _SEGMENT:
            return end
        at = element.body
        for child in self._elements(element.body, end):
            if child.key in _LEVEL_1:
                return child.start
            at = child.end or end
        return at

    def _inside(self, start: int, end: int, schema: Mapping[int, Any]) -> None:
        for element in self._elements(start, end):
            stop = element.end or self._end_of(element, end)
            allowed = schema.get(element.key)
            if isinstance(allowed, Mapping):
                self._container(element, stop, allowed)
            elif allowed == _BLANK:
                self._copy(element.start, element.body)
            elif allowed is None or stop - element.body > allowed or not self._learn(element, stop):
                self._void(element.start, stop)
            else:
                self._copy(element.start, stop)

    def _container(self, element: _Element, stop: int, allowed: Mapping[int, Any]) -> None:
        if element.key == _SEEK and not self._points_to_kept(element, stop):
            self._void(element.start, stop)
            return
        if element.key == _ENTRY:
            self._known.tracks.append(_Track())
        self._copy(element.start, element.body)
        self._inside(element.body, stop, allowed)
        if element.key == _ENTRY and self._known.tracks[-1].kind not in {_PICTURE, _SOUND}:
            self._void(element.start, stop)

    def _points_to_kept(self, element: _Element, stop: int) -> bool:
        return any(
            child.key == _SEEK_ID and int.from_bytes(self._data[child.body : child.end], "big") in _SCHEMA
            for child in self._elements(element.body, stop)
        )

    def _learn(self, element: _Element, stop: int) -> bool:
        """Note what a leaf says; say whether it stays."""
        known, content = self._known, self._data[element.body : stop]
        number = int.from_bytes(content[:8], "big")
        if element.key in {_SIMPLE, _BLOCK}:
            return self._block(element.body, stop)
        if element.key == _DOCUMENT:
            known.document = content
        elif element.key == _SCALE:
            known.scale = number
        elif element.key == _TIME:
            known.cluster = number
        elif known.tracks:
            name = _OF_TRACK.get(element.key)
            if name is not None:
                setattr(known.tracks[-1], name, content if element.key == _CODEC else number)
        return True

    def _block(self, at: int, stop: int) -> bool:
        number, length = self._vint(at, stop, 4)
        if at + length + 3 > stop:
            raise Unfit(Fault.UNREADABLE)
        later = int.from_bytes(self._data[at + length : at + length + 2], "big", signed=True)
        self._known.last = max(self._known.last, self._known.cluster + later)
        return number & ~(1 << (7 * length)) in self._known.fits()
