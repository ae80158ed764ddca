"""What the documents say of the code is what the code says."""

import importlib.metadata
import os
import re

import pytest

from infra import reference
from infra.dependencies import pinned
from infra.targets import ROOT, Target
from infra.template_app import environment

READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
DOCUMENTS = [*READMES, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def test_the_generated_parts_are_in_step():
    assert reference.main(["--check"]) == 0


def test_a_part_out_of_step_is_told_and_written(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("<!-- generated: order-states -->\nold\n<!-- end -->\nafter\n")
    assert reference.main(["--check"], tmp_path) == 1
    assert "page.md is out of step" in capsys.readouterr().out
    assert reference.main([], tmp_path) == 0
    assert "held --> confirmed: pay" in page.read_text()
    assert page.read_text().endswith("<!-- end -->\nafter\n")
    assert reference.main([], tmp_path) == 0
    with pytest.raises(KeyError):
        reference.renewed("<!-- generated: nothing -->\n<!-- end -->")


def test_every_operation_and_code_is_listed_once():
    rows = reference.operations().splitlines()
    assert len(rows) - 2 == len(reference.endpoints())
    codes = re.findall(r"^\| \d+ \| `([a-z-]+)`", reference.codes(), re.MULTILINE)
    assert len(codes) == len(set(codes))
    assert {"slot-taken", "busy", "idempotency-key-reused"} <= set(codes)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_table_of_what_ships_is_right(readme):
    text = readme.read_text()
    for name, version in pinned(ROOT / "requirements.txt").items():
        found = re.search(rf"^\| {re.escape(name)} \| {re.escape(version)} \| ([^|]+) \|", text, re.MULTILINE)
        assert found, f"{name} {version}"
        assert found[1] == licence(name), name


def licence(name):
    """The licence as the distribution's metadata has it."""
    said = importlib.metadata.metadata(name)
    short = said.get("License-Expression") or (said.get("License") or "").partition("\n")[0]
    if short and short != "Dual License":
        return short
    return " or ".join(row.rpartition(" :: ")[2] for row in said.get_all("Classifier") if row.startswith("License ::"))


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_every_setting_of_the_functions_is_in_the_table(readme):
    text = readme.read_text()
    missing = [name for name in environment(Target.local()) if f"| `{name}` |" not in text]
    assert missing == []


def test_what_the_guide_types_is_there():
    typed = re.findall(r"(?:send (\w+)|\bshow) '?(/[^\s'`?]+)", (ROOT / "docs" / "operators-guide.md").read_text())
    there = [(spec.method, re.sub(r"\{\w+\}", "[^/]+", spec.path)) for spec in reference.endpoints()]
    asked = [(method or "GET", f"/v1{path}") for method, path in typed]
    missing = [one for one in asked if not any(one[0] == m and re.fullmatch(path, one[1]) for m, path in there)]
    assert len(asked) > 20
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: os.path.relpath(path, ROOT))
def test_links_lead_somewhere(document):
    missing = [link for link in _LINK.findall(document.read_text()) if not (document.parent / link).exists()]
    assert missing == []
