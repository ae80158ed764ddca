"""What was measured, and what docs/costs.md says: the figures that the model is made of."""

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from infra.targets import ROOT

MEASURED = Path(__file__).with_name("measured.json")
COSTS = ROOT / "docs" / "costs.md"
_ROW = re.compile(r"^[|│] ([^|│]+?) +[|│] ([\d.,]+) +[|│] ([\d.,]+) +[|│] ([\d.,]+) +[|│]$", re.MULTILINE)
_FURTHER = re.compile(r"Each further charge adds (\d+) requests, (\d+) read and (\d+) write units")
FURTHER_CHARGE = "a further charge of a payout"


@cache
def measured() -> dict[str, Any]:
    """Return `measured.json`."""
    found: dict[str, Any] = (
        json.loads(MEASURED.read_text(encoding="utf-8")) if MEASURED.exists() else {"operations": {}}
    )
    return found


def operations() -> dict[str, Any]:
    """Return what each operation does, by its name in docs/costs.md."""
    found: dict[str, Any] = measured()["operations"]
    return found


@cache
def rows() -> dict[str, tuple[float, float, float]]:
    """Return the rows of docs/costs.md that are plain numbers: (requests, read units, write units) by name."""
    text = COSTS.read_text(encoding="utf-8")
    found = {name: _numbers(told) for name, *told in reversed(_ROW.findall(text))}
    further = _FURTHER.search(text)
    if further is None:
        raise LookupError("docs/costs.md does not say any more what a further charge of a payout adds")
    return {**found, FURTHER_CHARGE: _numbers(further.groups())}


def _numbers(told: Sequence[str]) -> tuple[float, float, float]:
    first, second, third = (float(one.replace(",", "")) for one in told)
    return first, second, third
