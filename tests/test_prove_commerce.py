"""The proof's closing line says what ran, and less than is asked for is a failure."""

import xml.etree.ElementTree as ET

import pytest

from tests import prove_commerce
from tests.prove_commerce import Part
from tests.proving import ROOT, Proved

RUSH = Part("rush", ("tests/a.py",), {"claims": 4000, "taken": 1000}, {"RUSH": 2000})
BOX = Part("notices", ("tests/b.py",), {"told": 5})


def _case(**told):
    rows = "".join(f'<property name="{key}" value="{value}"/>' for key, value in told.items())
    return ET.fromstring(f"<testcase><properties>{rows}</properties></testcase>")


@pytest.mark.parametrize(("claims", "status", "exit_"), [(2000, 0, 0), (1999, 0, 1), (2000, 1, 1)])
def test_it_counts_what_ran(monkeypatch, capsys, claims, status, exit_):
    asked = {}

    def prove(tests, sizes, *options):
        asked.update(tests=tests, sizes=sizes, options=options)
        cases = [
            _case(rush=f"{claims} claims, 500 taken"),
            _case(rush="2000 claims, 500 taken"),
            _case(notices="7 told"),
        ]
        return Proved(status, cases)

    monkeypatch.setattr(prove_commerce, "PARTS", (RUSH, BOX))
    monkeypatch.setattr(prove_commerce, "prove", prove)
    monkeypatch.setattr("sys.argv", ["prove-commerce", "--seed", "3"])
    assert prove_commerce.main() == exit_
    assert asked == {
        "tests": ["tests/a.py", "tests/b.py"],
        "sizes": {"RUSH": 2000},
        "options": ("--hypothesis-seed=3", "--timeout=600"),
    }
    told = capsys.readouterr()
    assert told.out.startswith(
        f"prove-commerce: rush: {2000 + claims} claims, 1000 taken; notices: 7 told; 3 tests, 0 failed; seed 3; "
    )
    assert ("3999 claims of 4000" in told.err) == (claims == 1999)


def test_what_it_runs_is_there():
    for part in prove_commerce.PARTS:
        assert part.fewest, part.name
        for test in part.tests:
            assert (ROOT / test.partition("::")[0]).exists(), test
