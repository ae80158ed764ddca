"""The command `python -m infra.import_shops`: its options, what it shows, and how it ends."""

import argparse
import contextlib
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from chalicelib import wiring
from chalicelib.accounts import use_cases as accounts
from chalicelib.kit.auth import Role
from chalicelib.kit.errors import NotFound, Problem
from infra.importing.inside import inside
from infra.importing.loading import THREADS, Counts, Loader, batches
from infra.importing.reading import ReadError, Source, opened
from infra.importing.rejects import Rejects
from infra.importing.rows import Defaults, source_of
from infra.local.addresses import Addresses, home_folder
from infra.local.processes import LocalError
from infra.targets import Target

LOCAL_OWNER = "+8613900000002"
"""The merchant that runs imported shops of a local stack when no other is named."""
WELL, FAILED, INCOMPLETE, INTERRUPTED = 0, 1, 3, 130
_ABOUT = """Import shops from a CSV or GeoJSON file (also .gz) into a running stage. Run it again at any time: what is
there is not doubled, what has changed is updated, what is missing goes in. Headings: see infra/importing/rows.py."""
_ENDS = (
    f"exit status: {WELL} all rows are in, {INCOMPLETE} some were rejected, {FAILED} the run failed, 130 interrupted"
)


class ImportFailedError(Exception):
    """The run cannot be done; one line for the person at the keyboard."""


@dataclass
class _Wish:
    """Whether somebody wants the run to stop."""

    event: threading.Event

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        self.event.set()


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    made = argparse.ArgumentParser(prog="import_shops", description=_ABOUT, epilog=_ENDS)
    made.add_argument("file", type=Path, metavar="FILE", help="CSV or GeoJSON, UTF-8, also with gzip")
    made.add_argument("--stage", default="local", help="local (default), or a stage on AWS")
    made.add_argument("--region", help="of a stage on AWS")
    made.add_argument("--table-prefix", default="", help="write to tables under another prefix")
    made.add_argument("--owner", help="account that runs the shops; needed on AWS, locally one is made")
    made.add_argument("--rejects", type=Path, help="where rejected rows go (default: imports/ in the local folder)")
    made.add_argument("--zone", help="IANA zone of all the shops, whatever the file says")
    made.add_argument("--currency", help="currency of all the shops, whatever the file says")
    made.add_argument("--encoding", default="utf-8", help="of a CSV that is not UTF-8, for example gb18030")
    made.add_argument("--threads", type=int, default=THREADS, help=f"batches at a time (default: {THREADS})")
    return made


def target_of(options: argparse.Namespace) -> Target:
    """Return where the shops go to.

    Raises:
        LocalError: the local stack does not run.
        ImportFailedError: an option is missing.
    """
    if options.stage == "local":
        found = Addresses.read(home_folder())
        port = int(found.gateway.rpartition(":")[2])
        region = {"region": options.region} if options.region else {}
        return Target.local(
            port=port, stage=found.stage, table_prefix=options.table_prefix, inbox_url=found.inbox, **region
        )
    if not options.region or not options.owner:
        raise ImportFailedError("a stage on AWS needs --region and --owner")
    return Target.aws(stage=options.stage, region=options.region, table_prefix=options.table_prefix)


def owner_of(options: argparse.Namespace) -> str:
    """Return the account that is to run the shops, a merchant from now on.

    Raises:
        ImportFailedError: there is none with that id.
    """
    try:
        if options.owner:
            return accounts.grant_role(wiring.accounts(), Role.MERCHANT, account_id=options.owner).id
        return accounts.grant_role(wiring.accounts(), Role.MERCHANT, phone_text=LOCAL_OWNER).id
    except NotFound as error:
        raise ImportFailedError(f"there is no account {options.owner}") from error


def main(arguments: Sequence[str] | None = None, console: Console | None = None) -> int:
    """Run the command; returns its exit status."""
    options, console = parser().parse_args(arguments), console or Console()
    wish = threading.Event()
    try:
        with _signals(wish), inside(target_of(options)):
            return _run(options, console, wish)
    except (ImportFailedError, LocalError, ReadError, OSError) as error:
        line = str(error)
    except (Problem, PynamoDBException, BotoCoreError, ClientError) as error:
        line = f"the stage does not take it ({' '.join(str(error).split())[:300]}); run it again to go on"
    console.print(f"import: {line}", style="red", highlight=False, markup=False, soft_wrap=True)
    return FAILED


@contextlib.contextmanager
def _signals(wish: threading.Event) -> Iterator[None]:
    """Have Ctrl-C and SIGTERM ask for an orderly end while the command runs."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _Wish(wish)) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(options: argparse.Namespace, console: Console, wish: threading.Event) -> int:
    began = time.monotonic()
    source_name = source_of(options.file.name)
    place = options.rejects or home_folder() / "imports" / f"{source_name}.rejects.csv"
    defaults = Defaults(source_name, options.zone, options.currency)
    with opened(options.file, options.encoding) as source, Rejects(place, source.heading) as rejects:
        owner = owner_of(options)
        with _shown(source, console) as progress:
            loader = Loader(
                shops=wiring.shops(),
                search=wiring.search_index(),
                pages=wiring.pages(),
                maps=wiring.free_maps(),
                owner_id=owner,
                reject=rejects.add,
                progress=progress,
                stopping=wish.is_set,
                threads=max(1, options.threads),
            )
            counts = loader.load(batches(source.records, defaults))
    _close(console, counts, place, time.monotonic() - began, stopped=wish.is_set())
    if wish.is_set():
        return INTERRUPTED
    return INCOMPLETE if counts.rejected else WELL


class _Shown:
    """A bar over the bytes of the file: what is left of them says how long it will take."""

    def __init__(self, source: Source, bar: Progress) -> None:
        self._source, self._bar = source, bar
        self._began = time.monotonic()
        self._task = bar.add_task("Import", total=source.size, rows=0, rate=0)

    def __call__(self, counts: Counts) -> None:
        """Show the counts."""
        rate = counts.rows / max(time.monotonic() - self._began, 0.001)
        self._bar.update(self._task, completed=self._source.read(), rows=counts.rows, rate=rate)


@contextlib.contextmanager
def _shown(source: Source, console: Console) -> Iterator[_Shown]:
    words = TextColumn("{task.fields[rows]:,} rows, {task.fields[rate]:,.0f}/s")
    columns = (TextColumn("{task.description}"), BarColumn(), words, TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield _Shown(source, bar)


def _close(console: Console, counts: Counts, rejects: Path, seconds: float, *, stopped: bool) -> None:
    line = (
        f"import: {counts.rows:,} rows in, {counts.written:,} written ({counts.created:,} new, "
        f"{counts.updated:,} changed), {counts.unchanged:,} unchanged, {counts.rejected:,} rejected, {seconds:.1f} s"
    )
    if counts.rejected:
        line += f"; see {rejects}"
    if stopped:
        line += "; interrupted, run it again to go on"
    console.print(line, highlight=False, markup=False, soft_wrap=True)
