"""Hands rows over to shops and search, in batches on several threads.

A run may break off at any time and be started again: a shop's id follows from its source and its own id there, and a
row that is in unchanged costs two reads and no write. So there is no checkpoint, which could be wrong: the tables
themselves say how far it went, and asking them takes about a sixth of the time that writing took.
"""

import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TypeVar

from botocore.exceptions import BotoCoreError
from pynamodb.exceptions import PynamoDBException

from chalicelib.kit.errors import Busy, FieldError
from chalicelib.search import use_cases as search
from chalicelib.search.free_ports import MapPorts
from chalicelib.search.index_ports import IndexPorts
from chalicelib.search.pages import PagePorts
from chalicelib.search.use_cases.maps import ask_round
from chalicelib.search.use_cases.page import fill_pages
from chalicelib.shops import use_cases as shops
from chalicelib.shops.ports import ImportRow, ShopPorts
from infra.importing.reading import Record
from infra.importing.rows import Defaults, RowError, import_row

BATCH = 100  # shops that one BatchGetItem asks for
THREADS = 4
_TRIES = 4
_PAUSE = 0.5  # seconds before the second try


@dataclass
class Counts:
    """What became of rows."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    @property
    def rows(self) -> int:
        """All of them."""
        return self.written + self.unchanged + self.rejected

    @property
    def written(self) -> int:
        """Those whose shops were made or changed."""
        return self.created + self.updated

    def add(self, more: "Counts") -> None:
        """Count more rows in."""
        self.created += more.created
        self.updated += more.updated
        self.unchanged += more.unchanged
        self.rejected += more.rejected


@dataclass
class Batch:
    """Some records in a row: what is to be imported, and what is already known to be no shop."""

    taken: list[tuple[Record, ImportRow]] = field(default_factory=list)
    refused: list[tuple[Record, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.taken) + len(self.refused)


def batches(records: Iterable[Record], defaults: Defaults, size: int = BATCH) -> Iterator[Batch]:
    """Yield the records in batches. A shop that stands in the file twice is refused the second time: which
    of the two is right, only the file's owner knows. Some hundred bytes are kept of each row for that.
    """
    seen: dict[bytes, int] = {}
    batch = Batch()
    for record in records:
        try:
            batch.taken.append((record, _sole(record, defaults, seen)))
        except RowError as error:
            batch.refused.append((record, str(error)))
        if len(batch) >= size:
            yield batch
            batch = Batch()
    if len(batch):
        yield batch


def _sole(record: Record, defaults: Defaults, seen: dict[bytes, int]) -> ImportRow:
    if record.fault:
        raise RowError(record.fault)
    row = import_row(record.fields, defaults)
    known = blake2b(f"{row.source}\x1f{row.external_id}".encode(), digest_size=12).digest()
    first = seen.setdefault(known, record.number)
    if first != record.number:
        raise RowError(f"id: the same shop as row {first}")
    return row


@dataclass(frozen=True)
class _Done:
    """What became of a batch."""

    counts: Counts
    refused: Sequence[tuple[Record, str]]
    partitions: frozenset[str]


@dataclass(frozen=True)
class Loader:
    """Where rows go to.

    Attributes:
        shops, search, pages, maps: the platform.
        owner_id: the account that runs the shops.
        reject: is told each row that is not taken and why, in the order of the file.
        progress: is told the counts after every batch.
        stopping: says that no further batch is to be begun.
        threads: how many batches are on their way at a time.
    """

    shops: ShopPorts
    search: IndexPorts
    pages: PagePorts
    maps: MapPorts
    owner_id: str
    reject: Callable[[Record, str], None]
    progress: Callable[[Counts], None]
    stopping: Callable[[], bool]
    threads: int = THREADS

    def load(self, source: Iterable[Batch]) -> Counts:
        """Load all batches. Also when reading or writing fails, which is raised then, what was begun is finished.

        Raises:
            ReadError: the file breaks off.
            Busy, PynamoDBException, BotoCoreError: the platform could not be reached, or not be written to.
        """
        counts = Counts()
        written: set[str] = set()
        waiting: deque[Future[_Done]] = deque()

        def settle() -> None:
            done = waiting.popleft().result()
            for record, reason in done.refused:
                self.reject(record, reason)
            counts.add(done.counts)
            written.update(done.partitions)
            self.progress(counts)

        with ThreadPoolExecutor(self.threads, thread_name_prefix="import") as pool:
            try:
                for batch in source:
                    waiting.append(pool.submit(self._write, batch))
                    if len(waiting) > 2 * self.threads:
                        settle()
                    if self.stopping():
                        break
            finally:
                while waiting:
                    settle()
        _patiently(lambda: search.pack(self.search, sorted(written)))
        _patiently(lambda: ask_round(self.maps))
        return counts

    def _write(self, batch: Batch) -> _Done:
        rows = [row for _, row in batch.taken]
        imported = _patiently(lambda: shops.import_many(self.shops, self.owner_id, rows))
        indexed = _patiently(lambda: search.index_many(self.search, imported.listings, unrated=True))
        _patiently(lambda: fill_pages(self.pages, imported.listings))
        refused = [*batch.refused, *((batch.taken[at][0], _reason(faults)) for at, faults in imported.rejected)]
        refused.sort(key=lambda pair: pair[0].number)
        counts = Counts(imported.created, imported.updated, imported.unchanged, len(refused))
        return _Done(counts, refused, indexed.partitions)


def _reason(faults: Iterable[FieldError]) -> str:
    return "; ".join(f"{fault.field}: {fault.message}" for fault in faults)


_T = TypeVar("_T")


def _patiently(work: Callable[[], _T]) -> _T:
    """Do something that may be repeated; again after a pause when tables are throttled or the network is away."""
    for attempt in range(_TRIES - 1):
        try:
            return work()
        except (Busy, PynamoDBException, BotoCoreError):
            time.sleep(_PAUSE * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - spreads the threads
    return work()
