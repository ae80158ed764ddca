"""Which page says what to do about an alarm: the pages themselves say it, in the table at their beginning."""

import re
from pathlib import Path
from typing import Any

from infra.targets import ROOT

FOLDER = "docs/runbooks"
SECTIONS = ("What it means", "What people see", "Look first", "Do", "It is over when", "Tell")
"""What every page has, in this order."""
_ROW = re.compile(r"^\| `(\w+Alarm)` \|", re.MULTILINE)


def pages(root: Path = ROOT) -> dict[str, str]:
    """Return the page of each alarm, by the alarm's id in the template.

    Raises:
        ValueError: two pages speak of the same alarm.
    """
    found: dict[str, str] = {}
    for path in sorted((root / FOLDER).glob("*.md")):
        for alarm in _ROW.findall(path.read_text(encoding="utf-8")):
            if alarm in found:
                raise ValueError(f"{alarm} stands in {found[alarm]} and in {path.name}")
            found[alarm] = f"{FOLDER}/{path.name}"
    return found


def link(resources: dict[str, Any]) -> None:
    """Have each alarm say which page to open: whoever is woken by it reads nothing else first."""
    known = pages()
    for key, resource in resources.items():
        if resource["Type"] == "AWS::CloudWatch::Alarm" and key in known:
            resource["Properties"]["AlarmDescription"] += f". What to do: {known[key]}"
