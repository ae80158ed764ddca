"""docs/architecture.md lists what there is: each domain and whom it calls, each function, each table, each message."""

import re

import pytest

from chalicelib.notifications.rules import AUDIENCE
from infra.tables import TABLES
from infra.targets import ROOT
from infra.template_app import configured_functions
from tests.arrows import DOMAINS

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]


def rows(heading):
    """The rows of the table below a heading, as their cells."""
    below = PAGE.partition(f"\n{heading}\n")[2]
    table = re.search(r"^\|.*?\n(?!\|)", below, re.MULTILINE | re.DOTALL)
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table[0].splitlines()[2:]]


def imported(domain):
    """The domains whose use cases, ports or messages a domain's code imports."""
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "chalicelib" / domain).rglob("*.py"))
    return set(re.findall(r"(?:from|import) chalicelib\.(\w+)", text)) & set(DOMAINS) - {domain}


def test_each_domain_is_there_with_those_that_it_calls():
    told = {
        name: set(re.findall("[a-z]+", row[2])) & set(DOMAINS)
        for row in rows("## Domains")
        for name in row[0].split(", ")
    }
    assert told == {domain: imported(domain) for domain in DOMAINS}


def test_no_arrow_is_allowed_that_nobody_needs():
    assert {domain: set(others) for domain, others in DOMAINS.items()} == {one: imported(one) for one in DOMAINS}


@pytest.mark.parametrize("heading", ["## Functions", "### Memory, time, and how many at once"])
def test_each_function_is_there(heading):
    assert {row[0].strip("`") for row in rows(heading)} == set(configured_functions(ROOT))


def test_each_table_is_there():
    assert {row[0].partition(",")[0] for row in rows("## Tables")} == {spec.name for spec in TABLES}


def test_each_message_that_people_hear_of_is_there():
    told = {name for row in rows("## Messages") for name in re.findall(r"`([a-z_.]+)`", row[0])}
    assert set(AUDIENCE) <= told


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_house_in_the_readme_has_every_domain(readme):
    house = re.search(r"^  <[^>]+>/ (.*?)^    routes\.py", readme.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert set(house[1].split()) == set(DOMAINS)
