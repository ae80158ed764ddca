"""docs/security.md says what is shown where: what it names is there, and it counts right."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import app  # noqa: F401 - fills the list of endpoints
from chalicelib.kit.endpoints import ENDPOINTS

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ((?:API)?[0-9.]+) \| ([^|]+) \| (pass|not applicable|open) \| ([^|]+) \|$", re.MULTILINE)
ROWS = ROW.findall(TEXT)
ASVS = [row for row in ROWS if not row[0].startswith("API")]
# Requirements of levels 1 and 2 in each chapter of ASVS 5.0.0.
CHAPTERS = {1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7, 10: 29, 11: 14, 12: 9, 13: 13, 14: 9, 15: 13, 16: 16, 17: 7}  # fmt: skip


@cache
def named_in(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_row_is_read():
    lines = [line for line in TEXT.splitlines() if re.match(r"\| (API)?[0-9]", line)]
    assert len(lines) == len(ROWS)


def test_no_requirement_is_left_out_or_told_twice():
    ids = [row[0] for row in ASVS]
    assert len(set(ids)) == len(ids)
    assert Counter(int(one.split(".")[0]) for one in ids) == CHAPTERS
    assert [row[0] for row in ROWS if row[0].startswith("API")] == [f"API{number}" for number in range(1, 11)]


def test_the_counts_are_right():
    counted = Counter(status for _, _, status, _ in ASVS)
    said = (
        f"{len(ASVS)} requirements: {counted['pass']} pass, {counted['not applicable']} not applicable, "
        f"{counted['open']} open."
    )
    assert said in TEXT


def test_every_way_in_is_told():
    section = TEXT.partition("## Ways to sign in\n")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `(\w+ /v1/[^`]+)` \|", section, re.MULTILINE)
    lets_in = [one for one in ENDPOINTS if one.returns and "access_token" in one.returns.model_fields]
    assert sorted(told) == sorted(f"{one.method} {one.path}" for one in lets_in)


@pytest.mark.parametrize("row", [row for row in ROWS if row[2] == "pass"], ids=lambda row: row[0])
def test_what_shows_it_is_there(row):
    named = re.findall(r"`([^`]+)`", row[3])
    assert named
    for one in named:
        path, _, test = one.partition("::")
        assert (ROOT / path).exists(), path
        assert not test or test in named_in(path), one
