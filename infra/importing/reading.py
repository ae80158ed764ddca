"""Reads files of shops record by record; neither a large file nor a broken one fills the memory.

What a file is is told by its content: gzip by its first bytes, GeoJSON by its first brace, everything else is CSV.
"""

import contextlib
import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from infra.importing import geojson

LONGEST = 1 << 20  # characters of a line or a feature
_GZIP = b"\x1f\x8b"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = ",;\t"


class ReadError(Exception):
    """The file cannot be read, or not to its end; one line for the person at the keyboard."""


@dataclass(frozen=True)
class Record:
    """A row of a file.

    Attributes:
        number: 1 for the first; a CSV's heading does not count.
        fields: by the names that the file gives them.
        cells: the row as it is, for the rejects.
        fault: why it is no row; empty when it is one.
    """

    number: int
    fields: Mapping[str, str]
    cells: list[str]
    fault: str = ""


@dataclass(frozen=True)
class Source:
    """An open file.

    Attributes:
        heading: names of the cells of its records.
        records: all of them, once. Iterating raises ReadError where the file breaks off.
        size: bytes of the file.
        read: returns how many of them were read so far.
    """

    heading: list[str]
    records: Iterator[Record] = field(repr=False)
    size: int
    read: Callable[[], int] = field(repr=False)


@contextlib.contextmanager
def opened(path: Path, encoding: str = "utf-8") -> Iterator[Source]:
    """Open a file of shops.

    Args:
        path: the file.
        encoding: of its text; a byte order mark of UTF-8 is taken off.

    Raises:
        ReadError: it cannot be opened, is empty, or has no heading.
    """
    with contextlib.ExitStack() as stack:
        with _one_line():
            raw = stack.enter_context(path.open("rb"))
            binary: BinaryIO = raw
            if raw.peek(2)[:2] == _GZIP:
                binary = cast("BinaryIO", gzip.GzipFile(fileobj=raw))
            encoding = "utf-8-sig" if encoding == "utf-8" else encoding
            text = io.TextIOWrapper(binary, encoding, errors="surrogateescape", newline="")
            _refuse_utf_16(text)
            heading, records = (_geojson if _first(text) == "{" else _csv)(text)
        yield Source(heading, _guarded(records), path.stat().st_size, raw.tell)


def _refuse_utf_16(text: TextIO) -> None:
    if cast("io.BufferedReader", text.buffer).peek(2)[:2] in _UTF_16:
        raise ReadError("the file is UTF-16; save it as UTF-8")


def _first(text: TextIO) -> str:
    """Return the first character that is no space, and begin again."""
    head = text.read(4096).lstrip()
    text.seek(0)
    if not head:
        raise ReadError("the file is empty")
    return head[0]


@contextlib.contextmanager
def _one_line() -> Iterator[None]:
    """Turn what reading raises into a ReadError."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ReadError(f"the gzip file is damaged or cut off ({error})") from error
    except geojson.BrokenError as error:
        raise ReadError(f"not a GeoJSON FeatureCollection: {error}") from error
    except (LookupError, UnicodeError) as error:
        raise ReadError(f"the encoding does not fit: {error}") from error
    except OSError as error:
        raise ReadError(f"the file cannot be read: {error}") from error


def _guarded(records: Iterator[Record]) -> Iterator[Record]:
    with _one_line():
        yield from records


def _lines(text: TextIO) -> Iterator[str]:
    while line := text.readline(LONGEST):
        if len(line) == LONGEST:
            raise ReadError(f"a line has more than {LONGEST:,} characters: this is no CSV file")
        yield line


def _csv(text: TextIO) -> tuple[list[str], Iterator[Record]]:
    lines = _lines(text)
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    heading = next(csv.reader([first], delimiter=delimiter))
    return heading, _csv_records(heading, csv.reader(lines, delimiter=delimiter))


def _csv_records(heading: list[str], rows: Iterator[list[str]]) -> Iterator[Record]:
    number = 0
    while True:
        fault = ""
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            cells, fault = [], f"not CSV: {error}"
        if not cells and not fault:
            continue  # an empty line
        number += 1
        if len(cells) > len(heading):
            fault = f"{len(cells)} cells under {len(heading)} headings"
        yield Record(number, dict(zip(heading, cells, strict=False)), cells, fault or _encoding_fault(cells))


def _geojson(text: TextIO) -> tuple[list[str], Iterator[Record]]:
    return ["feature"], _geojson_records(text)


def _geojson_records(text: TextIO) -> Iterator[Record]:
    for number, (feature, raw) in enumerate(geojson.features(text, LONGEST), 1):
        fields, fault = geojson.flat(feature)
        yield Record(number, fields, [raw], fault or _encoding_fault([raw]))


def _encoding_fault(cells: list[str]) -> str:
    """Return a reason when bytes did not fit the encoding: they are there as lone surrogates."""
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return "not in the encoding of the file (UTF-8 unless --encoding says another)"
    return ""
