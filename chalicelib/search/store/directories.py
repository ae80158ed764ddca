"""Directories as rows."""

import json

from chalicelib.search import directory
from chalicelib.search.directory import Directory
from chalicelib.search.store import rows
from chalicelib.search.store.rows import DirectoryRow


def directory_of(row: DirectoryRow) -> Directory:
    """Return the directory that a row holds."""
    words: dict[str, int] | None = json.loads(row.words) if row.words else None
    return directory.unpack(bytes(row.cells), words)


def directory_row(index: str, partition: str, what: Directory) -> DirectoryRow:
    """Return the row of a directory."""
    words = json.dumps(what.words, ensure_ascii=False, separators=(",", ":")) if what.words else None
    key = rows.directory_key(index, partition)
    return DirectoryRow(*key, cells=directory.pack(what), words=words)
