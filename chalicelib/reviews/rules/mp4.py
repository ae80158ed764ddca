"""MP4 without what it tells beside picture and sound. No I/O.

Nothing is recoded: pictures and sound stay bit for bit. Of what a camera wrote between pictures of H.264 and H.265 only
what a player needs stays (`nal`); what it hid in the pictures, or in the streams of AV1 and of sound, stays as well.

All else is taken out by default: the file is written anew of zeros, at the same length, and only what is known and
needed is copied into it. What is not becomes a box `free`, so that no offset moves. So moments of recording, places
(`udta`, `meta`, `uuid`), names, other tracks, such as those of sensors with their samples, and whatever lies between
samples, are gone.

Sources: ISO/IEC 14496-12 (boxes), 14496-14 (MP4), 14496-15 (AVC, HEVC); QuickTime's sound descriptions of version 1
and 2: Apple, QuickTime File Format.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chalicelib.reviews.rules.boxes import MOST_ROWS, Box, Reader
from chalicelib.reviews.rules.film import Fault, Film, Unfit
from chalicelib.reviews.rules.nal import blank_sei

_CODECS = {
    b"avc1": "H.264", b"avc3": "H.264", b"hvc1": "H.265", b"hev1": "H.265", b"vp09": "VP9", b"av01": "AV1",
    b"mp4a": "AAC", b"Opus": "Opus",
}  # fmt: skip
_PREFIX = {b"avcC": 4, b"hvcC": 21}
"""Where a configuration says in two bits how long the lengths of units are."""
_CONFIGURATIONS = frozenset({b"avcC", b"hvcC", b"vpcC", b"av1C", b"esds", b"dOps", b"colr", b"pasp", b"clap", b"btrt"})
_MOST_CONFIGURED = 16_384  # bytes of a decoder's configuration
_DEEPEST = 4  # containers within a track: `mdia`, `minf`, `stbl`
_CONTAINERS = frozenset({b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl"})
# Leaves whose length follows from a number in them: where their rows begin, and how long one is.
_TABLES = {
    b"stts": (8, 8), b"ctts": (8, 8), b"stsc": (8, 12), b"stco": (8, 4), b"co64": (8, 8), b"stss": (8, 4),
}  # fmt: skip
_FIXED = {b"vmhd": 12, b"smhd": 8}
# Leaves with two moments after version and flags: how long they are in version 0 and 1.
_HEADS = {b"mvhd": (100, 112), b"tkhd": (84, 96), b"mdhd": (24, 36)}
_HANDLER = 12  # of `hdlr` what comes before reserved bytes and a name
_BRANDS = 32  # bytes of `ftyp` that are kept: six compatible brands


@dataclass
class _Track:
    """What is known of a track so far; `prefix`: how long the lengths of units are, 0 where there are none."""

    handler: bytes = b""
    scale: int = 0
    codec: str = ""
    size: tuple[int, int] = (0, 0)
    prefix: int = 0
    tables: dict[bytes, Box] = field(default_factory=dict)


def stripped(data: bytes, most_seconds: int, most_pixels: int) -> tuple[bytes, Film]:
    """Return a film's file without what it tells, and what it is.

    Raises:
        Unfit: it is no such film, or longer or larger than allowed.
    """
    return _Stripper(data).done(most_seconds, most_pixels)


class _Stripper(Reader):
    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._out = bytearray(len(data))
        self._tracks: list[_Track] = []

    def done(self, most_seconds: int, most_pixels: int) -> tuple[bytes, Film]:
        media: list[Box] = []
        for box in self.boxes(0, len(self.data)):
            if box.kind in {b"moof", b"styp", b"sidx"}:
                raise Unfit(Fault.FRAGMENTED)
            if box.kind == b"ftyp":
                self._copy(box.start, min(box.body + _BRANDS, box.end))
            elif box.kind == b"moov":
                self._copy(box.start, box.body)
                self._movie(box)
            elif box.kind == b"mdat":
                self._copy(box.start, box.body)
                media.append(box)
            else:
                self._free(box)
        pictures = [one for one in self._tracks if one.handler == b"vide"]
        sounds = [one for one in self._tracks if one.handler == b"soun"]
        if len(pictures) != 1 or len(sounds) > 1:
            raise Unfit(Fault.UNREADABLE)
        for track in (*pictures, *sounds):
            self._keep(track, media)
        width, height = pictures[0].size
        millis = max(self._millis(track) for track in (*pictures, *sounds))
        film = Film(width, height, millis, tuple(track.codec for track in (*pictures, *sounds)))
        film.must_fit(most_seconds, most_pixels)
        return bytes(self._out), film

    def _keep(self, track: _Track, media: list[Box]) -> None:
        """Copy the samples of a track, all of which lie in the film's data."""
        for start, end in self._samples(track):
            if not any(box.body <= start and end <= box.end for box in media):
                raise Unfit(Fault.UNREADABLE)
            self._copy(start, end)
            if track.prefix:
                blank_sei(self.data, self._out, start, end, track.prefix, track.codec)

    def _copy(self, start: int, end: int) -> None:
        self._out[start:end] = self.data[start:end]

    def _free(self, box: Box) -> None:
        self._copy(box.start, box.body)
        self._out[box.start + 4 : box.start + 8] = b"free"

    def _movie(self, movie: Box) -> None:
        for box in self.boxes(movie.body, movie.end):
            if box.kind == b"mvex":
                raise Unfit(Fault.FRAGMENTED)
            if box.kind == b"mvhd":
                self._head(box)
            elif box.kind == b"trak" and self._handler(box) in {b"vide", b"soun"}:
                track = _Track()
                self._copy(box.start, box.body)
                self._inside(box, track)
                self._tracks.append(track)
            else:
                self._free(box)

    def _handler(self, track: Box) -> bytes:
        for media in self.boxes(track.body, track.end):
            if media.kind == b"mdia":
                for box in self.boxes(media.body, media.end):
                    if box.kind == b"hdlr":
                        return self.data[box.body + 8 : min(box.body + 12, box.end)]
        return b""

    def _inside(self, parent: Box, track: _Track, depth: int = 0) -> None:
        if depth > _DEEPEST:
            raise Unfit(Fault.UNREADABLE)
        for box in self.boxes(parent.body, parent.end):
            if box.kind in _CONTAINERS:
                self._copy(box.start, box.body)
                self._inside(box, track, depth + 1)
            elif not self._leaf(box, track):
                self._free(box)

    def _leaf(self, box: Box, track: _Track) -> bool:
        """Copy what is known of a leaf; say whether it is one."""
        if box.kind in track.tables:  # which of the two a player takes nobody knows
            raise Unfit(Fault.UNREADABLE)
        if box.kind in _HEADS:
            scale = self._head(box)
            track.scale = scale if box.kind == b"mdhd" else track.scale
        elif box.kind == b"hdlr":
            self._copy(box.start, min(box.body + _HANDLER, box.end))
            track.handler = self.data[box.body + 8 : box.body + 12]
        elif box.kind in _TABLES:
            first, length = _TABLES[box.kind]
            self._copy(box.start, box.body + first + self.table(box, first, length) * length)
            track.tables[box.kind] = box
        elif box.kind == b"elst":
            length = 20 if self.number(box.body, 1, box.end) else 12
            self._copy(box.start, box.body + 8 + self.table(box, 8, length) * length)
        elif box.kind == b"stsz":
            rows = 0 if self.number(box.body + 4, 4, box.end) else self.table(box, 12, 4)
            self._copy(box.start, box.body + 12 + rows * 4)
            track.tables[box.kind] = box
        elif box.kind in _FIXED:
            self._copy(box.start, min(box.body + _FIXED[box.kind], box.end))
        elif box.kind == b"dref":
            self._reference(box)
        elif box.kind == b"stsd":
            self._described(box, track)
        else:
            return False
        return True

    def _head(self, box: Box) -> int:
        """Copy a head without its moments; return the scale of `mdhd` and `mvhd`."""
        version = self.number(box.body, 1, box.end)
        length, moment = _HEADS[box.kind][min(version, 1)], 8 if version else 4
        if box.body + length > box.end:
            raise Unfit(Fault.UNREADABLE)
        self._copy(box.start, box.body + 4)
        self._copy(box.body + 4 + 2 * moment, box.body + length)
        return self.number(box.body + 4 + 2 * moment, 4, box.end)

    def _reference(self, box: Box) -> None:
        """The data are in this very file: whatever was said instead."""
        said = b"\0\0\0\0\0\0\0\1\0\0\0\x0curl \0\0\0\1"
        if box.body + len(said) > box.end:
            raise Unfit(Fault.UNREADABLE)
        self._copy(box.start, box.body)
        self._out[box.body : box.body + len(said)] = said

    def _described(self, box: Box, track: _Track) -> None:
        entries = list(self.boxes(box.body + 8, box.end))
        if len(entries) != 1 or self.number(box.body + 4, 4, box.end) != 1:
            raise Unfit(Fault.UNREADABLE)
        self._copy(box.start, box.body + 8)
        entry = entries[0]
        if entry.kind not in _CODECS:
            raise Unfit(Fault.CODEC)
        track.codec = _CODECS[entry.kind]
        is_picture = track.codec not in {"AAC", "Opus"}
        version = 0 if is_picture else self.number(entry.body + 8, 2, entry.end)
        inner = entry.start + (86 if is_picture else 36 + {1: 16, 2: 36}.get(version, 0))
        if inner > entry.end:
            raise Unfit(Fault.UNREADABLE)
        if is_picture:
            track.size = self.number(entry.start + 32, 2, inner), self.number(entry.start + 34, 2, inner)
            self._copy(entry.start, entry.start + 16)
            self._copy(entry.start + 32, entry.start + 50)  # then the name of who made it
            self._copy(entry.start + 82, inner)
        else:
            self._copy(entry.start, inner)
        for one in self.boxes(inner, entry.end):
            is_profile = one.kind == b"colr" and self.data[one.body : one.body + 4] not in {b"nclx", b"nclc"}
            if one.kind not in _CONFIGURATIONS or is_profile:
                self._free(one)
            elif one.end - one.body > _MOST_CONFIGURED:
                raise Unfit(Fault.UNREADABLE)
            else:
                self._copy(one.start, one.end)
                self._configured(one, track)

    def _configured(self, box: Box, track: _Track) -> None:
        """Note how long lengths are; H.265 keeps units of all kinds in its configuration (14496-15, 8.3.3.1.2)."""
        if box.kind not in _PREFIX:
            return
        track.prefix = (self.number(box.body + _PREFIX[box.kind], 1, box.end) & 3) + 1
        at = box.body + 23
        for _ in range(self.number(at - 1, 1, box.end) if box.kind == b"hvcC" else 0):
            start, units = at + 3, self.number(at + 1, 2, box.end)
            at = start
            for _ in range(units):
                at += 2 + self.number(at, 2, box.end)
            blank_sei(self.data, self._out, start, min(at, box.end), 2, track.codec)

    def _millis(self, track: _Track) -> int:
        """Return how long a track is by its samples: what its head says could be anything."""
        box = track.tables.get(b"stts")
        if box is None or not track.scale:
            raise Unfit(Fault.UNREADABLE)
        rows = range(box.body + 8, box.body + 8 + 8 * self.table(box, 8, 8), 8)
        ticks = sum(self.number(at, 4, box.end) * self.number(at + 4, 4, box.end) for at in rows)
        return ticks * 1000 // track.scale

    def _samples(self, track: _Track) -> Iterator[tuple[int, int]]:
        """Yield where the samples of a track lie."""
        sizes, offsets, groups = self._sizes(track.tables), self._offsets(track.tables), self._groups(track.tables)
        done, group, each = 0, 0, 0
        for chunk, start in enumerate(offsets, 1):
            while group < len(groups) and groups[group][0] <= chunk:
                each, group = groups[group][1], group + 1
            end = start
            for size in sizes[done : done + each]:
                begin, end = end, end + size
                yield begin, end
            done = min(done + each, len(sizes))

    def _sizes(self, tables: Mapping[bytes, Box]) -> list[int]:
        box = tables.get(b"stsz")
        if box is None:
            raise Unfit(Fault.UNREADABLE)
        same, count = self.number(box.body + 4, 4, box.end), self.number(box.body + 8, 4, box.end)
        if count > MOST_ROWS:
            raise Unfit(Fault.UNREADABLE)
        rows = range(box.body + 12, box.body + 12 + 4 * count, 4)
        sizes = [same] * count if same else [self.number(at, 4, box.end) for at in rows]
        if sum(sizes) > len(self.data):  # the same bytes again and again
            raise Unfit(Fault.UNREADABLE)
        return sizes

    def _offsets(self, tables: Mapping[bytes, Box]) -> list[int]:
        kind, length = (b"co64", 8) if b"co64" in tables else (b"stco", 4)
        box = tables.get(kind)
        if box is None:
            raise Unfit(Fault.UNREADABLE)
        rows = range(box.body + 8, box.body + 8 + length * self.table(box, 8, length), length)
        return [self.number(at, length, box.end) for at in rows]

    def _groups(self, tables: Mapping[bytes, Box]) -> list[tuple[int, int]]:
        box = tables.get(b"stsc")
        if box is None:
            raise Unfit(Fault.UNREADABLE)
        rows = range(box.body + 8, box.body + 8 + 12 * self.table(box, 8, 12), 12)
        return [(self.number(at, 4, box.end), self.number(at + 4, 4, box.end)) for at in rows]
