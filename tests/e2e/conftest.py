"""What end-to-end tests share: people of the running stack, and a place for figures."""

from collections.abc import Callable, Iterator

import pytest

from infra.local.environments import ROOT
from infra.local.supervisor import LocalStack
from tests.e2e.operations import Operations
from tests.e2e.town import Town
from tests.e2e.walk import Walk

FIGURES = ROOT / ".local" / "figures"


@pytest.fixture(scope="session")
def town(stack: LocalStack) -> Town:
    """The running stack, and people who act in it."""
    return Town(stack)


@pytest.fixture(scope="session")
def walk(town: Town) -> Iterator[Walk]:
    """Somebody of each role and one of each thing, made by every operation of the API, which each succeeded."""
    operations = Operations(town)
    made = Walk(town, operations)
    made.go()
    yield made
    operations.close()


@pytest.fixture
def report(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Takes a line with a figure: shown in the summary of the run, kept in .local/figures to be quoted."""
    lines: list[str] = []

    def take(line: str) -> None:
        lines.append(line)
        record_property("figure", line)
        FIGURES.mkdir(parents=True, exist_ok=True)
        (FIGURES / f"{request.node.name}.txt").write_text("\n".join(lines) + "\n")

    return take
