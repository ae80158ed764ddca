"""What covers where the local stack is not AWS: every cover that the table names is there."""

import re
from typing import Any

import pytest

from infra.targets import ROOT
from tests.faults.kinds import KINDS

TEXT = (ROOT / "docs" / "local-and-aws.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TEXT.partition("## Faults planted")[0].splitlines()
    if line.startswith("| ") and "covered by" not in line
]
CHECKS = set(
    re.findall(
        r"^def (\w+)\(",
        "\n".join(
            path.read_text(encoding="utf-8")
            for path in (
                *(ROOT / "infra").glob("preflight_*.py"),
                ROOT / "infra/shape.py",
                ROOT / "infra/canary.py",
                ROOT / "infra/concurrency.py",
            )
        ),
        re.MULTILINE,
    )
)
WORDS = {"Intelligent-Tiering", "store"}


@pytest.fixture(scope="module")
def rules():
    from cfnlint.core import get_rules  # a second of schemas

    return set(get_rules([], [], ["W", "E"]).rules)


def test_there_is_a_row_for_all_that_was_found():
    assert len(ROWS) >= 60
    assert {len(row) for row in ROWS} == {3}


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:50] for row in ROWS])
def test_what_covers_a_difference_is_there(row, rules):
    named = re.findall(r"`([^`]+)`", row[2])
    assert named or "not covered" in row[2] or "](" in row[2] or row[2].startswith("every store test"), row
    for name in named:
        path, _, test = name.partition("::")
        if name in WORDS or name.startswith("make ") or name in KINDS or name in CHECKS:
            continue
        if name.startswith("cfn-lint "):
            assert name.removeprefix("cfn-lint ") in rules, name
            continue
        assert (ROOT / path).is_file(), name
        if test:
            assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), name


def test_the_number_of_the_apis_resources_is_as_told():
    import app  # noqa: F401 - fills the list
    from chalicelib.kit.below import fold
    from chalicelib.kit.endpoints import ENDPOINTS

    paths: dict[str, Any] = {}
    for spec in ENDPOINTS:
        paths.setdefault(spec.path, {})[spec.method] = {}
    fold(paths)
    steps = [path.strip("/").split("/") for path in paths]
    parts = {"/", *("/" + "/".join(one[: end + 1]) for one in steps for end in range(len(one)))}
    told = int(re.findall(r"we have some (\d+)", TEXT)[0])
    assert abs(len(parts) - told) <= 10, f"say {len(parts)}"
