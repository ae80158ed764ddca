"""The proof's closing line says what ran, and fewer than was asked for is a failure."""

import xml.etree.ElementTree as ET

import pytest

from tests import prove_faults
from tests.faults.kinds import KINDS
from tests.proving import Proved


def _case(name, struck):
    told = {"fault": name, "struck": f"{name}={struck}", "asked": 60, "repeated": 2, "died": 1}
    rows = "".join(f'<property name="{key}" value="{value}"/>' for key, value in told.items())
    return ET.fromstring(f"<testcase><properties>{rows}</properties></testcase>")


@pytest.mark.parametrize(
    ("left_out", "struck", "status", "exit_"),
    [(0, 3, 0, 0), (1, 3, 0, 1), (0, 0, 0, 1), (0, 3, 1, 1)],
)
def test_it_counts_what_ran(monkeypatch, capsys, left_out, struck, status, exit_):
    cases = [_case(name, struck) for name in KINDS for _ in range(2)][left_out:]
    monkeypatch.setattr(prove_faults, "prove", lambda *_: Proved(status, cases))
    monkeypatch.setattr("sys.argv", ["prove-faults", "--seeds", "2", "--seed", "5"])
    assert prove_faults.main() == exit_
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.startswith(
        f"prove-faults: {len(KINDS)} faults x 2 seeds from 5; {len(cases)} journeys, {struck * len(cases)} faults struck"
    )
