"""What the long proofs share: they run tests with other sizes, and count what these reported."""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WORKERS = 2


@dataclass(frozen=True)
class Proved:
    """What came of a run.

    Attributes:
        status: pytest's exit status.
        cases: the tests of its report.
    """

    status: int
    cases: list[ET.Element]

    @property
    def failed(self) -> int:
        """How many tests failed or broke."""
        return sum(case.find("failure") is not None or case.find("error") is not None for case in self.cases)

    def told(self, name: str) -> list[str]:
        """Return what tests reported under a name."""
        found = (one for case in self.cases for one in case.iter("property") if one.get("name") == name)
        return [one.get("value", "") for one in found]

    def total(self, name: str) -> int:
        """Return the sum of what tests counted under a name."""
        return sum(map(int, self.told(name)))


def prove(tests: Sequence[str], sizes: Mapping[str, object], *options: str) -> Proved:
    """Run tests with sizes in their environment."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n", str(WORKERS), "-o", "junit_family=xunit1"]
        command += [f"--junitxml={report}", *options, *tests]
        environment = os.environ | {name: str(value) for name, value in sizes.items()}
        status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        return Proved(status, list(ET.parse(report).iter("testcase")))
