"""Which lines and branches of the shipped code the tests run, where `--floor` asks for it.

SlipCover measures in each of xdist's processes. It takes its instruments out again where a line has run often enough;
tracing, all that coverage.py can do with Python 3.11, takes two fifths of a test's time. This file is loaded before
`tests/conftest.py`, so that nothing shipped is imported unseen.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import slipcover

MEASURED = ("chalicelib", "infra")
NEVER_RUN = [r"pragma: no cover", r"if TYPE_CHECKING:", r"^\s*\.\.\.$"]
"""The last: the body of a protocol's method."""
FOLDER = "LINLI_COVERAGE"
"""Tells xdist's processes where to put what they find."""
FOUND = pytest.StashKey[dict[str, Any]]()

measuring: slipcover.Slipcover | None = None
if FOLDER in os.environ and "PYTEST_XDIST_WORKER" in os.environ:
    measuring = slipcover.Slipcover(branch=True, source=list(MEASURED), exclude_lines=NEVER_RUN)
    slipcover.ImportManager(measuring, slipcover.FileMatcher(sources=list(MEASURED))).__enter__()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--floor", type=float, help="measure coverage, and fail below so many per cent (needs -n)")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Have the processes that are started from now on measure."""
    if config.getoption("--floor") is None or measuring is not None:
        return
    if not config.getoption("numprocesses"):
        raise pytest.UsageError("--floor: coverage is measured in xdist's processes; give -n too")
    folder = tempfile.TemporaryDirectory(prefix="linli-coverage-")
    config.add_cleanup(folder.cleanup)
    os.environ[FOLDER] = folder.name


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Put away what this process has found, or gather what all have; below the floor the run has failed."""
    yield
    config = session.config
    if measuring is not None:
        mine = Path(os.environ[FOLDER]) / f"{os.environ['PYTEST_XDIST_WORKER']}.json"
        mine.write_text(json.dumps(measuring.get_coverage()), encoding="utf-8")
    elif FOLDER in os.environ:
        parts = [json.loads(path.read_text(encoding="utf-8")) for path in Path(os.environ[FOLDER]).glob("*.json")]
        found = parts[0]
        for part in parts[1:]:
            slipcover.merge_coverage(found, part)
        config.stash[FOUND] = found
        if session.exitstatus == pytest.ExitCode.OK and _percent(found) < config.getoption("--floor"):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Show what was not run, file by file, and how much was."""
    found = config.stash.get(FOUND, None)
    if found is None:
        return
    table, floor = StringIO(), config.getoption("--floor")
    slipcover.print_coverage(found, outfile=table, skip_covered=True, missing_width=60)
    terminalreporter.section("coverage")
    terminalreporter.write_line(table.getvalue())
    verdict = "reached" if _percent(found) >= floor else "NOT reached"
    terminalreporter.write_line(f"{_percent(found):.2f} % of lines and branches: the floor of {floor:g} % is {verdict}")


def _percent(found: dict[str, Any]) -> float:
    percent: float = found["summary"]["percent_covered"]
    return percent
