"""Writes down the rows that were not taken, so that they can be put right and imported again."""

import csv
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from infra.importing.reading import Record


class Rejects:
    """A CSV file with the row's number, the reason, and the row as it was. There is no file while nothing is rejected;
    one of an earlier run is removed at the end of a run without rejects.

    It is written beside its place and put there at the end: it may take the place of the file that is being read.
    """

    def __init__(self, path: Path, heading: Iterable[str]) -> None:
        self.path = path
        self.count = 0
        self._heading = [name for name in heading if name not in _OWN]
        self._all = list(heading)
        self._part = path.with_name(f"{path.name}.part")
        self._file: TextIO | None = None

    def add(self, record: Record, reason: str) -> None:
        """Write one row; it is in the file at once."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # What was no text is written as \udc.. escapes.
            self._file = self._part.open("w", encoding="utf-8", errors="backslashreplace", newline="", buffering=1)
            csv.writer(self._file).writerow([*_OWN, *self._heading])
        cells = [cell for name, cell in zip(self._all, record.cells, strict=False) if name not in _OWN]
        beyond = record.cells[len(self._all) :]
        csv.writer(self._file).writerow([record.number, reason, *cells, *beyond])
        self.count += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._part.replace(self.path)
        elif problem is None:
            self.path.unlink(missing_ok=True)


_OWN = ("row", "reason")
