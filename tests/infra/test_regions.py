"""Children here are small programs: what the real ones do is tried in test_lifecycle.py."""

import io
import sys

import pytest
from rich.console import Console

from infra import regions
from infra.regions import Outcome, main, run_all, show

CHILD = """
import sys, time
region = sys.argv[-1]
print(f"deploying {region}", flush=True)
if region == "bad-1":
    print("deploy: it is refused", file=sys.stderr)
    sys.exit(1)
print(f"https://{region}.example/v1 answers")
"""


@pytest.fixture
def screen():
    return Console(file=io.StringIO(), width=120)


@pytest.fixture
def command(tmp_path):
    path = tmp_path / "child.py"
    path.write_text(CHILD)
    return [sys.executable, str(path)]


def test_side_by_side_each_line_has_its_region_and_a_failure_stops_nobody(command, screen):
    found = run_all(["one-1", "bad-1", "two-1"], command, screen, side_by_side=True)
    assert [(one.region, one.code) for one in found] == [("one-1", 0), ("bad-1", 1), ("two-1", 0)]
    assert found[0].said == "https://one-1.example/v1 answers"
    assert found[1].said == "deploy: it is refused"
    shown = screen.file.getvalue().splitlines()
    assert "[two-1] deploying two-1" in shown
    assert "[bad-1] deploy: it is refused" in shown


def test_in_turn_the_terminal_is_the_childs(command, screen, capfd):
    found = run_all(["one-1", "bad-1", "two-1"], command, screen, side_by_side=False)
    assert [one.code for one in found] == [0, 1, 0]
    assert "deploying one-1\nhttps://one-1.example/v1 answers\ndeploying bad-1" in capfd.readouterr().out
    assert found[1].said == "deploy: it is refused"


def test_table_at_the_end(screen):
    show(screen, "deploy", [Outcome("one-1", 0, 61.04, "up"), Outcome("bad-1", 2, 3.0, "refused")])
    shown = screen.file.getvalue()
    assert "deploy in 2 regions" in shown
    assert "failed (2)" in shown
    assert "61.0" in shown


@pytest.mark.parametrize("text", ["", " ", "one-1 one-1"])
def test_no_list_of_regions(text, capsys):
    assert main(["deploy", "--stage", "prod", "--regions", text], {}) == 2
    assert "is no list of regions" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "more", "environ", "side_by_side"),
    [
        ("deploy", ["--plan"], {"YES": "1"}, True),
        ("deploy", ["--yes"], {}, True),
        ("deploy", [], {}, False),
        ("rollback", [], {}, False),
        ("status", [], {}, True),
    ],
)
def test_only_what_asks_goes_in_turn(name, more, environ, side_by_side, monkeypatch, capsys):
    seen = {}

    def all_(names, command, _console, *, side_by_side):
        seen.update(names=names, command=command, side_by_side=side_by_side)
        return [Outcome("a", 0, 1.0, ""), Outcome("b", 1, 1.0, "")]

    monkeypatch.setattr(regions, "run_all", all_)
    assert main([name, "--stage", "prod", "--regions", "a, b", *more], environ) == 1
    assert seen["names"] == ["a", "b"]
    assert seen["command"] == [sys.executable, "-m", f"infra.{name}", "--stage", "prod", *more]
    assert seen["side_by_side"] is side_by_side
